"""Flags 积分任务／达标: a list of behaviours that bring points, a counter of them, and a duty or a consequence by it.

The counter itself (0分/5分, 每日上限30分) is no duty: somebody has to be told to reach it, or be held to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
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
    Word,
)
from harness.rules import clauses
from harness.rules.binding import binding, ties
from harness.rules.checkpoints import HOME, MINE
from harness.rules.concluding import (
    if_read,
    markers_from,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.markers import markers_in
from harness.rules.outcomes import joined
from harness.rules.point_tasks import Task, other_tasks, read_tasks
from harness.rules.wording import Sighting, app_words, marks_of, whole, with_joined

SUBJECT: Final = re.compile(r"积分|学分|(?:今日|学习|累计)得分")
NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "points-quota"
TASKS: Final = "point-tasks"
COUNTER: Final = "points-counter"
HELD: Final = "points-held"

LEXICON: Final = Lexicon(
    must=("今日积分", "今日已累积", "积分任务", "积分规则", "每日上限", "N分/M分", "积分达标"),
    support=(
        "登录", "我要选读文章", "视听学习", "视听学习时长", "每日答题", "每周答题", "专项答题", "挑战答题",
        "四人赛", "双人对战", "订阅", "分享", "发表观点", "本地频道", "去完成", "去答题", "去学习", "已完成",
    ),
    compulsion=("须", "应达到", "不少于", "未达标", "考核", "通报", "扣分"),
    voluntary=("自愿", "不作要求", "仅供参考"),
    lookalike=(
        "积分商城", "积分兑换", "会员积分", "购物得积分", "信用积分", "志愿积分", "积分落户", "居住证积分",
        "驾照记分", "积分奖励币", "学分银行",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("points-page"),
        words=("积分规则", "积分明细", "我的积分", "成长总积分", "总积分", "今日积分", "学习积分", "积分任务"),
        entries=("我的积分", "学习积分", "积分", "积分明细", "积分任务", "任务中心", "每日任务", "积分规则"),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    CONSEQUENCE = "points-quota-consequence"
    QUOTA = "points-quota-quota"
    NO_DUTY = "points-quota-no-duty"
    NO_COUNTER = "points-quota-no-counter"
    LOOK_ALIKE = "points-quota-look-alike"
    NOT_SEEN = "points-quota-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    TASK = "points-quota-mark-task"
    COUNTER = "points-quota-mark-counter"
    DUTY = "points-quota-mark-duty"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "points-quota-limit-article"
    UNTRIED = "points-quota-limit-untried"
    SEVERITY = "points-quota-limit-severity"
    RULES_PAGE = "points-quota-limit-rules-page"


_PERIOD: Final = r"(?:今[日天]|当[日天]|本[日周月季]|本年度?|每日)"
_COUNTED: Final = re.compile(
    rf"{_PERIOD}已?(?:累[积计])?(?:获得?|取得|学习|任务)?(?:积分|学分|得分):?\d+(?:\.\d+)?分?(?:/\d+分?)?\S{{0,4}}"
    rf"|{_PERIOD}已?(?:累[积计])?(?:获得?|取得|得)?:?\+?\d+(?:\.\d+)?(?:/\d+)?(?:积分|学分|分)"
)
_COUNTER_LABEL: Final = re.compile(rf"{_PERIOD}已?(?:累[积计])?(?:获得?|取得|学习|任务)?(?:积分|学分|得分):?")
_NUMBER: Final = re.compile(r"\d{1,5}(?:\.\d+)?分?(?:/\d{1,5}分?)?")
_DUTY: Final = re.compile(
    r"(?:须|应|至少|达到?|不少于|不低于|目标|需|完成)\D{0,12}\d+(?:\.\d+)?个?(?:积分|学分|分)(?!钟)|未达标|\d+(?:积分|分)\S{0,4}(?:为|视为|方为)(?:达标|合格)"
)
_BROUGHT: Final = re.compile(r"(?:可?[得获加计记]|奖励?|积|送)\D{0,3}\d+(?:\.\d+)?(?:积分|学分|分)|\+\d+积?分")
_LEVEL: Final = re.compile(r"升级|晋级|解锁|称号|段位|等级|兑换|抽奖|上限|封顶|最多")
_OTHER_POINTS: Final = re.compile(
    r"信用|志愿|会员|落户|入户|居住证|记分|文明|垃圾|驾|商城|继续教育|继续医学|考试|竞赛|测试|比赛"
)
_FRACTION: Final = re.compile(r"\d+(?:\.\d+)?分?/\d+(?:\.\d+)?(?:积?分|次|天|学时)?")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of tasks that bring points, of a counter, and of a duty to reach it."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    tasks = read_tasks(observation, words)
    veto = other_tasks(observation, words, tasks)
    if veto is not None:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    counter = _counter(observation, words, tasks)
    duties = _duties(observation, words, tasks, own=bool(tasks or counter))
    sightings = [Sighting(word=t.word, why=Why.TASK, sign=TASKS) for t in tasks]
    sightings += [Sighting(word=w, why=Why.COUNTER, sign=COUNTER) for w in counter]
    sightings += [Sighting(word=w, why=Why.DUTY, sign=f"{HELD}-{m}", marker=m) for m, w in duties]
    if not sightings:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    signs = frozenset(s.sign for s in sightings)
    data: list[tuple[str, Datum]] = []
    if tasks:
        data += [("tasks", len(tasks)), ("names", "、".join(t.name for t in tasks[:6]))]
    if counter:
        data.append(("counter", counter[0].text))
    data += [(f"said_{m.name.lower()}", w.text) for m, w in duties]
    verdict, reason = _weigh(signs)
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(dict(reversed(data)).items()),
        marks=marks_of(observation, sightings, limit=16),
        markers=frozenset(s.marker for s in sightings if s.marker is not None) if tasks else frozenset(),
        signs=signs,
        observation=observation.id,
        screen=observation.screen,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: tasks, counter and duty may stand on three screens of it."""
    shown = [o for o in outcomes if o.signs]
    if not any(TASKS in o.signs for o in shown):
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (TASKS not in o.signs, -len(o.signs)))
    signs = frozenset(sign for o in ordered for sign in o.signs)
    held = {m for m in (Marker.QUOTA, Marker.CONSEQUENCE) if f"{HELD}-{m}" in signs}
    return joined(ordered, _weigh(signs), FUNCTION, markers=markers_from(ordered) | held)


