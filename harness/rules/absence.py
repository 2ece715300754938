"""Tells whether something may be called absent: everything was looked at, and the places where it would stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from harness.model import CheckpointId, Coverage, Outcome, Verdict, Word
from harness.rules.checkpoints import HOME
from harness.rules.concluding import nothing_found
from harness.rules.wording import Sighting, whole

NO_SUCH_PLACE: Final = "absence-no-such-place"  # a message key: the app showed none of the places to look at
SIGNED_OUT: Final = "absence-signed-out"  # a sign and a message key: a page said that more is shown after logging in
_SIGNED_OUT: Final = re.compile(
    r"(?:请先?|点击|立即|去|马上)?登录(?:/注册|或注册|后(?:可)?查看\S{0,6}|查看更多|后使用\S{0,8}|享\S{0,8})|(?:请先?|点击|立即)登录|(?:您)?(?:还|尚)?未登录"
)


def signed_out(words: Sequence[Word]) -> tuple[Sighting, ...]:
    """Return the words that offer to log in: what an account sees was not looked at."""
    return tuple(Sighting(word=w, why="absence-mark-signed-out", sign=SIGNED_OUT) for w in whole(words, _SIGNED_OUT))


def why_not_absent(
    outcomes: Sequence[Outcome], coverage: Coverage, reason: str, *, places: Collection[CheckpointId]
) -> Outcome | None:
    """Return ``None`` where what no outcome shows is absent, else the outcome that says why that cannot be told.

    Absent needs a walk that left nothing, every page read to its end, the start and one of ``places`` reached. Where
    a rule is asked about no place at all, nothing is claimed.
    """
    told = nothing_found(outcomes, coverage, reason)
    if told.verdict is not Verdict.CLEAR or not coverage.reaches:
        return told
    if not coverage.reached(HOME.id) or not any(coverage.reached(place) for place in places):
        return Outcome(verdict=Verdict.INCONCLUSIVE, reason=NO_SUCH_PLACE, data=told.data)
    out = next((o for o in outcomes if SIGNED_OUT in o.signs), None)
    if out is None:
        return None
    return Outcome(
        verdict=Verdict.INCONCLUSIVE,
        reason=SIGNED_OUT,
        data=(("said", next(m.text for m in out.marks if m.why == "absence-mark-signed-out")),),
        marks=out.marks,
        observation=out.observation,
        screen=out.screen,
    )
