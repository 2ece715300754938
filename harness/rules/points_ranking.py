"""Flags 积分排名: points attached to a person or unit, and an ordering of people or units by them.

The ordering itself is the pressure, so both together suffice; what follows from it only weighs more.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from harness.model import (
    Action,
    Box,
    Channel,
    Checkpoint,
    CheckpointId,
    Coverage,
    Datum,
    Lexicon,
    Mark,
    Marker,
    Observation,
    Outcome,
    Role,
    Rule,
    RuleId,
    Severity,
    Stage,
    Tap,
    Verdict,
    Word,
)
from harness.rules import clauses
from harness.rules.checkpoints import HOME, MINE
from harness.rules.concluding import (
    BETWEEN_SCREENS,
    EXEMPTION,
    ONE_TAP,
    PROBE_WANTED,
    data_of,
    if_read,
    markers_from,
    marks_from,
    nothing_found,
    nothing_on,
    something_else,
)
from harness.rules.exemptions import claim_near
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.leaderboard import BEHAVIOUR, LOOK_ALIKE, Board, Ranked, read_board
from harness.rules.markers import markers_in
from harness.rules.outcomes import joined, sighted
from harness.rules.wording import Sighting, app_words, marks_of, matching, whole, with_joined

SUBJECT: Final = re.compile(r"积分|学分|得分|排名|排行|名次|榜")
NEEDS: Final = frozenset({Channel.HIERARCHY, Channel.OCR})
TABS: Final = (
    "个人", "单位", "支部", "部门", "科室", "个人排行", "单位排行", "个人榜", "单位榜", "支部榜",
    "部门榜",
    "个人排名", "单位排名", "日榜", "周榜", "月榜", "年榜", "总榜", "今日", "本周", "本月",
    "全部", "累计",
)  # fmt: skip
MAX_TABS: Final = 4
POINTS: Final = "points"
ORDERED: Final = "ranking"
OTHER_ORDER: Final = "ranking-by-something-else"  # people in order, but by hours, steps or a rate
TO_ORDER: Final = "leads-to-ranking"  # the page of points has an entry to the ordering
TO_POINTS: Final = "leads-to-points"  # and the other way round

LEXICON: Final = Lexicon(
    must=(
        "积分", "学分", "得分", "分值", "排名", "排行", "排行榜", "名次", "榜单", "龙虎榜",
        "红黑榜", "光荣榜",
    ),
    support=(
        "第N名", "我的排名", "单位排名", "支部排名", "全国排名", "前N名", "后N名", "末位",
        "积分榜", "学习榜", "今日已累积", "成长总积分",
    ),
    compulsion=("通报", "考核", "约谈", "催办", "末位", "红黑榜"),
    voluntary=("隐藏排名", "不参与排行", "关闭排名"),
    lookalike=(
        "积分落户", "积分入户", "积分入学", "信用积分", "驾照记分", "违法记分", "会员积分",
        "积分商城", "积分兑换", "居住证积分",
        "排名不分先后", "姓氏笔画", "热搜榜", "搜索热度", "音乐排行榜", "票房榜", "图书榜",
        "应用排行", "大学排名", "空气质量排名",
        "成绩公示", "招标排名", "口碑榜", "积分奖励币", "购买得积分",
    ),
)  # fmt: skip

CHECKPOINTS: Final = (
    HOME,
    MINE,
    Checkpoint(
        id=CheckpointId("points-page"),
        words=("积分规则", "积分明细", "我的积分", "成长总积分", "总积分", "今日积分", "学习积分"),
        entries=("我的积分", "学习积分", "积分", "积分明细"),
    ),
    Checkpoint(
        id=CheckpointId("ranking-page"),
        words=("我的排名", "名次", "积分排行榜", "排行榜", "个人排行", "单位排行", "积分排名"),
        entries=(
            "排行", "排名", "排行榜", "学习排行", "积分排行", "积分排行榜", "签到排行",
            "查看积分排行榜", "红黑榜",
        ),
    ),
)  # fmt: skip


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    PEOPLE = "points-ranking-board-people"
    UNITS = "points-ranking-board-units"
    ACCOUNTS = "points-ranking-board-accounts"
    OWN_RANK = "points-ranking-own-rank"
    JOINED = "points-ranking-joined"
    APART = "points-ranking-apart"
    WITHOUT_POINTS = "points-ranking-without-points"
    POINTS_ONLY = "points-ranking-points-only"
    LOOK_ALIKE = "points-ranking-look-alike"
    NOT_SEEN = "points-ranking-not-seen"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    POINTS = "points-ranking-mark-points"
    OWN_RANK = "points-ranking-mark-own-rank"
    ROW = "points-ranking-mark-row"
    HEADING = "points-ranking-mark-heading"
    CONSEQUENCE = "points-ranking-mark-consequence"
    OPT_OUT = "points-ranking-mark-opt-out"
    TAB = "points-ranking-mark-tab"


class Known(StrEnum):
    """What the rule cannot tell; message keys."""

    ARTICLE = "points-ranking-limit-article"
    NAMES = "points-ranking-limit-names"
    READING = "points-ranking-limit-reading"


_POINTS: Final = re.compile(
    r"(?:我的|今日|当前|总|学习|累计|成长总?|本月|年度|个人|可用|今日累计)?(?:积分|学分|得分|分值)(?:总?值|余额|总数)?:?\d+(?:\.\d+)?分?"
    r"|(?:今日|本月|累计|已)?\S{0,4}\d+(?:\.\d+)?(?:积分|学分)|\d+分/\d+分"
    r"|(?:\S{0,8}签到\S{0,2}|今日|已)?获得(?:积分|学分)\+?\d+分?"
)
_POINTS_LABEL: Final = re.compile(
    r"(?:我的|今日|当前|总|学习|累计|成长总?|本月|年度|个人|可用|今日累计)?(?:积分|学分|得分)(?:总?值|余额)?:?"
)
_VAGUE_POINTS: Final = re.compile(r"得分|分值")
_NUMBER: Final = re.compile(r"\d{1,7}(?:\.\d+)?分?")
_POINTS_VETO: Final = re.compile(
    r"落户|入户|入学|居住证|信用|记分|会员|商城|兑换|抽奖|绩点|高考|指数|购买|奖励币|满减|优惠|积分可?抵|申报积分|车票|航空|里程|学分银行"
)
_OWN_RANK: Final = re.compile(
    r"(?:我的|当前|全国|全市|全省|全县|单位|本单位|我的单位|支部|部门|本人|您的|个人|学习|积分)(?:内|内部)?(?:单位|支部)?(?:排名|排行|名次)?:?第\d+名?\S{0,12}"
    r"|我的(?:排名|名次):?\d+\S{0,8}|(?:我|您|你)\S{0,8}(?:排|位列|位居|名列)\S{0,4}第?\d+名?"
)
_OWN_LABEL: Final = re.compile(r"(?:我的|当前|本单位|单位|支部|全国|全市|本人)(?:排名|名次)")
_RANK_NUMBER: Final = re.compile(r"第?\d{1,5}名?(?:/\d+)?")
_HEADER: Final = re.compile(r"名次|排名|序号|姓名|积分|得分|学分|分值|\S{1,3}率%?|人均积分")
_ORDER_ENTRY: Final = re.compile(r"(?:查看|我的)?(?:积分|学习积分|学分)(?:总)?(?:排行榜?|排名榜?|榜单?|名次)")
_POINTS_ENTRY: Final = re.compile(r"(?:查看)?(?:我的|个人)?(?:学习)?积分(?:明细|规则|详情|记录)?")
_OPT_OUT: Final = re.compile(r"(?:隐藏|关闭|不参与|退出|不显示)\S{0,4}(?:排名|排行|榜)")
_QUEUE: Final = re.compile(r"排队|叫号|取号|候诊|轮候|等候|预计等待|前面还有")
_OTHER_ORDER: Final = re.compile(r"步数|时长|里程|运动|跑步|健走|热度|满意|办结|志愿")
_RANK_ROWS_VETO: Final = LOOK_ALIKE


def detect(observation: Observation) -> Outcome:
    """Return what one screen shows of points, of an ordering of people or units, and of the reader's own rank."""
    return if_read(_seen_on(observation), observation, NEEDS)


