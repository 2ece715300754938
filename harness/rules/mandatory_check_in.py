"""Flags 强制打卡签到: a check-in of the account holder with a record of it, and a sign that it is compulsory.

A check-in feature is an action control together with a record that persists. Words alone are not: a label and a
button with the same text are told apart, and sign-in at an event, parcels, places and personal habits are vetoed.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
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
from harness.rules import check_in_day, check_in_wall, clauses
from harness.rules.check_in_day import NEXT_DAY
from harness.rules.check_in_run import CheckInRun
from harness.rules.check_in_signs import (
    COMPULSION,
    CONTROL_SIGN,
    RECORD_SIGN,
    Reason,
    WallReason,
    looks_like_something_else,
    screen_signs,
)
from harness.rules.checkpoints import HOME, MINE, WORKBENCH
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    CUT_SHORT,
    EXEMPTION,
    ONE_DAY,
    PROBE_WANTED,
    WALL,
    ProbeCut,
    data_of,
    if_read,
    markers_from,
    marks_from,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.exemptions import claim_near
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import app_words, with_joined

SUBJECT: Final = re.compile(r"签到|打卡|考勤|漏签|缺卡|断签|补签|补卡|签退")
NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "check-in"

LEXICON: Final = Lexicon(
    must=("签到", "打卡", "考勤", "点到"),
    support=(
        "连续签到", "连续打卡", "签到日历", "打卡记录", "补签", "补卡", "断签", "漏签", "缺卡", "未打卡",
        "已签到", "明日签到可得", "出勤率", "旷工", "更新打卡", "上班打卡", "下班打卡", "外勤打卡",
    ),
    compulsion=("必须", "须", "请先签到", "考核", "扣分", "通报", "全员", "催办", "漏签", "缺卡"),
    voluntary=("自愿", "跳过", "以后再说", "暂不", "关闭"),
    lookalike=(
        "会议签到", "活动签到", "签到二维码", "报名签到", "签到墙", "现场签到", "值机",
        "候诊签到", "取号", "签收", "签约",
        "签证", "签名", "改签", "打卡地", "打卡点", "网红打卡", "美食打卡", "血压打卡",
        "健康打卡", "运动打卡", "读书打卡",
        "作业打卡", "自动打卡", "打卡机", "打卡设置", "打卡提醒",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    WORKBENCH,
    Checkpoint(
        id=CheckpointId("check-in-page"),
        words=(
            "签到日历", "签到记录", "打卡记录", "考勤记录", "今日考勤", "今日已签到", "已签到",
            "立即签到", "打卡规则",
        ),
        entries=("签到", "打卡", "考勤", "考勤打卡", "每日签到", "签到日历", "打卡记录"),
    ),
)  # fmt: skip


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "mandatory-check-in-limit-article"
    CLOCK = "mandatory-check-in-limit-clock"
    IMAGE_BUTTON = "mandatory-check-in-limit-image-button"
    PLACE = "mandatory-check-in-limit-place"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of a check-in feature, its record, and the signs of compulsion."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    veto = looks_like_something_else(observation, words)
    if veto is not None:
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    signs = screen_signs(observation, words)
    if not signs.all:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    claim = claim_near(observation, SUBJECT)
    data: list[tuple[str, Datum]] = [*signs.data]
    if signs.control and check_in_wall.stands_in_the_way(observation, signs.control):
        data.append((PROBE_WANTED, WALL))
    elif any(c.clickable for c in signs.control) and check_in_day.record_entry(observation) is not None:
        data.append((PROBE_WANTED, ONE_DAY))
    markers = frozenset(s.marker for s in signs.all if s.marker is not None)
    names = frozenset(s.sign for s in signs.all)
    weighed = _weigh(names, markers, claimed=claim is not None, willing=signs.voluntary)
    return sighted(observation, weighed, signs.all, data=dict(data), claim=claim)


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield Back and a restart at a screen in the way, then a day that passes unsigned. Never signs in."""
    run = CheckInRun(start=observation, now=observation)
    start = detect(observation)
    try:
        if (PROBE_WANTED, WALL) in start.data:
            yield from check_in_wall.try_to_pass(run)
        if run.conclusive:
            yield from check_in_day.let_a_day_pass(run)
    except ProbeCut:
        if not (run.refused_back or NEXT_DAY in run.signs):
            raise
    return _of_the_run(run, start)


