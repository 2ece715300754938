"""``dumpsys``: windows, activities, display, battery and the other services that clients read."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping

from harness.virtual.command import Call, Command
from harness.virtual.commands_dumpsys_package import dump_package
from harness.virtual.commands_ime import input_methods
from harness.virtual.commands_system import processes
from harness.virtual.intents import short_component
from harness.virtual.phone import Foreground

DISPLAY_ID = 4619827259835644672
# android.view.WindowManager.LayoutParams
_FLAGS = 0x81810100
_FLAG_SECURE = 0x2000


async def dumpsys(call: Call) -> int:
    """Print what one system service knows; ``-l`` lists the services."""
    words = list(call.args)
    while words[:1] and words[0].startswith("-") and words[0] != "-l":
        takes_value = words.pop(0) in ("-t", "-T", "--priority")
        if takes_value and words:
            words.pop(0)
    if words[:1] == ["-l"]:
        call.say("Currently running services:")
        for name in sorted(_SERVICES):
            call.say(f"  {name}")
        return 0
    if not words:
        for name in sorted(_SERVICES):
            call.say(f"DUMP OF SERVICE {name}:")
            await _SERVICES[name](call.inner(name, ()))
        return 0
    service = _SERVICES.get(words[0])
    if service is None:
        return call.refuse(f"Can't find service: {words[0]}", 0)
    return await service(call.inner(words[0], tuple(words[1:])))


async def window(call: Call) -> int:
    """Print windows and displays; which part tells the focus depends on the Android version."""
    section = next((word for word in call.args if not word.startswith("-")), "")
    front = await call.device.screen.foreground()
    if section in ("", "displays", "d"):
        _displays(call, front)
    if section in ("", "windows", "w", "all", "visible"):
        await _windows(call, front)
    if section in ("", "policy", "p"):
        call.say("WINDOW MANAGER POLICY STATE (dumpsys window policy)")
        call.say(f"    mAwake={_yes(call.device.screen.awake)} mScreenOnEarly={_yes(call.device.screen.awake)}")
        call.say("    isStatusBarKeyguard=false mShowingLockscreen=false mDreamingLockscreen=false")
    if section == "input":
        call.say(f"  mFocusedWindow={_window_name(front)}")
    return 0


async def activity(call: Call) -> int:
    """Print activities, the top activity, recent tasks or processes."""
    section = next((word for word in call.args if not word.startswith("-")), "")
    match section:
        case "" | "activities" | "a":
            await _activities(call)
        case "top":
            front = await call.device.screen.foreground()
            for task in reversed(await _tasks(call)):
                call.say(f"TASK {task.package} id={_task_id(task)} userId=0")
                call.say(f"  ACTIVITY {_component(task)} {_hash(task)} pid={task.pid}")
                call.say(f"    Local Activity {_hash(task)} State:")
                call.say(f"      mResumed={_yes(task == front)} mStopped={_yes(task != front)} mFinished=false")
        case "recents" | "r":
            call.say("ACTIVITY MANAGER RECENT TASKS (dumpsys activity recents)")
            for number, task in enumerate(await call.device.screen.tasks()):
                call.say(f"  * Recent #{number}: Task{{{_hash(task)} #{_task_id(task)} A={task.package}}}")
        case "processes" | "p":
            call.say("ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)")
            for entry in await processes(call.device):
                call.say(
                    f"  *APP* UID {entry.user} ProcessRecord{{{entry.pid:x} {entry.pid}:{entry.name}/{entry.user}}}"
                )
        case "services" | "broadcasts" | "providers" | "intents" | "s" | "b":
            call.say("  (nothing)")
        case package:
            call.say(
                f"No services match: {package}"
                if call.device.packages.find(package)
                else f"Bad activity command, or no activities match: {package}"
            )
    return 0


async def package(call: Call) -> int:
    """Print the package manager's records."""
    return dump_package(call)