def _seen_on(observation: Observation) -> Outcome:
    plain = app_words(observation)
    words = with_joined(plain)
    board = read_board(observation)
    if board is None and (veto := _look_alike(observation, words)):
        return something_else(observation, veto, Reason.LOOK_ALIKE)
    in_rows = frozenset(w.box for line in board.lines for w in line.words) if board else frozenset[Box]()
    points = _points(observation, words, in_rows)
    own = _own_rank(observation, words)
    ordered = board is not None or bool(own)
    if not ordered and not points:
        return nothing_on(observation, NEEDS, Reason.NOT_SEEN)
    # The own rank on a page of steps or hours is a rank of steps or hours.
    other = board.points is False if board else any(_OTHER_ORDER.search(w.norm) for w in title_words(observation))
    own_sign = OTHER_ORDER if other else ORDERED
    sightings = [Sighting(word=w, why=Why.OWN_RANK, sign=own_sign, marker=Marker.COMPARISON) for w in own]
    sightings += _board_sightings(board)
    sightings += [Sighting(word=w, why=Why.POINTS, sign=POINTS) for w in points]
    row_words = [w for line in board.lines for w in line.words] if board else []
    consequence = markers_in(
        [w for w in words if w not in row_words],
        SUBJECT,
        (Marker.CONSEQUENCE, Marker.NAGGING),
        dedicated=board is not None,
    )
    if ordered:
        sightings += [Sighting(word=w, why=Why.CONSEQUENCE, sign=f"marker-{m}", marker=m) for m, w in consequence]
    opt_out = matching(words, _OPT_OUT, max_chars=16)
    sightings += [Sighting(word=w, why=Why.OPT_OUT, sign="opt-out") for w in opt_out]
    claim = claim_near(observation, SUBJECT, without=row_words) if ordered else None
    signs = {s.sign for s in sightings} | ({POINTS} if board and board.points else set()) | _entries(words)
    if board is not None:
        signs.add(f"ranked-{board.ranked}")
    data = _data(board, own, points)
    if board is not None and _tabs(observation):
        data += ((PROBE_WANTED, "tabs"),)
    weighed = _weigh(frozenset(signs), claimed=claim is not None)
    return replace(sighted(observation, weighed, sightings, data=dict(data), claim=claim), signs=frozenset(signs))


