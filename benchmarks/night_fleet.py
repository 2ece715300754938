"""A fleet without devices: the real ledger and the real dispatcher, a worker for each device that sleeps as long as a
recorded walk took, scaled, and delivers what a walk delivers.
"""

from __future__ import annotations

import hashlib
import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.baseline import Look
from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.fleet.attempt import Order
from harness.fleet.dispatch import DaskDispatcher
from harness.fleet.ledger import Artifact, Claim, Ledger, Result, ledger_url
from harness.fleet.night import Night, close_night
from harness.fleet.underway import found_in, under_way
from harness.model import CheckpointReach, FiledApp, PackageName, Reach, RuleId, ScreenKey, Verdict
from harness.rules import ALL_RULES

APPS: Final = 10_000
SCALED_S: Final = 20.0  # how long a walk of mean length takes in a fleet of up to a hundred
GOAL: Final = 0.9
_FILES: Final = 60  # of a bundle, as a walk of some twenty screens leaves
_ENDED: list[tuple[str, float, float]] = []  # device, when its task ended, how long its walk slept; of this process


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How many devices, which walks were recorded, for how many seconds the fleet is watched, and whether its books
    are closed afterwards: with 10,000 apps that takes as long whatever the fleet.
    """

    walks_s: tuple[float, ...]
    window_s: float
    devices: int = 1
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a fleet did. ``cycle_s`` is from one delivery of a device to its next, ``walk_s`` the walk in it."""

    devices: int
    begin_s: float
    close_s: float
    cycle_s: float
    walk_s: float
    delivered: int
    scale: float
    broken: str = ""

    @property
    def own_s(self) -> float:
        """How long a device waits per app for ledger and dispatcher."""
        return self.cycle_s - self.walk_s

    def per_hour(self, mean_s: float) -> float:
        """Return the apps of an hour with walks of that mean length."""
        return 3600 * self.devices / (mean_s + self.own_s)


def simulated(order: Order, worker: str) -> str:
    """Do for one app what a worker does but the walk; ``order.command`` holds the scaled walk times."""
    clock = SystemClock()
    ledger = Ledger(ledger_url(order.ledger), clock)
    try:
        if time.time() >= order.until_s or ledger.progress(order.night).over:
            return ""
        claim = ledger.claim(order.night, worker, order.lease_s, most_attempts=order.most_attempts)
        if claim is None:
            return ""
        walks = [float(part) for part in order.command]
        walk_s = walks[int(hashlib.sha256(claim.app.package.encode()).hexdigest(), 16) % len(walks)]
        clock.sleep(walk_s)
        ledger.extend(claim, order.lease_s)
        ledger.deliver(claim, _result(claim, order))
        _ENDED.append((order.device, time.monotonic(), walk_s))
        return str(claim.app.package)
    finally:
        ledger.close()


def _result(claim: Claim, order: Order) -> Result:
    screens = frozenset(ScreenKey(f"Screen{n}") for n in range(20))
    seen = [Verdict.FOUND if n % 10 == 0 else Verdict.CLEAR for n in range(len(ALL_RULES))]
    looks = {
        RuleId(rule.id): Look(night=order.night, verdict=verdict, reason="said", screens=screens, bundle="n/a/b")
        for rule, verdict in zip(ALL_RULES, seen, strict=True)
    }
    reaches = {
        RuleId(rule.id): [CheckpointReach(checkpoint=c.id, reach=Reach.REACHED) for c in rule.checkpoints]
        for rule in ALL_RULES
    }
    files = tuple(
        Artifact(path=f"data/shots/{n}.png", sha256="0" * 64, size_bytes=100_000, mime="image/png")
        for n in range(_FILES)
    )
    return Result(looks=looks, reaches=reaches, device=order.device, bundle=f"n/a{claim.attempt}/b", artifacts=files)


