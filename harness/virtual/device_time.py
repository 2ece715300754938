"""The device's wall clock in its own time zone, as its programs print it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harness.virtual.userland import Userland

# China has one zone without daylight saving time; a host without zone tables needs no more than this.
_CHINA = timezone(timedelta(hours=8), "CST")


def device_zone(device: Userland) -> tzinfo:
    """Return the zone of ``persist.sys.timezone``; UTC where the host does not know its name."""
    name = device.properties.get("persist.sys.timezone") or "UTC"
    if name == "Asia/Shanghai":
        return _CHINA
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def local_time(device: Userland, epoch_s: float | None = None) -> datetime:
    """Return ``epoch_s`` (default: now on the device) in the device's zone."""
    moment = device.clock.now() if epoch_s is None else epoch_s
    return datetime.fromtimestamp(moment, device_zone(device))


def stamp(device: Userland, epoch_s: float) -> str:
    """Return a time as ``dumpsys package`` prints it."""
    return local_time(device, epoch_s).strftime("%Y-%m-%d %H:%M:%S")
