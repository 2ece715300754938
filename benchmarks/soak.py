"""Prints memory, file handles, threads and step cost over time while two devices are walked without end.

``python -m benchmarks.soak [--minutes 30]``; exit 1 where something grows or could not be measured. The embedded
devices live in a process of their own, so that what is measured is the harness; theirs is printed beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import session
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.errors import HarnessError
from harness.evidence.bundle import read_bundle
from harness.fleet.filed import read_filed_list
from harness.model import FiledApp, PackageName

DEVICES = 2
FLAT = "flat"
GROWTH = 0.10  # more than this over the first third is growth
# What may come and go: a few handles and threads of a walk that is under way, memory that Python keeps.
SLACK = {"handles": 8.0, "threads": 3.0, "memory MB": 24.0, "step s": 0.3}
_DEMO = Path(__file__).resolve().parent.parent / "scenarios" / "demo"
_APPS = ("cn.gov.demo.flood", "cn.gov.demo.service")
_SAMPLES = 30
_STEPS = 20  # of a walk: many short walks open and close more than few long ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the harness's process holds at one moment; ``step_s`` is the median cost of the steps since the last."""

    at_s: float
    memory_mb: float
    handles: int
    threads: int
    step_s: float
    walks: int
    devices_mb: float


@dataclass(slots=True)
class Work:
    """What the walks have done; filled by their threads."""

    steps_s: list[float] = field(default_factory=list)
    walks: int = 0
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process, 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


def handles() -> int:
    """Return how many files and sockets this process has open, 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/fd"))
    return 0


@contextlib.contextmanager
def devices(adb: tuple[str, int]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Run the embedded devices in a process of their own; yield their serials and its process id."""
    command = [sys.executable, "-m", "harness", "virtual", "up", "--count", str(DEVICES)]
    process = subprocess.Popen(
        [*command, "--adb-server", f"{adb[0]}:{adb[1]}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        serials = tuple(process.stdout.readline().strip() for _ in range(DEVICES))
        if not all(serials):
            raise HarnessError("the embedded devices did not start; try `harness virtual up`")
        yield serials, process.pid
    finally:
        process.terminate()
        process.wait(60)


def walk_without_end(
    serial: str, apps: Sequence[FiledApp], settings: session.Settings, end_s: float, work: Work
) -> None:
    """Walk one app after the other on one device until the time is over; what a bundle told is forgotten."""
    number = 0
    while time.monotonic() < end_s:
        app = apps[number % len(apps)]
        number += 1
        try:
            bundle = session.inspect(app, serial, settings, _DEMO).bundle
        except Exception as error:  # noqa: BLE001 - a thread that died of it would leave everything flat
            work.problems.append(f"{serial}: {type(error).__name__}: {error}")
            return
        steps = [(step.ended.wall - step.began.wall).total_seconds() for step in read_bundle(bundle).steps]
        with work.lock:
            work.steps_s += steps
            work.walks += 1
        shutil.rmtree(bundle)


def sampled(work: Work, began_s: float, devices_pid: int) -> Sample:
    """Return what is held now, with the cost of the steps since the last sample."""
    with work.lock:
        steps, work.steps_s = work.steps_s, []
    return Sample(
        at_s=time.monotonic() - began_s,
        memory_mb=memory_mb(os.getpid()),
        handles=handles(),
        threads=threading.active_count(),
        step_s=statistics.median(steps) if steps else 0.0,
        walks=work.walks,
        devices_mb=memory_mb(devices_pid),
    )


def soak(minutes: float) -> tuple[list[Sample], Work]:
    """Walk for so many minutes, printing a line now and then; return every sample."""
    filed = {app.package: app for app in read_filed_list(_DEMO / "filed_apps.csv").apps}
    apps = [replace(filed[PackageName(package)], account="") for package in _APPS]
    work, samples = Work(), list[Sample]()
    with tempfile.TemporaryDirectory() as folder, private_server(SystemClock()) as adb, devices(adb) as (serials, pid):
        began_s = time.monotonic()
        end_s = began_s + minutes * 60
        threads = []
        for number, serial in enumerate(serials):
            settings = session.Settings(evidence_dir=Path(folder) / str(number), adb=adb, steps=_STEPS)
            turned = [*apps[number % len(apps) :], *apps[: number % len(apps)]]
            threads.append(threading.Thread(target=walk_without_end, args=(serial, turned, settings, end_s, work)))
        for thread in threads:
            thread.start()
        print("    min   memory MB   handles   threads   step s   walks   devices MB")
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(minutes * 60 / _SAMPLES / len(threads))
            one = sampled(work, began_s, pid)
            samples.append(one)
            print(
                f"  {one.at_s / 60:5.1f}  {one.memory_mb:9.0f}  {one.handles:8}  {one.threads:8}  {one.step_s:7.2f}"
                f"  {one.walks:6}  {one.devices_mb:11.0f}",
                flush=True,
            )
    return samples, work


def growth(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """Return the medians of the middle and of the last third by what is measured; the first third warms up."""
    third = max(1, len(samples) // 3)
    middle, last = samples[third : 2 * third] or samples[:1], samples[-third:]

    def both(values: Sequence[float], later: Sequence[float]) -> tuple[float, float]:
        return (statistics.median(values) if values else 0.0, statistics.median(later) if later else 0.0)

    return {
        "memory MB": both([one.memory_mb for one in middle], [one.memory_mb for one in last]),
        "handles": both([one.handles for one in middle], [one.handles for one in last]),
        "threads": both([one.threads for one in middle], [one.threads for one in last]),
        "step s": both([one.step_s for one in middle if one.step_s], [one.step_s for one in last if one.step_s]),
    }


def verdict(name: str, before: float, after: float) -> str:
    """Return whether a measure is flat, grows, or was not measured: nothing costs nothing, and holds nothing."""
    if not before or not after:
        return "UNKNOWN"
    return FLAT if after <= before * (1 + GROWTH) + SLACK[name] else "GROWS"


def main() -> int:
    """Print the course and a verdict; return 1 where something grows, was not measured, or a device was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    samples, work = soak(parser.parse_args().minutes)
    grown = 0
    print()
    for name, (before, after) in growth(samples).items():
        said = verdict(name, before, after)
        grown += said != FLAT
        print(f"{said:7}  {name}: {before:.2f} in the middle third, {after:.2f} in the last")
    for problem in work.problems:
        print(f"LOST   {problem}")
    return 1 if grown or work.problems else 0


if __name__ == "__main__":
    sys.exit(main())