def watch(fleet: Fleet, folder: Path) -> Watched:
    """Let a fleet work on 10,000 apps for a while, close the night, and return what it did."""
    mean_s = statistics.fmean(fleet.walks_s)
    # A thousand devices with walks of seconds would ask for more than any night does; theirs stay closer to life.
    scaled_s = SCALED_S * (1.0 if fleet.devices <= 100 else 5.0)
    scale = scaled_s / mean_s
    apps = tuple(FiledApp(package=PackageName(f"cn.gov.a{n:05d}"), name=f"应用{n}") for n in range(APPS))
    order = Order(
        night="n",
        ledger=str(folder / f"fleet-{fleet.devices}.sqlite"),
        device="",
        evidence_dir=str(folder),
        filed_from="",
        command=tuple(f"{walk_s * scale}" for walk_s in fleet.walks_s),
        lease_s=600.0,
    )
    ledger = Ledger(ledger_url(order.ledger), SystemClock())
    began_s = time.monotonic()
    ledger.begin("n", "0" * 64, "r", dict.fromkeys(apps, ALL_RULES))
    begin_s = time.monotonic() - began_s
    _ENDED.clear()
    night = Night(
        id="n",
        apps=apps,
        rules=ALL_RULES,
        list_sha256="0" * 64,
        rules_edition="r",
        devices=tuple(f"d{n:04d}" for n in range(fleet.devices)),
        order=replace(order, until_s=time.time() + max(fleet.window_s, 3.2 * scaled_s)),
    )
    broken = _worked(night, ledger)
    began_s = time.monotonic()
    if fleet.close and not broken:
        close_night(night, ledger)
    close_s = time.monotonic() - began_s
    cycles, walks = _cycles()
    delivered = len(_ENDED)
    ledger.close()
    return Watched(
        devices=fleet.devices,
        begin_s=begin_s,
        close_s=close_s,
        cycle_s=statistics.fmean(cycles) if cycles else float("nan"),
        walk_s=statistics.fmean(walks) if walks else float("nan"),
        delivered=delivered,
        scale=scale,
        broken=broken,
    )


def _worked(night: Night, ledger: Ledger) -> str:
    """Keep every device busy until the time is over; return why the night broke off, empty where it did not."""
    orders = [replace(night.order, device=device) for device in night.devices]
    clock = SystemClock()
    try:
        for done in DaskDispatcher().run(orders, simulated):
            under_way(ledger, night.id, None, clock.wall())  # as a night does, to tell how far it is
            found_in(ledger, night.id, done.package)
    except HarnessError as error:
        return str(error)[:120]
    return ""


def _cycles() -> tuple[list[float], list[float]]:
    """Return for each app but a device's first how long after the one before it it was delivered, and its walk."""
    last: dict[str, float] = {}
    cycles, walks = [], []
    for device, at_s, walk_s in sorted(_ENDED, key=lambda one: one[1]):
        if device in last:
            cycles.append(at_s - last[device])
            walks.append(walk_s)
        last[device] = at_s
    return cycles, walks


def told_fleet(fleets: Sequence[Fleet]) -> None:
    """Print what each fleet does, against linear growth from the first."""
    logging.disable(logging.WARNING)  # no bundle of these walks can be read again, and each would be told
    mean_s = statistics.fmean(fleets[0].walks_s)
    rows = 3 + len(ALL_RULES) + sum(len(rule.checkpoints) for rule in ALL_RULES) + _FILES
    print(f"\nsimulated: {APPS:,} apps, walks of {mean_s:.0f} s on average, scaled; {rows} rows of the ledger an app")
    print("devices  walk, scaled  wait an app  of linear  rows/s  apps/hour at full walks  10,000 apps")
    first = 0.0
    for fleet in (*fleets[:-1], replace(fleets[-1], close=True)):
        with tempfile.TemporaryDirectory(prefix="harness-fleet-") as place:
            one = watch(fleet, Path(place))
        share = one.walk_s / one.cycle_s
        first = first or share
        hours = APPS / one.per_hour(mean_s) + one.begin_s / 3600
        print(
            f"{one.devices:7}  {one.walk_s:10.1f} s  {one.own_s:9.2f} s  {share / first:9.2f}"
            f"  {rows * one.devices / one.cycle_s:6.0f}  {one.per_hour(mean_s):23,.0f}  {hours:8.2f} h"
            + (f"  broke off: {one.broken}" if one.broken else "")
        )
        closed = f", its books closed in {one.close_s:.1f} s" if one.close_s > 1 else ""
        print(f"         begun in {one.begin_s:.1f} s, {one.delivered} apps delivered{closed}")
    print(f"goal: {GOAL} of linear up to 100 devices")
