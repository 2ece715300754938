"""Reads days in a row off one screen: the account's own count, a ladder of days, what is won or lost by them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.wording import matching, whole

SUBJECT: Final = re.compile(r"签到|打卡|考勤|断签|漏签|补签|连签|连续登录|连续天数")
STREAK: Final = "streak"
REWARD: Final = "streak-reward"
PENALTY: Final = "streak-penalty"
LADDER: Final = "streak-ladder"
CONSEQUENCE: Final = "streak-consequence"
MIN_LADDER: Final = 5  # days in a row of cells, each with what that day brings


class Why(StrEnum):
    """What a marked place shows; message keys."""

    STREAK = "check-in-streak-mark-streak"
    LADDER = "check-in-streak-mark-ladder"
    REWARD = "check-in-streak-mark-reward"
    PENALTY = "check-in-streak-mark-penalty"
    CONSEQUENCE = "check-in-streak-mark-consequence"


_STATE: Final = re.compile(
    r"(?:您|你|我|今日已签到,?|已签到,?|签到成功[,!]?)?(?:本月|目前|当前|最长|已经?)*(?:连续|连)(?:签到|打卡|登录|签)(?:成功|天数)?了?:?\d+[天日](?:啦|了|[!~])?"
)
_OWN: Final = re.compile(r"已|[您你我]|目前|当前|最长|成功")
_LABEL: Final = re.compile(r"(?:当前|已|最长|我的|本月)?连续(?:签到|打卡|登录)(?:天数)?(?:\([天日]\))?:?")
_DAYS: Final = re.compile(r"\d{1,4}[天日]?")
_LADDER_DAY: Final = re.compile(r"第(\d{1,2})天|(\d{1,2})天|Day(\d{1,2})", re.IGNORECASE)
_LADDER_GAIN: Final = re.compile(r"\+\d{1,4}(?:积?分|金币|成长值)?|\d{1,4}积分|x\d+|礼包|大礼|补签卡")
_IN_A_ROW: Final = re.compile(
    r"连续(?:签到|打卡|登录|\S{0,4}\d+[天日]\S{0,2}(?:签到|打卡|登录))|连签|断签|补签|连续天数"
)
_GAIN: Final = re.compile(
    r"[加得获奖送领享+计]\D{0,6}\d+\D{0,2}(?:积?分|学分|金币|成长值)|\d+倍?积分|积分翻倍|额外\S{0,4}(?:积分|奖励)|礼包|奖励|补签卡"
)
_OF_ONE_DAY: Final = re.compile(r"(?:明[日天]|今[日天]|每[日天]|本次|首次|当日)(?!连续)")
_LOSS: Final = re.compile(
    r"清零|归零|重新(?:开始)?(?:计算|累计|计数|计)|从头|扣\S{0,3}分|失效|(?:扣除|消耗|花费|使用)\S{0,6}(?:积分|补签卡)"
)
_BREAKS: Final = re.compile(
    r"断签|中断|补签|未能?连续|连续\S{0,4}(?:中断|断)|漏签\S{0,10}(?:清零|归零|重新)|一天(?:未|没)"
)
FAILED: Final = re.compile(r"失败|错误|密码|锁定|冻结|未登录|异地")
_HABIT_TITLE: Final = re.compile(
    r"健走|运动|跑步|健身|步数|读书|阅读|朗读|早起|早睡|饮水|喝水|血压|血糖|减重|减肥|单词|英语|作业|习惯|冥想|瑜伽|睡眠|戒烟|旅游|景区|景点"
    r"|美食|垃圾|公益|环保|游戏|骑行|练字|母婴|孕|亲子"
)
EVENT: Final = re.compile(r"会议|活动|参会|与会|报名|会场|讲座|论坛|培训班|现场签到|考场|候诊|预约|访客|来访")
_ATTENDANCE: Final = re.compile(r"上班|下班|考勤|值守|值班|缺卡|全体干部|年度考核")


def days_in_a_row(observation: Observation, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words that count the account's own days in a row; a promise of what N days bring counts none."""
    stated = [w for w in words if len(w.norm) <= 40 and _states(w.norm)]
    labelled = [
        w
        for w in whole(words, _LABEL)
        for near in [(*below(observation, w)[:1], *above(observation, w)[:1], *_right_of(observation, w))]
        if any(_DAYS.fullmatch(n.norm) for n in near)
    ]
    return tuple(dict.fromkeys((*matching(stated, SUBJECT), *labelled)))


def _states(text: str) -> bool:
    """Return whether a part of the text says how many days in a row it has been; 连续签到7天,加5积分 is a promise."""
    parts = [part.lstrip("@©◎●·*~-— ") for part in re.split(r"[,。;!]", text)]
    for part in parts:
        others = "".join(p for p in parts if p is not part)
        if _STATE.fullmatch(part) and (_OWN.search(part) or not (_GAIN.search(others) or _LOSS.search(others))):
            return True
    return False


def is_promise(text: str) -> bool:
    """Return whether a text says what days in a row would bring, and not how many there have been."""
    return bool(_IN_A_ROW.search(text) and (_GAIN.search(text) or _LOSS.search(text))) and not _states(text)


def ladder_of_days(observation: Observation, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the cells of days in a row, each with a gain beside it; empty where they are fewer than five."""
    if not any(SUBJECT.search(w.norm) for w in words):
        return ()
    cells: dict[int, Word] = {}
    for word in words:
        hit = _LADDER_DAY.fullmatch(word.norm)
        if hit is None:
            continue
        near = (*below(observation, word)[:2], *above(observation, word)[:2])
        if any(_LADDER_GAIN.fullmatch(n.norm) for n in near):
            cells.setdefault(int(next(g for g in hit.groups() if g)), word)
    run = [cells[day] for day in range(1, len(cells) + 1) if day in cells]
    return tuple(run) if len(run) >= MIN_LADDER else ()


def what_hangs_on_it(sentence: Word) -> list[tuple[Why, str]]:
    hung: list[tuple[Why, str]] = []
    # 已连续签到3天,明日签到可得2积分 gives for a day what it gives for any day.
    of_the_row = ",".join(part for part in sentence.norm.split(",") if not _OF_ONE_DAY.match(part))
    if _IN_A_ROW.search(of_the_row) and _GAIN.search(of_the_row):
        hung.append((Why.REWARD, REWARD))
    if _BREAKS.search(sentence.norm) and _LOSS.search(sentence.norm):
        hung.append((Why.PENALTY, PENALTY))
    return hung


def _right_of(observation: Observation, word: Word) -> tuple[Word, ...]:
    return tuple(w for w in row_of(observation, word) if w.box.left >= word.box.right - 4)[:1]


def habit_or_event(observation: Observation, words: Sequence[Word]) -> Word | None:
    """Return the title of a personal habit or of an event, ``None`` where the page speaks of attendance as well."""
    if matching(words, _ATTENDANCE, max_chars=40):
        return None
    titles = [w for w in title_words(observation) if len(w.norm) <= 16]
    return next((w for w in titles if _HABIT_TITLE.search(w.norm) or EVENT.search(w.norm)), None)
