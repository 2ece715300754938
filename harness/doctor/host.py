"""Looks at this host: Python, OpenCV, free disk, loopback ports, the clock and the calendar."""

from __future__ import annotations

import errno
import shlex
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from harness import machine
from harness.calendar import NoCalendarData, WorkingCalendar
from harness.clock import Clock
from harness.doctor.checkup import Checkup, Status, checkup

OLDEST_PYTHON = (3, 11)
NEWEST_TRIED_PYTHON = (3, 14)
# Four distributions put the same cv2 into site-packages; the last one installed silently overwrites the others.
CV2_DISTRIBUTIONS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
DISK_FAIL_GB = 1.0
DISK_WARN_GB = 5.0
LONGEST_PATH = 259  # of a Windows that was not told otherwise
DEEPEST = 200  # what a night adds to the evidence folder: its name, an attempt, a bundle, a picture
_FILE_SYSTEM = r"SYSTEM\CurrentControlSet\Control\FileSystem"
EMULATOR_PORTS = range(5555, 5586)  # every adb server looks here for emulators by itself
PORTS_WANTED = 8  # two virtual devices with their servers and browsers
CLOCK_TOLERANCE = timedelta(days=1)
CALENDAR_AHEAD = timedelta(days=31)


def look_at_python(on: machine.System) -> Checkup:
    """Return whether this Python is new enough, and not newer than what the harness was tried with."""
    version = sys.version_info[:2]
    data = {"version": ".".join(map(str, sys.version_info[:3])), "path": sys.executable}
    mend = "py -3.13 bootstrap.py setup" if on is machine.System.WINDOWS else "python3.13 bootstrap.py setup"
    if version < OLDEST_PYTHON:
        return checkup("python", Status.FAIL, "too_old", data, mend)
    if version > NEWEST_TRIED_PYTHON:
        return checkup("python", Status.WARN, "untried", data, mend)
    return checkup("python", Status.OK, "fits", data)


def look_at_cv2(environ: Mapping[str, str], on: machine.System) -> Checkup:
    """Return whether exactly one OpenCV is installed and loads; it is loaded in another process."""
    installed = [name for name in CV2_DISTRIBUTIONS if _is_installed(name)]
    data = {"packages": ", ".join(installed)}
    pip = f"{machine.command_of(sys.executable, on)} -m pip"
    if not installed:
        return checkup("cv2", Status.FAIL, "missing", data, f"{pip} install opencv-python")
    if len(installed) > 1:
        mend = f"{pip} uninstall -y {' '.join(installed)}; {pip} install opencv-python"
        return checkup("cv2", Status.FAIL, "several", data, mend)
    printed = machine.output_of([sys.executable, "-c", "import cv2; print(cv2.__version__)"], environ)
    if printed is not None:
        return checkup("cv2", Status.OK, "loads", {**data, "version": printed.strip()})
    libraries = machine.missing_libraries()
    if libraries:
        data["libraries"] = ", ".join(libraries)
        return checkup("cv2", Status.FAIL, "libraries", data, machine.mend(machine.Part.LIBRARIES, on))
    mend = f"{pip} install --force-reinstall --no-deps {installed[0]}"
    return checkup("cv2", Status.FAIL, "does_not_load", data, mend)


def _is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def look_at_disk(evidence_dir: Path, on: machine.System) -> Checkup:
    """Return whether evidence can be written to ``evidence_dir`` and how much room there is (10^9 bytes)."""
    folder = evidence_dir.absolute()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not machine.may_write(nearest):
        mend = machine.set_variable("HARNESS_EVIDENCE_DIR", str(Path.home() / "evidence"), on)
        return checkup("disk", Status.FAIL, "not_writable", {"folder": str(folder)}, mend)
    if on is machine.System.WINDOWS and len(str(folder)) + DEEPEST > LONGEST_PATH and not takes_long_paths():
        mend = (
            f"New-ItemProperty -Path HKLM:\\{_FILE_SYSTEM} -Name LongPathsEnabled -Value 1 -PropertyType DWORD -Force"
        )
        return checkup("disk", Status.WARN, "too_deep", {"folder": str(folder), "most": str(LONGEST_PATH)}, mend)
    free_gb = shutil.disk_usage(nearest).free / 1e9
    data = {"folder": str(folder), "free_gb": f"{free_gb:.1f}"}
    mend = _by_size(folder, on)
    if free_gb < DISK_FAIL_GB:
        return checkup("disk", Status.FAIL, "full", data, mend)
    if free_gb < DISK_WARN_GB:
        return checkup("disk", Status.WARN, "little", data, mend)
    return checkup("disk", Status.OK, "enough", data)


