"""Prints how many of a walk's screens are reached again from its trail, though feeds say other things at every start.

``python -m benchmarks.replay [--seeds N,N] [--seconds S] [--screens N] [--devices N]``. Each maze is walked, then every
screen of the walk's map is gone to by itself, each time from the app's start. Where the app stands is read in its own
journal, so a screen that the replay took for another one counts as wrong.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.explore import recording
from benchmarks.explore_watch import IN_THE_WAY, Ride, WatchedDevice
from benchmarks.maze import make_maze
from harness.appmap import app_map
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.device.android import AndroidDevice
from harness.evidence.bundle import open_bundle
from harness.evidence.layout import WalkEnd
from harness.explore import Scope
from harness.model import FiledApp, Observation, ObservationId, PackageName, Walk
from harness.perceive.engines import OCR
from harness.popups import popup
from harness.replay import Retracer
from harness.retrace import very_screen
from harness.tour import Tour, Visit
from harness.virtual.server import VirtualDevices

GOAL_REACHED = 0.95
_NO_END = 100_000


@dataclass(slots=True)
class Again:
    """What became of the ways to the screens of one walk. Times in seconds."""

    seed: int
    screens: int = 0  # of the walk
    there: int = 0  # said to be reached, and the app's journal agrees
    wrong: list[str] = field(default_factory=list)  # said to be reached, and the app stood elsewhere
    lost: list[tuple[str, str]] = field(default_factory=list)  # said not to be reached: screen and reason
    took_s: list[float] = field(default_factory=list)
    presses: list[int] = field(default_factory=list)
    dangers: int = 0

    @property
    def tried(self) -> int:
        return self.there + len(self.wrong) + len(self.lost)


def revisit(seed: int, seconds: float, most: int) -> Again:
    """Walk a maze for some seconds, then go to up to ``most`` of its screens again."""
    maze = make_maze(seed)
    package = PackageName(maze.package)
    done = Again(seed=seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        root = maze.write(folder)
        with private_server(SystemClock()) as adb, VirtualDevices() as devices:
            serial, handle = devices.connect(adb)[0], devices.devices[0]
            handle.install(root)
            device = AndroidDevice(serial, adb=adb, clock=SystemClock())
            watched = WatchedDevice(device, handle, maze, Ride(walker="", seed=seed), to_the_end=True)
            with recording(watched, maze, OCR[0], folder / "walk") as (walker, writer):
                Tour(walker, Scope(package=package, steps=_NO_END, seconds=seconds), (), device.clock).run()
                writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="time-spent"))
                with open_bundle(writer.path) as stored:
                    walk = stored.walk
            truth = dict(watched.looks)
            with recording(watched, maze, OCR[0], folder / "again") as (walker, _):
                visit = Visit(app=FiledApp(package=package, name=""))
                tracer = Retracer(walker, visit, walk, (), device.clock)
                for target in _targets(walk, truth, most):
                    began_s = watched.now_s()
                    trip = tracer.go(very_screen(walk, target))
                    done.took_s.append(watched.now_s() - began_s)
                    done.presses.append(len(trip.goal.legs or ()))
                    if trip.lost is not None:
                        done.lost.append((truth[target.id], trip.lost.reason))
                    elif watched.page == truth[target.id]:  # a pop-up may have come since the look
                        done.there += 1
                    else:
                        done.wrong.append(f"{truth[target.id]}, stood on {watched.page}")
            done.screens = len(set(filter(_is_a_screen, truth.values())))
            done.dangers = len(watched.ride.dangers)
            device.close()
    return done


def _targets(walk: Walk, truth: Mapping[ObservationId, str], most: int) -> Iterator[Observation]:
    """Yield the look that the map shows of each screen of the app, evenly spread where there are more than ``most``."""
    by_id = {observation.id: observation for observation in walk.observations}
    looks = [by_id[place.observation] for place in app_map(walk).places]
    looks = [look for look in looks if _is_a_screen(truth.get(look.id, "")) and popup(look) is None]
    step = max(1.0, len(looks) / max(1, most))
    yield from (looks[int(n * step)] for n in range(min(most, len(looks))))


def _is_a_screen(name: str) -> bool:
    return bool(name) and not name.startswith(IN_THE_WAY)  # a pop-up comes when it likes


def show(done: Again) -> None:
    """Print one maze's figures, and each way that was lost or led elsewhere."""
    print(
        f"seed {done.seed:<3} {done.screens:3d} screens walked  {done.there:3d} of {done.tried:3d} reached again  "
        f"not reached {len(done.lost):2d}  elsewhere {len(done.wrong)}  "
        f"presses {statistics.median(done.presses or [0]):.0f} (most {max(done.presses, default=0)})  "
        f"{statistics.median(done.took_s or [0]):4.1f} s a way (most {max(done.took_s, default=0.0):.0f})  "
        f"deny-listed {done.dangers}",
        flush=True,
    )
    for screen, reason in done.lost:
        print(f"         not reached: {screen}: {reason}", flush=True)
    for wrong in done.wrong:
        print(f"         elsewhere: {wrong}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument("--seeds", default="0,1,2,3", help="numbers, separated by commas (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=120.0, help="of each walk (default %(default)s)")
    parser.add_argument("--screens", type=int, default=200, help="at most so many of each walk (default %(default)s)")
    parser.add_argument("--devices", type=int, default=2, help="devices in parallel (default %(default)s)")
    given = parser.parse_args()
    work = partial(revisit, seconds=given.seconds, most=given.screens)
    made: list[Again] = []
    with ProcessPoolExecutor(given.devices, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for one in as_completed([pool.submit(work, int(seed)) for seed in given.seeds.split(",")]):
            if one.exception() is not None:  # one maze lost is told, and the others count
                print(f"a maze was lost: {one.exception()!r}", flush=True)
                continue
            made.append(one.result())
            show(made[-1])
    tried, there = sum(one.tried for one in made), sum(one.there for one in made)
    lost = Counter(reason for one in made for _, reason in one.lost)
    print(f"reached again: {there} of {tried}, {100 * there / max(1, tried):.1f} % (goal {100 * GOAL_REACHED:.0f} %)")
    print(f"told as not reached: {', '.join(f'{why} {n}' for why, n in lost.most_common()) or 'none'}")
    print(f"said to be reached and elsewhere: {sum(len(one.wrong) for one in made)} (goal 0)")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
