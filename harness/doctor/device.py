"""Looks at one ready device: what would spoil a walk on it, and the command that mends it.

The device is asked by shell commands that only read, then looked at once the way a walk does, which puts uiautomator2's
server on it. Nothing is looked at while another process drives it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from harness.clock import Clock
from harness.device import facts, pool, wire
from harness.device.android import AndroidDevice, Limits
from harness.device.changes import Setting
from harness.doctor.checkup import Checkup, Status, checkup, on_device
from harness.errors import DeviceError, DeviceUnreachable
from harness.model import Frame, Gap

LIMITS: Final = Limits(dump_s=20.0, read_tries=2, capture_tries=2, return_s=2.0)
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
STORAGE_FAIL_MB: Final = 200
STORAGE_WARN_MB: Final = 1000
_MARK: Final = "harness-look"
_NO_ANIMATIONS: Final = tuple(
    Setting(table="global", name=name, value="0")
    for name in ("window_animation_scale", "transition_animation_scale", "animator_duration_scale")
)
# What `harness doctor --fix` may set, by the reason it mends; each is taken back by `harness devices --clean`.
SAFE: Final[Mapping[str, tuple[Setting, ...]]] = {
    "doctor.device_animations.on": _NO_ANIMATIONS,
    "doctor.device_awake.sleeps": (Setting(table="global", name="stay_on_while_plugged_in", value="7"),),
    "doctor.device_locale.not_chinese": (Setting(table="system", name="system_locales", value="zh-CN"),),
}
_LOCALES_FROM_SDK: Final = 24  # Android 7 keeps a list of languages and reads it when it starts
_WAKEUP_FROM_SDK: Final = 20  # before, no key wakes alone: the power key, of a screen that is off, does
_DISMISS_FROM_SDK: Final = 24
_QUESTIONS: Final = {
    "clock": "date +%s",
    "sdk": "getprop ro.build.version.sdk",
    "virtual": "getprop ro.harness.virtual",
    "animations": "; ".join(f"settings get global {setting.name}" for setting in _NO_ANIMATIONS),
    "stay_on": "settings get global stay_on_while_plugged_in",
    "power": "dumpsys power | grep -E 'mWakefulness=|mScreenOn='",
    "lock": "dumpsys window policy | grep -E 'mShowingLockscreen|mDreamingLockscreen|mIsShowing|showing='",
    "locale": "am get-config 2>/dev/null | grep -m1 config:",
    "locale_property": "getprop persist.sys.locale; getprop persist.sys.language; getprop ro.product.locale",
    "locale_wish": "settings get system system_locales",
    "fonts": "ls /system/fonts /product/fonts 2>/dev/null",
    "storage": "df /data",
    "end": "",
}
COMMAND: Final = "; ".join(
    f"echo {_MARK} {name}; {question}" if question else f"echo {_MARK} {name}" for name, question in _QUESTIONS.items()
)
_CHINESE_FONT: Final = re.compile(
    r"CJK|SansSC|SansHans|Fallback|Chinese|MiSans|MiLan|HarmonyOS|OPPO|Vivo|HYQiHei|FZLan|SourceHan|DFP", re.IGNORECASE
)
_LOCALE_OF_CONFIG: Final = re.compile(r"(?:^|[-: ])([a-z]{2,3})-r([A-Z]{2})\b|\bb\+([a-z]{2,3})\+")


def look_at_device(serial: str, adb: tuple[str, int], clock: Clock) -> tuple[Checkup, ...]:
    """Return the checkups of a device that adb calls ready."""
    try:
        with pool.lease([serial], wait_s=0.0):
            return (*_asked(serial, adb, clock), *_looked(serial, adb, clock))
    except DeviceUnreachable:
        return (checkup("device", Status.UNKNOWN, "taken", {"serial": serial}),)


# --- asked ---


def _asked(serial: str, adb: tuple[str, int], clock: Clock) -> tuple[Checkup, ...]:
    try:
        told = parts(wire.shell(adb, serial, COMMAND))
        now = clock.wall()
        traces = dict(facts.facts_in(wire.shell(adb, serial, facts.COMMAND)))
    except DeviceError as error:
        mend = on_device(serial, "reconnect")
        return (checkup("device", Status.FAIL, "silent", {"serial": serial, "problem": str(error)}, mend),)
    return device_checkups(serial, told, traces, now)


def parts(output: str) -> dict[str, str]:
    """Return what the device printed to each question of ``COMMAND``; none where it did not print to its end."""
    found = {}
    for part in output.replace("\r", "").split(f"{_MARK} ")[1:]:
        name, _, said = part.partition("\n")
        found[name.strip()] = said.strip()
    return found if "end" in found else {}


def device_checkups(
    serial: str, told: Mapping[str, str], traces: Mapping[str, str], now: datetime
) -> tuple[Checkup, ...]:
    """Return what the answers of a device say, at the host's moment ``now``. Pure."""
    embedded = told.get("virtual") == "1"
    looks = [
        _clock(serial, told.get("clock", ""), now),
        _animations(serial, told.get("animations", "")),
        _awake(serial, told),
        _locale(serial, told),
        _storage(serial, told.get("storage", "")),
    ]
    if not embedded:  # its fonts are the host's, and no app refuses a device that no shop sells
        looks += [_font(serial, told.get("fonts", "")), _traces(serial, traces)]
    return tuple(looks)


