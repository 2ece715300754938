"""Programs about the device itself: getprop, settings, date, ps, kill, svc, logcat, id, ip and their kind."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from harness.virtual.command import Call, Command, UsageFault, without_user
from harness.virtual.device_time import local_time
from harness.virtual.logcat import parse_options
from harness.virtual.userland import Userland

_TABLES = ("system", "secure", "global")
_READ_ONLY = ("ro.",)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SYSTEM_PROCESSES = (
    (1, 0, "root", "init"),
    (150, 1, "system", "servicemanager"),
    (212, 1, "system", "surfaceflinger"),
    (230, 1, "root", "zygote64"),
    (301, 1, "shell", "adbd"),
    (420, 230, "system", "system_server"),
    (640, 230, "u0_a50", "com.android.systemui"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One line of ``ps``."""

    pid: int
    parent: int
    user: str
    name: str
    command_line: str


async def getprop(call: Call) -> int:
    """Print one property (empty where unset), or all of them."""
    if call.args and not call.args[0].startswith("-"):
        default = call.args[1] if len(call.args) > 1 else ""
        call.say(_property(call.device, call.args[0]) or default)
        return 0
    for name in sorted({*call.device.properties.everything(), "sys.boot_completed"}):
        call.say(f"[{name}]: [{_property(call.device, name)}]")
    return 0


async def setprop(call: Call) -> int:
    """Set a property; read-only ones refuse."""
    if len(call.args) != 2:
        return call.refuse("setprop: usage: setprop NAME VALUE")
    name, value = call.args
    if name.startswith(_READ_ONLY) and call.device.properties.get(name):
        return call.refuse(f"Failed to set property '{name}' to '{value}'.\nSee dmesg for error reason.")
    call.device.properties.put(name, value)
    return 0


async def settings(call: Call) -> int:
    """Read and change the tables ``system``, ``secure`` and ``global``."""
    words = without_user(call.args)
    verb = words[0] if words else ""
    if verb not in ("get", "put", "list", "delete", "reset") or len(words) < 2 or words[1] not in _TABLES:
        return call.refuse("Invalid command: settings needs get|put|list|delete system|secure|global …", 255)
    table, rest = words[1], words[2:]
    store = call.device.settings
    match verb, rest:
        case "list", _:
            for name, text in sorted(store.everything().items()):
                if name.startswith(table + "/"):
                    call.say(f"{name.removeprefix(table + '/')}={text}")
        case "get", [name, *_]:
            call.say(store.get(f"{table}/{name}") or "null")
        case "put", [name, text, *_]:
            store.put(f"{table}/{name}", text)
            await _apply(call.device, f"{table}/{name}", text)
        case "delete", [name, *_]:
            call.say(f"Deleted {int(store.delete(f'{table}/{name}'))} rows")
        case _:
            return call.refuse("Bad arguments", 255)
    return 0


async def date(call: Call) -> int:
    """Print the device's date; ``+FORMAT`` as strftime, ``-u`` in UTC, ``-d @SECONDS`` another moment."""
    words = list(call.args)
    moment: float | None = None
    if "-d" in words[:-1]:
        text = words[words.index("-d") + 1]
        if not text.startswith("@") or not text[1:].replace(".", "", 1).isdigit():
            return call.refuse(f"date: bad date '{text}'")
        moment = float(text[1:])
        words.remove(text)
    now = local_time(call.device, moment)
    if "-u" in words:
        from datetime import UTC

        now = now.astimezone(UTC)
    layout = next((word[1:] for word in words if word.startswith("+")), None)
    plain = [word for word in words if not word.startswith(("+", "-"))]
    if plain or "-s" in words:
        return call.refuse("date: cannot set date: Operation not permitted (use 'cmd clock set EPOCH')")
    if layout is None:
        # As the device's C locale says it: the host may have another, and Windows knows no %e.
        day, month = _DAYS[now.weekday()], _MONTHS[now.month - 1]
        call.say(f"{day} {month} {now.day:2d} {now:%H:%M:%S %Z %Y}")
        return 0
    layout = layout.replace("%s", str(int(now.timestamp()))).replace("%N", f"{now.microsecond * 1000:09d}")
    call.say(now.strftime(layout))
    return 0


async def processes(device: Userland) -> list[Running]:
    """Return what runs: the system's own, one per app with a task, and the shell's long-running programs."""
    found = [
        Running(pid=pid, parent=parent, user=user, name=name, command_line=name)
        for pid, parent, user, name in _SYSTEM_PROCESSES
    ]
    seen = {entry.name for entry in found}
    for task in [await device.screen.foreground(), *await device.screen.tasks()]:
        if task.package in seen or not task.pid:
            continue
        seen.add(task.package)
        user = device.packages.user_id(task.package) if device.packages.find(task.package) else 1000
        name = f"u0_a{user - 10_000}" if user >= 10_000 else "system"
        found.append(Running(pid=task.pid, parent=230, user=name, name=task.package, command_line=task.package))
    found.extend(
        Running(pid=process.pid, parent=301, user="shell", name=process.name, command_line=process.command_line)
        for process in device.processes.running()
    )
    return found