async def display(call: Call) -> int:
    """Print the panel, its rotation and size."""
    panel = call.device.screen.display
    width, height = panel.size_px
    call.say("DISPLAY MANAGER (dumpsys display)")
    call.say(f"  mOnlyCode=false mSafeMode=false mStableDisplaySize=Point({panel.width_px}, {panel.height_px})")
    call.say("  mViewports=[")
    call.say(
        f"    DisplayViewport{{type=INTERNAL, valid=true, isActive=true, displayId=0, uniqueId='local:{DISPLAY_ID}', "
        f"physicalPort=0, orientation={panel.rotation}, logicalFrame=Rect(0, 0 - {width}, {height}), "
        f"physicalFrame=Rect(0, 0 - {panel.width_px}, {panel.height_px}), "
        f"deviceWidth={panel.width_px}, deviceHeight={panel.height_px}}}]"
    )
    call.say("Logical Displays: size=1")
    call.say("  Display 0:")
    call.say(f"    mDisplayId=0 mBlanked={_yes(not call.device.screen.awake)}")
    call.say(
        f'    mBaseDisplayInfo=DisplayInfo{{"内置屏幕", displayId 0, real {panel.width_px} x {panel.height_px}, '
        f"rotation {panel.rotation}, density {panel.density_dpi} ({panel.density_dpi}.0 x {panel.density_dpi}.0) dpi, "
        f"state {'ON' if call.device.screen.awake else 'OFF'}}}"
    )
    return 0


async def battery(call: Call) -> int:
    """Print a full battery on mains, which nothing changes."""
    if call.args:
        return call.refuse(f"battery: the virtual device's battery takes no '{call.args[0]}'", 255)
    call.say("Current Battery Service state:")
    for name, value in (
        ("AC powered", "true"),
        ("USB powered", "false"),
        ("Wireless powered", "false"),
        ("Max charging current", "0"),
        ("Max charging voltage", "0"),
        ("Charge counter", "10000"),
        ("status", "2"),
        ("health", "2"),
        ("present", "true"),
        ("level", "100"),
        ("scale", "100"),
        ("voltage", "5000"),
        ("temperature", "250"),
        ("technology", "Li-ion"),
    ):
        call.say(f"  {name}: {value}")
    return 0


async def surface_flinger(call: Call) -> int:
    """Print the display's id, or the list of surfaces."""
    if "--display-id" in call.args:
        if call.device.personality.sdk < 29:
            return 0  # an argument that it does not know
        call.say(f'Display {DISPLAY_ID} (HWC display 0): port=0 pnpId=VRT displayName="virtual_display_0"')
        if call.device.personality.quirks.warns_of_displays:
            call.say(f'Display {DISPLAY_ID + 1} (HWC display 1): port=1 pnpId=VRT displayName="virtual_display_1"')
        return 0
    front = await call.device.screen.foreground()
    call.say(f"{front.package}/{front.activity}#0")
    return 0


async def input_method(call: Call) -> int:
    """Print the input methods; no soft keyboard ever shows."""
    current = call.device.settings.get("secure/default_input_method") or "null"
    call.say("Current Input Method Manager state:")
    for name in input_methods(call.device):
        call.say(f"  InputMethod #{input_methods(call.device).index(name)}: mId={name}")
    call.say(f"  mCurMethodId={current}")
    call.say("  mShowRequested=false mShowExplicitlyRequested=false mShowForced=false mInputShown=false")
    return 0


async def power(call: Call) -> int:
    """Print whether the device is awake."""
    awake = call.device.screen.awake
    call.say("POWER MANAGER (dumpsys power)")
    call.say(f"  mWakefulness={'Awake' if awake else 'Asleep'}")
    call.say(f"  mHoldingDisplaySuspendBlocker={_yes(awake)}")
    call.say(f"Display Power: state={'ON' if awake else 'OFF'}")
    return 0


async def cpuinfo(call: Call) -> int:
    """Print the running programs; their load is not measured."""
    call.say("Load: 0.1 / 0.1 / 0.1")
    for entry in await processes(call.device):
        call.say(f"  0% {entry.pid}/{entry.name}: 0% user + 0% kernel")
    call.say("0% TOTAL: 0% user + 0% kernel")
    return 0


async def meminfo(call: Call) -> int:
    """Say that memory is not measured per app."""
    call.say("Total RAM: 4,194,304K (status normal)")
    return 0


_SERVICES: Mapping[str, Callable[[Call], Awaitable[int]]] = {
    "window": window,
    "activity": activity,
    "package": package,
    "display": display,
    "battery": battery,
    "SurfaceFlinger": surface_flinger,
    "input_method": input_method,
    "power": power,
    "cpuinfo": cpuinfo,
    "meminfo": meminfo,
}

