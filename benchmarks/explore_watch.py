"""Watches a walk from outside: the app's own journal, what each step costs, and what was done twice."""

from __future__ import annotations

import contextlib
import hashlib
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.maze import Maze
from harness.clock import Clock
from harness.device.android import AndroidDevice
from harness.errors import DeviceError
from harness.model import Action, DeviceInfo, Frame, Launch, Observation, ObservationId, PackageName, Stop, Swipe, Tap
from harness.virtual.server import DeviceHandle

_T = TypeVar("_T")
_LINE = re.compile(r'"MAZE (\w+) (.*)", source: ')
_DIGITS = re.compile(r"\d")
IN_THE_WAY = "~"  # before the name of what is no screen of its own
_SPOT_PX = 40  # two presses nearer than this are one
_DRAWN_NODES = 12  # a hierarchy with no more tells nothing of what is drawn
PARTS = ("act", "settle", "capture", "perceive", "decide")


class AllFound(Exception):
    """Every planted feature was shown: the walk may end."""


@dataclass(slots=True)
class Ride:
    """One walk as it was seen from outside. Times in seconds since its first step, sizes in MB."""

    walker: str
    seed: int
    seconds: float = 0.0
    shown: dict[str, float] = field(default_factory=dict)  # screen of the truth -> when first
    features: dict[str, float] = field(default_factory=dict)
    dangers: list[str] = field(default_factory=list)
    crashes: int = 0
    actions: int = 0
    repeated: Counter[str] = field(default_factory=Counter)  # kind of action -> repeats
    costs: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in PARTS})
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # in the order in which the explorer discovered them
    sights: list[tuple[str, str]] = field(default_factory=list)  # which screen of the truth was named by which key
    said: Counter[str] = field(default_factory=Counter)  # what a walk of ours told of what went wrong, message keys
    ended: str = ""

    @property
    def repeats(self) -> int:
        """Return how many actions were none that is new and ended on a screen that had been shown.

        New is what was not done before on that screen: the same words pressed, wherever they stand after scrolling, the
        same swipe on the same sight, and a second Back are not; nor is a swipe that moves nothing.
        """
        return self.repeated.total()

    def screens_by(self, seconds: float) -> int:
        return sum(1 for at_s in self.shown.values() if at_s <= seconds)

    def per_minute(self, seconds: float) -> float:
        """Return distinct screens a minute within the first ``seconds``, or until the walk ended."""
        span_s = min(seconds, self.seconds) or 1.0
        return 60.0 * self.screens_by(span_s) / span_s

    def step_costs(self) -> list[float]:
        return [sum(parts) for parts in zip(*self.costs.values(), strict=True)]

    def quantile(self, part: str, share: float) -> float:
        """Return the share's quantile of one part of the step cost, of the whole for the empty name."""
        values = sorted(self.costs[part] if part else self.step_costs())
        return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0

    def median(self, part: str) -> float:
        return statistics.median(self.costs[part]) if self.costs[part] else 0.0


class WatchedClock:
    """A clock that tells how long it slept."""

    def __init__(self, inner: Clock) -> None:
        self.inner = inner
        self.slept_s = 0.0
        self.wall = inner.wall
        self.monotonic_s = inner.monotonic_s

    def sleep(self, seconds: float) -> None:
        began_s = self.inner.monotonic_s()
        self.inner.sleep(seconds)
        self.slept_s += self.inner.monotonic_s() - began_s


