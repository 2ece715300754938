"""The probe of a question in a film: lets the film run, and where a question comes tries to go on without an answer.

Nothing is ever answered: no option is touched and nothing handed in. Tried are the way to close, a tap beside the
dialog, waiting, Back, and coming in again. What is left behind is the question unanswered, as it was met.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import Action, Back, Box, Observation, Role, Tap, Wait, Word
from harness.rules.concluding import ProbeCut
from harness.rules.player import read_player
from harness.rules.video_run import moved, tap_on
from harness.rules.video_words import LEAVE_DIALOG
from harness.rules.watching import (
    LEARNING,
    LOOK_S,
    NEAR_START_RATIO,
    Halt,
    Ran,
    Steps,
    Stopped,
    Watch,
    act,
    asked,
    at_end,
    before_the_end,
    enter_again,
    free_point,
    mark,
    prompt_on,
    read,
    run_on,
    set_playing,
    to_the_start,
)
from harness.rules.wording import app_words, matching, whole

STAND_S: Final = 60.0
COVERED_S: Final = 300.0  # at most, for a film that cannot be seen meanwhile
LEARNING_S: Final = 900.0  # how long a film of learning is let run
OTHER_S: Final = 180.0  # any other film, to its end or not at all
SLACK_S: Final = 6.0
MAY_PRESS: Final = (
    "播放", "开始播放", "继续播放", "点击播放", "进度条", "关闭", "跳过", "取消", "以后再说", "稍后再答", "暂不作答",
    "×", "✕", "x", "X",
)  # fmt: skip

CLOSE: Final = re.compile(
    r"跳过(?:答题|本题|测验)?|关闭(?:弹窗)?|取消|以后再说|稍后(?:再答|再说|作答)?|暂不(?:作答|答题)|[×✕xX]"
)
ON_AFTER_ANSWER: Final = re.compile(
    r"(?:答题|作答|回答(?:正确)?|答对)(?:完成|完毕)?后?\S{0,6}(?:才能|方可|方能|才可)?继续(?:播放|观看|学习|看)"
    r"|(?:未|不)(?:答题|作答)\S{0,6}(?:不能|无法|不可|不会)(?:继续)?(?:播放|观看|学习)?"
)


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    QUESTION = "video-quiz-interrupt-mark-question"
    BEFORE = "video-quiz-interrupt-mark-before"
    STILL = "video-quiz-interrupt-mark-still"
    CLOSED = "video-quiz-interrupt-mark-closed"
    AFTER_BACK = "video-quiz-interrupt-mark-after-back"
    AGAIN = "video-quiz-interrupt-mark-again"
    ENDED = "video-quiz-interrupt-mark-ended"


@dataclass(slots=True, kw_only=True)
class QuizRun:
    """What the probe has measured: ``None`` is what could not be read or was not come to."""

    watch: Watch
    came_by_itself: bool = False  # the film moved, nothing but waiting was done, and the question was there
    ended: bool = False  # the film ran to its end without a question
    whole_film: bool = False  # and from near its start
    seen: bool = False  # there was a question in the film
    plays_on: bool | None = None  # under or beside the question
    still_asked: bool | None = None  # after waiting
    closable: bool | None = None
    outside: bool | None = None  # whether a tap beside it takes it away
    back_refused: bool | None = None
    came_again: bool | None = None  # after leaving and coming in again
    says_after_answer: str = ""
    asked_at_s: float | None = None  # where the film stood when it was last seen before the question


def ask_nothing(start: Observation) -> Generator[Action, Observation, QuizRun]:
    """Yield the steps of the probe, return what was measured."""
    run = QuizRun(watch=Watch(start=start, now=start))
    try:
        if asked(start) is None:
            yield from _wait_for_it(run)
        if asked(run.watch.now) is not None and not run.ended:
            yield from _try_to_pass(run)
    except Halt as end:
        run.watch.stopped = end.reason
    except ProbeCut:
        run.watch.cut = True
    return run


def _interrupted(observation: Observation) -> bool:
    return asked(observation) is not None or prompt_on(observation) is not None


def _wait_for_it(run: QuizRun) -> Steps:
    watch = run.watch
    yield from to_the_start(watch)
    yield from set_playing(watch)
    player = read_player(watch.now)
    if player is None or player.position is None:
        _tell_of_prompt(watch)
        run.came_by_itself = asked(watch.now) is not None
        return
    first, length = player.position.value, player.position.length
    run.whole_film = first <= NEAR_START_RATIO * length + LOOK_S
    learning = any(LEARNING.search(w.norm) for w in app_words(watch.start))
    left_s = length - first if player.position.unit == "s" else OTHER_S
    if not learning and left_s > OTHER_S:
        raise Halt(Stopped.BUDGET)
    ran = yield from run_on(watch, _interrupted, limit_s=LEARNING_S if learning else OTHER_S + LOOK_S)
    if ran is Ran.ENDED:
        run.ended = True
        mark(watch, _position_word(watch), Why.ENDED)
        return
    if ran is Ran.LIMIT:
        raise Halt(Stopped.BUDGET)
    _tell_of_prompt(watch)
    run.came_by_itself = watch.runs and before_the_end(watch)
    # A question after the film interrupts nothing.
    run.ended = (now := read_player(watch.now)) is not None and at_end(now)


def _tell_of_prompt(watch: Watch) -> None:
    if asked(watch.now) is None and prompt_on(watch.now) is not None:
        raise Halt(Stopped.PRESENCE)


def _try_to_pass(run: QuizRun) -> Steps:
    watch = run.watch
    run.seen = True
    if prompt_on(watch.now) is not None:
        raise Halt(Stopped.PRESENCE)
    head = asked(watch.now)
    run.asked_at_s = watch.last.value if watch.last is not None else None
    mark(watch, head, Why.QUESTION, Role.TRIGGER)
    said = matching(app_words(watch.now), ON_AFTER_ANSWER, max_chars=60)
    run.says_after_answer = said[0].text if said else ""
    yield from _wait_beside(run)
    if run.plays_on or not run.still_asked:
        return
    yield from _close(run)
    if run.closable or run.outside:
        return
    yield from _go_back(run)


def _do(run: QuizRun, action: Action) -> Steps:
    """Yield one try; a prompt for presence that comes meanwhile may itself stop the film and swallow presses."""
    yield from act(run.watch, action)
    if prompt_on(run.watch.now) is not None:
        raise Halt(Stopped.PRESENCE)


def _wait_beside(run: QuizRun) -> Steps:
    """Wait with the question in front: does the film go on, is the question still there.

    A covered film is given the time to come to its end, which would show when it is seen again.
    """
    watch = run.watch
    before, began_s = read(watch, "question"), watch.at_s()
    left_s = watch.last.length - watch.last.value if watch.last is not None and watch.last.unit == "s" else 0.0
    covered_s = min(max(left_s + SLACK_S, STAND_S), COVERED_S)
    yield from _do(run, Wait(seconds=STAND_S if before is not None else round(covered_s, 1)))
    after = read(watch, "question-waited")
    run.still_asked = asked(watch.now) is not None
    if before is not None and after is not None:
        run.plays_on = moved(before.value, after, watch.at_s() - began_s)
    if run.still_asked:
        mark(watch, asked(watch.now), Why.STILL)


def _close(run: QuizRun) -> Steps:
    """Press what closes it, then beside it; a film that goes on afterwards needs no answer."""
    watch = run.watch
    close = next(iter(whole([w for w in app_words(watch.now) if w.enabled], CLOSE)), None)
    if close is not None:
        yield from _do(run, tap_on(close))
        run.closable = yield from _goes_on(run)
        if run.closable or asked(watch.now) is None:
            return
    point = free_point(watch.now, _dialog(watch.now))
    if point is not None:
        yield from _do(run, Tap(x_px=point[0], y_px=point[1], label=""))
        run.outside = yield from _goes_on(run)


def _goes_on(run: QuizRun) -> Generator[Action, Observation, bool | None]:
    """Return whether the question is gone and the film moves; pressed play once where it stands. ``None``: unread."""
    watch = run.watch
    if asked(watch.now) is not None:
        return False
    try:
        yield from set_playing(watch)
    except Halt as end:
        if end.reason is Stopped.BUDGET:
            raise
        return None
    gone = asked(watch.now) is None
    if gone:
        mark(watch, _position_word(watch), Why.CLOSED)
    return gone


def _go_back(run: QuizRun) -> Steps:
    watch = run.watch
    yield from _do(run, Back())
    run.back_refused = asked(watch.now) is not None
    mark(watch, asked(watch.now) or next(iter(app_words(watch.now)), None), Why.AFTER_BACK)
    if run.back_refused or matching(app_words(watch.now), LEAVE_DIALOG, max_chars=40):
        return
    if read_player(watch.now) is not None:
        run.closable = yield from _goes_on(run)
        return
    yield from _come_in_again(run)


def _come_in_again(run: QuizRun) -> Steps:
    """Come back into the film and let it run past the place of the question: is it asked again."""
    watch = run.watch
    left_at = watch.last
    yield from enter_again(watch)
    player = read_player(watch.now)
    if run.plays_on is None and player is not None and (player.finished_before or player.ended):
        run.plays_on = True  # it came to its end under the question
        return
    if asked(watch.now) is None:
        yield from set_playing(watch)
        past = left_at.value + 2 * SLACK_S + _slice_of(left_at.length) if left_at is not None else None
        ran = yield from run_on(watch, _interrupted, limit_s=LEARNING_S, past=past)
        _tell_of_prompt(watch)
        if ran is not Ran.INTERRUPTED:
            run.came_again = False
            mark(watch, _position_word(watch), Why.CLOSED)
            return
    run.came_again = True
    run.came_by_itself = run.came_by_itself or (watch.runs and before_the_end(watch))
    mark(watch, asked(watch.now), Why.AGAIN)


def _slice_of(length: float) -> float:
    return min(max(length / 8, 5.0), 60.0)


def _position_word(watch: Watch) -> Word | None:
    player = read_player(watch.now)
    return player.position.word if player is not None and player.position is not None else None


def _dialog(observation: Observation) -> Box:
    """Return the box around the question, its options and its buttons: everything from its head down to the last."""
    head = asked(observation)
    assert head is not None
    box = head.box
    for word in app_words(observation):
        large = word.box.area_px > 0.5 * observation.size_px[0] * observation.size_px[1]
        if word.box.top >= head.box.top - 8 and not large:
            box = box.around(word.box)
    return box
