"""Android key codes as a page's keyboard events name them."""

from __future__ import annotations

from dataclasses import dataclass

HOME, BACK, POWER, APP_SWITCH, SLEEP, WAKEUP = 3, 4, 26, 187, 223, 224
COPY, CUT, PASTE = 278, 277, 279
SHIFT_MASK, ALT_MASK, CTRL_MASK, META_MASK = 0x1, 0x2, 0x1000, 0x10000

# keys that a phone takes and no page sees: volume, camera, call, mute, brightness, search, menu …
SILENT = frozenset({5, 6, 24, 25, 27, 82, 83, 84, 91, 164, 220, 221, 0, 79, 85, 86, 87, 88, 126, 127})

_CDP_ALT, _CDP_CTRL, _CDP_META, _CDP_SHIFT = 1, 2, 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKey:
    """One key of a page's keyboard: ``key``, ``code``, the Windows key code, and the text it types, if any."""

    key: str
    code: str
    windows_code: int
    text: str = ""


def _letters() -> dict[int, PageKey]:
    names = "abcdefghijklmnopqrstuvwxyz"
    return {
        29 + i: PageKey(key=name, code=f"Key{name.upper()}", windows_code=65 + i, text=name)
        for i, name in enumerate(names)
    }


def _digits() -> dict[int, PageKey]:
    keys = {7 + i: PageKey(key=str(i), code=f"Digit{i}", windows_code=48 + i, text=str(i)) for i in range(10)}
    pad = {144 + i: PageKey(key=str(i), code=f"Numpad{i}", windows_code=96 + i, text=str(i)) for i in range(10)}
    return keys | pad


def _function_keys() -> dict[int, PageKey]:
    return {131 + i: PageKey(key=f"F{i + 1}", code=f"F{i + 1}", windows_code=112 + i) for i in range(12)}


def _mark(key: str, code: str, windows_code: int) -> PageKey:
    return PageKey(key=key, code=code, windows_code=windows_code, text=key)


_KEYS: dict[int, PageKey] = {
    17: _mark("*", "NumpadMultiply", 106),
    18: _mark("#", "Digit3", 51),
    19: PageKey(key="ArrowUp", code="ArrowUp", windows_code=38),
    20: PageKey(key="ArrowDown", code="ArrowDown", windows_code=40),
    21: PageKey(key="ArrowLeft", code="ArrowLeft", windows_code=37),
    22: PageKey(key="ArrowRight", code="ArrowRight", windows_code=39),
    23: PageKey(key="Enter", code="Enter", windows_code=13, text="\r"),
    55: _mark(",", "Comma", 188),
    56: _mark(".", "Period", 190),
    61: PageKey(key="Tab", code="Tab", windows_code=9),
    62: _mark(" ", "Space", 32),
    66: PageKey(key="Enter", code="Enter", windows_code=13, text="\r"),
    67: PageKey(key="Backspace", code="Backspace", windows_code=8),
    68: _mark("`", "Backquote", 192),
    69: _mark("-", "Minus", 189),
    70: _mark("=", "Equal", 187),
    71: _mark("[", "BracketLeft", 219),
    72: _mark("]", "BracketRight", 221),
    73: _mark("\\", "Backslash", 220),
    74: _mark(";", "Semicolon", 186),
    75: _mark("'", "Quote", 222),
    76: _mark("/", "Slash", 191),
    77: _mark("@", "Digit2", 50),
    81: _mark("+", "Equal", 187),
    92: PageKey(key="PageUp", code="PageUp", windows_code=33),
    93: PageKey(key="PageDown", code="PageDown", windows_code=34),
    111: PageKey(key="Escape", code="Escape", windows_code=27),
    112: PageKey(key="Delete", code="Delete", windows_code=46),
    122: PageKey(key="Home", code="Home", windows_code=36),
    123: PageKey(key="End", code="End", windows_code=35),
    124: PageKey(key="Insert", code="Insert", windows_code=45),
    160: PageKey(key="Enter", code="NumpadEnter", windows_code=13, text="\r"),
    **_letters(),
    **_digits(),
    **_function_keys(),
}


def page_key(keycode: int, meta: int = 0) -> PageKey | None:
    """Return the page's key for an Android key code, with Shift applied to letters; None for unknown codes."""
    key = _KEYS.get(keycode)
    if key is not None and meta & SHIFT_MASK and key.text.isalpha():
        return PageKey(key=key.key.upper(), code=key.code, windows_code=key.windows_code, text=key.text.upper())
    return key


def modifiers(meta: int) -> int:
    """Return the DevTools modifier bits of an Android meta state."""
    pairs = ((SHIFT_MASK, _CDP_SHIFT), (ALT_MASK, _CDP_ALT), (CTRL_MASK, _CDP_CTRL), (META_MASK, _CDP_META))
    return sum(bit for mask, bit in pairs if meta & mask)
