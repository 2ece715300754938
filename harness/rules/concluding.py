"""Joins what many screens showed into one verdict where nothing was found: the part all rules share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from harness.model import (
    Channel,
    Coverage,
    Datum,
    Mark,
    Marker,
    Measure,
    Observation,
    Outcome,
    Reach,
    Verdict,
)

PROBE_WANTED: Final = "probe"  # a datum of a static outcome: which behaviour only a probe can settle
ONE_DAY: Final = "day"  # what a probe is wanted for: a day that passes, which once per app is enough
WALL: Final = "wall"  # a sign of a probe: the app let nobody past this screen
KIND: Final = "player"  # a datum: players of one make on one page; what one does the others do
ONE_TAP: Final = "one-tap"  # a datum that judging adds: the screens one press away, one a line
BETWEEN_SCREENS: Final = frozenset({PROBE_WANTED, KIND, ONE_TAP})  # data for joining screens, of no use to a reader
CUT_SHORT: Final = "probe-cut-short"  # the reason of an outcome that rests on what a probe measured before it was cut
EXEMPTION: Final = "exemption"  # a datum: the words by which the screen claims an exemption
MOVING: Final = "screen-moving"
GAP: Final = "screen-gap"
UNREAD_REGION: Final = "screen-region-unread"


class ProbeCut(Exception):
    """Thrown into a probe where its record ends early; a probe that has measured something returns what it shows."""


def unread(observation: Observation, needs: frozenset[Channel]) -> str | None:
    """Return the message key of what could not be read on this screen, ``None`` where everything was read."""
    if any(gap.channel in needs for gap in observation.gaps):
        return GAP
    if observation.opaque and not observation.engines:
        return UNREAD_REGION
    if not observation.elements and not observation.engines:
        return GAP
    return None


def nothing_on(observation: Observation, needs: frozenset[Channel], reason: str) -> Outcome:
    """Return ``clear`` for a screen that was read to the end and shows nothing, else ``inconclusive``."""
    problem = unread(observation, needs) or (MOVING if observation.moving else None)
    return Outcome(
        verdict=Verdict.INCONCLUSIVE if problem else Verdict.CLEAR,
        reason=problem or reason,
        observation=observation.id,
        screen=observation.screen,
    )


def data_of(outcomes: Iterable[Outcome]) -> Mapping[str, Datum]:
    """Return every datum of the outcomes by name; the largest number wins, else the first text."""
    data: dict[str, Datum] = {}
    for outcome in outcomes:
        for name, value in outcome.data:
            held = data.get(name)
            both_numbers = isinstance(held, (int, float)) and isinstance(value, (int, float))
            if held is None or (both_numbers and float(value) > float(held)):
                data[name] = value
    return data


def marks_from(outcomes: Sequence[Outcome], *, limit: int = 16) -> tuple[Mark, ...]:
    """Return the marks of the outcomes, one for each reason and text before any repetition."""
    first: dict[tuple[str, str], Mark] = {}
    for outcome in outcomes:
        for mark in outcome.marks:
            first.setdefault((mark.why, mark.text), mark)
    return tuple(first.values())[:limit]


def markers_from(outcomes: Iterable[Outcome]) -> frozenset[Marker]:
    """Return every sign of compulsion that any of the outcomes carries."""
    return frozenset(marker for outcome in outcomes for marker in outcome.markers)


def measures_from(outcomes: Iterable[Outcome]) -> tuple[Measure, ...]:
    """Return the measures of all probes, probe by probe."""
    return tuple(measure for outcome in outcomes for measure in outcome.measures)


def nothing_found(outcomes: Sequence[Outcome], coverage: Coverage, reason: str) -> Outcome:
    """Return ``clear`` where everything was looked at and nothing seen, else ``inconclusive`` with the reason.

    An inconclusive look at a screen is made good by a conclusive one at the same screen.
    """
    settled = {o.screen for o in outcomes if o.screen is not None and o.verdict is Verdict.CLEAR}
    open_ends = [o for o in outcomes if o.verdict is Verdict.INCONCLUSIVE and o.screen not in settled]
    probes = [o for o in open_ends if o.from_probe]
    if open_ends:
        first = (probes or open_ends)[0]
        return Outcome(
            verdict=Verdict.INCONCLUSIVE,
            reason=first.reason,
            data=first.data,
            marks=first.marks,
            measures=measures_from(outcomes),
            observation=first.observation,
            screen=first.screen,
            from_probe=first.from_probe,
        )
    missing = _what_coverage_lacks(coverage, looked=bool(outcomes))
    best = next((o for o in outcomes if o.from_probe), outcomes[0] if outcomes else None)
    return Outcome(
        verdict=Verdict.INCONCLUSIVE if missing else Verdict.CLEAR,
        reason=missing[0] if missing else (best.reason if best and best.from_probe else reason),
        data=missing[1]
        if missing
        else (("screens", coverage.screens), ("steps", coverage.steps), *(best.data if best else ())),
        marks=best.marks if best and best.from_probe else (),
        measures=measures_from(outcomes),
        observation=best.observation if best and best.from_probe else None,
        screen=best.screen if best and best.from_probe else None,
        from_probe=bool(best and best.from_probe),
    )


def _what_coverage_lacks(coverage: Coverage, *, looked: bool) -> tuple[str, tuple[tuple[str, Datum], ...]] | None:
    if not looked:
        return "coverage-nothing-seen", ()
    for reach in coverage.reaches:
        if reach.reach is Reach.OUT_OF_SCOPE:
            continue
        if reach.reach is not Reach.REACHED:
            return "coverage-checkpoint-open", (
                ("checkpoint", str(reach.checkpoint)),
                ("why", reach.reason),
            )
    if not coverage.finished:
        return "coverage-walk-unfinished", (
            ("stopped_by", coverage.stopped_by),
            ("untried", coverage.untried),
        )
    if coverage.gaps:
        return "coverage-gap", (("channel", str(coverage.gaps[0].channel)), ("why", coverage.gaps[0].reason))
    return None
