"""Reads an ordering of people or units off a screen: at least three aligned rows of rank, name and value. Pure.

Anchors are the values (a column of numbers that does not rise); each claims a strip of the screen, and the strip has
to hold a name. Ranks are read where they are text; medals in place of 1, 2, 3 are pictures, so a heading that
speaks of a ranking may stand for them. Works on pixels alone: a whole line read as one word is taken apart first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from harness.grouping import columns, rows
from harness.model import Box, Observation, Shape, ShapeKind, Word
from harness.rules.layout import bands, evenly_spaced, inside
from harness.rules.once import once
from harness.rules.wording import app_words, atoms, wholes

MIN_ROWS: Final = 3


class Ranked(StrEnum):
    """Who is put in order."""

    PEOPLE = "people"
    UNITS = "units"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a leaderboard: its rank where it is readable, the name, the value and what carries them."""

    rank: int | None
    name: str
    value: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """An ordering as it stands on the screen; ``points`` says whether the values are points, ``None`` is not said.

    ``by`` is the screen's own word for what the values are, empty where it has none.
    """

    lines: tuple[Line, ...]
    ranked: Ranked
    points: bool | None
    headings: tuple[Word, ...]
    by: str = ""


_RANK: Final = re.compile(r"(?:第|N[Oo]\.?|TOP)?(\d{1,3})(?:名|[.、])?")
_VALUE: Final = re.compile(
    r"(?:获得|得|积分|学分|得分|总分|累计|人均)?:?\+?(\d{1,7}(?:\.\d+)?)"
    r"(分|积分|学分|学时|小时|分钟|h|次|步|%|天|票|人|篇|条)?"
)
_MEDAL_RANKS: Final = {"gold": 1, "silver": 2, "bronze": 3}
_POINT_UNITS: Final = frozenset({"分", "积分", "学分"})
_MERGED: Final = re.compile(
    r"\s*(?:第|N[Oo]\.?|TOP)?(\d{1,3})(?:名|[.、])?\s*(\D{2,24}?)\s*:?\s*(\d{1,7}(?:\.\d+)?\s*(?:分|积分|学分)?)\s*"
)
_UNIT: Final = re.compile(
    r"(?:局|委|办|处|科|室|站|所|中心|支部|总支|党委|党组|街道|镇|乡|村|社区|学校|小学|中学|大学|学院|单位|[大中支总分小]队|(?:工作|服务|突击|执法|先锋)队|院|厅|组|县|区|市|部"
    r"|公司|集团|班|银行|法院|协会|联合会|团)(?:[(（]\S{0,8}[)）])?$"
)
SURNAMES: Final = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷"
    "贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄"
    "危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉龚程嵇邢裴陆荣翁荀羊惠甄曲封储靳段富焦巴弓"
    "牧谷车侯全班秋仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶司黎薄印白怀蒲卓蔺蒙池乔胥苍闻党翟谭贡姬申冉桑桂牛边燕尚温庄晏柴瞿阎连习艾向古易慎廖耿满"
    "匡国文寇广欧沃利师巩聂敖冷辛阚简饶曾沙丰关查游权盖益桓公肖覃佟涂代付闫岳向"
)
_PERSON: Final = re.compile(
    r"[\u4e00-\u9fff][\u4e00-\u9fff*＊○\u3007某xX]{1,3}|[\u4e00-\u9fff][*＊]{1,2}[\u4e00-\u9fff]?"
)
_TITLED: Final = re.compile(r"\S{1,3}(?:同志|老师|主任|科长|\S{0,2}[(（]我[)）])")
RANKING: Final = re.compile(r"排名|排行|名次|龙虎榜|荣誉榜|光荣榜|红黑榜|红榜|黑榜|进步榜|积分榜|学习榜|榜单|第\d+名")
_ABOUT_PEOPLE: Final = re.compile(
    r"个人|单位|支部|部门|科室|学员|同事|姓名|我的排名|本人|小组|班级|干部|党员|职工|学习|学分|答题|签到|打卡|考勤"
)
# 得分 and 分 count examinations, bids and restaurants as well; they are points where the screen speaks of use.
BEHAVIOUR: Final = re.compile(
    r"积分|学分|学习|学员|答题|竞答|知识竞赛|签到|打卡|考勤|活跃|在线时长|阅读|视听|课程|点赞|转发"
)
LOOK_ALIKE: Final = re.compile(
    r"热搜|热榜|热度|热门|口碑榜|综艺|音乐|歌曲|票房|影视|电影|图书|书籍|应用排|下载榜|大学排|高校排|城市\S{0,4}空气|空气质量|AQI"
    r"|成绩公示|招标|中标|候选人|姓氏笔画|不分先后|赛事|奖牌榜|射手榜|联赛|球队|球员|场次|净胜|赛季|足球|篮球|运动会|财富|富豪|销量|菜品|商家|服务\S{0,3}榜|TOP榜|景点|美食|收视"
    r"|落户|入户|入学|居住证|学分银行|绩点|记分|信用(?:积?分|等级)|会员|驾驶证|驾照|面试|笔试|招聘|招考|遴选|考生|报考|准考证"
    r"|公租房|公共租赁|廉租|保障房|保障性|轮候|配租|摇号|新市民|流动人口|录用|录取|招生|升学|小升初|中考|高考|一分一段|职称|评审|征文|获奖"
    r"|(?<!知识)(?<!学习)(?<!答题)(?:比赛|大赛)|锦标赛|马拉松|田径|[象围]棋|棋牌|[足篮排羽网]毛?球|NBA|CBA|中超|中甲|献血|积分超市|兑换榜"
    r"|好评|好差评"
)
# Units by what they have done outside the app: an ordering, but whether of points like these is for a person to say.
_WORK_RESULT: Final = re.compile(
    r"办结|办件|满意度|营商环境|招商|信访|热线|工单|政务公开|高质量发展|项目建设|生产总值|GDP|评价得分|考评得分|环境质量|水质"
)
_POINT_WORD: Final = re.compile(r"积分|学分|得分|分值|总分")
_OTHER_VALUE: Final = re.compile(r"率|时长|次数|人数|天数|步数|数量|里程|%|落户|入户|入学|信用|居住证|会员")
_HEAD: Final = re.compile(r"名次|排名|序号|姓名|单位|支部|部门|科室|\S{1,3}率|时长|次数|人数|天数|步数|数量|里程|%")


