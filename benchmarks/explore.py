"""Prints how fast and how safely our explorer gets around mazes, beside a random walker and a published crawl.

``python -m benchmarks.explore [--quick]``; what is measured how is told in the README beside this file. A *repeat* is a
repeated state without a new action: see ``Ride.repeats``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.explore_keys import pairs_of, show_pairs
from benchmarks.explore_peers import walk_at_random, walk_depth_first
from benchmarks.explore_watch import PARTS, AllFound, Ride, WatchedDevice, median_of
from benchmarks.maze import Maze, make_maze
from harness import session
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.device.android import AndroidDevice
from harness.evidence.bundle import BundleWriter, WalkStart
from harness.explore import Scope
from harness.model import FiledApp, Frame, Moment, Observation, ObservationId, PackageName
from harness.perceive import observe
from harness.perceive.engines import OCR, ocr_engines
from harness.tour import Tour
from harness.virtual.server import VirtualDevices
from harness.walk import Walker

OURS, RANDOM, DFS, AGAIN = "ours", "random", "dfs", "ours again"
_NO_END = 100_000
GOAL_RATIO, GOAL_STEP_S, GOAL_REPEATS = 3.0, 1.0, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which walker goes through the maze of one seed, and for how long."""

    seed: int
    walker: str
    seconds: float
    ocr: str


def plans_of(seeds: Sequence[int], *, peers_on: int, seconds: float) -> list[Plan]:
    """Return every walk of a full run: ours through every maze first, then the repeated one, then the peers."""
    walks = [(seed, OURS) for seed in seeds]
    walks.append((seeds[0], AGAIN))
    walks += [(seed, peer) for seed in seeds[:peers_on] for peer in (DFS, RANDOM)]
    return [Plan(seed=seed, walker=walker, seconds=seconds, ocr=OCR[0]) for seed, walker in walks]


