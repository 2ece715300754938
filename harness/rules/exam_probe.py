"""The probe of an examination: Back, and nothing else. Answers nothing, hands nothing in, starts nothing.

Where the app asks whether to leave, that is answer enough: the probe stays, and the page is as it was.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Mark, Measure, Observation, Role, Tap
from harness.rules.exam_words import LEAVE, STAY
from harness.rules.watching import asked
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole

SAME_PAGE_RATIO: Final = 0.8  # of its words, where it shows no question
MAY_PRESS: Final = ("继续答题", "继续作答", "继续考试", "继续", "取消", "再想想")


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    AFTER_BACK = "quiz-pass-mark-mark-after-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What became of leaving: whether the page was still there after Back, twice, and no question was asked."""

    still: bool
    marks: tuple[Mark, ...]
    measure: Measure


def leave(start: Observation) -> Generator[Action, Observation, Left]:
    """Yield Back, once more where nothing came of it; return whether the page can be left."""
    seen = yield Back()
    asks = bool(matching(app_words(seen), LEAVE, max_chars=60))
    if asks:
        stay = next((w for w in whole(app_words(seen), STAY) if w.clickable), None)
        if stay is not None:
            x_px, y_px = stay.box.centre_px
            yield Tap(x_px=x_px, y_px=y_px, label=stay.text)
    elif _same_page(start, seen):
        seen = yield Back()
        asks = bool(matching(app_words(seen), LEAVE, max_chars=60))
    still = not asks and _same_page(start, seen)
    first = [Sighting(word=w, why=Why.AFTER_BACK, sign="leave") for w in app_words(seen)[:1]]
    return Left(
        still=still,
        marks=marks_of(seen, first, role=Role.AFTER),
        measure=Measure(
            at_s=round(seen.at.mono_s - start.at.mono_s, 1),
            name="quiz-pass-mark-still-there",
            value=float(still),
            unit=WHETHER,
            observation=seen.id,
        ),
    )


def _same_page(before: Observation, after: Observation) -> bool:
    """Return whether the question or the result is still in front: the same words, or a question again."""
    if asked(before) is not None:
        return asked(after) is not None
    known = {w.norm for w in app_words(before)}
    shown = {w.norm for w in app_words(after)}
    return bool(known) and len(known & shown) >= SAME_PAGE_RATIO * len(known)
