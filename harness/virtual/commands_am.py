"""``am`` and ``monkey``: starting and stopping activities, broadcasts of the ADB keyboard."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress

from harness.virtual.command import Call, Command, without_user
from harness.virtual.intents import HOME, MAIN, VIEW, Intent, parse_intent, short_component
from harness.virtual.packages import BROWSER, LAUNCHER
from harness.virtual.phone import Node
from harness.virtual.userland import ADB_INPUT_METHOD, Userland

_OK, _CANCELLED = -1, 0
_ENTER = 66


async def am(call: Call) -> int:
    """Run one sub-command of the activity manager."""
    if not call.args:
        return call.refuse("Activity manager (activity) commands: start, force-stop, kill, broadcast …")
    run = _SUB_COMMANDS.get(call.args[0])
    if run is None:
        return call.refuse(f"Unknown command: {call.args[0]}", 255)
    return await run(call.inner(call.args[0], call.args[1:]))


async def start(call: Call) -> int:
    """Start an activity; ``-W`` waits and prints times, ``-S`` stops the app first."""
    intent = parse_intent(call.args)
    call.say(f"Starting: {intent}")
    target = _resolve(call.device, intent)
    if target is None:
        if intent.component is None:
            return call.refuse(f"Error: Activity not started, unable to resolve {intent}")
        package, activity = intent.component
        return call.refuse(f"Error type 3\nError: Activity class {{{package}/{activity}}} does not exist.")
    package, wanted = target
    if "-S" in intent.switches:
        await call.device.screen.force_stop(package)
    before = await call.device.screen.foreground()
    started_s = asyncio.get_running_loop().time()
    try:
        await call.device.launch(package, wanted, intent.data or None)
    except KeyError:
        return call.refuse(f"Error type 3\nError: Activity class {{{package}/{wanted}}} does not exist.")
    took_ms = max(1, round((asyncio.get_running_loop().time() - started_s) * 1000))
    if before.package == package and not intent.data and wanted in (None, before.activity):
        call.complain("Warning: Activity not started, its current task has been brought to the front")
    if "-W" in intent.switches:
        front = await call.device.screen.foreground()
        call.say("Status: ok")
        call.say("LaunchState: COLD" if before.package != package else "LaunchState: HOT")
        call.say(f"Activity: {short_component(front.package, front.activity)}")
        call.say(f"TotalTime: {took_ms}")
        call.say(f"WaitTime: {took_ms + 3}")
        call.say("Complete")
    return 0


async def force_stop(call: Call) -> int:
    """Stop an app; one that is not installed is no error, as on a phone."""
    words = _words(call)
    if not words:
        return call.refuse('Error: Argument expected after "force-stop"', 255)
    if call.device.packages.find(words[0]) is not None:
        await call.device.screen.force_stop(words[0])
    return 0


async def kill(call: Call) -> int:
    """End an app's process where it is in the background."""
    words = _words(call)
    front = await call.device.screen.foreground()
    if words and call.device.packages.find(words[0]) is not None and front.package != words[0]:
        await call.device.screen.force_stop(words[0])
    return 0


async def crash(call: Call) -> int:
    """Let an app crash."""
    words = _words(call)
    if not words or call.device.packages.find(words[0]) is None:
        return call.refuse("Error: no such package")
    await call.device.screen.crash(words[0])
    return 0


async def current_user(call: Call) -> int:
    """Print the only user."""
    call.say("0")
    return 0


async def service(call: Call) -> int:
    """Refuse: web apps have no services, receivers of their own or test code."""
    intent = parse_intent(call.args) if call.name != "instrument" else Intent()
    call.say(f"Starting service: {intent}")
    return call.refuse("Error: Not found; no service started.", 255)


async def broadcast(call: Call) -> int:
    """Send a broadcast: the ADB keyboard answers its own, nobody else listens."""
    intent = parse_intent(call.args)
    call.say(f"Broadcasting: {intent}")
    answer = _KEYBOARD_ACTIONS.get(intent.action)
    active = call.device.settings.get("secure/default_input_method") == ADB_INPUT_METHOD
    if answer is None or not active:
        call.say("Broadcast completed: result=0")
        return 0
    code, data = await answer(call.device, intent)
    call.say(f'Broadcast completed: result={code}, data="{data}"')
    return 0


