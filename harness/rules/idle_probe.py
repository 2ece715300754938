"""The probe of a presence prompt: leaves a page of learning alone, and where a prompt comes, leaves that alone too.

Measured is whether the film or the counter stands as long as nobody reacts (twice the time that is given), and whether
it goes on after a press of 继续学习. Never pressed is what confirms that a person is there (我还在, 确定); never done
is a picture of a face or a puzzle.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from harness.model import Action, Observation, Role, Wait, Word
from harness.rules.concluding import ProbeCut
from harness.rules.player import read_player
from harness.rules.video_run import first_counter, moved, tap_on
from harness.rules.watching import (
    LEARNING,
    LOOK_S,
    Halt,
    Ran,
    Steps,
    Stopped,
    Watch,
    act,
    asked,
    before_the_end,
    mark,
    read,
    run_on,
    set_playing,
)
from harness.rules.wording import app_words, matching, read_from_pixels_only, whole, with_joined

GIVEN_S: Final = (20.0, 60.0, 180.0)  # least, usual and most time to react that is waited for, each twice
ALONE_S: Final = 600.0  # how long a page is left alone where it does not say after what time it asks
MOST_ALONE_S: Final = 1200.0
STANDS_S: Final = 5.0  # what a stopped film may seem to have gone on, for the time of the presses
MAY_PRESS: Final = (
    "播放", "开始播放", "继续播放", "点击播放", "继续学习", "继续观看", "继续计时", "点击继续", "点击继续学习", "继续",
)  # fmt: skip

_PROMPT: Final = re.compile(
    r"防挂机|挂机检测|(?:长时间|很久|超过\S{1,8})(?:未|没有?|无)(?:操作|动静|响应)|还在(?:看|学习?|观看|听)?\S{0,4}(?:吗|么|[?？])"
    r"|(?:您|你)还在吗|是否(?:仍|还)?在(?:线|学习|观看)|是否继续(?:学习|观看|播放)|请?(?:点击|确认)\S{0,8}(?:以?继续(?:学习|计时|播放|观看)|在线)"
    r"|疲劳提醒|请正对摄像头|(?:请|需)?(?:进行|完成)?(?:人脸|刷脸)(?:核验|识别|验证|抓拍)|拖动滑块|滑动(?:拼图|验证)|完成拼图|抓拍"
)
# What asks something else with the same words: a session that ended, where to go on, whether to use up mobile data.
_OTHER: Final = re.compile(
    r"登录(?:已)?(?:超时|过期|失效)|会话|重新登录|密码|锁屏|屏幕已锁|cookie|验证码|实名|医保|养老|待遇资格|社保|刷脸登录|登录(?:验证|核验)"
    r"|上次\S{0,4}(?:学|看|播|观)|断点|学到\d|看到\d|流量|移动网络|wi-?fi|非无线|版本|更新|离开(?:了|过)?(?:页面|本页)|切换(?:窗口|页面|后台)|后台"
    r"|下一[节课章讲集个]|[学看播]完|播放结束|试看|购买|开通|会员|失败|加载|重试|异常|评价|问卷"
    r"|网络|缓冲|断开|支付|缴费|电子凭证|考勤|打卡|签到",
    re.IGNORECASE,
)
# The buttons of the player below the dialog, which a hierarchy goes on telling of.
_LESSON_BUTTON: Final = re.compile(r"(?:[上下]一(?:节|课|章|讲|集|个|小节|课时))+")
_REACT: Final = re.compile(
    r"(?:点击)?继续(?:学习|观看|播放|计时)?|我?还?在(?:学习|看|线|的)?|我在学习|确认在线|在线|确定|确认|是|好的?|知道了"
    r"|开始(?:核验|识别|验证|抓拍)|去(?:核验|验证)|(?:向右)?(?:拖动|滑动)\S{0,8}"
)
_HARMLESS_PRESS: Final = re.compile(r"(?:点击)?继续(?:学习|观看|播放|计时)|点击继续|继续")
_FACE: Final = re.compile(r"人脸|刷脸|摄像头|抓拍|滑块|拼图|滑动")
_GIVEN: Final = re.compile(r"(?:请?在|剩余|倒计时)?:?(\d{1,3})(?:秒|s)(?:钟)?(?:内|后|之内)?")
_EVERY: Final = re.compile(r"(?:每隔?|间隔)(\d{1,3})分钟|(\d{1,3})分钟(?:内)?(?:未|无|没有?)(?:操作|检测到)")


class Why(StrEnum):
    """What a marked place of the probe shows; message keys."""

    PROMPT = "anti-idle-proof-mark-prompt"
    STANDS = "anti-idle-proof-mark-stands"
    MOVES = "anti-idle-proof-mark-moves"
    RESUMED = "anti-idle-proof-mark-resumed"
    ENDED = "anti-idle-proof-mark-ended"


@dataclass(slots=True, kw_only=True)
class IdleRun:
    """What the probe has measured: ``None`` is what could not be read or was not come to."""

    watch: Watch
    prompts: int = 0
    came_by_itself: bool = False  # it ran, nothing but waiting was done, and the prompt was there
    stood: bool | None = None  # for as long as nobody reacted
    stays: bool | None = None  # the prompt was there at the end of the wait
    resumed: bool | None = None  # after 继续学习
    face: bool = False
    ended: bool = False
    said: str = ""
    waited_s: float = 0.0


def presence(observation: Observation, *, in_lesson: bool = False) -> Word | None:
    """Return the word of a dialog that asks whether a learner is there, ``None`` where there is none.

    It needs the words, something to react with, and learning: a film, a counter of time, its own words, or that it
    came over a lesson that was in front before (``in_lesson``).
    """
    words = with_joined([w for w in app_words(observation) if not _LESSON_BUTTON.fullmatch(w.norm)])
    if any(_OTHER.search(w.norm) for w in words if len(w.norm) <= 60):
        return None
    hits = [w for w in matching(words, _PROMPT, max_chars=48) if not (w.clickable and len(w.norm) > 12)]
    reacts = [w for w in words if _may_press(w) and _REACT.fullmatch(w.norm)]
    if not hits or not reacts or all(w in reacts for w in hits):
        return None
    learns = in_lesson or read_player(observation) is not None or first_counter(observation) is not None
    return hits[0] if learns or any(LEARNING.search(w.norm) for w in words) else None


def _may_press(word: Word) -> bool:
    """Return whether a word can be a button; of text in pixels one cannot tell, a lone stroke is none."""
    return word.clickable or (read_from_pixels_only(word) and len(word.norm) > 1)


def asks_for_a_face(observation: Observation) -> bool:
    """Return whether the prompt wants a face or a puzzle, which is never done."""
    return any(_FACE.search(w.norm) for w in app_words(observation) if len(w.norm) <= 48)


def leave_alone(start: Observation) -> Generator[Action, Observation, IdleRun]:
    """Yield the steps of the probe, return what was measured."""
    run = IdleRun(watch=Watch(start=start, now=start))
    try:
        if presence(start) is not None:
            yield from _do_not_react(run)
            if run.resumed is None or run.stood is False:
                return run  # where the prompt covers the film, whether it stood is seen when it comes again
        yield from _wait_for_it(run)
        if presence(run.watch.now, in_lesson=True) is not None:
            yield from _do_not_react(run)
    except Halt as end:
        run.watch.stopped = end.reason
    except ProbeCut:
        run.watch.cut = True
    return run


def _interrupted(observation: Observation) -> bool:
    return presence(observation, in_lesson=True) is not None or asked(observation) is not None


def _wait_for_it(run: IdleRun) -> Steps:
    watch = run.watch
    if read_player(watch.now) is None:
        raise Halt(Stopped.LOST)
    if not _interrupted(watch.now):
        yield from set_playing(watch)
    if not _interrupted(watch.now):
        ran = yield from run_on(watch, _interrupted, limit_s=alone_s(watch.start))
        if ran is Ran.ENDED:
            run.ended = True
            player = read_player(watch.now)
            mark(watch, player.ended if player is not None else None, Why.ENDED)
            return
        if ran is Ran.LIMIT:
            raise Halt(Stopped.BUDGET)
    if presence(watch.now, in_lesson=True) is None:
        raise Halt(Stopped.QUESTION)
    run.came_by_itself = watch.runs and before_the_end(watch)


def alone_s(observation: Observation) -> float:
    """Return how long to leave a page alone: a minute more than what it says, at most twenty minutes."""
    said = [hit for w in app_words(observation) for hit in _EVERY.findall(w.norm)]
    minutes = [float(a or b) for a, b in said]
    return min(60.0 * max(minutes) + 60.0, MOST_ALONE_S) if minutes else ALONE_S


def _do_not_react(run: IdleRun) -> Steps:
    """Wait twice the time given, read at each end; then press 继续学习 where that is offered, and read again."""
    watch = run.watch
    word = presence(watch.now, in_lesson=True)
    run.prompts += 1
    run.said = word.text if word is not None else run.said
    run.face = run.face or asks_for_a_face(watch.now)
    mark(watch, word, Why.PROMPT, Role.TRIGGER)
    last, last_at_s = watch.last, watch.last_at_s
    if asked(watch.now) is not None:
        raise Halt(Stopped.QUESTION)
    asked_at_s, given = watch.at_s(), _given_s(watch.now)
    shown = _value(watch, "prompt")
    for note in ("prompt-waited", "prompt-waited-twice"):
        yield from act(watch, Wait(seconds=given))
        after = _value(watch, note)
        if asked(watch.now) is not None:
            raise Halt(Stopped.QUESTION)  # the film may stand for that, too
        if presence(watch.now, in_lesson=True) is None:
            break  # it went by itself; another one that comes later is another one
    run.waited_s = watch.at_s() - asked_at_s
    run.stays = presence(watch.now, in_lesson=True) is not None
    if not run.stays and last is not None and after is not None:
        run.stood = after - last.value <= STANDS_S
    elif shown is not None and after is not None:
        run.stood = after - shown <= STANDS_S
        mark(watch, _place(watch.now), Why.STANDS if run.stood else Why.MOVES)
    left_alone_s = watch.at_s()
    yield from _react(run)
    now = _value(watch, "after-reacting")
    if run.stood is None and last is not None and last.unit == "s" and now is not None and run.resumed is not None:
        # Covered by the prompt: how far it went shows when it is seen again. Before and after it may have run.
        run.stood = now - last.value <= (asked_at_s - last_at_s) + (watch.at_s() - left_alone_s) + STANDS_S
        mark(watch, _place(watch.now), Why.STANDS if run.stood else Why.MOVES)


def _react(run: IdleRun) -> Steps:
    watch = run.watch
    if not run.stays or asks_for_a_face(watch.now):
        return
    button = next((w for w in whole(app_words(watch.now), _HARMLESS_PRESS) if _may_press(w) and w.enabled), None)
    if button is None:
        return
    yield from act(watch, tap_on(button))
    before, began_s = _value(watch, "reacted"), watch.at_s()
    yield from act(watch, Wait(seconds=LOOK_S))
    player = read_player(watch.now)
    if player is not None and player.position is not None and before is not None:
        run.resumed = moved(before, player.position, watch.at_s() - began_s)
    elif before is not None and (after := _value(watch, "reacted-waited")) is not None:
        run.resumed = after > before
    if run.resumed:
        mark(watch, _place(watch.now), Why.RESUMED)


def _given_s(observation: Observation) -> float:
    least, usual, most = GIVEN_S
    said = [float(hit) for w in app_words(observation) if len(w.norm) <= 48 for hit in _GIVEN.findall(w.norm)]
    return min(max([least, *said]) if said else usual, most)


def _value(watch: Watch, note: str) -> float | None:
    """Record the screen in front, return where the film or else the counter of seconds stands."""
    position = read(watch, note)
    if position is not None:
        return position.value
    counter = first_counter(watch.now)
    return counter[1] if counter is not None else None


def _place(observation: Observation) -> Word | None:
    player = read_player(observation)
    if player is not None and player.position is not None:
        return player.position.word
    counter = first_counter(observation)
    return counter[0] if counter is not None else None