async def ps(call: Call) -> int:
    """List processes: all with ``-A`` or ``-e``, the named ones, else the shell user's as on Android 8 and later."""
    if any(arg.startswith("-o") for arg in call.args):
        return call.refuse("ps: this device chooses the columns itself: ps without -o")
    call.say("USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME                       ")
    wanted = [word for arg in call.args if not arg.startswith("-") for word in arg.split(",")]
    everything = bool(wanted) or any(set(arg) & set("Ae") for arg in call.args if arg.startswith("-"))
    for entry in await processes(call.device):
        if not (everything or entry.user == "shell" or call.device.personality.sdk < 26):
            continue
        if wanted and str(entry.pid) not in wanted and entry.name not in wanted:
            continue
        call.say(
            f"{entry.user:<12} {entry.pid:>5} {entry.parent:>5} {14_500_000 if entry.pid > 600 else 12_600:>7} "
            f"{98_304 if entry.pid > 600 else 4_096:>6} {'do_epoll_wait':<16} {'0':>4} S {entry.name}"
        )
    return 0


async def pidof(call: Call) -> int:
    """Print the process ids of programs by name; 1 where none runs."""
    names = [arg for arg in call.args if not arg.startswith("-")]
    pids = [str(entry.pid) for entry in await processes(call.device) if entry.name in names]
    if pids:
        call.say(" ".join(pids))
    return 0 if pids else 1


async def kill(call: Call) -> int:
    """Signal processes by id; an app's process dies as in a crash."""
    number, pids = _signal(call)
    code = 0
    for text in pids:
        pid = int(text) if text.isdigit() else -1
        if not await _send(call.device, pid, number):
            code = call.refuse(f"{call.name}: {text}: No such process")
    return code


async def pkill(call: Call) -> int:
    """Signal processes by name (``-f``: anywhere in the command line); 1 where none runs."""
    number, names = _signal(call)
    whole = "-f" in call.args
    hits = [
        entry
        for entry in await processes(call.device)
        if any(name == entry.name or (whole and name in entry.command_line) for name in names)
    ]
    for entry in hits:
        await _send(call.device, entry.pid, number)
    return 0 if hits else 1


async def svc(call: Call) -> int:
    """Switch wifi and mobile data, keep the screen on or wake it."""
    match call.args:
        case ("wifi" | "data" as radio, "enable" | "disable" as verb):
            name = "global/wifi_on" if radio == "wifi" else "global/mobile_data"
            call.device.settings.put(name, "1" if verb == "enable" else "0")
        case ("power", "stayon", "true" | "false" | "usb" | "ac" | "wireless" as mode):
            call.device.settings.put("global/stay_on_while_plugged_in", "0" if mode == "false" else "7")
        case ("power", "reboot", *_) if call.device.reboot is not None:
            call.device.reboot()
        case ("bluetooth" | "nfc" | "usb", *_):
            return call.refuse(f"svc: no {call.args[0]} on this device", 255)
        case _:
            return call.refuse("svc: usage: svc wifi|data enable|disable, svc power stayon true|false", 255)
    return 0


async def reboot(call: Call) -> int:
    """Restart the device."""
    if call.device.reboot is None:
        return call.refuse("reboot: this device cannot restart itself")
    call.device.reboot()
    return 0


async def logcat(call: Call) -> int:
    """Print the log so far, or clear it with ``-c`` (the adb service streams it)."""
    options = parse_options(call.args)
    if options.clear:
        call.device.log.clear()
    else:
        call.out += call.device.log.dump(options)
    return 0


async def log(call: Call) -> int:
    """Write a line to the log: ``log [-p PRIORITY] [-t TAG] MESSAGE…``."""
    words, tag, priority = list(call.args), "log", "I"
    while len(words) > 1 and words[0] in ("-p", "-t"):
        flag, value = words.pop(0), words.pop(0)
        tag, priority = (value, priority) if flag == "-t" else (tag, value[:1].upper())
    if priority not in "VDIWEF":
        raise UsageFault(f"log: bad priority '{priority}'")
    call.device.log.add(tag, " ".join(words), priority=priority)
    return 0


async def clock(call: Call) -> int:
    """Read and move the device's clock (pages follow): ``cmd clock now|set EPOCH|advance SECONDS``.

    This is the host's documented way to let time pass; every form prints the device's time afterwards.
    """
    match call.args:
        case ("now",):
            pass
        case ("set", text) if _seconds(text) is not None:
            await call.device.set_clock(_seconds(text) or 0.0)
        case ("advance", text) if (_seconds(text) or -1.0) >= 0:
            await call.device.move_clock(_seconds(text) or 0.0)
        case _:
            return call.refuse("clock: usage: cmd clock now | set EPOCH_SECONDS | advance SECONDS", 255)
    call.say(f"{call.device.clock.now():.3f}")
    return 0


