"""``pm`` and ``cmd package``: what is installed, installing, permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from harness.virtual.app_archive import InstallRefused
from harness.virtual.command import Call, Command
from harness.virtual.commands_dumpsys_package import dump_package
from harness.virtual.packages import BROWSER, InstallOptions
from harness.virtual.phone import InstalledApp

_WITH_VALUE = frozenset(
    ("--user", "-i", "-S", "--abi", "--install-location", "--pkg", "-p", "-f", "--originating-uri", "--dexopt-profile")
)


async def pm(call: Call) -> int:
    """Run one sub-command of the package manager."""
    if not call.args:
        return call.refuse("Package manager (package) commands: list, path, install, uninstall, clear, grant …")
    run = _SUB_COMMANDS.get(call.args[0])
    if run is None:
        return call.refuse(f"Unknown command: {call.args[0]}", 255)
    return await run(call.inner(call.args[0], call.args[1:]))


async def list_things(call: Call) -> int:
    """Print packages, permissions, features, users …"""
    match call.args[:1]:
        case ("packages" | "package",):
            return _list_packages(call.inner("packages", call.args[1:]))
        case ("permissions",):
            return _list_permissions(call)
        case ("permission-groups",):
            for group in ("CAMERA", "CONTACTS", "LOCATION", "MICROPHONE", "PHONE", "STORAGE"):
                call.say(f"permission group:android.permission-group.{group}")
        case ("features",):
            for feature in ("android.hardware.touchscreen", "android.software.webview", "android.hardware.wifi"):
                call.say(f"feature:{feature}")
        case ("users",):
            call.say("Users:")
            call.say("\tUserInfo{0:Owner:c13} running")
        case ("instrumentation" | "libraries",):
            return 0
        case _:
            return call.refuse(f"Error: unknown list type '{' '.join(call.args[:1])}'")
    return 0


async def path(call: Call) -> int:
    """Print where an app's archive is; 1 and nothing for an app that is not installed."""
    _, words = _split(call)
    app = call.device.packages.find(words[0]) if words else None
    if app is None:
        return 1
    call.say(f"package:{call.device.packages.apk_path(app.package)}")
    return 0


async def install(call: Call) -> int:
    """Install an archive from a device path, or from standard input with ``-S SIZE``."""
    flags, words = _split(call)
    size = flags.get("-S")
    if words and words[0] != "-":
        where = call.path(words[0])
        if not call.device.files.exists(where):
            return call.refuse(f"Error: Unable to open file: {words[0]}\nConsider using a file under /data/local/tmp/")
        data = call.device.files.read(where)
    elif size is not None and size.isdigit() and len(call.stdin) >= int(size):
        data = call.stdin[: int(size)]
    elif size is not None:
        return _failure(call, "INSTALL_PARSE_FAILED_NOT_APK", f"{len(call.stdin)} of {size} bytes arrived")
    else:
        return call.refuse("Error: must either specify a package size or an APK file")
    options = InstallOptions(replace="-R" not in flags, downgrade="-d" in flags, grant_all="-g" in flags)
    return await _install(call, data, options)


async def session_create(call: Call) -> int:
    """Open an install session, as ``adb install-multiple`` does, and print its number."""
    number = max(call.device.install_sessions, default=1_000) + 1
    call.device.install_sessions[number] = {}
    call.say(f"Success: created install session [{number}]")
    return 0


async def session_write(call: Call) -> int:
    """Keep one archive of a session: ``install-write -S SIZE SESSION NAME [PATH|-]``."""
    flags, words = _split(call)
    session = _session(call, words)
    if session is None or len(words) < 2:
        return call.refuse("Error: no such install session", 255)
    from_file = len(words) > 2 and words[2] != "-"
    data = call.device.files.read(call.path(words[2])) if from_file else call.stdin
    size = int(flags["-S"]) if flags.get("-S", "").isdigit() else len(data)
    if len(data) < size:
        return _failure(call, "INSTALL_PARSE_FAILED_NOT_APK", f"{len(data)} of {size} bytes arrived")
    session[words[1]] = data[:size]
    call.say(f"Success: streamed {size} bytes")
    return 0


