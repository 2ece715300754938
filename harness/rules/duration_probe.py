"""The probe of a time that may grow: what it reads after a while in the app, and after a while away from it.

Waits in front, goes Home, waits, comes back; presses nothing. The while away is the comparison: a time that grows there
as well is a clock, not a count of use. Sums are made by the walk's own clock.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.model import Action, Home, Launch, Mark, Measure, Observation, Role, Wait
from harness.rules.concluding import ProbeCut
from harness.rules.durations import Duration, Kind, account_durations
from harness.rules.wording import Sighting, marks_of

IN_FRONT_S: Final = 60.0
AWAY_S: Final = 60.0
SETTLE_S: Final = 3.0
MAX_UNIT_S: Final = 60.0  # a coarser figure cannot be seen to grow in a minute
LEAST_RATIO: Final = 0.5  # of the time in front: a smaller gain is not counted by the clock
AWAY_RATIO: Final = 0.4  # of the time away: a larger gain may come from being away
JUMP_S: Final = 10.0  # beyond the clock by more than this and one unit: the figure was filled in, not counted


class Growth(StrEnum):
    """What became of the time; the names are signs."""

    IN_FRONT = "grows-in-front"
    ALWAYS = "grows-always"
    STOOD = "stood-still"
    UNCLEAR = "growth-unclear"
    UNREAD = "growth-unread"


class Name(StrEnum):
    """What was measured; message keys."""

    VALUE = "online-duration-stat-measure-value"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    BEFORE = "online-duration-stat-mark-before"
    IN_FRONT = "online-duration-stat-mark-after-front"
    RETURNED = "online-duration-stat-mark-after-away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure at one time of the walk's clock."""

    at_s: float
    duration: Duration


@dataclass(slots=True, kw_only=True)
class DurationRun:
    """What one probe has read so far; lives inside one generator and is read when it ends."""

    start: Observation
    now: Observation
    readings: list[dict[str, Reading]] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    cut: bool = False

    def growths(self) -> tuple[tuple[Growth, str], ...]:
        """Return what each figure shows, with its key; what grows in front comes first, nothing read is ``UNREAD``."""
        results = [(self._growth_of(key), key) for key in (self.readings[0] if self.readings else ())]
        order = (Growth.IN_FRONT, Growth.ALWAYS, Growth.UNCLEAR, Growth.STOOD, Growth.UNREAD)
        return tuple(sorted(results, key=lambda r: order.index(r[0]))) or ((Growth.UNREAD, ""),)

    def only_after_return(self) -> bool:
        """Return whether a figure stood in front and was larger after the way back: two whiles may have made it so."""
        if len(self.readings) < 3:
            return False
        before, front, after = ({k: r.duration.value_s for k, r in reading.items()} for reading in self.readings)
        return any(before[k] == front.get(k) and after.get(k, 0.0) > before[k] for k in before)

    def numbers(self, key: str) -> dict[str, float]:
        """Return how long the app was in front and away, and by how much the figure grew in each, in seconds."""
        before, front, after = (r[key] for r in self.readings[:3])
        return {
            "front_s": round(front.at_s - before.at_s),
            "front_grown_s": round(front.duration.value_s - before.duration.value_s),
            "away_s": round(after.at_s - front.at_s),
            "away_grown_s": round(after.duration.value_s - front.duration.value_s),
        }

    def _growth_of(self, key: str) -> Growth:
        if len(self.readings) < 3 or any(key not in r for r in self.readings[:3]):
            return Growth.UNREAD
        told = self.numbers(key)
        unit_s = self.readings[0][key].duration.unit_s
        total = told["front_grown_s"] + told["away_grown_s"]
        if min(told["front_grown_s"], told["away_grown_s"]) < 0:
            return Growth.UNCLEAR
        if total > told["front_s"] + told["away_s"] + unit_s + JUMP_S:
            return Growth.UNCLEAR
        if total < LEAST_RATIO * told["front_s"]:
            return Growth.STOOD if total == 0 else Growth.UNCLEAR
        if told["front_grown_s"] > told["front_s"] + unit_s:
            return Growth.UNCLEAR
        # A page that only asks again when it comes back shows both whiles at once: the sum tells them apart.
        if told["away_grown_s"] == 0 or total <= told["front_s"] + AWAY_RATIO * told["away_s"]:
            return Growth.IN_FRONT if told["front_grown_s"] > 0 or self._grew_again(key) else Growth.UNCLEAR
        return Growth.ALWAYS if told["away_grown_s"] >= LEAST_RATIO * told["away_s"] else Growth.UNCLEAR

    def _grew_again(self, key: str) -> bool:
        """Return whether a second while in front, with next to no time away, made the figure grow as well."""
        if len(self.readings) < 4 or key not in self.readings[3]:
            return False
        after, again = self.readings[2][key], self.readings[3][key]
        grown_s, passed_s = again.duration.value_s - after.duration.value_s, again.at_s - after.at_s
        return LEAST_RATIO * passed_s <= grown_s <= passed_s + after.duration.unit_s


def measurable(durations: tuple[Duration, ...]) -> tuple[Duration, ...]:
    """Return the times fine enough to be seen growing within a minute."""
    return tuple(d for d in durations if d.kind is not Kind.HOURS and 0 < d.unit_s <= MAX_UNIT_S)


def measure_durations(start: Observation) -> Generator[Action, Observation, DurationRun]:
    """Yield the waits and the way out and back; return every reading. A cut record with no readings is thrown on."""
    run = DurationRun(start=start, now=start)
    try:
        _read(run, "start", Why.BEFORE, Role.BEFORE)
        run.now = yield Wait(seconds=IN_FRONT_S)
        _read(run, "duration-front", Why.IN_FRONT, Role.AFTER)
        if start.page is not None:
            run.now = yield Home()
            run.now = yield Wait(seconds=AWAY_S)
            run.now = yield Launch(package=start.page.package)
            if not _keys(run.now) & set(run.readings[0]):
                run.now = yield Wait(seconds=SETTLE_S)
            _read(run, "duration-away", Why.RETURNED, Role.AFTER)
            if run.only_after_return():
                run.now = yield Wait(seconds=IN_FRONT_S)
                run.now = yield Home()
                run.now = yield Launch(package=start.page.package)
                _read(run, "duration-again", Why.RETURNED, Role.AFTER)
    except ProbeCut:
        if len(run.readings) < 2:
            raise
        run.cut = True
    return run


def kind_of(key: str) -> str:
    """Return the kind of time a figure's key is of."""
    return key.partition(":")[0]


def _read(run: DurationRun, note: str, why: Why, role: Role) -> None:
    at_s = round(run.now.at.mono_s - run.start.at.mono_s, 1)
    found = {_key(d): Reading(at_s=at_s, duration=d) for d in measurable(_on(run.now))}
    run.readings.append(found)
    for reading in found.values():
        one = reading.duration
        run.measures.append(
            Measure(at_s=at_s, name=str(Name.VALUE), value=one.value_s, unit="s", observation=run.now.id, note=note)
        )
        run.marks.extend(marks_of(run.now, [Sighting(word=one.word, why=why, sign="duration")], role=role))


def _on(observation: Observation) -> tuple[Duration, ...]:
    # A screen caught between two pages shows figures of both; none of them is a reading.
    return () if observation.moving else account_durations(observation)


def _keys(observation: Observation) -> set[str]:
    return {_key(d) for d in measurable(_on(observation))}


def _key(duration: Duration) -> str:
    return f"{duration.kind}:{duration.label}"