DUMPSYS_COMMANDS: Mapping[str, Command] = {"dumpsys": dumpsys}


def _displays(call: Call, front: Foreground) -> None:
    panel = call.device.screen.display
    width, height = panel.size_px
    call.say("WINDOW MANAGER DISPLAY CONTENTS (dumpsys window displays)")
    call.say("  Display: mDisplayId=0")
    call.say(
        f"    init={panel.width_px}x{panel.height_px} {panel.density_dpi}dpi cur={width}x{height} "
        f"app={width}x{height} rng={min(width, height)}x{min(width, height)}-{max(width, height)}x{max(width, height)}"
    )
    call.say(f"    mRotation=ROTATION_{panel.rotation * 90} mCurrentRotation=ROTATION_{panel.rotation * 90}")
    nulls = call.device.personality.quirks.null_focus
    if nulls:
        _no_focus(call)
    if not call.device.personality.focus_in_windows_section:
        _focus(call, front)
    if nulls:
        call.say("  Display: mDisplayId=1")
        _no_focus(call)


async def _windows(call: Call, front: Foreground) -> None:
    call.say("WINDOW MANAGER WINDOWS (dumpsys window windows)")
    for number, task in enumerate(reversed(await _tasks(call))):
        call.say(f"  Window #{number} {_window_name(task)}:")
        call.say(f"    mDisplayId=0 mSession=Session{{{_hash(task)} {task.pid}:u0a{task.pid}}}")
        call.say(
            f"    mOwnerUid={call.device.packages.user_id(task.package)} package={task.package}"
            if call.device.packages.find(task.package)
            else f"    package={task.package}"
        )
        call.say("    mAttrs={(0,0)(fillxfill) sim={adjust=resize} ty=BASE_APPLICATION")
        secure = task == front and await call.device.screen.secure()
        if call.device.personality.window_flags_as_number:
            call.say(f"      fl=#{_FLAGS | _FLAG_SECURE * secure:x}}}")
        else:
            named = "SECURE " if secure else ""
            call.say(f"      fl=LAYOUT_IN_SCREEN LAYOUT_INSET_DECOR {named}SPLIT_TOUCH HARDWARE_ACCELERATED}}")
        call.say(f"    isOnScreen={_yes(task == front)} isVisible={_yes(task == front)}")
    if call.device.personality.focus_in_windows_section:
        _focus(call, front)


def _no_focus(call: Call) -> None:
    call.say("  mCurrentFocus=null")
    call.say("  mFocusedApp=null")


def _focus(call: Call, front: Foreground) -> None:
    call.say(f"  mCurrentFocus={_window_name(front)}")
    call.say(f"  mFocusedApp={_record(front)}")


async def _activities(call: Call) -> None:
    tasks = await _tasks(call)
    front = await call.device.screen.foreground()
    call.say("ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)")
    call.say("Display #0 (activities from top to bottom):")
    for task in tasks:
        call.say(f"  * Task{{{_hash(task)} #{_task_id(task)} visible={_yes(task == front)} A={task.package} U=0}}")
        call.say(f"      * Hist #0: {_record(task)}")
        call.say(f"        packageName={task.package} processName={task.package}")
    key = call.device.personality.resumed_key
    call.say(f"    {key}{_record(front)}")
    call.say(f"  ResumedActivity: {_record(front)}")


async def _tasks(call: Call) -> list[Foreground]:
    """Return every activity, the one in front first; a system dialog's belongs to no task of its own."""
    front = await call.device.screen.foreground()
    return [front, *(task for task in await call.device.screen.tasks() if task != front)]


def _window_name(task: Foreground) -> str:
    return f"Window{{{_hash(task)} u0 {task.package}/{task.activity}}}"


def _record(task: Foreground) -> str:
    return f"ActivityRecord{{{_hash(task)} u0 {_component(task)} t{_task_id(task)}}}"


def _component(task: Foreground) -> str:
    return short_component(task.package, task.activity)


def _task_id(task: Foreground) -> int:
    return zlib.crc32(task.package.encode()) % 900 + 2


def _hash(task: Foreground) -> str:
    return f"{zlib.crc32(f'{task.package}/{task.activity}'.encode()) & 0xFFFFFFF:07x}"


def _yes(value: bool) -> str:  # noqa: FBT001  # prints a Java boolean
    return "true" if value else "false"
