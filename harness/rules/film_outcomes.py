"""Makes and joins the outcomes of films: what one look shows, what watching settled, one verdict of many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise

from harness.model import Channel, Datum, Observation, Outcome, Role, Verdict
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    KIND,
    STANDS,
    data_of,
    markers_from,
    marks_from,
    measures_from,
    nothing_on,
)
from harness.rules.player import Player, times_unexplained
from harness.rules.watching import END_S, NEAR_START_RATIO, UNTOUCHED_S, at_end
from harness.rules.wording import Sighting, marks_of


class Unsure(StrEnum):
    """What may be a film and what marks it; message keys."""

    TIMES = "film-or-not"
    MARK = "film-or-not-mark"


def look(
    observation: Observation,
    verdict: Verdict,
    reason: str,
    data: Sequence[tuple[str, Datum]],
    seen: Sequence[Sighting],
) -> Outcome:
    """Return the outcome of one look at a screen, with the places that show it."""
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(data),
        marks=marks_of(observation, seen),
        markers=frozenset(s.marker for s in seen if s.marker is not None),
        signs=frozenset(s.sign for s in seen),
        observation=observation.id,
        screen=observation.screen,
    )


def no_film_on(observation: Observation, needs: frozenset[Channel], reason: str) -> Outcome:
    """Return ``clear`` for a screen that shows no film, ``inconclusive`` where two times may or may not be a film's."""
    outcome, times = nothing_on(observation, needs, reason), times_unexplained(observation)
    if outcome.verdict is not Verdict.CLEAR or times is None:
        return outcome
    return replace(
        outcome,
        verdict=Verdict.INCONCLUSIVE,
        reason=Unsure.TIMES,
        data=((KIND, Unsure.TIMES), ("said", times.text)),
        marks=marks_of(observation, [Sighting(word=times, why=Unsure.MARK, sign="times")], role=Role.CONTEXT),
    )


def kind_of(observation: Observation, player: Player) -> str:
    """Return what tells one make of player from another: the page it is on and its controls."""
    activity = observation.page.activity if observation.page is not None else ""
    return "|".join((activity, player.bar_id, player.next.norm if player.next else ""))


def stands(observation: Observation, player: Player) -> str:
    """Return when and where the player stood, for joining looks into the stretches it ran untouched."""
    position = player.position
    if position is None:
        return ""
    ended = position.length if at_end(player) else position.value
    return f"{observation.at.mono_s}|{ended}|{position.length}|{position.unit}"


def watched_whole(outcomes: Iterable[Outcome], *, untouched: bool) -> frozenset[object]:
    """Return the makes of player of which one film ran from its start to its end in front of somebody's eyes.

    The looks of any probe count: between two looks the film went on by as much as the time that passed. With
    ``untouched`` nothing was pressed meanwhile: the looks are further apart than a press takes.
    """
    by_film: dict[tuple[object, str], list[tuple[float, float, float]]] = {}
    for outcome in outcomes:
        data = dict(outcome.data)
        parts = str(data.get(STANDS, "")).split("|")
        if len(parts) == 4 and parts[3] == "s":
            at_s, value, length = (float(p) for p in parts[:3])
            by_film.setdefault((data.get(KIND), parts[2]), []).append((at_s, value, length))
    return frozenset(kind for (kind, _), looks in by_film.items() if _start_to_end(sorted(looks), untouched=untouched))


def _start_to_end(looks: Sequence[tuple[float, float, float]], *, untouched: bool) -> bool:
    followed = False
    for (before_s, before, _), (at_s, value, length) in pairwise(looks):
        passed_s, went = at_s - before_s, value - before
        ended = value >= length - END_S
        ran = 0 <= went <= passed_s + END_S and (ended or went >= 0.5 * passed_s)
        if before <= NEAR_START_RATIO * length:
            followed = True
        if not ran or (untouched and passed_s < UNTOUCHED_S):
            followed = False
        if followed and ended:
            return True
    return False


def settled_by_probe(outcomes: Sequence[Outcome]) -> frozenset[object]:
    """Return the makes of player whose probe came to an answer."""
    return frozenset(dict(o.data).get(KIND) for o in outcomes if o.from_probe and o.verdict is not Verdict.INCONCLUSIVE)


def clear_by_watching(outcome: Outcome) -> Outcome:
    """Return a look whose question was answered by watching a film of this make: nothing is left open there."""
    return replace(outcome, verdict=Verdict.CLEAR, signs=frozenset(), markers=frozenset(), marks=())


def joined(hits: Sequence[Outcome], evidence: Sequence[Outcome], verdict: Verdict, *, function: str) -> Outcome:
    """Return the one outcome of an app: the best of the hits, with what all of them show and everything measured."""
    best = hits[0]
    return Outcome(
        verdict=verdict,
        reason=best.reason,
        data=tuple(sorted((k, v) for k, v in data_of(hits).items() if k not in BETWEEN_SCREENS)),
        marks=marks_from(hits),
        markers=markers_from(hits),
        signs=frozenset({function}),
        measures=measures_from(evidence),
        observation=best.observation,
        screen=best.screen,
        from_probe=best.from_probe,
    )