def probe(observation: Observation) -> Generator[Action, Observation, Outcome]:
    """Yield a tap on each tab of a leaderboard; return what is ordered under which tab, and whether one may opt out."""
    start = detect(observation)
    seen = [start]
    boards: list[str] = []
    marks: list[Mark] = []
    pressed: set[str] = set()
    now = observation
    while len(pressed) < MAX_TABS:
        tab = next((w for w in _tabs(now) if w.norm not in pressed), None)
        if tab is None:
            break
        pressed.add(tab.norm)
        x_px, y_px = tab.box.centre_px
        now = yield Tap(x_px=x_px, y_px=y_px, label=tab.text)
        shown = detect(now)
        seen.append(shown)
        if ORDERED in shown.signs:
            boards.append(tab.norm)
            marks += marks_of(now, [Sighting(word=tab, why=Why.TAB, sign=ORDERED)], role=Role.AFTER)
    signs = frozenset(sign for o in seen for sign in o.signs)
    data = {**data_of(seen), "tabs": "、".join(boards)}
    verdict, reason = _weigh(signs, claimed=EXEMPTION in data)
    return Outcome(
        verdict=verdict,
        reason=reason,
        data=tuple(sorted((k, v) for k, v in data.items() if k not in BETWEEN_SCREENS)),
        marks=(*marks_from(seen), *marks),
        markers=markers_from(seen),
        signs=signs,
        observation=observation.id,
        screen=observation.screen,
        from_probe=True,
    )


def conclude(outcomes: Sequence[Outcome], coverage: Coverage) -> Outcome:
    """Return the one verdict of an app; points and the ordering may stand on two screens of it."""
    ordering = [o for o in outcomes if {ORDERED, OTHER_ORDER} & o.signs]
    if not ordering:
        return nothing_found(outcomes, coverage, Reason.NOT_SEEN)
    shown = sorted(
        (o for o in outcomes if {ORDERED, OTHER_ORDER, POINTS} & o.signs),
        key=lambda o: (not {ORDERED, POINTS} <= o.signs, ORDERED not in o.signs, not o.from_probe, -len(o.markers)),
    )
    signs = frozenset(sign for o in shown for sign in o.signs)
    data = data_of(shown)
    verdict, reason = _weigh(signs, claimed=EXEMPTION in data)
    if verdict is not Verdict.PRESENT and not any({ORDERED, POINTS} <= o.signs for o in shown):
        # Points in one corner of an app and a ranking in another may have nothing to do with each other.
        verdict, reason = (verdict, Reason.JOINED) if _one_tap_apart(shown) else (Verdict.PRESENT, Reason.APART)
    return joined(shown, (verdict, reason), RuleId("points-ranking"), data=data)


def _one_tap_apart(shown: Sequence[Outcome]) -> bool:
    """Return whether points and ordering are one press apart: by the walk's own steps or by an entry on the page."""
    with_points = [o for o in shown if POINTS in o.signs]
    with_order = [o for o in shown if ORDERED in o.signs]
    if any(TO_ORDER in o.signs for o in with_points) or any(TO_POINTS in o.signs for o in with_order):
        return True
    pairs = [(a, b) for one in with_points for other in with_order for a, b in ((one, other), (other, one))]
    return any(b.screen in str(dict(a.data).get(ONE_TAP, "")).split("\n") for a, b in pairs)


