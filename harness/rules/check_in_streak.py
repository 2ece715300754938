"""Flags 连续签到／补签／断签: days in a row that are counted for the account, with something won or lost by them.

Part of checking in, and looked at where that is. A streak alone is a number; what hangs on it makes it a duty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
    Channel,
    Checkpoint,
    CheckpointId,
    Coverage,
    Datum,
    Lexicon,
    Marker,
    Observation,
    Outcome,
    Rule,
    RuleId,
    Severity,
    Stage,
    Verdict,
)
from harness.rules import clauses
from harness.rules.binding import binding, ties
from harness.rules.check_in_signs import looks_like_something_else
from harness.rules.checkpoints import HOME, MINE
from harness.rules.concluding import (
    EXEMPTION,
    data_of,
    if_read,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.exemptions import claim_near
from harness.rules.layout import title_words
from harness.rules.markers import markers_in, voluntary_words
from harness.rules.outcomes import joined, sighted
from harness.rules.streak_signs import (
    CONSEQUENCE,
    EVENT,
    FAILED,
    LADDER,
    PENALTY,
    REWARD,
    STREAK,
    SUBJECT,
    Why,
    days_in_a_row,
    habit_or_event,
    ladder_of_days,
    what_hangs_on_it,
)
from harness.rules.wording import Sighting, app_words, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "check-in-streak"
LEXICON: Final = Lexicon(
    must=("连续签到", "连续打卡", "连续登录", "连签", "断签"),
    support=("补签", "补签卡", "签到日历", "第7天", "最长连续", "中断后重新计算"),
    compulsion=("清零", "重新计算", "扣分", "考核", "漏签"),
    voluntary=("自愿", "可选", "随时退出"),
    lookalike=(
        "连续工龄", "连续缴费", "连续参保", "连续居住", "连续高温", "连续降雨", "连续登录失败",
        "读书打卡", "健走打卡", "血压打卡", "早起打卡", "作业打卡", "会议签到", "活动签到",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("check-in-page"),
        words=(
            "签到日历", "签到记录", "打卡记录", "考勤记录", "今日考勤", "今日已签到", "已签到",
            "立即签到", "打卡规则", "签到规则",
        ),
        entries=(
            "签到", "打卡", "考勤", "考勤打卡", "每日签到", "签到日历", "打卡记录", "签到规则", "打卡规则",
        ),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    CONSEQUENCE = "check-in-streak-consequence"
    PENALTY = "check-in-streak-penalty"
    REWARD = "check-in-streak-reward"
    LADDER = "check-in-streak-ladder"
    VOLUNTARY = "check-in-streak-voluntary"
    COUNTED_ONLY = "check-in-streak-counted-only"
    TEXT_ONLY = "check-in-streak-text-only"
    LOOK_ALIKE = "check-in-streak-look-alike"
    NOT_SEEN = "check-in-streak-not-seen"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "check-in-streak-limit-article"
    PICTURES = "check-in-streak-limit-pictures"
    RULES_PAGE = "check-in-streak-limit-rules-page"


_TITLE: Final = re.compile(r"(?:每日|我的|今日|积分|工作)?(?:签到|打卡|考勤)\S{0,4}|掌上考勤")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of days in a row and of what hangs on them."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    veto = looks_like_something_else(observation, words) or habit_or_event(observation, words)
    if veto is not None:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    streak = days_in_a_row(observation, words)
    ladder = ladder_of_days(observation, words)
    dedicated = any(_TITLE.fullmatch(w.norm) for w in title_words(observation))
    own = bool(streak or ladder)
    said = [
        s
        for s in binding(observation, words, own=own, dedicated=dedicated)
        if not (FAILED.search(s.norm) or EVENT.search(s.norm))
    ]
    sightings = [Sighting(word=w, why=Why.STREAK, sign=STREAK, marker=Marker.CONTINUITY) for w in streak]
    sightings += [Sighting(word=w, why=Why.LADDER, sign=s) for w in ladder for s in (STREAK, REWARD, LADDER)]
    tied = [
        Sighting(word=s, why=why, sign=sign, marker=Marker.CONTINUITY)
        for s in said
        for why, sign in what_hangs_on_it(s)
    ]
    weighs = [(m, w) for m, w in markers_in(said, SUBJECT, (Marker.CONSEQUENCE,)) if ties(w)]
    tied += [Sighting(word=w, why=Why.CONSEQUENCE, sign=CONSEQUENCE, marker=m) for m, w in weighs]
    if not sightings and not tied:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    sightings += tied
    willing = bool(voluntary_words(words, SUBJECT))
    claim = claim_near(observation, SUBJECT)
    signs = frozenset(s.sign for s in sightings)
    data: dict[str, Datum] = {}
    if streak:
        data["streak"] = streak[0].text
    for sign, name in ((REWARD, "reward"), (PENALTY, "penalty"), (CONSEQUENCE, "said")):
        hit = next((s.word.text for s in tied if s.sign == sign), None)
        if hit is not None:
            data[name] = hit
    if willing:
        data["voluntary"] = 1
    weighed = _weigh(signs, claimed=claim is not None, willing=willing)
    return sighted(observation, weighed, sightings, data=data, claim=claim)


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the days and what hangs on them may stand on two screens of it."""
    shown = [o for o in outcomes if o.signs]
    if not any({STREAK, REWARD, PENALTY} & o.signs for o in shown):
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (STREAK not in o.signs, -len(o.signs)))
    data = data_of(ordered)
    signs = frozenset(sign for o in ordered for sign in o.signs)
    return joined(ordered, _weigh(signs, claimed=EXEMPTION in data, willing="voluntary" in data), FUNCTION)


def _weigh(signs: frozenset[str], *, claimed: bool, willing: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: counted days are necessary, something won or lost by them or M3 is sufficient."""
    if STREAK not in signs:
        # What follows from a check-in belongs to another rule where no days in a row are spoken of.
        return (Verdict.PRESENT, Reason.TEXT_ONLY) if {REWARD, PENALTY} & signs else (Verdict.CLEAR, Reason.NOT_SEEN)
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    if not {REWARD, PENALTY, CONSEQUENCE} & signs:
        return Verdict.PRESENT, Reason.COUNTED_ONLY
    if willing and CONSEQUENCE not in signs:
        return Verdict.PRESENT, Reason.VOLUNTARY
    by_weight = ((PENALTY, Reason.PENALTY), (LADDER, Reason.LADDER), (REWARD, Reason.REWARD))
    return verdict, next((reason for sign, reason in by_weight if sign in signs), Reason.CONSEQUENCE)


RULE: Final = Rule(
    id=RuleId("check-in-streak"),
    name_zh="连续签到与断签",
    name_en="Check-in streak",
    clause=clauses.COMPULSORY_FUNCTIONS,
    also=(clauses.TECHNICAL_INSPECTION, clauses.OPINIONS_COMPULSORY_FUNCTIONS),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
