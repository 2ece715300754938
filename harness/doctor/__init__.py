"""``harness doctor``: what this machine and its devices lack, and the one command that mends each lack.

Looks only: no adb server is started or stopped, nothing is installed on this machine, nothing is written but a browser
profile in the temporary folder. A ready device is looked at as a walk looks, which puts uiautomator2's server on it.
Every look has a deadline.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from harness import machine
from harness.clock import Clock
from harness.doctor.adb import adb_binaries, look_at_adb
from harness.doctor.checkup import FORMAT, Checkup, Fix, Status, as_json, checkup, copyable, worst
from harness.doctor.device import look_at_device
from harness.doctor.fixing import fix
from harness.doctor.host import (
    look_at_calendar,
    look_at_clock,
    look_at_cv2,
    look_at_disk,
    look_at_loopback,
    look_at_python,
)
from harness.doctor.key import look_at_key
from harness.doctor.reading import look_at_browser, look_at_font, look_at_readers

__all__ = [
    "FORMAT",
    "Checkup",
    "Fix",
    "Status",
    "as_json",
    "fix",
    "look_at_devices",
    "programs_off_path",
    "run_doctor",
    "worst",
]


def run_doctor(*, evidence_dir: Path, environ: Mapping[str, str], clock: Clock) -> tuple[Checkup, ...]:
    """Return every checkup, always in the same order; the looks run side by side.

    A look that the operating system forbids becomes a checkup with status ``UNKNOWN``, not an absence.
    """
    on = machine.system()
    looks: tuple[tuple[str, Callable[[], Checkup | tuple[Checkup, ...]]], ...] = (
        ("python", lambda: look_at_python(on)),
        ("cv2", lambda: look_at_cv2(environ, on)),
        ("browser", lambda: look_at_browser(environ, on)),
        ("ocr", lambda: look_at_readers(environ, on)),
        ("font", lambda: look_at_font(environ, on)),
        ("disk", lambda: look_at_disk(evidence_dir, on)),
        ("loopback", lambda: look_at_loopback(on)),
        ("clock", lambda: look_at_clock(clock, environ, on)),
        ("calendar", lambda: look_at_calendar(clock, on)),
        ("key", lambda: look_at_key(environ, on)),
        ("adb", lambda: look_at_devices(environ, on, clock)),
    )
    with ThreadPoolExecutor(max_workers=len(looks)) as pool:
        futures = [(name, pool.submit(look)) for name, look in looks]
    checkups: list[Checkup] = []
    for name, future in futures:
        try:
            result = future.result()
        except OSError as error:
            result = checkup(name, Status.UNKNOWN, "not_allowed", {"error": str(error)})
        checkups += result if isinstance(result, tuple) else (result,)
    programs = programs_off_path(environ, on)
    return tuple(replace(one, mend=copyable(one.mend, programs)) for one in checkups)


def programs_off_path(environ: Mapping[str, str], on: machine.System) -> dict[str, str]:
    """Return how adb and harness are called where their names alone are not found: a venv that nobody activated."""
    beside = Path(sys.executable).with_name("harness.exe" if on is machine.System.WINDOWS else "harness")
    places = {"adb": adb_binaries(environ)[:1], "harness": (beside,) if beside.is_file() else ()}
    missing = [name for name in places if shutil.which(name, path=environ.get("PATH", "")) is None]
    return {name: machine.command_of(place, on) for name in missing for place in places[name]}


def look_at_devices(environ: Mapping[str, str], on: machine.System, clock: Clock) -> tuple[Checkup, ...]:
    """Return the checkups of adb, then those of every ready device, in the order in which adb lists them."""
    checkups, ready = look_at_adb(environ, on)
    address = machine.adb_server_address(environ)
    with ThreadPoolExecutor(max_workers=max(1, len(ready))) as pool:
        devices = list(pool.map(lambda serial: look_at_device(serial, address, clock), ready))
    return (*checkups, *(one for of_device in devices for one in of_device))
