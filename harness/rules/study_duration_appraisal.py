"""Flags 学习时长作为考评依据: study time or 学时 kept for the account, tied on screen to a target and to an appraisal.

A target alone is a plan and an appraisal alone a sentence; both together about one's own study time, or people in order
of it, suffice. Hours that another law asks for are left to a person, or recorded as an exemption claimed.
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
    Role,
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
    EXEMPTION,
    data_of,
    if_read,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.durations import Kind, account_durations, dedicated_kind, look_alike_time, time_board
from harness.rules.exemptions import statute_cited
from harness.rules.leaderboard import Ranked
from harness.rules.markers import markers_in
from harness.rules.outcomes import joined
from harness.rules.time_signs import board_sightings, compared, of_another_time, quota_of_time
from harness.rules.wording import Sighting, app_words, marks_of, matching, with_joined

SUBJECT: Final = re.compile(r"学习(?:总)?时[长间]|(?<!大)学时(?!代|期|候)|累计学习|年度学习|学习任务量")
NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "study-duration-appraisal"
KINDS: Final = (Kind.STUDY, Kind.HOURS)
TIME: Final = "study-time"
BOARD: Final = "study-board"
PLACED: Final = "study-placed"
STATUTORY: Final = "statutory-study"
TARGET: Final = f"held-{Marker.QUOTA}"
APPRAISAL: Final = f"held-{Marker.CONSEQUENCE}"

LEXICON: Final = Lexicon(
    must=("学习时长", "学时", "累计学习", "今日学习", "已获学时", "今日已累计学时"),
    support=("应修学时", "必修学时", "已完成学时", "剩余学时", "年度学时", "学时认定", "未达标", "学习滞后"),
    compulsion=("考核", "考评", "达标", "年度任务", "未完成", "不得评优", "通报", "约谈", "排名"),
    voluntary=("仅供参考", "不作要求", "自愿学习"),
    lookalike=(
        "课程时长45:00", "共0.5学时", "视频时长", "预计阅读", "学制", "继续教育学时", "驾驶证满分教育", "学法减分",
        "会议时长", "志愿服务时长", "承诺办结时限",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("study-time-page"),
        words=("学习时长统计", "学习时长", "学习统计", "学习档案", "学时统计", "我的学时", "学时明细", "年度学时"),
        entries=(
            "学习时长", "学习时长统计", "学习统计", "学习档案", "我的学习", "学习记录", "学时", "我的学时",
            "学时统计", "学时查询", "时长统计",
        ),
    ),
    Checkpoint(
        id=CheckpointId("notices"),
        words=("通知公告", "公告", "通知", "学习通知", "学习规则", "学时规则", "学习须知"),
        entries=("通知公告", "公告", "通知", "学习通知", "学习规则", "学时规则", "学习须知"),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    PEOPLE = "study-duration-appraisal-board-people"
    UNITS = "study-duration-appraisal-board-units"
    PLACED = "study-duration-appraisal-placed"
    TARGET_AND_APPRAISAL = "study-duration-appraisal-target-and-appraisal"
    STATUTORY = "study-duration-appraisal-statutory"
    TARGET_ONLY = "study-duration-appraisal-target-only"
    APPRAISAL_ONLY = "study-duration-appraisal-appraisal-only"
    SHOWN_ONLY = "study-duration-appraisal-shown-only"
    TEXT_ONLY = "study-duration-appraisal-text-only"
    OTHER_BOARD = "study-duration-appraisal-other-board"
    LOOK_ALIKE = "study-duration-appraisal-look-alike"
    NOT_SEEN = "study-duration-appraisal-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    TIME = "study-duration-appraisal-mark-time"
    TARGET = "study-duration-appraisal-mark-target"
    APPRAISAL = "study-duration-appraisal-mark-appraisal"
    PLACE = "study-duration-appraisal-mark-place"
    ROW = "study-duration-appraisal-mark-row"
    STATUTE = "study-duration-appraisal-mark-statute"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "study-duration-appraisal-limit-article"
    STATUTORY = "study-duration-appraisal-limit-statutory"
    BOTH = "study-duration-appraisal-limit-both"
    NOTICES = "study-duration-appraisal-limit-notices"


_WHY: Final = {Marker.QUOTA: Why.TARGET, Marker.CONSEQUENCE: Why.APPRAISAL, Marker.COMPARISON: Why.PLACE}
_TARGET: Final = re.compile(r"(?<!未)达标|年度任务|应[修学]|规定学时|要求学时|未完成|未修满|未学满")
# Study that another law asks of a profession or a driver; what it asks is not for this rule to weigh.
_STATUTORY: Final = re.compile(
    r"继续教育|专业技术人员|专技|执业|职业资格|执法资格|学法减分|满分教育|综合素质|劳动教育|学生|研学|三项岗位|从业人员|驾校|驾培|学车|科目[一二三四]|驾驶人|驾驶证|记分|安全生产培训|特种作业|住院医师|规培|学历|成人教育|开放大学|高等教育|社区矫正|法律职业"
)
_CATALOGUE: Final = re.compile(r"(?:共|课程|每课|每节|\S{0,6}必修·?|\S{0,6}选修·?)\S{0,4}\d+(?:\.\d+)?学时")


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of study time kept for the account and of a target, an appraisal, an order by it."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    # In pixels a sentence is broken anywhere, in the middle of 学习时长 too.
    words = with_joined(app_words(observation))
    times = tuple(d for d in account_durations(observation) if d.kind in KINDS)
    board = time_board(observation)
    if board is not None and board.kind not in KINDS:
        board = None
    held = _held(observation, words, own=bool(times or board))
    sightings = [Sighting(word=d.word, why=Why.TIME, sign=TIME) for d in times]
    sightings += board_sightings(board, Why.ROW, BOARD) if board is not None else []
    sightings += [
        Sighting(word=w, why=_WHY[m], sign=PLACED if m is Marker.COMPARISON else f"held-{m}", marker=m) for m, w in held
    ]
    if not sightings:
        veto = look_alike_time(observation) or next(iter(matching(words, _CATALOGUE, max_chars=24)), None)
        if veto is not None:
            return something_else(observation, veto, Reason.LOOK_ALIKE)
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    data: dict[str, Datum] = {"value": times[0].text} if times else {}
    if board is not None:
        data |= {"rows": len(board.board.lines), "by": board.board.by}
    for marker, name in ((Marker.QUOTA, "target"), (Marker.CONSEQUENCE, "said"), (Marker.COMPARISON, "place")):
        said = next((w.text for m, w in held if m is marker), None)
        data |= {name: said} if said is not None else {}
    signs = {s.sign for s in sightings}
    if board is not None:
        signs |= {f"ranked-{board.board.ranked}"} if board.named and not board.other else {"board-other"}
    statutory = matching(words, _STATUTORY, max_chars=60)
    if statutory:
        signs.add(STATUTORY)
        data["statutory"] = statutory[0].text
    cited = statute_cited(observation, SUBJECT)
    if cited:
        data |= {EXEMPTION: cited[0].text, "exemption_kinds": "E4"}
    verdict, reason = _weigh(frozenset(signs), claimed=bool(cited))
    claims = [Sighting(word=w, why="exemption-claimed", sign=EXEMPTION) for w in cited]
    claims += [Sighting(word=w, why=Why.STATUTE, sign=STATUTORY) for w in statutory[:1]]
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(data.items()),
        marks=(*marks_of(observation, sightings), *marks_of(observation, claims, role=Role.CONTEXT, limit=3)),
        markers=frozenset(s.marker for s in sightings if s.marker is not None),
        signs=frozenset(signs),
        observation=observation.id,
        screen=observation.screen,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: study time, target and appraisal may stand on three screens of it.

    What one screen proves by itself is not undone by hours of another kind on another.
    """
    shown = [o for o in outcomes if o.signs]
    if not shown:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    proven = [o for o in shown if o.verdict in {Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED}]
    rest = sorted((o for o in shown if o not in proven), key=lambda o: (TIME not in o.signs, -len(o.signs)))
    ordered = [*sorted(proven, key=lambda o: -len(o.signs)), *rest]
    signs = frozenset(sign for o in (proven or ordered) for sign in o.signs)
    data = data_of(ordered)
    return joined(ordered, _weigh(signs, claimed=EXEMPTION in data), FUNCTION)


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: study time of the account with M2 and M3 together, or with M4."""
    found = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    proof: Reason | None = None
    if f"ranked-{Ranked.PEOPLE}" in signs:
        proof = Reason.PEOPLE
    elif f"ranked-{Ranked.UNITS}" in signs:
        proof = Reason.UNITS
    elif {TIME, PLACED} <= signs:
        proof = Reason.PLACED
    elif {TIME, TARGET, APPRAISAL} <= signs:
        proof = Reason.TARGET_AND_APPRAISAL
    if proof is not None:
        return (Verdict.PRESENT, Reason.STATUTORY) if STATUTORY in signs and not claimed else (found, proof)
    if TIME in signs:
        if APPRAISAL in signs:
            return Verdict.PRESENT, Reason.APPRAISAL_ONLY
        return Verdict.PRESENT, Reason.TARGET_ONLY if TARGET in signs else Reason.SHOWN_ONLY
    if BOARD in signs:
        return Verdict.PRESENT, Reason.OTHER_BOARD
    # The sentence is the very thing forbidden, even where the time itself was not seen.
    return (Verdict.PRESENT, Reason.TEXT_ONLY) if APPRAISAL in signs else (Verdict.CLEAR, Reason.NOT_SEEN)


def _held(observation: Observation, words: Sequence[Word], *, own: bool) -> list[tuple[Marker, Word]]:
    """Return the targets, appraisals and places by study time that bind the user of this app."""
    dedicated = dedicated_kind(observation) in KINDS
    said = binding(observation, words, own=own, dedicated=dedicated)
    held: list[tuple[Marker, Word]] = []
    weighed = markers_in(said, SUBJECT, (Marker.QUOTA, Marker.CONSEQUENCE, Marker.COMPARISON), dedicated=dedicated)
    for marker, word in weighed:
        if of_another_time(word, SUBJECT):
            continue
        if marker is Marker.COMPARISON and not compared(word):
            continue
        if marker is Marker.QUOTA and not quota_of_time(word):
            continue
        if marker is Marker.CONSEQUENCE and not ties(word):
            continue
        held.append((marker, word))
    aimed = [s for s in said if _TARGET.search(s.norm) and (dedicated or SUBJECT.search(s.norm))]
    return [*held, *((Marker.QUOTA, s) for s in aimed if (Marker.QUOTA, s) not in held and not _denied(s))]


def _denied(sentence: Word) -> bool:
    return bool(re.search(r"不[作设]|无[须需]|仅供参考|不要求|不做|取消", sentence.norm))


RULE: Final = Rule(
    id=RuleId("study-duration-appraisal"),
    name_zh="学习时长作为考评依据",
    name_en="Study time used for appraisal",
    clause=clauses.APPRAISAL_BY_APP,
    also=(clauses.OPINIONS_CARRIER_OF_APPRAISAL,),
    lexicon=LEXICON,
    needs=NEEDS,
    stage=Stage.PREVIEW,
    severity=Severity.S1,
    checkpoints=CHECKPOINTS,
    known_limits=tuple(Known),
    detect=detect,
    conclude=conclude,
)