async def session_commit(call: Call) -> int:
    """Install what a session holds; the device knows no split archives."""
    _, words = _split(call)
    session = _session(call, words)
    if session is None:
        return call.refuse("Error: no such install session", 255)
    del call.device.install_sessions[int(words[0])]
    if len(session) != 1:
        reason = f"{len(session)} archives in the session; the virtual device takes exactly one"
        return _failure(call, "INSTALL_FAILED_INVALID_APK", reason)
    return await _install(call, next(iter(session.values())), InstallOptions())


async def session_abandon(call: Call) -> int:
    """Forget a session."""
    _, words = _split(call)
    if _session(call, words) is None:
        return call.refuse("Error: no such install session", 255)
    del call.device.install_sessions[int(words[0])]
    call.say("Success")
    return 0


async def uninstall(call: Call) -> int:
    """Remove an app with its data."""
    _, words = _split(call)
    if not words:
        return call.refuse("Error: package name not specified")
    if call.device.packages.find(words[0]) is None:
        call.say(
            f"Failure [not installed for {words[0]}]"
            if call.device.personality.sdk < 24
            else "Failure [DELETE_FAILED_INTERNAL_ERROR]"
        )
        return 1
    if not await call.device.uninstall(words[0]):
        call.say("Failure [DELETE_FAILED_INTERNAL_ERROR]")
        return 1
    call.device.log.add("PackageManager", f"uninstalled {words[0]}")
    call.say("Success")
    return 0


async def clear(call: Call) -> int:
    """Stop an app and remove what it stored and was granted."""
    _, words = _split(call)
    app = call.device.packages.find(words[0]) if words else None
    if app is None:
        call.say("Failed")
        return 1
    await call.device.screen.force_stop(app.package)
    await call.device.screen.clear_storage(app.package)
    call.device.packages.forget_decisions(app.package)
    call.say("Success")
    return 0


async def grant(call: Call) -> int:
    """Grant or revoke a runtime permission that the app asks for."""
    _, words = _split(call)
    if len(words) != 2:
        return call.refuse("Error: package and permission must be specified", 255)
    app = call.device.packages.find(words[0])
    if app is None:
        return _security_exception(call, f"java.lang.IllegalArgumentException: Unknown package: {words[0]}")
    if words[1] not in app.permissions:
        return _security_exception(
            call,
            f"java.lang.SecurityException: Package {app.package} has not requested permission {words[1]}",
        )
    if words[1] not in call.device.packages.runtime_permissions(app.package):
        return _security_exception(
            call, f"java.lang.SecurityException: Permission {words[1]} is not a changeable permission type"
        )
    call.device.packages.set_granted(app.package, words[1], granted=call.name == "grant")
    if call.name == "revoke":
        # Android kills an app that loses a permission.
        await call.device.screen.force_stop(app.package)
    return 0


async def reset_permissions(call: Call) -> int:
    """Make every permission of every app undecided."""
    for app in call.device.packages.installed():
        call.device.packages.forget_decisions(app.package)
    return 0


async def dump(call: Call) -> int:
    """Print everything known about one app."""
    return dump_package(call)


async def resolve_activity(call: Call) -> int:
    """Print which activity would answer an intent: the launcher activity of a package, or the browser."""
    app = find_by_intent(call)
    if app is None or not app.launcher_activity:
        call.say("No activity found")
        return 0
    component = f"{app.package}/{short_class(app.package, app.launcher_activity)}"
    if "--brief" in call.args:
        call.say("priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false")
        call.say(component)
        return 0
    if "--components" in call.args:
        call.say(component)
        return 0
    call.say("priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false")
    call.say("ActivityInfo:")
    call.say(f"  name={app.launcher_activity}")
    call.say(f"  packageName={app.package}")
    call.say("  enabled=true exported=true directBootAware=false")
    return 0


async def accept(call: Call) -> int:
    """Accept switches that change nothing here: every installed app is enabled."""
    call.say("Success")
    return 0