def takes_long_paths() -> bool:
    """Return whether files may have paths of any length: on every system but a Windows that was not told so."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _FILE_SYSTEM) as key:
                return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
        except OSError:
            return False
    return True


def _by_size(folder: Path, on: machine.System) -> str:
    """Return the command that lists what takes the room; what may go is for a person to say."""
    if on is machine.System.WINDOWS:
        measured = "Get-ChildItem $_ -Recurse | Measure-Object Length -Sum"
        return f'Get-ChildItem "{folder}" | ForEach-Object {{ $_.Name; ({measured}).Sum }}'
    return f"du -sh {shlex.quote(str(folder))}/* | sort -h"


def look_at_loopback(on: machine.System) -> Checkup:
    """Return whether 127.0.0.1 gives free ports outside adb's own range and carries bytes."""
    try:
        ports = free_ports(PORTS_WANTED)
        _send_one_byte()
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, type(error).__name__)
        mend = "ping -n 1 127.0.0.1" if on is machine.System.WINDOWS else "ping -c 1 127.0.0.1"
        return checkup("loopback", Status.FAIL, "blocked", {"error": name}, mend)
    data = {"ports": str(len(ports))}
    if any(port in EMULATOR_PORTS for port in ports):
        return checkup("loopback", Status.WARN, "emulator_range", data, _ports_above(on))
    return checkup("loopback", Status.OK, "usable", data)


def _ports_above(on: machine.System) -> str:
    """Return the command by which the system hands out ports above those that adb looks at."""
    if on is machine.System.WINDOWS:
        return "netsh int ipv4 set dynamicport tcp start=49152 num=16384"
    if on is machine.System.MACOS:
        return "sudo sysctl -w net.inet.ip.portrange.first=49152"
    return 'sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"'


def free_ports(count: int) -> tuple[int, ...]:
    """Return ``count`` different ports of 127.0.0.1 that were free just now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def _send_one_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2.0)
        with socket.create_connection(server.getsockname(), timeout=2.0) as client:
            accepted, _ = server.accept()
            with accepted:
                client.sendall(b"!")
                accepted.settimeout(2.0)
                if accepted.recv(1) != b"!":
                    raise OSError(errno.EIO, "loopback lost a byte")


def look_at_clock(clock: Clock, environ: Mapping[str, str], on: machine.System) -> Checkup:
    """Return whether the clock can be right: not before this program was written, and kept by a time server."""
    now = clock.wall()
    data = {"now": now.astimezone().isoformat(timespec="seconds")}
    if now + CLOCK_TOLERANCE < _written_at():
        return checkup("clock", Status.FAIL, "behind", data, _set_clock(on))
    synchronised = _is_synchronised(environ, on)
    if synchronised is None:
        return checkup("clock", Status.UNKNOWN, "not_told", data, _set_clock(on))
    if not synchronised:
        return checkup("clock", Status.WARN, "not_synchronised", data, _set_clock(on))
    return checkup("clock", Status.OK, "synchronised", data)


def _written_at() -> datetime:
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)


def _is_synchronised(environ: Mapping[str, str], on: machine.System) -> bool | None:
    if on is machine.System.WINDOWS:
        status = machine.output_of(["w32tm", "/query", "/status"], environ, timeout_s=5.0)
        return None if status is None else "0x0" not in status.partition("\n")[0].lower() and "3(" not in status
    if on is machine.System.MACOS:
        return None  # systemsetup answers administrators only
    status = machine.output_of(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], environ, timeout_s=5.0)
    return None if status is None else status.strip() == "yes"


def _set_clock(on: machine.System) -> str:
    if on is machine.System.WINDOWS:
        return "Start-Service w32time; w32tm /resync"  # which a machine of no domain does not keep running
    if on is machine.System.MACOS:
        return "sudo sntp -sS time.apple.com"
    return "sudo timedatectl set-ntp true"


def look_at_calendar(clock: Clock, on: machine.System) -> Checkup:
    """Return whether the days of rest of today and of the next month are known: deadlines and nights rest on them."""
    today, calendar = clock.wall().date(), WorkingCalendar()
    data = {"calendar": calendar.edition, "day": (today + CALENDAR_AHEAD).isoformat()}
    mend = f"{machine.command_of(sys.executable, on)} -m pip install --upgrade chinesecalendar"
    try:
        calendar.is_worked(today)
    except NoCalendarData:
        return checkup("calendar", Status.WARN, "unknown", {**data, "day": today.isoformat()}, mend)
    try:
        calendar.is_worked(today + CALENDAR_AHEAD)
    except NoCalendarData:
        return checkup("calendar", Status.WARN, "ends_soon", data, mend)
    return checkup("calendar", Status.OK, "covers", data)
