"""Prints how many apps a night looks at in an hour on 1, 2 and 3 devices, what the night itself adds to each walk, the
same list under ``pytest -n``, and a simulated fleet of 1 to 1,000 devices with the walk times that were just recorded.

``python -m benchmarks.night [--apps N] [--only real|fleet] [--walks S,S,...] [--window S] [--fleet N,N,...]``
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.night_fleet import Fleet, told_fleet
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.fleet.attempt import Order, walk_command
from harness.fleet.dispatch import DaskDispatcher
from harness.fleet.filed import write_filed_list
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.night import Night, run_night
from harness.fleet.plan import SCENARIO
from harness.rules import ALL_RULES, rules_edition
from harness.virtual.server import VirtualDevices
from tests.night_apps import FIRST, NAMES, filed, write_app

DEVICES = 3
GOAL_OVERHEAD = 0.05
# Runs the walk and writes beside it how long it took: what a night takes beyond that is the night's own.
TIMED = (
    "import subprocess,sys,time;from pathlib import Path;t=time.monotonic();r=subprocess.call(sys.argv[2:]);"
    "Path(sys.argv[1],'walked.txt').write_text(str(time.monotonic()-t));sys.exit(r)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One night of the benchmark, in seconds: on the clock from the first claim to the books closed, and of walking."""

    night_s: float
    close_s: float
    walks_s: tuple[float, ...]

    def overhead(self, devices: int) -> float:
        """Return the night's own share of an app beside its walk: ready to walk the next one, and told what came."""
        return (self.night_s * devices - sum(self.walks_s)) / sum(self.walks_s)


def hold(folder: Path, adb: tuple[str, int], devices: Sequence[str], names: Sequence[str]) -> Held:
    """Hold a night over small apps that are installed on every device."""
    evidence = folder / f"evidence-{len(devices)}"
    bare = walk_command(SCENARIO, ("--harness-adb-server", f"{adb[0]}:{adb[1]}"))
    order = Order(
        night="n",
        ledger=str(folder / f"nights-{len(devices)}.sqlite"),
        device="",
        evidence_dir=str(evidence),
        filed_from=str(folder),
        command=(sys.executable, "-c", TIMED, "{folder}", *bare),
        lease_s=20.0,
    )
    night = Night(
        id="n",
        apps=tuple(filed(name) for name in names),
        rules=ALL_RULES,
        list_sha256="0" * 64,
        rules_edition=rules_edition(),
        devices=tuple(devices),
        order=order,
    )
    ledger = Ledger(ledger_url(order.ledger), SystemClock())
    last_s = began_s = time.monotonic()

    def tell(done: object, _progress: object) -> None:
        nonlocal last_s
        if getattr(done, "package", ""):
            last_s = time.monotonic()

    result = run_night(night, ledger, DaskDispatcher(), tell)
    closed_s = time.monotonic()
    ledger.close()
    assert result.progress.done == len(names), result.progress
    walks = tuple(float(path.read_text()) for path in evidence.glob("*/*/walked.txt"))
    return Held(night_s=last_s - began_s, close_s=closed_s - last_s, walks_s=walks)


def bare_walks(folder: Path, adb: tuple[str, int], device: str, names: Sequence[str]) -> list[float]:
    """Return how long the walking command takes by itself for each app."""
    took = []
    for name in names:
        listed = folder / f"{name}.csv"
        write_filed_list([filed(name)], listed)
        given = {"list": str(listed), "device": device, "folder": str(folder / "bare"), "seconds": "900"}
        command = walk_command(SCENARIO, ("--harness-adb-server", f"{adb[0]}:{adb[1]}"))
        began_s = time.monotonic()
        subprocess.run([part.format(**given) for part in command], check=True, capture_output=True)
        took.append(time.monotonic() - began_s)
    return took


def under_xdist(folder: Path, adb: tuple[str, int], devices: Sequence[str], names: Sequence[str]) -> float:
    """Return how long the same list takes as one pytest run with a worker for each device."""
    listed = folder / "filed.csv"
    write_filed_list([filed(name) for name in names], listed)
    options = [
        "-q", "-p", "no:cacheprovider", "-n", str(len(devices)), "--harness-fail-on", "none",
        "--harness-filed-list", str(listed), "--harness-evidence-dir", str(folder / f"xdist-{len(devices)}"),
        "--harness-adb-server", f"{adb[0]}:{adb[1]}",
    ]  # fmt: skip
    serials = [part for device in devices for part in ("--harness-serial", device)]
    began_s = time.monotonic()
    command = [sys.executable, "-m", "pytest", str(SCENARIO), *options, *serials]
    subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
    return time.monotonic() - began_s


def real(names: Sequence[str]) -> list[float]:
    """Print the real part; return how long each walk took by itself."""
    with (
        tempfile.TemporaryDirectory(prefix="harness-night-") as place,
        private_server(SystemClock()) as adb,
        VirtualDevices(count=DEVICES) as running,
    ):
        folder = Path(place)
        serials = running.connect(adb)
        for name in names:
            source = write_app(folder / "apps", name, FIRST[name])
            for device in running.devices:
                device.install(source)
        bare = bare_walks(folder, adb, serials[0], names)
        print(f"{len(names)} small apps, {os.cpu_count()} cores; the bare walk of one app: {_spread(bare)} s")
        print("devices  apps/hour  of linear  own share of an app  pytest -n, apps/hour")
        first = 0.0
        for count in range(1, DEVICES + 1):
            held = hold(folder, adb, serials[:count], names)
            per_hour = 3600 * len(names) / (held.night_s + held.close_s)
            first = first or per_hour
            together = under_xdist(folder, adb, serials[:count], names)
            own = f"{held.overhead(1):19.1%}" if count == 1 else " " * 19
            others = 3600 * len(names) / together
            print(f"{count:7}  {per_hour:9.0f}  {per_hour / first / count:9.2f}  {own}  {others:10.0f}")
            if count == 1:
                walks = f"walks of {_spread(held.walks_s)} s, books closed in {held.close_s:.1f} s"
                print(f"         goal: own share at most {GOAL_OVERHEAD:.0%}; {walks}")
        return bare


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the real nights, then the simulated fleets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.night", description=__doc__)
    parser.add_argument("--apps", type=int, default=6, help="small apps of the real nights, at most 12")
    parser.add_argument("--only", choices=("real", "fleet"))
    parser.add_argument("--walks", default="60,180,300", help="recorded walk times in seconds, without the real part")
    parser.add_argument("--window", type=float, default=60.0, help="seconds for which each fleet is watched")
    parser.add_argument("--fleet", default="1,10,100,1000")
    options = parser.parse_args(arguments)
    walks = [float(value) for value in options.walks.split(",")]
    if options.only != "fleet":
        walks = real(NAMES[: options.apps])
    if options.only != "real":
        fleet = Fleet(walks_s=tuple(walks), window_s=options.window)
        told_fleet([replace(fleet, devices=int(count)) for count in options.fleet.split(",")])


if __name__ == "__main__":
    main()