def _clock(serial: str, said: str, now: datetime) -> Checkup:
    if not said.isdigit():
        return checkup("device_clock", Status.UNKNOWN, "not_told", {"serial": serial})
    wall = datetime.fromtimestamp(int(said), UTC)
    off = wall - now
    data = {"serial": serial, "now": wall.astimezone().isoformat(timespec="seconds")}
    if abs(off) <= CLOCK_TOLERANCE:
        return checkup("device_clock", Status.OK, "right", data)
    data["off"] = f"{off.total_seconds():+.0f}"
    # Switched off and on, it asks the network's time at once; nothing here sets a clock.
    toggled = "settings put global auto_time 0; settings put global auto_time 1"
    return checkup("device_clock", Status.FAIL, "wrong", data, on_device(serial, f'shell "{toggled}"'))


def _animations(serial: str, said: str) -> Checkup:
    scales = said.split()
    if len(scales) != len(_NO_ANIMATIONS):
        return checkup("device_animations", Status.UNKNOWN, "not_told", {"serial": serial})
    data = {"serial": serial, "scales": ", ".join("1.0" if scale == "null" else scale for scale in scales)}
    if all(re.fullmatch(r"0(\.0*)?", scale) for scale in scales):
        return checkup("device_animations", Status.OK, "off", data)
    return checkup("device_animations", Status.WARN, "on", data, _setting("doctor.device_animations.on", serial))


def _awake(serial: str, told: Mapping[str, str]) -> Checkup:
    data = {"serial": serial}
    sdk = _sdk(told)
    if re.search(r"mWakefulness=(?!Awake)\w|mScreenOn=false", told.get("power", "")):
        key = "KEYCODE_WAKEUP" if sdk >= _WAKEUP_FROM_SDK else "KEYCODE_POWER"
        return checkup("device_awake", Status.FAIL, "dark", data, on_device(serial, f"shell input keyevent {key}"))
    if re.search(r"(?:mShowingLockscreen|mDreamingLockscreen|mIsShowing|\bshowing)=true", told.get("lock", "")):
        unlock = "wm dismiss-keyguard" if sdk >= _DISMISS_FROM_SDK else "input keyevent KEYCODE_MENU"
        return checkup("device_awake", Status.WARN, "locked", data, on_device(serial, f"shell {unlock}"))
    stay_on = told.get("stay_on", "")
    if stay_on in ("0", "null"):
        return checkup("device_awake", Status.WARN, "sleeps", data, _setting("doctor.device_awake.sleeps", serial))
    if not stay_on.isdigit():
        return checkup("device_awake", Status.UNKNOWN, "not_told", data)
    return checkup("device_awake", Status.OK, "stays", data)