def ride(plan: Plan) -> Ride:
    """Run one walker through one maze on a new device."""
    maze = make_maze(plan.seed)
    seen = Ride(walker=plan.walker, seed=plan.seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = maze.write(Path(folder))
        with private_server(SystemClock()) as adb, VirtualDevices() as devices:
            serial, handle = devices.connect(adb)[0], devices.devices[0]
            handle.install(root)
            device = AndroidDevice(serial, adb=adb, clock=SystemClock())
            try:
                # The repeated walk goes on to the end of its time: it is the one that memory is measured on.
                watched = WatchedDevice(device, handle, maze, seen, to_the_end=plan.walker == AGAIN)
                seen.ended = _walk(watched, maze, plan, Path(folder) / "bundles")
            except AllFound:
                seen.ended = "all-found"
            finally:
                device.close()
    return seen


def _walk(watched: WatchedDevice, maze: Maze, plan: Plan, folder: Path) -> str:
    """Walk until the time is spent; return why the walk ended."""
    if plan.walker == RANDOM:
        walk_at_random(watched, maze.package, plan.seed, plan.seconds)
    elif plan.walker == DFS:
        walk_depth_first(watched, maze.package, plan.seconds)
    else:
        return _explore(watched, maze, plan, folder)
    return "time-spent"


def _explore(watched: WatchedDevice, maze: Maze, plan: Plan, folder: Path) -> str:
    """Walk as a night does, bundle included, but for the probes of rules; return why it ended."""
    with recording(watched, maze, plan.ocr, folder) as (walker, _):
        scope = Scope(package=PackageName(maze.package), steps=_NO_END, seconds=plan.seconds)
        tour = Tour(walker, scope, (), watched.clock)
        try:
            end = tour.run()
        finally:
            watched.ride.keys = list(tour.screens)
            told = [step.gap.reason if step.gap is not None else step.why for step in walker.steps]
            watched.ride.said = Counter(why for why in told if not why.startswith(("explore-", "start")))
    return end.stopped_by or "finished"


@contextlib.contextmanager
def recording(watched: WatchedDevice, maze: Maze, ocr: str, folder: Path) -> Iterator[tuple[Walker, BundleWriter]]:
    """Yield a walker through a maze and the bundle in ``folder`` that it records into."""
    package = PackageName(maze.package)
    engines = ocr_engines(ocr)
    clock = watched.clock
    start = WalkStart(
        app=FiledApp(package=package, name=maze.package),
        identity=watched.device.identify(package),
        device=watched.describe(),
        engines=tuple(engine.name for engine in engines),
        began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
        run="benchmark",
    )

    def perceive(frame: Frame, name: ObservationId) -> Observation:
        seen = observe(frame, id=name, engines=engines, templates=session.icon_templates())
        if seen.page is not None and seen.page.package == package:  # of what else is in front, the app keeps no journal
            watched.sight(seen)
        return seen

    folder.mkdir(parents=True, exist_ok=True)
    with BundleWriter(folder, start, clock=clock) as writer:
        yield Walker(watched, perceive=watched.perceiving(perceive), recorder=writer, clock=clock), writer


# --- printing


def show(ride: Ride, maze: Maze) -> None:
    """Print one walk, and of ours the ways to the features that it did not find."""
    print(
        f"seed {ride.seed:<3} {ride.walker:<10} {ride.seconds:5.0f} s {ride.actions:4d} actions  "
        f"screens {len(ride.shown):3d} of {len(maze.screens):3d} "
        f"({ride.per_minute(120):4.1f}/min at 2 min, {ride.per_minute(600):4.1f} at 10)  "
        f"features {len(ride.features):2d}  repeats {100 * ride.repeats / max(1, ride.actions):3.0f} %  "
        f"deny-listed {len(ride.dangers):2d}  {ride.ended}",
        flush=True,
    )
    if ride.said:
        print(f"         said: {', '.join(f'{why} {count}' for why, count in sorted(ride.said.items()))}", flush=True)
    for feature in maze.features if ride.walker in (OURS, AGAIN) else ():
        if feature.screen not in ride.features:
            print(f"         not found: {' > '.join(feature.way)}", flush=True)


def show_costs(rides: Sequence[Ride]) -> None:
    """Print what a step costs, whole and in parts."""
    together = Ride(walker="", seed=0)
    for ride in rides:
        for part in PARTS:
            together.costs[part] += ride.costs[part]
    parts = "  ".join(f"{p} {together.quantile(p, 0.5):.2f}/{together.quantile(p, 0.95):.2f}" for p in PARTS)
    whole = f"{together.quantile('', 0.5):.2f} s / {together.quantile('', 0.95):.2f} s"
    print(f"{rides[0].walker:<10} step p50/p95 {whole}   ({parts})")


def show_memory(rides: Sequence[Ride]) -> None:
    """Print how the memory of a process that walks and serves the device grows."""
    for ride in rides:
        early = median_of([mb for at_s, mb in ride.memory_mb if 60 <= at_s < 90])
        half = median_of([mb for at_s, mb in ride.memory_mb if abs(at_s - ride.seconds / 2) < 15])
        late = median_of([mb for at_s, mb in ride.memory_mb if at_s >= ride.seconds - 30])
        peak = max((mb for _, mb in ride.memory_mb), default=0.0)
        name = f"seed {ride.seed:<3} {ride.walker:<10}"
        spans = f"{early:.0f} MB in the second minute, {half:.0f} halfway, {late:.0f} at the end"
        print(f"{name} memory {spans}, peak {peak:.0f}")


def show_all(rides: Sequence[Ride], features: int, *, planned: int, seconds: float) -> None:
    """Print the comparison and whether each goal is met; a walk of ours that was lost counts among the ``planned``.

    ``seconds`` is the budget of a walk: nothing is said of a time that was not walked.
    """
    ours = [ride for ride in rides if ride.walker == OURS]
    for walker in (OURS, RANDOM, DFS):
        mine = [ride for ride in rides if ride.walker == walker]
        if mine:
            show_costs(mine)
    show_memory([ride for ride in rides if ride.walker in (OURS, AGAIN)])
    shared = {ride.seed for ride in rides if ride.walker == DFS}
    for span_s in sorted({min(120.0, seconds), min(600.0, seconds)}) if shared else ():
        # Within the same time for both, so what ours would have shown after its last feature counts as nothing.
        shown = {
            w: median_of([r.screens_by(span_s) for r in rides if r.walker == w and r.seed in shared])
            for w in (OURS, DFS)
        }
        ratio = f"{shown[OURS] / shown[DFS]:.1f} times the crawl's" if shown[DFS] else "the crawl showed none"
        print(f"screens shown within {span_s / 60:.0f} min: {ratio} (goal {GOAL_RATIO:g})")
    whole = sum(1 for ride in ours if len(ride.features) == features)
    found, planted = sum(len(ride.features) for ride in ours), features * planned
    actions, repeats = sum(r.actions for r in ours), sum(r.repeats for r in ours)
    print(f"planted features found: {found} of {planted}, all of them on {whole} of {planned} seeds (goal: all)")
    kinds = sum((r.repeated for r in ours), Counter()).most_common()
    print(
        f"repeats: {100 * repeats / max(1, actions):.1f} % of all actions (goal {100 * GOAL_REPEATS:.0f} %): "
        + ", ".join(f"{kind} {count}" for kind, count in kinds)
    )
    print(f"deny-listed presses: {sum(len(r.dangers) for r in ours)} in {actions} actions (goal 0 in 2000)")
    show_pairs("mazes", [pairs_of(ride.sights) for ride in ours])
    for again in (ride for ride in rides if ride.walker == AGAIN):
        first = next(ride for ride in ours if ride.seed == again.seed)
        common = min(len(first.keys), len(again.keys))
        same = next((n for n in range(common) if first.keys[n] != again.keys[n]), common)
        lengths = f"{len(first.keys)} and {len(again.keys)}"
        print(f"seed {again.seed}, walked again: the first {same} of {lengths} screens are the same")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explore", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds, two minutes a walk: ten minutes in all")
    parser.add_argument("--seeds", help="numbers, separated by commas")
    parser.add_argument("--peers-on", type=int, default=5, help="how many seeds the peers walk (default %(default)s)")
    parser.add_argument("--seconds", type=float, help="budget of one walk")
    parser.add_argument("--devices", type=int, default=2, help="devices in parallel (default %(default)s)")
    parser.add_argument("--only", help="walkers, separated by commas: ours, random, dfs")
    given = parser.parse_args()
    seeds = [int(text) for text in given.seeds.split(",")] if given.seeds else list(range(2 if given.quick else 20))
    seconds = given.seconds or (120.0 if given.quick else 600.0)
    plans = plans_of(seeds, peers_on=given.peers_on, seconds=seconds)
    if given.only:
        only = given.only.split(",")
        if unknown := set(only) - {OURS, RANDOM, DFS}:
            parser.error(f"--only: no walker named {', '.join(sorted(unknown))}")
        plans = [plan for plan in plans if plan.walker in only]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"{len(seeds)} seeds, {seconds:.0f} s a walk, {given.devices} devices, {os.cpu_count()} cores, load {load:.1f}",
        flush=True,
    )
    rides: list[Ride] = []
    with ProcessPoolExecutor(given.devices, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        try:
            for done in as_completed([pool.submit(ride, plan) for plan in plans]):
                if done.exception() is not None:  # one walk lost is told, and the others count
                    print(f"a walk was lost: {done.exception()!r}", flush=True)
                    continue
                rides.append(done.result())
                show(rides[-1], make_maze(rides[-1].seed))
        except KeyboardInterrupt:  # what was walked until then still counts
            print(f"interrupted after {len(rides)} of {len(plans)} walks", flush=True)
            pool.shutdown(wait=False, cancel_futures=True)
    rides.sort(key=lambda ride: ride.seed)
    planned = sum(1 for plan in plans if plan.walker == OURS)
    show_all(rides, len(make_maze(seeds[0]).features), planned=planned, seconds=seconds)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
