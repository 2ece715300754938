"""Android key codes by name, as ``input keyevent`` and ``pressKey`` know them; pure."""

from __future__ import annotations

from collections.abc import Mapping

BACK, HOME, ENTER, DELETE, PASTE, POWER = 4, 3, 66, 67, 279, 26
WAKEUP, SLEEP = 224, 223

_NAMED = {
    "SOFT_LEFT": 1,
    "SOFT_RIGHT": 2,
    "HOME": HOME,
    "BACK": BACK,
    "CALL": 5,
    "ENDCALL": 6,
    "STAR": 17,
    "POUND": 18,
    "DPAD_UP": 19,
    "DPAD_DOWN": 20,
    "DPAD_LEFT": 21,
    "DPAD_RIGHT": 22,
    "DPAD_CENTER": 23,
    "VOLUME_UP": 24,
    "VOLUME_DOWN": 25,
    "POWER": POWER,
    "CAMERA": 27,
    "CLEAR": 28,
    "COMMA": 55,
    "PERIOD": 56,
    "ALT_LEFT": 57,
    "SHIFT_LEFT": 59,
    "TAB": 61,
    "SPACE": 62,
    "ENTER": ENTER,
    "DEL": DELETE,
    "MENU": 82,
    "NOTIFICATION": 83,
    "SEARCH": 84,
    "MEDIA_PLAY_PAUSE": 85,
    "MEDIA_STOP": 86,
    "MEDIA_NEXT": 87,
    "MEDIA_PREVIOUS": 88,
    "PAGE_UP": 92,
    "PAGE_DOWN": 93,
    "ESCAPE": 111,
    "FORWARD_DEL": 112,
    "CTRL_LEFT": 113,
    "MOVE_HOME": 122,
    "MOVE_END": 123,
    "MEDIA_PLAY": 126,
    "MEDIA_PAUSE": 127,
    "VOLUME_MUTE": 164,
    "APP_SWITCH": 187,
    "SLEEP": SLEEP,
    "WAKEUP": WAKEUP,
    "PASTE": PASTE,
    "COPY": 278,
    "CUT": 277,
}

KEY_CODES: Mapping[str, int] = {
    **_NAMED,
    **{str(digit): 7 + digit for digit in range(10)},
    **{chr(ord("A") + letter): 29 + letter for letter in range(26)},
}

# The names that the uiautomator2 server accepts for ``pressKey``.
PRESS_KEYS: Mapping[str, int] = {
    "home": HOME,
    "back": BACK,
    "left": 21,
    "right": 22,
    "up": 19,
    "down": 20,
    "center": 23,
    "menu": 82,
    "search": 84,
    "enter": ENTER,
    "delete": DELETE,
    "del": DELETE,
    "recent": 187,
    "volume_up": 24,
    "volume_down": 25,
    "volume_mute": 164,
    "camera": 27,
    "power": POWER,
}


def key_code(name: str) -> int | None:
    """Return the code of ``4``, ``BACK`` or ``KEYCODE_BACK``, or None for a key that does not exist."""
    if name.isdigit() and len(name) > 1:
        return int(name)
    if name.isdigit():
        # ``input keyevent 4`` means code 4, not the digit 4, which is KEYCODE_4.
        return int(name)
    return KEY_CODES.get(name.upper().removeprefix("KEYCODE_"))
