"""``harness doctor``: what this machine lacks, and the one command that mends each lack.

Looks only: no adb server is started or stopped, nothing is installed, nothing is written but a browser profile in the
temporary folder. Every look has a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import machine
from harness.clock import Clock
from harness.doctor.adb import look_at_adb
from harness.doctor.checkup import FORMAT, Checkup, Status, as_json, checkup, worst
from harness.doctor.host import look_at_clock, look_at_cv2, look_at_disk, look_at_loopback, look_at_python
from harness.doctor.key import look_at_key
from harness.doctor.reading import look_at_browser, look_at_font, look_at_ocr, look_at_ocr_models

__all__ = ["FORMAT", "Checkup", "Status", "as_json", "run_doctor", "worst"]


def run_doctor(*, evidence_dir: Path, environ: Mapping[str, str], clock: Clock) -> tuple[Checkup, ...]:
    """Return every checkup, always in the same order; the looks run side by side.

    A look that the operating system forbids becomes a checkup with status ``UNKNOWN``, not an absence.
    """
    on = machine.system()
    looks: tuple[tuple[str, Callable[[], Checkup | tuple[Checkup, ...]]], ...] = (
        ("python", look_at_python),
        ("cv2", lambda: look_at_cv2(environ, on)),
        ("browser", lambda: look_at_browser(environ, on)),
        ("ocr", lambda: look_at_ocr(environ, on)),
        ("ocr_models", look_at_ocr_models),
        ("font", lambda: look_at_font(environ, on)),
        ("adb", lambda: look_at_adb(environ, on)),
        ("disk", lambda: look_at_disk(evidence_dir)),
        ("loopback", look_at_loopback),
        ("clock", lambda: look_at_clock(clock, environ, on)),
        ("key", lambda: look_at_key(environ)),
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
    return tuple(checkups)