@once
def read_board(observation: Observation) -> Board | None:
    """Return the ordering with the most rows, ``None`` where the screen has no three aligned rows of one."""
    words = _pieces(wholes(app_words(observation)))
    boards = [
        board
        for column in _value_columns(observation, words)
        if (board := _board(observation, words, column)) is not None
    ]
    if not boards:
        return None
    return max(boards, key=lambda b: (b.points is True, b.ranked is not Ranked.UNKNOWN, len(b.lines)))


def _value_columns(observation: Observation, words: Sequence[Word]) -> tuple[tuple[Word, ...], ...]:
    values = [w for w in words if _VALUE.fullmatch(w.norm)]
    found = []
    for column in columns(values, tolerance_px=0.03 * observation.size_px[0]):
        run = _longest_run(column)
        if len(run) >= MIN_ROWS and evenly_spaced(run):
            found.append(run)
    return tuple(found)


def _longest_run(column: Sequence[Word]) -> tuple[Word, ...]:
    """Return the longest stretch whose values do not rise and whose rows are evenly spaced."""
    best: tuple[Word, ...] = ()
    for start in range(len(column)):
        run = [column[start]]
        for word in column[start + 1 :]:
            longer = [*run, word]
            if _number(word) > _number(run[-1]) or (len(longer) > 2 and not evenly_spaced(longer)):
                break
            run = longer
        if len(run) > len(best):
            best = tuple(run)
    return best