class WatchedDevice:
    """A device that reads the app's journal at every look and counts the time of each part of a step."""

    def __init__(
        self, device: AndroidDevice, handle: DeviceHandle, maze: Maze, ride: Ride, *, to_the_end: bool = False
    ) -> None:
        """Watch a walk; ``to_the_end`` lets it go on when every feature was found."""
        self.serial = device.serial
        self.ride = ride
        self.clock = WatchedClock(device.clock)
        self.device = device
        self._handle = handle
        self._features = {feature.screen: feature.title for feature in maze.features}
        self._to_the_end = to_the_end
        self._read = len(handle.log_lines())
        self._began_s = device.clock.monotonic_s()
        self._cycle_s: float | None = None
        self._spent = dict.fromkeys(PARTS, 0.0)
        self.here = ""  # the screen of the truth in front
        self.page = ""  # the same, but for what pops up over it
        self.looks: dict[ObservationId, str] = {}
        self._done: set[tuple[str, str]] = set()
        self._pending: tuple[tuple[str, str], int] | None = None
        self._view = ""

    # --- the device

    def capture(self) -> Frame:
        frame = self._timed("capture", self.device.capture)
        self._saw(frame.xml, frame.png)
        return frame

    def dump(self) -> bytes:
        """Return the hierarchy alone, for walkers that look at nothing else."""
        xml = self._timed("capture", self.device.dump)
        self._saw(xml)
        return xml

    def perform(self, action: Action) -> None:
        self._end_cycle()
        if not isinstance(action, Stop):
            self._note(action)
        self._timed("act", lambda: self.device.perform(action))

    def describe(self) -> DeviceInfo:
        return self.device.describe()

    def close(self) -> None:
        self.device.close()

    def perceiving(
        self, perceive: Callable[[Frame, ObservationId], Observation]
    ) -> Callable[[Frame, ObservationId], Observation]:
        """Return ``perceive`` with its time counted."""
        return lambda frame, name: self._timed("perceive", lambda: perceive(frame, name))

    def sight(self, seen: Observation) -> None:
        """Note what the screen in front was taken for."""
        self.looks[seen.id] = self.here
        self.ride.sights.append((self.here, seen.screen))

    # --- the watch

    def now_s(self) -> float:
        return self.clock.monotonic_s() - self._began_s

    def _timed(self, part: str, work: Callable[[], _T]) -> _T:
        slept_s, began_s = self.clock.slept_s, self.clock.monotonic_s()
        try:
            return work()
        finally:
            slept_s = self.clock.slept_s - slept_s
            self._spent[part] += self.clock.monotonic_s() - began_s - slept_s

    def _end_cycle(self) -> None:
        """Close the books of the step before; what no part took was spent on deciding and recording."""
        now_s = self.clock.monotonic_s()
        if self._cycle_s is not None:
            self._spent["settle"] = self.clock.slept_s
            rest_s = now_s - self._cycle_s - sum(self._spent.values())
            self._spent["decide"] = max(0.0, rest_s)
            for part in PARTS:
                self.ride.costs[part].append(self._spent[part])
        self._spent = dict.fromkeys(PARTS, 0.0)
        self.clock.slept_s = 0.0
        self._cycle_s = now_s
        self.ride.seconds = self.now_s()
        self.ride.memory_mb.append((self.now_s(), _memory_mb()))

    def _note(self, action: Action) -> None:
        """Note what is about to be done and where, to tell new actions from old ones."""
        self.ride.actions += 1
        self._pending = ((self.here, name_of(action, self._view)), len(self.ride.shown))

    def _saw(self, xml: bytes | None, png: bytes | None = None) -> None:
        sight = re.sub(rb"\d", b"", xml or b"")
        if png is not None and sight.count(b"<node") <= _DRAWN_NODES:
            sight += png  # of a drawn page the hierarchy is the same wherever it was scrolled to
        view = hashlib.sha256(sight).hexdigest()
        self._read_journal()
        if self._pending is not None:
            done, known = self._pending
            idle = done[1].startswith("Swipe") and view == self._view
            if len(self.ride.shown) == known and (done in self._done or idle):
                self.ride.repeated[done[1].partition(" ")[0]] += 1
            self._done.add(done)
            self._pending = None
        self._view = view
        if not self._to_the_end and self._features.keys() <= self.ride.features.keys():
            raise AllFound

    def _read_journal(self) -> None:
        lines = self._handle.log_lines()
        fresh, self._read = lines[self._read :], len(lines)
        for line in fresh:
            found = _LINE.search(line)
            if found is None:
                continue
            what, name = found[1], found[2]
            if what == "screen":
                self.here = self.page = name
                self.ride.shown.setdefault(name, self.now_s())
                if name in self._features:
                    self.ride.features.setdefault(name, self.now_s())
            elif what == "popup":
                self.here = f"{IN_THE_WAY}{name}"
            elif what == "danger":
                self.ride.dangers.append(name)
            elif what == "crash":
                self.ride.crashes += 1


def name_of(action: Action, view: str) -> str:
    """Return a name that two actions on one screen share where the second is nothing new; ``view`` names the sight."""
    kind = type(action).__name__
    if isinstance(action, Tap):
        words = _DIGITS.sub("", action.label)
        return f"{kind} {action.x_px // _SPOT_PX} {words or f'{action.y_px // _SPOT_PX} {view}'}"
    if isinstance(action, Swipe):
        direction = action.x1_px - action.x2_px, action.y1_px - action.y2_px
        return f"{kind} {direction[0] > 0} {direction[1] > 0} {view}"
    return kind


def launch_again(device: WatchedDevice, package: str) -> None:
    """Start the app from its beginning; where the device could not, the next look shows it."""
    with contextlib.suppress(DeviceError):
        device.perform(Stop(package=PackageName(package)))
        device.perform(Launch(package=PackageName(package)))


def _memory_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text("ascii"))
    return int(found[1]) / 1024 if found else 0.0


def median_of(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0