def _entries(words: Sequence[Word]) -> set[str]:
    """Return the signs of what can be pressed to go from the points to the ordering, or back."""
    pressable = [w for w in words if w.clickable]
    signs = {TO_ORDER} if whole(pressable, _ORDER_ENTRY) else set()
    return signs | ({TO_POINTS} if whole(pressable, _POINTS_ENTRY) else set())


def _weigh(signs: frozenset[str], *, claimed: bool) -> tuple[Verdict, Reason]:
    if not {ORDERED, OTHER_ORDER} & signs:
        return Verdict.CLEAR, Reason.POINTS_ONLY
    if not {ORDERED, POINTS} <= signs:
        return Verdict.PRESENT, Reason.WITHOUT_POINTS
    verdict = Verdict.FOUND_EXEMPTION_CLAIMED if claimed else Verdict.FOUND
    by_kind = ((Ranked.PEOPLE, Reason.PEOPLE), (Ranked.UNITS, Reason.UNITS), (Ranked.UNKNOWN, Reason.ACCOUNTS))
    return verdict, next((reason for kind, reason in by_kind if f"ranked-{kind}" in signs), Reason.OWN_RANK)


def _points(observation: Observation, words: Sequence[Word], in_rows: frozenset[Box]) -> tuple[Word, ...]:
    """Return the words that give points to somebody; the head of a board's column says nothing beside the board."""
    usable = [w for w in words if not _POINTS_VETO.search(w.norm)]
    if not any(BEHAVIOUR.search(w.norm) for w in words):
        usable = [w for w in usable if not _VAGUE_POINTS.search(w.norm)]  # the score of an examination
    labels = [
        w
        for w in whole(usable, _POINTS_LABEL)
        for near in [(*below(observation, w), *above(observation, w), *_right_of(observation, w))]
        if any(_NUMBER.fullmatch(n.norm) and n.box not in in_rows for n in near)
    ]
    return (*whole(usable, _POINTS), *labels)


def _own_rank(observation: Observation, words: Sequence[Word]) -> tuple[Word, ...]:
    if any(_QUEUE.search(w.norm) for w in words):
        return ()  # one's place in a line of people who wait
    usable = [w for w in words if not _RANK_ROWS_VETO.search(w.norm)]
    labels = [
        w
        for w in whole(usable, _OWN_LABEL)
        for near in [(*below(observation, w), *above(observation, w), *_right_of(observation, w))]
        if any(_RANK_NUMBER.fullmatch(n.norm) for n in near)
    ]
    return (*whole(usable, _OWN_RANK), *labels)


def _right_of(observation: Observation, word: Word) -> tuple[Word, ...]:
    right = [w for w in row_of(observation, word) if w.box.left >= word.box.right - 4]
    return tuple(right[:1])


def _tabs(observation: Observation) -> tuple[Word, ...]:
    found = [w for w in app_words(observation) if w.norm in TABS]
    # 单位 at the head of a column is no tab, pressing it shows nothing.
    return tuple(w for w in found if not any(_HEADER.fullmatch(o.norm) for o in row_of(observation, w)))


def _look_alike(observation: Observation, words: Sequence[Word]) -> Word | None:
    titles = title_words(observation)
    for word in titles:
        if len(word.norm) <= 20 and (_POINTS_VETO.search(word.norm) or LOOK_ALIKE.search(word.norm)):
            return word
    veto = matching(words, re.compile(r"排名不分先后|姓氏笔画"), max_chars=60)
    return veto[0] if veto else None


def _board_sightings(board: Board | None) -> list[Sighting]:
    if board is None:
        return []
    sign = OTHER_ORDER if board.points is False else ORDERED
    seen = [Sighting(word=w, why=Why.HEADING, sign=sign) for w in board.headings]
    for line in board.lines[:6]:
        box = line.words[0].box
        for word in line.words[1:]:
            box = box.around(word.box)
        joined = " ".join(w.text for w in line.words)
        whole_line = replace(line.words[0], text=joined, box=box)
        seen.append(Sighting(word=whole_line, why=Why.ROW, sign=sign, marker=Marker.COMPARISON))
    return seen


def _data(board: Board | None, own: Sequence[Word], points: Sequence[Word]) -> tuple[tuple[str, Datum], ...]:
    data: list[tuple[str, Datum]] = []
    if board is not None:
        data += [("rows", len(board.lines)), ("by", board.by)] if board.by else [("rows", len(board.lines))]
    if own:
        data.append(("own_rank", own[0].text))
    counted = [w for w in points if re.search(r"\d", w.norm)]
    if counted:
        data.append(("points", counted[0].text))
    return tuple(data)


RULE: Final = Rule(
    id=RuleId("points-ranking"),
    name_zh="积分排名",
    name_en="Points ranking",
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
    may_press=TABS,
)