def _board(observation: Observation, words: Sequence[Word], values: Sequence[Word]) -> Board | None:
    strips = bands(values, observation.size_px[1])
    medals = [shape for shape in observation.shapes if shape.kind is ShapeKind.MEDAL]
    lines = []
    for value, strip in zip(values, strips, strict=True):
        medal = next((m for m in medals if strip[0] <= m.box.centre_px[1] < strip[1]), None)
        line = _line(value, [w for w in words if inside(w, strip) and w is not value], medal)
        if line is None:
            return None
        lines.append(line)
    # Numbers of equal size in every row are a column of something else (dates, amounts), not an order.
    if len({line.value for line in lines}) < 2:
        return None
    top = values[0].box.top
    over = [w for w in words if w.box.bottom <= top + 4]
    headings = tuple(w for w in over if RANKING.search(w.norm) and len(w.norm) <= 24)
    anywhere = [w for w in words if len(w.norm) <= 40]
    if any(LOOK_ALIKE.search(w.norm) for w in over if len(w.norm) <= 24):
        return None
    ranks = _ranks_in_order(lines)
    if not (headings or any(w.norm in {"姓名", "名次", "排名"} for w in over) or ranks >= MIN_ROWS):
        return None
    if ranks < MIN_ROWS and not headings:
        return None
    ranked = _who(lines, over)
    spoken_of = bool(headings) and any(_ABOUT_PEOPLE.search(w.norm) for w in (*headings, *over))
    about_people = ranked is not Ranked.UNKNOWN or spoken_of
    if not about_people and not any(_POINT_WORD.search(w.norm) for w in headings):
        return None
    # Perception joins neighbouring heads of columns into one word; a column has a head of its own.
    heads = [w for w in atoms(app_words(observation)) if w.box.bottom <= top + 4]
    # 积分榜 with names of no kind we know may be a league of teams: an order, of whom is for a person to say.
    points, by = _valued(values, [*heads, *over], anywhere) if about_people else (None, "")
    return Board(
        lines=tuple(lines),
        ranked=ranked,
        points=points,
        headings=headings[-2:],
        by=by,
    )


def _line(value: Word, others: Sequence[Word], medal: Shape | None) -> Line | None:
    left = sorted((w for w in others if w.box.right <= value.box.left + 8), key=lambda w: w.box.left)
    # Beside a medal stands who won it, were it one letter.
    names = [w for w in left if _could_be_name(w.norm) or (medal is not None and w.norm.isalpha())]
    if not names:
        return None
    rank = next((int(m.group(1)) for w in left[:2] if (m := _RANK.fullmatch(w.norm))), None)
    if rank is None and medal is not None:
        rank = _MEDAL_RANKS.get(medal.name)
    name = next((w for w in names if is_person(w.norm)), names[0])
    return Line(rank=rank, name=name.norm, value=_number(value), words=(*left, value))


def _could_be_name(text: str) -> bool:
    return 2 <= len(text) <= 24 and not re.search(r"\d{2,}", text) and bool(re.search(r"[^\W\d_]", text))


def is_person(text: str) -> bool:
    """Return whether a short text is somebody's name, with a title or without."""
    bare = re.sub(r"[(（]\S{0,8}[)）]$", "", text)
    if _TITLED.fullmatch(text):
        return True
    if not _PERSON.fullmatch(bare) or _UNIT.search(bare):
        return False
    return bare[0] in SURNAMES and len(bare) <= 4


def is_unit(text: str) -> bool:
    """Return whether a short text ends as the name of a unit does."""
    return bool(_UNIT.search(text))


def _who(lines: Sequence[Line], over: Sequence[Word]) -> Ranked:
    people = sum(is_person(line.name) for line in lines)
    units = sum(any(_UNIT.search(w.norm) for w in line.words) for line in lines)
    # Two characters that begin with a surname are often no name (时政, 文化): three or a header must vouch for them.
    sure = sum(is_person(x.name) and (len(x.name) >= 3 or "*" in x.name) for x in lines)
    if people * 3 >= len(lines) * 2 and (sure or any(w.norm == "姓名" for w in over)):
        return Ranked.PEOPLE
    if units * 3 >= len(lines) * 2:
        return Ranked.UNITS
    return Ranked.UNKNOWN