def _of_the_run(run: CheckInRun, start: Outcome) -> Outcome:
    """Return what a run shows together with the screens it passed through."""
    records = [detect(o) for o in run.said]
    gated = run.stands or (run.refused_back and bool(run.toast))
    markers = start.markers | markers_from(records) | ({Marker.GATE} if gated else frozenset())
    signs = start.signs.union(run.signs, *(o.signs for o in records), {WALL} if run.stands else ())
    data = dict(data_of([start, *records]))
    data |= {k: v for k, v in (("toast", run.toast), ("demand", run.demand)) if v}
    if run.missing_after is not None and run.missing_before is not None:
        data |= {
            "missing_before": run.missing_before,
            "missing_after": run.missing_after,
            "day_mark": run.day_mark,
        }
    willing = bool(data.get("voluntary", 0)) and not gated
    verdict, reason = _weigh(signs, markers, claimed=EXEMPTION in data, willing=willing)
    if run.wall is not None and (verdict is Verdict.PRESENT or (not run.stands and NEXT_DAY not in signs)):
        reason = run.wall
    if not run.conclusive and verdict is Verdict.PRESENT:
        verdict = Verdict.INCONCLUSIVE
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted((k, v) for k, v in data.items() if k not in BETWEEN_SCREENS)),
        marks=(*start.marks, *run.marks, *marks_from(records)),
        markers=markers,
        signs=signs,
        measures=tuple(run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: control, record and compulsion may each stand on a screen of their own."""
    shown = [o for o in outcomes if o.signs]
    if not any({CONTROL_SIGN, RECORD_SIGN} & o.signs for o in shown):
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    ordered = sorted(shown, key=lambda o: (not o.from_probe, -len(o.markers), -len(o.signs)))
    signs = frozenset(sign for o in shown for sign in o.signs)
    markers = markers_from(shown)
    data = data_of(ordered)
    willing = bool(data.get("voluntary", 0))
    verdict, reason = _weigh(signs, markers, claimed=EXEMPTION in data, willing=willing)
    if verdict is Verdict.PRESENT and ordered[0].from_probe and ordered[0].reason in {*WallReason, CUT_SHORT}:
        reason = ordered[0].reason
    return joined(ordered, (verdict, reason), FUNCTION, data=data, markers=markers)


def _weigh(signs: frozenset[str], markers: frozenset[Marker], *, claimed: bool, willing: bool) -> tuple[Verdict, str]:
    """Return verdict and reason: control and record are necessary, one sign of compulsion is sufficient."""
    if not {CONTROL_SIGN, RECORD_SIGN} & signs:
        return Verdict.CLEAR, Reason.RULE_TEXT_ONLY
    if not {CONTROL_SIGN, RECORD_SIGN} <= signs:
        return Verdict.PRESENT, Reason.RECORD_ONLY if RECORD_SIGN in signs else Reason.CONTROL_ONLY
    compelling = markers & COMPULSION
    # A streak that nobody is held to is a game; words of free will on the same page leave the question to a person.
    if "missing" not in signs and (not compelling or (willing and compelling <= {Marker.CONTINUITY})):
        return Verdict.PRESENT, Reason.VOLUNTARY if compelling else Reason.NO_COMPULSION
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    if WALL in signs:
        if NEXT_DAY in signs:
            return verdict, Reason.WALL_AND_NEXT_DAY
        return verdict, Reason.WALL_AND_MISSING if "missing" in signs else Reason.WALL
    if NEXT_DAY in signs:
        return verdict, Reason.NEXT_DAY
    if "missing" in signs:
        return verdict, Reason.MISSING
    by_weight = (
        (Marker.GATE, Reason.GATE_TEXT),
        (Marker.CONSEQUENCE, Reason.CONSEQUENCE),
        (Marker.QUOTA, Reason.QUOTA),
        (Marker.ASSIGNMENT, Reason.ASSIGNMENT),
        (Marker.NAGGING, Reason.NAGGING),
        (Marker.CONTINUITY, Reason.CONTINUITY),
    )
    return verdict, next(reason for marker, reason in by_weight if marker in compelling)


RULE: Final = Rule(
    id=RuleId("mandatory-check-in"),
    name_zh="强制打卡签到",
    name_en="Mandatory check-in",
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
    probe=probe,
)
