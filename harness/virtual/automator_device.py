"""The uiautomator2 server's methods that need no selector: device, touches, keys, dump, picture, clipboard."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

from harness.virtual.automator_rpc import (
    JavaException,
    Methods,
    boolean,
    decimal,
    fields,
    numbers,
    overload,
    selector,
    selectors,
    text,
    texts,
    whole,
)
from harness.virtual.automator_world import Watcher, World, nodes
from harness.virtual.commands_am import focused_field
from harness.virtual.commands_screen import active_window, drag
from harness.virtual.device_time import local_time
from harness.virtual.faults import Fault
from harness.virtual.hierarchy_xml import DumpShape, dump_server
from harness.virtual.keys import PASTE, PRESS_KEYS
from harness.virtual.packages import SYSTEM_UI
from harness.virtual.phone import Node, Touch, Window
from harness.virtual.pictures import scaled_jpeg, scaled_png
from harness.virtual.selectors import Selector

STEP_S = 0.005  # UiAutomator throttles each step of a swipe to 5 ms
_DEFAULT_DEPTH = 50
_ROTATIONS = {"natural": 0, "n": 0, "left": 1, "l": 1, "upsidedown": 2, "u": 2, "right": 3, "r": 3}
_IDLE_MS = 1000
_STATUS_BAR_DP = 24
_NO_DP = 2147483647  # what Android 4.4 says of its size in dp


async def ping(world: World) -> str:
    return "pong"


async def device_info(world: World) -> dict[str, object]:
    """Return the server's ``DeviceInfo``; sizes in pixels of the current rotation, and in dp."""
    display = world.device.screen.display
    width, height = display.size_px
    front = await world.device.screen.foreground()
    return {
        "currentPackageName": front.package,
        "displayHeight": height,
        "displayRotation": display.rotation,
        "displaySizeDpX": round(width / display.scale) if world.device.personality.sdk >= 20 else _NO_DP,
        "displaySizeDpY": round(height / display.scale) if world.device.personality.sdk >= 20 else _NO_DP,
        "displayWidth": width,
        "naturalOrientation": display.rotation in (0, 2),
        "productName": world.device.personality.product,
        "screenOn": world.device.screen.awake,
        "sdkInt": world.device.personality.sdk,
    }


