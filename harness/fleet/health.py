"""Is a device fit to look at the next app? Asked before each one, with what may mend it before it is given up.

What a device does not tell is no sickness: it shows in the walk, which says so itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harness.clock import Clock, deadline
from harness.device import wire
from harness.device.frames import is_black, png_in
from harness.errors import DeviceError

MIN_FREE_KIB: Final = 512 * 1024
MAX_CLOCK_OFF_S: Final = 300.0
RETURN_S: Final = 60.0
_POLL_S: Final = 2.0
_SETTLE_S: Final = 1.0
_MARK: Final = "harness-health"
COMMAND: Final = "; ".join(
    (
        f"echo {_MARK} booted=$(getprop sys.boot_completed)",
        f"echo {_MARK} virtual=$(getprop ro.harness.virtual)",
        f"echo {_MARK} awake=$(dumpsys power | grep mWakefulness=)",
        f"echo {_MARK} airplane=$(settings get global airplane_mode_on)",
        f"echo {_MARK} now=$(date +%s)",
        f"echo {_MARK} storage=$(df -k /data)",
        f"echo {_MARK} end",
    )
)
_FREE: Final = re.compile(r"\s\d+\s+\d+\s+(\d+)\s+\d+%")  # blocks, used, free, share

NOT_BOOTED: Final = "sick-not-booted"
ASLEEP: Final = "sick-screen-off"
BLACK: Final = "sick-black-screen"
FULL: Final = "sick-storage"
CLOCK: Final = "sick-clock"
OFFLINE: Final = "sick-airplane-mode"
GONE: Final = "sick-unreachable"
# What is tried before a device is given up; "{now}" is the host's time in seconds since the epoch.
MENDS: Final[Mapping[str, str]] = {
    ASLEEP: "input keyevent 224; wm dismiss-keyguard",
    BLACK: "input keyevent 224; wm dismiss-keyguard; input keyevent 3",
    FULL: "pm trim-caches 4G",
    CLOCK: "settings put global auto_time 1; date @{now}",  # the second where the shell is root
    OFFLINE: "cmd connectivity airplane-mode disable; settings put global airplane_mode_on 0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sick:
    """Why a device is not fit: a message key, and what it said."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a device is, and for which sicknesses something was done to it."""

    sick: Sick | None
    mended: tuple[str, ...] = ()


def judged(output: str, now: datetime, *, network: bool) -> Sick | None:
    """Return what is wrong by what ``COMMAND`` printed at ``now``, ``None`` for a device that is fit. Pure."""
    told = dict(re.findall(rf"{_MARK} (\w+)=(.*(?:\n(?!{_MARK}).*)*)", output))
    said = {name: value.strip() for name, value in told.items()}
    if said.get("booted") != "1":
        return Sick(reason=NOT_BOOTED, detail=output[:200])
    if "Asleep" in said.get("awake", "") or "Dozing" in said.get("awake", ""):
        return Sick(reason=ASLEEP, detail=said["awake"])
    free = _FREE.search(said.get("storage", ""))
    if free is not None and int(free[1]) < MIN_FREE_KIB:
        return Sick(reason=FULL, detail=f"{int(free[1]) // 1024} MiB")
    if network and said.get("airplane") == "1":
        return Sick(reason=OFFLINE)
    off_s = int(said["now"]) - now.timestamp() if said.get("now", "").isdigit() else 0.0
    # An embedded device is told that time passes, so its clock goes ahead with every walk.
    if abs(off_s) > MAX_CLOCK_OFF_S and said.get("virtual") != "1":
        return Sick(reason=CLOCK, detail=f"{off_s:+.0f} s")
    return None


def examine(adb: tuple[str, int], serial: str, clock: Clock, *, network: bool) -> Sick | None:
    """Return what is wrong with a device, ``None`` where it is fit; nothing is mended."""
    try:
        sick = judged(wire.shell(adb, serial, COMMAND, timeout_s=20.0), clock.wall(), network=network)
        if sick is not None:
            return sick
        png = png_in(wire.screencap(adb, serial) or b"")
    except DeviceError as error:
        return Sick(reason=GONE, detail=str(error))
    return Sick(reason=BLACK) if png is not None and is_black(png) else None


def made_well(adb: tuple[str, int], serial: str, clock: Clock, *, network: bool) -> Health:
    """Return how a device is after each sickness with a mend has been mended once.

    One that is gone is waited for, and an adb server that is gone is started.
    """
    tried: tuple[str, ...] = ()
    while True:
        sick = examine(adb, serial, clock, network=network)
        if sick is None or sick.reason in tried:
            return Health(sick=sick, mended=tried)
        tried = (*tried, sick.reason)
        if sick.reason in {GONE, NOT_BOOTED}:
            _wait_for(adb, serial, clock)
            continue
        try:
            wire.shell(adb, serial, MENDS[sick.reason].format(now=int(clock.wall().timestamp())))
        except DeviceError as error:
            return Health(sick=Sick(reason=GONE, detail=str(error)), mended=tried)
        clock.sleep(_SETTLE_S)


def _wait_for(adb: tuple[str, int], serial: str, clock: Clock) -> None:
    """Wait a while for a device that is gone; whether it came back is for the next look to say."""
    left_s = deadline(clock, RETURN_S)
    while left_s() > 0:
        try:
            wire.listed(adb)
        except DeviceError:
            try:
                wire.start_server(adb)
            except DeviceError:
                return  # the server of another host, or no adb here: nothing to wait for
        if wire.has_booted(serial, adb):
            return
        clock.sleep(_POLL_S)