async def monkey(call: Call) -> int:
    """Launch an app as ``monkey -p PACKAGE -c CATEGORY 1`` does; random events are refused."""
    words = list(call.args)
    packages, count = [], ""
    takes_value = ("-c", "-s", "--throttle", "--pct-touch", "--pct-syskeys", "--pct-motion", "--pct-nav")
    while words:
        word = words.pop(0)
        if word == "-p" and words:
            packages.append(words.pop(0))
        elif word in takes_value and words:
            words.pop(0)
        elif not word.startswith("-"):
            count = word
    for word in call.args:
        call.complain(f"  bash arg: {word}")
    if not count.isdigit():
        return call.refuse("** Error: Count not specified", 255)
    app = call.device.packages.find(packages[0]) if packages else None
    if app is None or not app.launcher_activity:
        call.say("** No activities found to run, monkey aborted.")
        return 252
    if int(count) > 1:
        return call.refuse("monkey: the virtual device launches apps but plays no random events", 255)
    # The real monkey switches auto-rotation on; scripts meet it here as they would there.
    call.device.settings.put("system/accelerometer_rotation", "1")
    await call.device.launch(app.package, app.launcher_activity)
    call.say("Events injected: 1")
    call.say("## Network stats: elapsed time=12ms (0ms mobile, 0ms wifi, 12ms not connected)")
    return 0


AM_COMMANDS: Mapping[str, Command] = {"am": am, "monkey": monkey}


def _words(call: Call) -> list[str]:
    return [word for word in without_user(call.args) if not word.startswith("-")]


def _resolve(device: Userland, intent: Intent) -> tuple[str, str | None] | None:
    """Return package and activity that answer an intent, or None; no activity means the app's choice."""
    if intent.component is not None:
        package, activity = intent.component
        app = device.packages.find(package)
        known = app is not None and activity in [name for name, _ in app.pages]
        return (package, activity) if known else None
    if HOME in intent.categories:
        return LAUNCHER, None
    if intent.package:
        app = device.packages.find(intent.package)
        if app is None or not app.launcher_activity:
            return None
        return app.package, None if intent.data else app.launcher_activity
    if intent.action in (VIEW, "") and intent.data.lower().startswith(("http://", "https://")):
        return BROWSER, None
    if intent.action == MAIN and not intent.categories:
        return LAUNCHER, None
    return None


async def _keyboard_input(device: Userland, intent: Intent) -> tuple[int, str]:
    try:
        text = base64.b64decode(intent.extra("text") or "", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as e:
        return _CANCELLED, f"bad text: {e}"
    return (_OK, "success") if await device.screen.insert_text(text) else (_CANCELLED, "no input field")


async def _keyboard_set(device: Userland, intent: Intent) -> tuple[int, str]:
    await _keyboard_clear(device, intent)
    return await _keyboard_input(device, intent)


async def _keyboard_clear(device: Userland, intent: Intent) -> tuple[int, str]:
    field = await focused_field(device)
    if field is None:
        return _CANCELLED, "no input field"
    await device.screen.set_text(field.handle, "")
    return _OK, "success"


async def _keyboard_enter(device: Userland, intent: Intent) -> tuple[int, str]:
    if await focused_field(device) is None:
        return _CANCELLED, "no input field"
    await device.screen.key(_ENTER)
    return _OK, "success"


async def _keyboard_hide(device: Userland, intent: Intent) -> tuple[int, str]:
    return _OK, "success"  # there is no soft keyboard to hide


async def _keyboard_clipboard(device: Userland, intent: Intent) -> tuple[int, str]:
    return _OK, base64.b64encode(device.screen.clipboard().encode()).decode()


async def focused_field(device: Userland) -> Node | None:
    """Return the text field that has the focus, or None."""
    with suppress(StopIteration):
        return next(
            node
            for window in await device.screen.windows()
            for node in _nodes(window.root)
            if node.focused and node.class_name == "android.widget.EditText"
        )
    return None


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


_KEYBOARD_ACTIONS: Mapping[str, Callable[[Userland, Intent], Awaitable[tuple[int, str]]]] = {
    "ADB_KEYBOARD_INPUT_TEXT": _keyboard_input,
    "ADB_KEYBOARD_SET_TEXT": _keyboard_set,
    "ADB_KEYBOARD_CLEAR_TEXT": _keyboard_clear,
    "ADB_KEYBOARD_EDITOR_CODE": _keyboard_enter,
    "ADB_KEYBOARD_SMART_ENTER": _keyboard_enter,
    "ADB_KEYBOARD_HIDE": _keyboard_hide,
    "ADB_KEYBOARD_GET_CLIPBOARD": _keyboard_clipboard,
}

_SUB_COMMANDS: Mapping[str, Callable[[Call], Awaitable[int]]] = {
    "start": start,
    "start-activity": start,
    "force-stop": force_stop,
    "stop-app": force_stop,
    "kill": kill,
    "crash": crash,
    "broadcast": broadcast,
    "get-current-user": current_user,
    "startservice": service,
    "start-service": service,
    "start-foreground-service": service,
    "instrument": service,
}
