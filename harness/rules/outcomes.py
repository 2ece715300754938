"""Builds the outcomes of a rule: of one screen from what was sighted there, of an app from all its screens. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from harness.model import Datum, Marker, Observation, Outcome, Role, Verdict
from harness.rules.concluding import BETWEEN_SCREENS, EXEMPTION, data_of, markers_from, marks_from, measures_from
from harness.rules.exemptions import Claim
from harness.rules.wording import Sighting, marks_of

_MAX_CLAIM_MARKS: Final = 3


def sighted(
    observation: Observation,
    weighed: tuple[Verdict, str],
    sightings: Sequence[Sighting],
    *,
    data: Mapping[str, Datum] | None = None,
    claim: Claim | None = None,
) -> Outcome:
    """Return the outcome of one screen: ``weighed`` (verdict, reason) with marks, markers and signs of ``sightings``.

    A ``claim`` of an exemption is marked as context and told in the data; it never changes the verdict here.
    """
    verdict, reason = weighed
    claims = [Sighting(word=w, why="exemption-claimed", sign=EXEMPTION) for w in claim.words] if claim else []
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=(*(data or {}).items(), *claimed(claim)),
        marks=(
            *marks_of(observation, sightings),
            *marks_of(observation, claims, role=Role.CONTEXT, limit=_MAX_CLAIM_MARKS),
        ),
        markers=frozenset(s.marker for s in sightings if s.marker is not None),
        signs=frozenset(s.sign for s in sightings),
        observation=observation.id,
        screen=observation.screen,
    )


def claimed(claim: Claim | None) -> tuple[tuple[str, Datum], ...]:
    """Return the data that tell of a claimed exemption; its words are under ``EXEMPTION``."""
    return ((EXEMPTION, "、".join(claim.said)), ("exemption_kinds", "、".join(claim.kinds))) if claim else ()


def joined(
    shown: Sequence[Outcome],
    weighed: tuple[Verdict, str],
    function: str,
    *,
    data: Mapping[str, Datum] | None = None,
    markers: Iterable[Marker] | None = None,
) -> Outcome:
    """Return the outcome of an app: ``weighed`` on the screen of the first of ``shown``, with what all of them hold.

    ``shown`` is not empty, the best evidence first. ``function`` is the one sign an app's outcome carries: it names
    the function in the fingerprint, so one function found on two screens is counted once.
    """
    verdict, reason = weighed
    best = shown[0]
    told = data_of(shown) if data is None else data
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted((k, v) for k, v in told.items() if k not in BETWEEN_SCREENS)),
        marks=marks_from(shown),
        markers=markers_from(shown) if markers is None else frozenset(markers),
        signs=frozenset({function}),
        measures=measures_from(shown),
        observation=best.observation,
        screen=best.screen,
        from_probe=best.from_probe,
    )
