"""The probe of an examination: Back, and nothing else. Answers nothing, hands nothing in, starts nothing.

Where the app asks whether to leave, that is answer enough: the probe stays, and the page is as it was. In a made-up
app, where nobody's score changes, it answers as wrongly as it can, hands in, and looks whether one has to answer again.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import WHETHER, Action, Back, Mark, Measure, Observation, Role, Tap, Word
from harness.rules.exam_words import AGAIN, ENOUGH, HAND_IN, LEAVE, NOT_PASSED, ONWARD, OPTION, STAY, SURE
from harness.rules.watching import asked
from harness.rules.wording import Sighting, app_words, marks_of, matching, read_from_pixels_only, whole

SAME_PAGE_RATIO: Final = 0.8  # of its words, where it shows no question
MAX_QUESTIONS: Final = 12
MAY_PRESS_DEMO: Final = ("提交", "提交答案", "提交试卷", "交卷", "确认交卷", "确认提交", "确定", "完成答题")
MAY_PRESS: Final = ("继续答题", "继续作答", "继续考试", "继续", "取消", "再想想")


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    AFTER_BACK = "quiz-pass-mark-mark-after-back"
    FAILED = "quiz-pass-mark-mark-failed"


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
            yield _tap(stay)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of wrong answers: the page after the last question, and whether again is all that it offers."""

    result: Observation
    again: bool
    marks: tuple[Mark, ...]
    measure: Measure


def answer_wrongly(start: Observation) -> Generator[Action, Observation, Answered | None]:
    """Yield the last option of each question and the way on; return the result, ``None`` where none came."""
    now = start
    for _ in range(MAX_QUESTIONS):
        options = [w for w in app_words(now) if OPTION.fullmatch(w.norm) and _can_be_pressed(w)]
        if asked(now) is None or not options:
            break
        now = yield _tap(options[-1])
        onward = whole([w for w in app_words(now) if _can_be_pressed(w)], ONWARD)
        if not onward:
            return None
        chosen, now = now, (yield _tap(onward[0]))
        if [w.norm for w in app_words(now)] == [w.norm for w in app_words(chosen)]:
            return None  # neither taken nor refused aloud: pressing on would be pressing for nothing
        sure = whole([w for w in app_words(now) if _can_be_pressed(w)], HAND_IN)
        if sure and matching(app_words(now), SURE, max_chars=60):
            now = yield _tap(sure[-1])
    if now is start or asked(now) is not None:
        return None
    words = app_words(now)
    failed, again = whole(words, NOT_PASSED), whole(words, AGAIN)
    told = [Sighting(word=w, why=Why.FAILED, sign="answered") for w in (*failed[:1], *again[:1])]
    return Answered(
        result=now,
        again=bool(failed and again) and not whole(words, ENOUGH),
        marks=marks_of(now, told, role=Role.AFTER),
        measure=Measure(
            at_s=round(now.at.mono_s - start.at.mono_s, 1),
            name="quiz-pass-mark-failed",
            value=float(bool(failed)),
            unit=WHETHER,
            observation=now.id,
        ),
    )


def _can_be_pressed(word: Word) -> bool:
    return word.enabled and (word.clickable or read_from_pixels_only(word))


def _tap(word: Word) -> Tap:
    x_px, y_px = word.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=word.text)


def _same_page(before: Observation, after: Observation) -> bool:
    """Return whether the question or the result is still in front: the same words, or a question again."""
    if asked(before) is not None:
        return asked(after) is not None
    known = {w.norm for w in app_words(before)}
    shown = {w.norm for w in app_words(after)}
    return bool(known) and len(known & shown) >= SAME_PAGE_RATIO * len(known)
