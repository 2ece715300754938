"""Programs that see and touch the screen: input, wm, screencap, screenrecord, uiautomator."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

from harness.virtual.command import Call, Command, UsageFault
from harness.virtual.faults import Fault
from harness.virtual.hierarchy_xml import DumpShape, dump_stock
from harness.virtual.keys import key_code
from harness.virtual.phone import Touch, Window
from harness.virtual.pictures import black_png
from harness.virtual.screenrecord import record
from harness.virtual.userland import Userland

_LONG_PRESS_S = 0.5
_STEP_S = 0.016
_DEFAULT_SWIPE_MS = 300
_SOURCES = frozenset(("touchscreen", "keyboard", "mouse", "touchpad", "dpad", "gamepad", "stylus", "trackball"))


async def input_command(call: Call) -> int:
    """Inject a tap, swipe, drag, text or key."""
    words = list(call.args)
    if words[:1] == ["-d"]:
        del words[:2]
    if words and words[0] in _SOURCES:
        del words[0]
    match words:
        case ["tap", *point]:
            await call.device.screen.tap(*_numbers(point, 2))
        case ["swipe", *rest]:
            await _swipe(call.device, rest)
        case ["draganddrop", *rest]:
            await _drag_and_drop(call.device, rest)
        case ["motionevent", kind, *point] if kind in Touch.__members__:
            await call.device.screen.touch(Touch[kind], *_numbers(point, 2))
        case ["text", *texts] if texts:
            return await _text(call, " ".join(texts))
        case ["keyevent", *keys] if keys:
            return await _keys(call, keys)
        case ["press" | "roll", *_]:
            return 0
        case _:
            return call.refuse("Usage: input [<source>] <command> [<arg>...]: tap, swipe, text, keyevent …", 255)
    return 0


async def wm(call: Call) -> int:
    """Print or override the screen's size and density; ``reset`` goes back to the panel's own."""
    display = call.device.screen.display
    settings = call.device.settings
    match call.args:
        case ("size",):
            physical = settings.get("virtual/physical_size") or f"{display.width_px}x{display.height_px}"
            call.say(f"Physical size: {physical}")
            if settings.get("virtual/physical_size"):
                call.say(f"Override size: {display.width_px}x{display.height_px}")
        case ("density",):
            call.say(f"Physical density: {settings.get('virtual/physical_density') or display.density_dpi}")
            if settings.get("virtual/physical_density"):
                call.say(f"Override density: {display.density_dpi}")
        case ("size", text):
            return await _override(call, "size", text, r"(\d{3,4})x(\d{3,4})")
        case ("density", text):
            return await _override(call, "density", text, r"(\d{2,3})")
        case ("dismiss-keyguard",) | ("set-user-rotation" | "user-rotation", *_):
            return 0
        case _:
            return call.refuse("Window manager (window) commands: size [WxH|reset], density [DENSITY|reset]", 255)
    return 0


async def screencap(call: Call) -> int:
    """Take a picture: ``-p`` or a name that ends in ``.png`` gives PNG, else Android's raw RGBA."""
    words = list(call.args)
    if "-d" in words[:-1]:
        at = words.index("-d")
        del words[at : at + 2]
    elif call.device.personality.quirks.warns_of_displays:
        call.complain(
            "[Warning] Multiple displays were found, but no display id was specified! Defaulting to the first display "
            "found, however this default is not guaranteed to be consistent across captures. A display id should be "
            'specified.\nA display ID can be specified with the [-d display-id] option.\nSee "dumpsys SurfaceFlinger '
            '--display-id" for valid display IDs.'
        )
    names = [word for word in words if not word.startswith("-")]
    png = await picture(call.device)
    as_png = "-p" in words or (names and names[0].endswith(".png"))
    data = png if as_png else await asyncio.to_thread(_raw_picture, png)
    if names:
        call.device.files.write(call.path(names[0]), data)
    else:
        call.out += data
    return 0


async def screenrecord(call: Call) -> int:
    """Record the screen until the time limit."""

    async def never() -> None:
        await asyncio.Event().wait()

    result = await record(call.args, call.device.screen, call.device.files, never)
    call.out += result.stdout
    call.err += result.stderr
    return result.exit_code


async def uiautomator(call: Call) -> int:
    """Dump the active window's tree to a file, as the stock program does."""
    if call.args[:1] != ("dump",):
        return call.refuse("Usage: uiautomator dump [--compressed] [FILE]", 255)
    names = [arg for arg in call.args[1:] if not arg.startswith("-")]
    target = names[0] if names else "/sdcard/window_dump.xml"
    window = await active_window(call.device)
    if window is None or call.device.faults.take(Fault.EMPTY_XML):
        return call.refuse("ERROR: null root node returned by UiTestAutomationBridge.")
    shape = DumpShape(
        rotation=call.device.screen.display.rotation,
        compressed="--compressed" in call.args,
        api=call.device.personality.sdk,
    )
    xml = dump_stock(window, shape).encode()
    if target == "/dev/tty":
        call.out += xml
    else:
        call.device.files.write(call.path(target), xml)
    # The spelling is the tool's own, and scripts look for it.
    call.say(f"UI hierchary dumped to: {target}")
    return 0