def _sdk(told: Mapping[str, str]) -> int:
    """Return Android's API level; where it is not told the device counts as a new one."""
    said = told.get("sdk", "")
    return int(said) if said.isdigit() else _LOCALES_FROM_SDK


def _locale(serial: str, told: Mapping[str, str]) -> Checkup:
    config = _LOCALE_OF_CONFIG.search(told.get("locale", ""))
    property_ = next(iter(told.get("locale_property", "").split()), "")
    language = (f"{config[1]}-{config[2]}" if config[1] else config[3]) if config else property_
    data = {"serial": serial, "locale": language}
    if not language:
        return checkup("device_locale", Status.UNKNOWN, "not_told", {"serial": serial})
    if language.startswith("zh"):
        return checkup("device_locale", Status.OK, "chinese", data)
    if told.get("locale_wish", "").startswith("zh"):
        return checkup("device_locale", Status.WARN, "after_restart", data, on_device(serial, "reboot"))
    if _sdk(told) < _LOCALES_FROM_SDK:
        mend = on_device(serial, "shell am start -a android.settings.LOCALE_SETTINGS")
        return checkup("device_locale", Status.WARN, "by_hand", data, mend)
    return checkup(
        "device_locale", Status.WARN, "not_chinese", data, _setting("doctor.device_locale.not_chinese", serial)
    )


def _storage(serial: str, said: str) -> Checkup:
    free_mb = _free_mb(said)
    if free_mb is None:
        return checkup("device_storage", Status.UNKNOWN, "not_told", {"serial": serial})
    data = {"serial": serial, "free_mb": f"{free_mb:.0f}"}
    mend = on_device(serial, "shell pm trim-caches 999999999999")
    if free_mb < STORAGE_FAIL_MB:
        return checkup("device_storage", Status.FAIL, "full", data, mend)
    if free_mb < STORAGE_WARN_MB:
        return checkup("device_storage", Status.WARN, "little", data, mend)
    return checkup("device_storage", Status.OK, "enough", data)


def _free_mb(said: str) -> float | None:
    """Return the free room in 10^6 bytes that ``df`` tells: in kilobytes, before Android 6 with a unit."""
    fields = said.splitlines()[-1].split() if said else []
    if len(fields) < 4:
        return None
    if fields[3].isdigit() and fields[1].isdigit():
        return int(fields[3]) * 1024 / 1e6
    match = re.fullmatch(r"([\d.]+)([KMGT])", fields[3])
    return float(match[1]) * {"K": 1e-3, "M": 1.0, "G": 1e3, "T": 1e6}[match[2]] if match else None


def _font(serial: str, said: str) -> Checkup:
    fonts = [name for name in said.split() if name.lower().endswith((".ttf", ".ttc", ".otf"))]
    data = {"serial": serial}
    if not fonts:
        return checkup("device_font", Status.UNKNOWN, "not_told", data)
    chinese = next((name for name in fonts if _CHINESE_FONT.search(name)), None)
    if chinese is None:
        return checkup("device_font", Status.WARN, "missing", {**data, "count": str(len(fonts))})
    return checkup("device_font", Status.OK, "found", {**data, "font": chinese})