async def dump(
    world: World,
    compressed: bool,  # noqa: FBT001
    depth: int = _DEFAULT_DEPTH,
    active_only: bool = False,  # noqa: FBT001, FBT002
) -> str | None:
    """Return the window hierarchy as XML; positional because JSON-RPC is."""
    faults = world.device.faults
    quirks = world.device.personality.quirks
    slow = faults.take(Fault.SLOW_DUMP)
    takes_s = slow.argument if slow else quirks.dump_s
    if quirks.video_dump_s and await world.device.screen.playing():
        takes_s = max(takes_s, quirks.video_dump_s)
    if takes_s:
        await asyncio.sleep(takes_s)
    if faults.take(Fault.NULL_XML):
        return None
    world.compressed = compressed
    windows = await world.windows()
    if active_only:
        window = await active_window(world.device)
        windows = (window,) if window else ()
    if quirks.several_windows and not active_only:
        windows = _in_no_order(world, windows)
    if faults.take(Fault.EMPTY_XML):
        windows = ()
    shape = DumpShape(
        rotation=world.device.screen.display.rotation,
        max_depth=depth,
        compressed=world.compressed,
        api=world.device.personality.sdk,
    )
    xml = await asyncio.to_thread(dump_server, windows, shape)
    return xml[: len(xml) // 2] if faults.take(Fault.HALF_XML) else xml


def _in_no_order(world: World, windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Return the windows with the status bar's, the other way round at every second dump."""
    world.dumps += 1
    display = world.device.screen.display
    bounds = (0, 0, display.size_px[0], round(_STATUS_BAR_DP * display.scale))
    clock = Node(
        handle="system:clock",
        class_name="android.widget.TextView",
        package=SYSTEM_UI,
        bounds=(bounds[0], bounds[1], bounds[2] // 6, bounds[3]),
        text=local_time(world.device).strftime("%H:%M"),
        resource_id=f"{SYSTEM_UI}:id/clock",
    )
    bar = Node(
        handle="system:bar",
        class_name="android.widget.FrameLayout",
        package=SYSTEM_UI,
        bounds=bounds,
        children=(clock,),
    )
    both = (*windows, Window(package=SYSTEM_UI, root=bar))
    return both if world.dumps % 2 else both[::-1]


async def click(world: World, x: int, y: int, hold_ms: int = 0) -> bool:
    if not _on_screen(world, x, y):
        return False
    await world.device.screen.tap(x, y, hold_s=hold_ms / 1000)
    return True


async def swipe(world: World, *numbers_given: int) -> bool:
    x1, y1, x2, y2, steps = numbers_given
    await world.device.screen.swipe([(x1, y1), (x2, y2)], max(steps, 1) * STEP_S)
    return True


async def swipe_points(world: World, flat: list[int], steps: int) -> bool:
    points = list(zip(flat[::2], flat[1::2], strict=False))
    if len(points) < 2:
        return False
    legs = len(points) - 1
    await world.device.screen.swipe([(float(x), float(y)) for x, y in points], max(steps, 1) * STEP_S * legs)
    return True


async def drag_between(world: World, *numbers_given: int) -> bool:
    x1, y1, x2, y2, steps = numbers_given
    await drag(world.device, (x1, y1), (x2, y2), max(steps, 1) * STEP_S)
    return True


async def inject_input_event(world: World, action: int, x: float, y: float, meta: int) -> bool:
    try:
        kind = Touch(action)
    except ValueError:
        return False
    await world.device.screen.touch(kind, x, y)
    return True


async def press_key(world: World, name: str) -> bool:
    code = PRESS_KEYS.get((name or "").lower())
    return False if code is None else await world.device.screen.key(code)


async def press_key_code(world: World, code: int, meta: int = 0) -> bool:
    return await world.device.screen.key(code, meta=meta)


async def take_screenshot(world: World, scale: float, quality: int) -> str | None:
    """Return a JPEG in base64 with a line end every 76 characters."""
    if scale <= 0 or world.device.personality.sdk < 24:
        return None
    png = await world.device.screen.screenshot()
    jpeg = await asyncio.to_thread(scaled_jpeg, png, scale, quality)
    return base64.encodebytes(jpeg).decode("ascii")


async def take_screenshot_to(world: World, name: str, scale: float, quality: int) -> str:
    """Write a PNG to a file of the device and return its path."""
    png = await world.device.screen.screenshot()
    path = name if name.startswith("/") else f"/data/local/tmp/{name}"
    try:
        world.device.files.write(path, await asyncio.to_thread(scaled_png, png, scale))
    except OSError as e:
        raise JavaException("java.io.IOException", f"{path}: {e.strerror}") from e
    return path


async def wake_up(world: World) -> None:
    await world.device.screen.set_awake(awake=True)


async def sleep(world: World) -> None:
    await world.device.screen.set_awake(awake=False)


async def is_screen_on(world: World) -> bool:
    return world.device.screen.awake


async def freeze_rotation(world: World, frozen: bool) -> None:  # noqa: FBT001
    world.rotation_frozen = frozen
    world.device.settings.put("system/accelerometer_rotation", "0" if frozen else "1")


async def set_orientation(world: World, name: str) -> None:
    rotation = _ROTATIONS.get((name or "").lower())
    if rotation is None:
        raise JavaException("java.lang.IllegalArgumentException", f"unknown orientation {name}")
    world.rotation_frozen = True
    world.device.settings.put("system/accelerometer_rotation", "0")
    world.device.settings.put("system/user_rotation", str(rotation))
    await world.device.screen.set_display(replace(world.device.screen.display, rotation=rotation))


async def unsupported_panel(world: World) -> bool:
    """Return False: the virtual device has no notification shade, and says that it did not open."""
    return False


async def get_last_toast(world: World) -> str | None:
    return world.device.screen.last_toast()


async def clear_last_toast(world: World) -> None:
    world.device.screen.clear_last_toast()


async def set_clipboard(world: World, label: str | None, content: str) -> None:
    world.device.screen.set_clipboard(content or "")


async def get_clipboard(world: World) -> str | None:
    return world.device.screen.clipboard() or None


async def paste_clipboard(world: World) -> None:
    """Paste into the focused field, as the paste key does."""
    if not await world.device.screen.key(PASTE):
        await world.device.screen.insert_text(world.device.screen.clipboard())


async def clear_input_text(world: World) -> None:
    field = await focused_field(world.device)
    if field is not None:
        await world.device.screen.set_text(field.handle, "")


async def last_traversed_text(world: World) -> None:
    """Return null: no screen reader walks over this device."""


async def wait_for_idle(world: World, timeout_ms: int = _IDLE_MS) -> None:
    before = await world.windows()

    async def still() -> bool:
        nonlocal before
        now = await world.windows()
        same, before = now == before, now
        return same

    await world.poll(still, timeout_ms)


async def wait_for_window_update(world: World, package: str | None, timeout_ms: int) -> bool:
    """Return whether something changed on the windows of ``package`` (null: of any) in time."""
    start = await _of_package(world, package)

    async def changed() -> bool:
        return await _of_package(world, package) != start

    return await world.poll(changed, timeout_ms)


async def launch_app(world: World, package: str) -> bool:
    app = world.device.packages.find(package or "")
    if app is None or not app.launcher_activity:
        return False
    await world.device.launch(app.package, app.launcher_activity)
    return True


async def execute_shell_command(world: World, command: str, timeout_ms: int) -> dict[str, object]:
    """Run a command line; one that takes longer than ``timeout_ms`` ends with code 124."""
    try:
        async with asyncio.timeout(timeout_ms / 1000 if timeout_ms > 0 else None):
            result = await world.shell.run(command or "")
    except TimeoutError:
        return {"returnCode": 124, "stderr": "command timed out", "stdout": ""}
    return {
        "returnCode": result.exit_code,
        "stderr": result.stderr.decode("utf-8", "replace"),
        "stdout": result.stdout.decode("utf-8", "replace"),
    }


async def get_configurator(world: World) -> dict[str, int]:
    return dict(world.configurator.values)


async def set_configurator(world: World, values: dict[str, object]) -> dict[str, int]:
    for name, value in values.items():
        if name in world.configurator.values and isinstance(value, int):
            world.configurator.values[name] = value
    return dict(world.configurator.values)


async def watch_click(world: World, name: str, conditions: list[Selector], click_on: Selector) -> None:
    world.watchers[name] = Watcher(conditions=tuple(conditions), click=click_on)


async def watch_keys(world: World, name: str, conditions: list[Selector], keys: list[str]) -> None:
    world.watchers[name] = Watcher(conditions=tuple(conditions), keys=tuple(keys))


async def remove_watcher(world: World, name: str) -> None:
    world.watchers.pop(name, None)


async def reset_watchers(world: World) -> None:
    for watcher in world.watchers.values():
        watcher.triggered = False


async def run_watchers(world: World) -> None:
    await world.run_watchers()


async def has_triggered(world: World, name: str) -> bool:
    watcher = world.watchers.get(name)
    return watcher is not None and watcher.triggered


async def has_any_triggered(world: World) -> bool:
    return any(watcher.triggered for watcher in world.watchers.values())


async def watcher_names(world: World) -> list[str]:
    return list(world.watchers)


async def _of_package(world: World, package: str | None) -> list[object]:
    windows = await world.windows()
    return [node for node in nodes(windows) if not package or node.package == package]


def _on_screen(world: World, x: int, y: int) -> bool:
    width, height = world.device.screen.display.size_px
    return 0 <= x < width and 0 <= y < height


DEVICE_METHODS: Methods = {
    "ping": [overload(ping)],
    "deviceInfo": [overload(device_info)],
    "dumpWindowHierarchy": [
        overload(dump, boolean),
        overload(dump, boolean, whole),
        overload(dump, boolean, whole, boolean),
    ],
    "click": [overload(click, whole, whole), overload(click, whole, whole, whole)],
    "swipe": [overload(swipe, whole, whole, whole, whole, whole)],
    "swipePoints": [overload(swipe_points, numbers, whole)],
    "drag": [overload(drag_between, whole, whole, whole, whole, whole)],
    "injectInputEvent": [overload(inject_input_event, whole, decimal, decimal, whole)],
    "pressKey": [overload(press_key, text)],
    "pressKeyCode": [overload(press_key_code, whole), overload(press_key_code, whole, whole)],
    "takeScreenshot": [
        overload(take_screenshot, decimal, whole),
        overload(take_screenshot_to, text, decimal, whole),
    ],
    "wakeUp": [overload(wake_up)],
    "sleep": [overload(sleep)],
    "isScreenOn": [overload(is_screen_on)],
    "freezeRotation": [overload(freeze_rotation, boolean)],
    "setOrientation": [overload(set_orientation, text)],
    "openNotification": [overload(unsupported_panel)],
    "openQuickSettings": [overload(unsupported_panel)],
    "getLastToast": [overload(get_last_toast)],
    "clearLastToast": [overload(clear_last_toast)],
    "setClipboard": [overload(set_clipboard, text, text)],
    "getClipboard": [overload(get_clipboard)],
    "pasteClipboard": [overload(paste_clipboard)],
    "clearInputText": [overload(clear_input_text)],
    "getLastTraversedText": [overload(last_traversed_text)],
    "clearLastTraversedText": [overload(last_traversed_text)],
    "waitForIdle": [overload(wait_for_idle, whole)],
    "waitForWindowUpdate": [overload(wait_for_window_update, text, whole)],
    "launchApp": [overload(launch_app, text)],
    "executeShellCommand": [overload(execute_shell_command, text, whole)],
    "getConfigurator": [overload(get_configurator)],
    "setConfigurator": [overload(set_configurator, fields)],
    "registerClickUiObjectWatcher": [overload(watch_click, text, selectors, selector)],
    "registerPressKeyskWatcher": [overload(watch_keys, text, selectors, texts)],
    "removeWatcher": [overload(remove_watcher, text)],
    "resetWatcherTriggers": [overload(reset_watchers)],
    "runWatchers": [overload(run_watchers)],
    "hasWatcherTriggered": [overload(has_triggered, text)],
    "hasAnyWatcherTriggered": [overload(has_any_triggered)],
    "getWatchers": [overload(watcher_names)],
}
