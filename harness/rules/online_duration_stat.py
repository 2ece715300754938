"""Flags 统计在线时长: a time in the app kept for the account, and a duty, a consequence or a comparison by it.

That the time grows with the use of the app is measured by the probe or said by the app itself; without either, a
quota of hours is left to a person. People or units listed with their time suffice by themselves.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
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
from harness.rules import clauses
from harness.rules.binding import binding
from harness.rules.checkpoints import HOME, MINE
from harness.rules.concluding import (
    EXEMPTION,
    PROBE_WANTED,
    data_of,
    if_read,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.duration_probe import DurationRun, Growth, kind_of, measurable, measure_durations
from harness.rules.durations import (
    Kind,
    account_durations,
    dedicated_kind,
    look_alike_time,
    time_board,
)
from harness.rules.exemptions import claim_near
from harness.rules.leaderboard import Ranked
from harness.rules.online_words import ANY_SUBJECT, KINDS, held_to_time, kinds_of, says_it_counts
from harness.rules.outcomes import joined, sighted
from harness.rules.time_signs import board_sightings
from harness.rules.wording import Sighting, app_words, with_joined

NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
FUNCTION: Final = "online-duration"
BOARD: Final = "time-board"

LEXICON: Final = Lexicon(
    must=("在线时长", "使用时长", "累计在线", "学习时长", "今日学习", "累计学习", "登录时长", "活跃时长"),
    support=("每日须", "至少", "不少于", "满N分钟计", "自动记录在线时长", "时长统计", "时长排行"),
    compulsion=("须", "不少于", "未达标", "考核", "通报", "约谈", "排名", "末位"),
    voluntary=("仅供参考", "不作要求", "可关闭统计"),
    lookalike=(
        "阅读时长约N分钟", "预计阅读", "视频时长", "时长45:00", "会议时长", "通话时长", "停车时长",
        "办理时长", "承诺时限", "办结时限", "志愿服务时长", "运行时长", "设备在线", "在线客服",
        "在线办理", "在线咨询", "工龄", "播放时长", "屏幕使用时间",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("study-time-page"),
        words=("学习时长统计", "在线时长统计", "学习时长", "在线时长", "使用时长", "累计在线", "学习统计", "学习档案"),
        entries=(
            "学习时长", "学习时长统计", "在线时长", "在线时长统计", "时长统计", "学习统计", "学习档案",
            "我的学习", "学习记录", "使用统计", "时长排行",
        ),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    PEOPLE = "online-duration-stat-board-people"
    UNITS = "online-duration-stat-board-units"
    MEASURED = "online-duration-stat-measured"
    SAID = "online-duration-stat-said"
    NOT_GROWN = "online-duration-stat-not-grown"
    ALWAYS = "online-duration-stat-grows-always"
    UNCLEAR = "online-duration-stat-growth-unclear"
    UNPROVEN = "online-duration-stat-unproven"
    GROWS_ONLY = "online-duration-stat-grows-only"
    SHOWN_ONLY = "online-duration-stat-shown-only"
    OTHER_BOARD = "online-duration-stat-other-board"
    LOOK_ALIKE = "online-duration-stat-look-alike"
    NOT_SEEN = "online-duration-stat-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    TIME = "online-duration-stat-mark-time"
    COUNTING = "online-duration-stat-mark-counting"
    DUTY = "online-duration-stat-mark-duty"
    ROW = "online-duration-stat-mark-row"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "online-duration-stat-limit-article"
    SERVER = "online-duration-stat-limit-server"
    COARSE = "online-duration-stat-limit-coarse"
    HIDDEN = "online-duration-stat-limit-hidden"
    UNORDERED = "online-duration-stat-limit-unordered"


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of time kept for the account, of a duty by it, and of people listed by it."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    words = with_joined(app_words(observation))
    times = tuple(d for d in account_durations(observation) if d.kind in KINDS)
    board = time_board(observation)
    if board is not None and board.kind is Kind.HOURS:
        board = None  # lessons are no time online
    page = dedicated_kind(observation)
    held = held_to_time(observation, words, times, page)
    said = binding(observation, words, own=bool(times), dedicated=page in KINDS)
    counting = [s for s in said if says_it_counts(s, own=bool(times))]
    sightings = [Sighting(word=d.word, why=Why.TIME, sign=f"time-{d.kind}") for d in times]
    sightings += board_sightings(board, Why.ROW, BOARD) if board is not None else []
    sightings += [
        Sighting(word=s, why=Why.COUNTING, sign=f"counting-{k}", marker=Marker.CREDIT_CONDITION)
        for s in counting
        for k in kinds_of(s, times, page)
    ]
    sightings += [Sighting(word=w, why=Why.DUTY, sign=f"held-{k}", marker=m) for k, m, w in held]
    if not sightings:
        veto = look_alike_time(observation)
        if veto is not None:
            return something_else(observation, veto, Reason.LOOK_ALIKE)
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    claim = claim_near(
        observation, ANY_SUBJECT, without=[w for x in board.board.lines for w in x.words] if board else ()
    )
    data: dict[str, Datum] = {}
    if times:
        data["value"] = times[0].text
    if board is not None:
        data |= {"rows": len(board.board.lines), "by": board.board.by}
    data |= {"said": held[0][2].text} if held else {}
    data |= {"counting": counting[0].text} if counting else {}
    if measurable(times) and (held or page in KINDS or not all(d.word.clickable for d in times)):
        data[PROBE_WANTED] = "duration"
    signs = {s.sign for s in sightings}
    if board is not None:
        signs |= {"board-other"} if board.other or not board.named else {f"ranked-{board.board.ranked}"}
    weighed = _weigh(frozenset(signs), claimed=claim is not None)
    return replace(sighted(observation, weighed, sightings, data=data, claim=claim), signs=frozenset(signs))


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield a minute in front, a minute away and the way back; return whether the time grew, and in which of them."""
    start = detect(observation)
    run = yield from measure_durations(observation)
    return _of_the_run(run, start)