async def identity(call: Call) -> int:
    """Print who runs the shell: ``shell``, or ``root`` after ``adb root``."""
    root = call.device.properties.get("service.adb.root") == "1"
    number, name = (0, "root") if root else (2000, "shell")
    if "-u" in call.args:
        call.say(name if "-n" in call.args else str(number))
    elif call.name == "whoami":
        call.say(name)
    else:
        call.say(
            f"uid={number}({name}) gid={number}({name}) groups={number}({name}),1004(input),1007(log),1011(adb),"
            f"1015(sdcard_rw),3003(inet) context=u:r:{'su' if root else 'shell'}:s0"
        )
    return 0


async def machine(call: Call) -> int:
    """Print what the machine is called and can do."""
    match call.name:
        case "uname":
            call.say("Linux localhost 5.4.0-virtual #1 SMP PREEMPT x86_64" if call.args else "Linux")
        case "hostname":
            call.say("localhost")
        case "getenforce":
            call.say("Permissive")
        case _:
            call.say("4")
    return 0


async def uptime(call: Call) -> int:
    """Print how long the device runs; advanced time counts."""
    up_s = int(call.device.clock.uptime_s())
    days, hours, minutes = up_s // 86_400, up_s % 86_400 // 3600, up_s % 3600 // 60
    now = local_time(call.device).strftime("%H:%M:%S")
    call.say(f" {now} up {days} days, {hours:2d}:{minutes:02d},  0 users,  load average: 0.10, 0.10, 0.10")
    return 0


async def network(call: Call) -> int:
    """Print the network interfaces: a loopback, and a wifi address of the documentation range."""
    if call.name == "ifconfig" and call.args[:1] != ("eth0",):
        call.say("wlan0     Link encap:Ethernet  HWaddr 02:00:00:00:00:00")
        call.say("          inet addr:192.0.2.15  Bcast:192.0.2.255  Mask:255.255.255.0 ")
    elif call.name == "ip" and call.args[:1] in (("addr",), ("a",), ("address",)):
        call.say("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default")
        call.say("    inet 127.0.0.1/8 scope host lo")
        call.say("2: wlan0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default")
        call.say("    inet 192.0.2.15/24 brd 192.0.2.255 scope global wlan0")
    else:
        return call.refuse(f"{call.name}: {' '.join(call.args)}: No such device")
    return 0


async def content(call: Call) -> int:
    """Answer ``content query``: there are no providers but the settings tables."""
    words = list(call.args)
    uri = words[words.index("--uri") + 1] if "--uri" in words[:-1] else ""
    table = uri.removeprefix("content://settings/")
    if words[:1] != ["query"] or table not in _TABLES:
        return call.refuse(f"Error while accessing provider:{uri.removeprefix('content://').partition('/')[0]}")
    for number, (name, text) in enumerate(sorted(call.device.settings.everything().items())):
        if name.startswith(table + "/"):
            call.say(f"Row: {number} name={name.removeprefix(table + '/')}, value={text}")
    return 0


SYSTEM_COMMANDS: Mapping[str, Command] = {
    "getprop": getprop,
    "setprop": setprop,
    "settings": settings,
    "date": date,
    "ps": ps,
    "pidof": pidof,
    "pgrep": pidof,
    "kill": kill,
    "pkill": pkill,
    "killall": pkill,
    "svc": svc,
    "reboot": reboot,
    "logcat": logcat,
    "log": log,
    "id": identity,
    "whoami": identity,
    "uname": machine,
    "hostname": machine,
    "getenforce": machine,
    "nproc": machine,
    "uptime": uptime,
    "ifconfig": network,
    "ip": network,
    "content": content,
}


def _property(device: Userland, name: str) -> str:
    return device.properties.get(name) or ""


async def _apply(device: Userland, name: str, text: str) -> None:
    """Let a setting take effect that something on the device follows."""
    from dataclasses import replace

    follows = device.settings.get("system/accelerometer_rotation") == "0"
    if name == "system/user_rotation" and text in ("0", "1", "2", "3") and follows:
        await device.screen.set_display(replace(device.screen.display, rotation=int(text)))


def _signal(call: Call) -> tuple[int, list[str]]:
    number, words = int(signal.SIGTERM), []
    todo = list(call.args)
    names = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "TERM": 15, "STOP": 19, "CONT": 18}
    while todo:
        word = todo.pop(0)
        text = word[1:] if word.startswith("-") else ""
        if text in ("s", "l") and todo:
            text = todo.pop(0)
        if text.isdigit():
            number = int(text)
        elif text.upper().removeprefix("SIG") in names:
            number = names[text.upper().removeprefix("SIG")]
        elif not text:
            words.append(word)
    return number, words


async def _send(device: Userland, pid: int, number: int) -> bool:
    if device.processes.kill(pid, number):
        return True
    for task in await device.screen.tasks():
        if task.pid == pid:
            if number:
                await device.screen.crash(task.package)
            return True
    return False


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