def _valued(values: Sequence[Word], over: Sequence[Word], anywhere: Sequence[Word]) -> tuple[bool | None, str]:
    """Return whether the values are points and what the screen calls them: by their unit, their column, the title.

    得分 and 分 are points only where the screen speaks of learning, signing in and the like; else of something else.
    """
    if any(_WORK_RESULT.search(w.norm) for w in over if len(w.norm) <= 24):
        return False, ""
    units = [m.group(2) for w in values if (m := _VALUE.fullmatch(w.norm))]
    unit = next((u for u in units if u is not None), None)
    head = _column_head(values[0], over)
    said = _POINT_WORD.search(head.norm) if head is not None else None
    vague = unit == "分" or (unit is None and said is not None)
    if vague and not any(BEHAVIOUR.search(w.norm) for w in over if len(w.norm) <= 24):
        return False, head.norm if head is not None else str(unit)
    if unit in _POINT_UNITS:
        return True, head.norm if head is not None and said else str(unit)
    if unit is not None:
        return False, head.norm if head is not None else unit
    if head is not None and (said or _OTHER_VALUE.search(head.norm)):
        return bool(said) and not _OTHER_VALUE.search(head.norm), head.norm
    spoken = (_POINT_WORD.search(w.norm) for w in anywhere if RANKING.search(w.norm))
    title = next((hit.group(0) for hit in spoken if hit), "")
    return (True, title) if title else (None, "")


def _column_head(value: Word, over: Sequence[Word]) -> Word | None:
    """Return the word that heads the column of a value: the nearest across of the line right above the values."""
    single = [w for w in atoms(over) if len(w.norm) <= 8]
    heads = [w for w in single if (_POINT_WORD.search(w.norm) or _HEAD.search(w.norm))]
    if not heads:
        return None
    lowest = max(w.box.bottom for w in heads)
    line = [w for w in heads if w.box.bottom >= lowest - w.box.height_px]
    nearest = min(line, key=lambda w: (_apart_px(w.box, value.box), w.box.left))
    return nearest if _above(nearest.box, value.box) else None


def _apart_px(head: Box, value: Box) -> int:
    """Return how far apart two boxes of one column are across: by left edge, middle or right edge, the least."""
    middle = abs(head.left + head.right - value.left - value.right) // 2
    return min(middle, abs(head.left - value.left), abs(head.right - value.right))


def _above(head: Box, value: Box) -> bool:
    slack_px = max(head.height_px, value.height_px) * 1.5
    return head.left - slack_px < value.right and value.left < head.right + slack_px


def _ranks_in_order(lines: Sequence[Line]) -> int:
    """Return how many rows carry a rank that is one more than the rank before, the first of a run included."""
    best = count = 0
    before: int | None = None
    for line in lines:
        count = count + 1 if line.rank is not None and before is not None and line.rank == before + 1 else 1
        if line.rank is None:
            count = 0
        before = line.rank
        best = max(best, count)
    return best


def _number(word: Word) -> float:
    hit = _VALUE.fullmatch(word.norm)
    return float(hit.group(1)) if hit else 0.0


def _pieces(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words with whole leaderboard lines taken apart into rank, name and value."""
    pieces: list[Word] = []
    for word in words:
        parts = _split(word)
        pieces.extend(parts or [word])
    return tuple(w for line in rows(pieces) for w in line)


def _split(word: Word) -> list[Word]:
    hit = _MERGED.fullmatch(word.norm)
    if hit is None or len(word.norm) < 6:
        return []
    total = len(word.norm)
    parts = []
    for group in (1, 2, 3):
        start, end = hit.span(group)
        left = word.box.left + word.box.width_px * start // total
        right = word.box.left + word.box.width_px * end // total
        text = hit.group(group).strip()
        parts.append(
            replace(word, text=text, norm=text.replace(" ", ""), box=replace(word.box, left=left, right=right))
        )
    return parts
