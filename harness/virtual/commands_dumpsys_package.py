"""``dumpsys package``: what Android tells about installed apps."""

from __future__ import annotations

import zlib

from harness.virtual.command import Call
from harness.virtual.device_time import stamp
from harness.virtual.phone import InstalledApp


def dump_package(call: Call) -> int:
    """Print one app's records, or every app's; an unknown name gives the message of a phone."""
    names = [arg for arg in call.args if not arg.startswith("-")]
    if names and names[0] in ("packages", "permissions"):
        names = names[1:]
    apps = [app for app in call.device.packages.installed() if not names or app.package == names[0]]
    if not apps:
        call.say(f"Unable to find package: {names[0]}")
        return 0
    if len(apps) == 1:
        _activities(call, apps[0])
    call.say("Packages:")
    for app in apps:
        _package(call, app)
    return 0


def _activities(call: Call, app: InstalledApp) -> None:
    if not app.pages:
        return
    short = app.launcher_activity.removeprefix(app.package)
    call.say("Activity Resolver Table:")
    call.say("  Non-Data Actions:")
    call.say("      android.intent.action.MAIN:")
    call.say(f"        {_hash(app.package)} {app.package}/{short} filter {_hash(app.launcher_activity)}")
    call.say('          Action: "android.intent.action.MAIN"')
    call.say('          Category: "android.intent.category.LAUNCHER"')
    call.say("")


def _package(call: Call, app: InstalledApp) -> None:
    packages = call.device.packages
    user_id = packages.user_id(app.package)
    folder = packages.apk_path(app.package).removesuffix("/base.apk")
    flags = (
        "[ SYSTEM HAS_CODE ALLOW_CLEAR_USER_DATA ]"
        if packages.is_system(app.package)
        else ("[ HAS_CODE ALLOW_CLEAR_USER_DATA ALLOW_BACKUP ]")
    )
    call.say(f"  Package [{app.package}] ({_hash(app.package)}):")
    call.say(f"    userId={user_id}")
    call.say(f"    pkg=Package{{{_hash(app.package)} {app.package}}}")
    call.say(f"    codePath={folder}")
    call.say(f"    resourcePath={folder}")
    call.say(f"    primaryCpuAbi={app.abis[0] if app.abis else 'null'}")
    call.say("    secondaryCpuAbi=null")
    call.say(f"    versionCode={app.version_code} minSdk=21 targetSdk={call.device.personality.sdk}")
    call.say(f"    versionName={app.version_name}")
    call.say("    splits=[base]")
    call.say("    apkSigningVersion=2")
    call.say(f"    applicationInfo=ApplicationInfo{{{_hash(app.label)} {app.package}}}")
    call.say(f"    flags={flags}")
    call.say(f"    dataDir=/data/user/0/{app.package}")
    call.say(f"    timeStamp={stamp(call.device, app.last_update_time)}")
    call.say(f"    firstInstallTime={stamp(call.device, app.first_install_time)}")
    call.say(f"    lastUpdateTime={stamp(call.device, app.last_update_time)}")
    # A phone prints 32 bits of the certificate here; the apk itself holds the rest.
    signature = app.signer_sha256[:8] or "00000000"
    call.say(
        f"    signatures=PackageSignatures{{{_hash(app.package)} version:2, "
        f"signatures:[{signature}], past signatures:[]}}"
    )
    call.say("    installPermissionsFixed=true")
    call.say(f"    pkgFlags={flags}")
    _permissions(call, app)


def _permissions(call: Call, app: InstalledApp) -> None:
    packages = call.device.packages
    runtime = packages.runtime_permissions(app.package)
    if app.permissions:
        call.say("    requested permissions:")
        for name in app.permissions:
            call.say(f"      {name}")
    fixed = [name for name in app.permissions if name not in runtime]
    if fixed:
        call.say("    install permissions:")
        for name in fixed:
            call.say(f"      {name}: granted=true")
    call.say(
        "    User 0: ceDataInode=131 installed=true hidden=false suspended=false distractionFlags=0 "
        "stopped=false notLaunched=false enabled=0 instant=false virtual=false"
    )
    if runtime:
        call.say("      runtime permissions:")
    for name in runtime:
        granted = "true" if packages.granted(app.package, name) else "false"
        decided = "USER_SET|" if packages.decided(app.package, name) is not None else ""
        call.say(f"        {name}: granted={granted}, flags=[ {decided}USER_SENSITIVE_WHEN_GRANTED]")


def _hash(text: str) -> str:
    return f"{zlib.crc32(text.encode()) & 0xFFFFFFF:x}"