async def picture(device: Userland) -> bytes:
    """Return the screen as PNG, spoiled where a fault was armed."""
    png = await device.screen.screenshot()
    if device.faults.take(Fault.EMPTY_PNG):
        return b""
    if device.faults.take(Fault.HALF_PNG):
        return png[: len(png) // 2]
    if device.personality.quirks.black_screencap or device.faults.take(Fault.BLACK_PNG):
        return await asyncio.to_thread(black_png, device.screen.display.size_px)
    return png


async def active_window(device: Userland) -> Window | None:
    """Return the window that has the focus: the foreground app's, else the one on top."""
    windows = await device.screen.windows()
    front = await device.screen.foreground()
    return next((window for window in windows if window.package == front.package), windows[-1] if windows else None)


SCREEN_COMMANDS: Mapping[str, Command] = {
    "input": input_command,
    "wm": wm,
    "screencap": screencap,
    "screenrecord": screenrecord,
    "uiautomator": uiautomator,
}


def _numbers(words: list[str], count: int) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError as e:
        raise UsageFault(f"Error: Invalid arguments: {' '.join(words)}", 255) from e
    if len(numbers) < count:
        raise UsageFault("Error: Invalid arguments for command", 255)
    return numbers[:count]


async def _swipe(device: Userland, words: list[str]) -> None:
    x1, y1, x2, y2 = _numbers(words, 4)
    duration_s = (float(words[4]) if len(words) > 4 and words[4].isdigit() else _DEFAULT_SWIPE_MS) / 1000
    if (x1, y1) == (x2, y2):
        # Scripts use a swipe on the spot as a long press.
        await device.screen.tap(x1, y1, hold_s=duration_s)
        return
    await device.screen.swipe([(x1, y1), (x2, y2)], duration_s)


async def _drag_and_drop(device: Userland, words: list[str]) -> None:
    x1, y1, x2, y2 = _numbers(words, 4)
    duration_s = (float(words[4]) if len(words) > 4 and words[4].isdigit() else _DEFAULT_SWIPE_MS) / 1000
    await drag(device, (x1, y1), (x2, y2), duration_s)


async def drag(device: Userland, start: tuple[float, float], end: tuple[float, float], duration_s: float) -> None:
    """Press long at ``start``, move to ``end`` within ``duration_s`` and let go."""
    await device.screen.touch(Touch.DOWN, *start)
    await asyncio.sleep(_LONG_PRESS_S)
    steps = max(2, round(duration_s / _STEP_S))
    for step in range(1, steps + 1):
        share = step / steps
        x = start[0] + (end[0] - start[0]) * share
        y = start[1] + (end[1] - start[1]) * share
        await device.screen.touch(Touch.MOVE, x, y)
        await asyncio.sleep(duration_s / steps)
    await device.screen.touch(Touch.UP, *end)


async def _text(call: Call, text: str) -> int:
    plain = text.replace("%s", " ")
    if not plain.isascii():
        # Android's key map has no keys for these; its ``input`` dies with this exception.
        call.complain("Exception occurred while executing 'text':")
        call.complain(
            "java.lang.NullPointerException: Attempt to get length of null array\n"
            "\tat com.android.server.input.InputShellCommand.sendText(InputShellCommand.java)"
        )
        return 255
    await call.device.screen.insert_text(plain)
    return 0


async def _keys(call: Call, keys: list[str]) -> int:
    long_press = "--longpress" in keys
    repeat = 2 if "--doubletap" in keys else 1
    for name in (key for key in keys if not key.startswith("--")):
        code = key_code(name)
        if code is None:
            return call.refuse(f"Error: Invalid arguments for command: keyevent\nError: unknown key {name}", 255)
        for _ in range(repeat):
            await call.device.screen.key(code, long_press=long_press)
    return 0


async def _override(call: Call, what: str, text: str, pattern: str) -> int:
    display = call.device.screen.display
    settings = call.device.settings
    now = f"{display.width_px}x{display.height_px}" if what == "size" else str(display.density_dpi)
    physical = settings.get(f"virtual/physical_{what}") or now
    wanted = physical if text == "reset" else text
    match = re.fullmatch(pattern, wanted)
    if match is None:
        return call.refuse(f"Error: bad {what} {text}", 255)
    if text == "reset":
        settings.delete(f"virtual/physical_{what}")
    else:
        settings.put(f"virtual/physical_{what}", physical)
    if what == "size":
        display = replace(display, width_px=int(match[1]), height_px=int(match[2]))
    else:
        display = replace(display, density_dpi=int(match[1]))
    await call.device.screen.set_display(display)
    return 0


def _raw_picture(png: bytes) -> bytes:
    """Return width, height, format 1 (RGBA 8888), colour space 1 (sRGB) and the pixels."""
    import io
    import struct

    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        pixels = image.convert("RGBA")
        return struct.pack("<IIII", pixels.width, pixels.height, 1, 1) + pixels.tobytes()