def _traces(serial: str, told: Mapping[str, str]) -> Checkup:
    found = []
    if told.get("adb_as_root") == "yes":
        found.append("adb root")
    found += [told[name] for name in ("su", "root_apps") if told.get(name, "") not in ("", facts.NONE)]
    if "test-keys" in told.get("build_tags", "") or told.get("debuggable") == "1":
        found.append("test-keys / debuggable")
    if (
        told.get("qemu") == "1"
        or told.get("avd")
        or re.search("goldfish|ranchu|vbox|redroid", told.get("hardware", ""))
    ):
        found.append(f"emulator {told.get('hardware', '')}".strip())
    if not found:
        if not told.get("su"):
            return checkup("device_traces", Status.UNKNOWN, "not_told", {"serial": serial})
        return checkup("device_traces", Status.OK, "none", {"serial": serial})
    mend = on_device(serial, "unroot") if found[0] == "adb root" else ""
    return checkup("device_traces", Status.WARN, "seen", {"serial": serial, "traces": ", ".join(found)}, mend)


def _setting(reason: str, serial: str) -> str:
    commands = "; ".join(setting.command for setting in SAFE[reason])
    return on_device(serial, f'shell "{commands}"')  # these quotes every host's shell takes


# --- looked at ---


def _looked(serial: str, adb: tuple[str, int], clock: Clock) -> tuple[Checkup, ...]:
    try:
        device = AndroidDevice(serial, adb=adb, clock=clock, limits=LIMITS)
    except DeviceError as error:
        return (_no_automation(serial, error),)
    try:
        return seen_checkups(serial, device.capture())
    except DeviceError as error:
        data = {"serial": serial, "problem": str(error)}
        return (checkup("device_picture", Status.FAIL, "failed", data, on_device(serial, "reboot")),)
    finally:
        device.close()


def _no_automation(serial: str, error: DeviceError) -> Checkup:
    data = {"serial": serial, "problem": str(error)}
    if "already registered" in str(error):
        mend = on_device(serial, "shell am force-stop io.appium.uiautomator2.server")
        return checkup("device_nodes", Status.FAIL, "taken_by_another", data, mend)
    return checkup("device_nodes", Status.FAIL, "no_server", data, on_device(serial, "reboot"))


def seen_checkups(serial: str, frame: Frame) -> tuple[Checkup, ...]:
    """Return what one capture says of picture and hierarchy. Pure."""
    gaps = {gap.reason: gap for gap in frame.gaps}
    return (_picture(serial, frame, gaps), _nodes(serial, frame, gaps))


def _picture(serial: str, frame: Frame, gaps: Mapping[str, Gap]) -> Checkup:
    data = {"serial": serial, "size": f"{frame.size_px[0]}x{frame.size_px[1]}"}
    if frame.png is None:
        detail = next((gap.detail for gap in frame.gaps if gap.channel == "picture"), "")
        if "device-timeout" in gaps:
            return checkup("device_picture", Status.WARN, "slow", {**data, "problem": detail})
        return checkup(
            "device_picture", Status.FAIL, "failed", {**data, "problem": detail}, on_device(serial, "reboot")
        )
    if "secure-window" in gaps:
        mend = on_device(serial, "shell input keyevent KEYCODE_HOME")
        return checkup("device_picture", Status.WARN, "secure", data, mend)
    if "black-frame" in gaps:
        return checkup("device_picture", Status.FAIL, "black", data, on_device(serial, "reboot"))
    return checkup("device_picture", Status.OK, "seen", data)


def _nodes(serial: str, frame: Frame, gaps: Mapping[str, Gap]) -> Checkup:
    data = {"serial": serial, "package": frame.page.package if frame.page else "?"}
    if frame.xml is not None:
        return checkup("device_nodes", Status.OK, "seen", data)
    mend = on_device(serial, "reboot")
    if "hierarchy-empty" in gaps:
        return checkup("device_nodes", Status.WARN, "none", data, mend)
    detail = next((gap.detail for gap in frame.gaps if gap.channel == "hierarchy"), "")
    if "device-timeout" in gaps:
        return checkup("device_nodes", Status.WARN, "slow", {**data, "problem": detail})
    return checkup("device_nodes", Status.WARN, "failed", {**data, "problem": detail}, mend)