def _weigh(signs: frozenset[str]) -> tuple[Verdict, Reason]:
    """Return verdict and reason: the list and the counter are necessary, a duty (M2) or a consequence (M3) suffices."""
    if TASKS not in signs:
        return Verdict.CLEAR, Reason.NOT_SEEN
    if COUNTER not in signs:
        return Verdict.PRESENT, Reason.NO_COUNTER
    if f"{HELD}-{Marker.CONSEQUENCE}" in signs:
        return Verdict.FOUND, Reason.CONSEQUENCE
    if f"{HELD}-{Marker.QUOTA}" in signs:
        return Verdict.FOUND, Reason.QUOTA
    return Verdict.PRESENT, Reason.NO_DUTY


def _counter(observation: Observation, words: Sequence[Word], tasks: Sequence[Task]) -> tuple[Word, ...]:
    """Return the words that count points of today or of a period, the progress of a task among them."""
    counted = whole(words, _COUNTED)
    labels = [
        w
        for w in whole(words, _COUNTER_LABEL)
        for right in [tuple(r for r in row_of(observation, w) if r.box.left >= w.box.right - 4)[:1]]
        if any(_NUMBER.fullmatch(n.norm) for n in (*below(observation, w)[:1], *above(observation, w)[:1], *right))
    ]
    return (*counted, *labels, *(t.progress for t in tasks if t.progress is not None))


def _duties(
    observation: Observation, words: Sequence[Word], tasks: Sequence[Task], *, own: bool
) -> list[tuple[Marker, Word]]:
    """Return what tells people to reach points or holds them to it; a counter alone tells nobody."""
    dedicated = any(re.fullmatch(r"\S{0,6}积分\S{0,4}", w.norm) for w in title_words(observation))
    in_rows = {w.box for t in tasks for w in (t.word, *((t.progress,) if t.progress is not None else ()))}
    said = [
        replace(s, norm=_FRACTION.sub("", s.norm))
        for s in binding(observation, words, own=own, dedicated=dedicated)
        if s.box not in in_rows
    ]
    weighed = markers_in(said, SUBJECT, (Marker.QUOTA, Marker.CONSEQUENCE))
    return [(m, w) for m, w in weighed if not _OTHER_POINTS.search(w.norm) and _WEIGHS[m](w)]


def _quota_of_points(sentence: Word) -> bool:
    """Return whether a duty is counted in points; 每篇须满1分钟得1积分 says what brings a point."""
    return bool(_DUTY.search(_BROUGHT.sub("", sentence.norm))) and not _LEVEL.search(sentence.norm)


_WEIGHS: Final[dict[Marker, Callable[[Word], bool]]] = {Marker.QUOTA: _quota_of_points, Marker.CONSEQUENCE: ties}


RULE: Final = Rule(
    id=RuleId("points-quota"),
    name_zh="积分任务与达标",
    name_en="Points quota",
    clause=clauses.COMPULSORY_FUNCTIONS,
    also=(clauses.APPRAISAL_BY_APP, clauses.OPINIONS_COMPULSORY_FUNCTIONS, clauses.OPINIONS_CARRIER_OF_APPRAISAL),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S2,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