def _of_the_run(run: DurationRun, start: Outcome) -> Outcome:
    growths = run.growths()
    # Of figures that do the same, the one that people are held to is told.
    growth, key = min(growths, key=lambda g: (g[0] is not growths[0][0], f"held-{kind_of(g[1])}" not in start.signs))
    signs = set(start.signs) | {f"{g}-{kind_of(k)}" for g, k in growths if g is not Growth.UNREAD}
    data = {k: v for k, v in start.data if k != PROBE_WANTED}
    if growth is not Growth.UNREAD:
        data |= run.numbers(key)
        data["value"] = run.readings[0][key].duration.text
    markers = set(start.markers)
    if growth is Growth.IN_FRONT:
        markers.add(Marker.CREDIT_CONDITION)
    verdict, reason = _weigh(frozenset(signs), claimed=EXEMPTION in data)
    if growth is Growth.UNREAD and verdict not in {Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED}:
        verdict, reason = Verdict.INCONCLUSIVE, Reason.UNCLEAR
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted(data.items())),
        marks=(*run.marks, *start.marks),
        markers=frozenset(markers),
        signs=frozenset(signs),
        measures=tuple(run.measures),
        observation=run.start.id,
        screen=run.start.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app: the time, its growth and the duty by it may stand on three screens of it."""
    shown = [o for o in outcomes if o.signs]
    ordered = sorted(shown, key=lambda o: (BOARD not in o.signs, not o.from_probe, -len(o.markers), -len(o.signs)))
    signs = frozenset(sign for o in ordered for sign in o.signs)
    if BOARD not in signs and not any(f"time-{kind}" in signs for kind in KINDS):
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    data = data_of(ordered)
    return joined(ordered, _weigh(signs, claimed=EXEMPTION in data), FUNCTION)


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    """Return verdict and reason: a time of the account that grows and one of M2, M3, M4, or a list by person or unit.

    Growth and duty have to be of one kind of time: a quota of study says nothing of a count of minutes online.
    """
    found = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    if f"ranked-{Ranked.PEOPLE}" in signs:
        return found, Reason.PEOPLE
    if f"ranked-{Ranked.UNITS}" in signs:
        return found, Reason.UNITS
    shown = [k for k in KINDS if f"time-{k}" in signs]
    held = [k for k in shown if f"held-{k}" in signs]
    for kind in held:
        if f"{Growth.IN_FRONT}-{kind}" in signs:
            return found, Reason.MEASURED
    for kind in held:
        if f"counting-{kind}" in signs and f"{Growth.ALWAYS}-{kind}" not in signs:
            return found, Reason.SAID
    if any(f"{Growth.IN_FRONT}-{k}" in signs for k in shown):
        return Verdict.PRESENT, Reason.GROWS_ONLY
    if any(f"{Growth.ALWAYS}-{k}" in signs for k in shown):
        return Verdict.PRESENT, Reason.ALWAYS
    if any(f"{Growth.STOOD}-{k}" in signs for k in shown):
        return Verdict.PRESENT, Reason.NOT_GROWN
    if held:
        return Verdict.PRESENT, Reason.UNPROVEN
    if shown:
        return Verdict.PRESENT, Reason.SHOWN_ONLY
    if BOARD in signs:
        return Verdict.PRESENT, Reason.OTHER_BOARD
    return Verdict.CLEAR, Reason.NOT_SEEN


RULE: Final = Rule(
    id=RuleId("online-duration-stat"),
    name_zh="统计在线时长",
    name_en="Online duration statistics",
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