def find_by_intent(call: Call) -> InstalledApp | None:
    """Return the app that an intent's words name: a package, ``-p``, a component, or a web address."""
    words = list(call.args)
    if any(word.startswith(("http://", "https://")) for word in words):
        return call.device.packages.find(BROWSER)
    takes_value = ("-a", "-c", "-t", "-f", "--user", "-d")
    candidates = [
        word
        for number, word in enumerate(words)
        if not word.startswith("-") and not (number and words[number - 1] in takes_value)
    ]
    return call.device.packages.find(candidates[-1].partition("/")[0]) if candidates else None


def short_class(package: str, activity: str) -> str:
    """Return an activity as components are printed: ``.Main`` where it lies in the app's own package."""
    return activity.removeprefix(package) if activity.startswith(package + ".") else activity


PM_COMMANDS: Mapping[str, Command] = {"pm": pm}


def _split(call: Call) -> tuple[dict[str, str], list[str]]:
    """Return the switches (with their values) and the other words."""
    flags: dict[str, str] = {}
    words: list[str] = []
    todo = list(call.args)
    while todo:
        word = todo.pop(0)
        if not word.startswith("-") or word == "-":
            words.append(word)
        elif word in _WITH_VALUE:
            flags[word] = todo.pop(0) if todo else ""
        else:
            flags[word] = ""
    return flags, words


def _list_packages(call: Call) -> int:
    flags = [arg for arg in call.args if arg.startswith("-")]
    filters = [arg for arg in call.args if not arg.startswith("-") and not arg.isdigit() and arg != "None"]
    packages = call.device.packages
    for app in packages.installed():
        system = packages.is_system(app.package)
        if ("-3" in flags and system) or ("-s" in flags and not system) or "-d" in flags:
            continue
        if filters and not any(part in app.package for part in filters):
            continue
        shown = f"package:{packages.apk_path(app.package)}={app.package}" if "-f" in flags else f"package:{app.package}"
        if "--show-versioncode" in flags:
            shown += f" versionCode:{app.version_code}"
        if "-i" in flags:
            shown += "  installer=null"
        if "-U" in flags:
            shown += f" uid:{packages.user_id(app.package)}"
        call.say(shown)
    return 0


def _list_permissions(call: Call) -> int:
    names = {name for app in call.device.packages.installed() for name in app.permissions}
    call.say("All Permissions:")
    call.say("")
    for name in sorted(names):
        call.say(f"+ permission:{name}" if "-f" in call.args else f"permission:{name}")
    return 0


async def _install(call: Call, data: bytes, options: InstallOptions) -> int:
    try:
        app = await call.device.install(data, options)
    except InstallRefused as e:
        return _failure(call, e.code, e.reason)
    call.device.log.add("PackageManager", f"installed {app.package} {app.version_name}")
    call.say("Success")
    return 0


def _session(call: Call, words: list[str]) -> dict[str, bytes] | None:
    return call.device.install_sessions.get(int(words[0])) if words and words[0].isdigit() else None


def _failure(call: Call, code: str, reason: str) -> int:
    call.device.log.add("PackageManager", f"install refused: {code}: {reason}", priority="W")
    call.say(f"Failure [{code}: {reason}]")
    return 1


def _security_exception(call: Call, text: str) -> int:
    call.complain("")
    call.complain(f"Exception occurred while executing '{call.name}':")
    call.complain(text)
    return 255


_SUB_COMMANDS: Mapping[str, Callable[[Call], Awaitable[int]]] = {
    "list": list_things,
    "path": path,
    "install": install,
    "install-create": session_create,
    "install-write": session_write,
    "install-commit": session_commit,
    "install-abandon": session_abandon,
    "uninstall": uninstall,
    "clear": clear,
    "grant": grant,
    "revoke": grant,
    "reset-permissions": reset_permissions,
    "dump": dump,
    "resolve-activity": resolve_activity,
    "query-activities": resolve_activity,
    "enable": accept,
    "unsuspend": accept,
}
