"""Reads the time that belongs to an account off one screen, and lists of people by their time. Pure.

A time is an account's where its label says whose and of what (累计在线, 今日学习, 我的学习时长). The length of a
video, the minutes an article takes, a promise to settle a matter, calls, meetings and machines are none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.leaderboard import Board, Ranked, read_board
from harness.rules.player import read_player
from harness.rules.wording import app_words, whole, with_joined


class Kind(StrEnum):
    """What the time was spent on."""

    ONLINE = "online"
    STUDY = "study"
    HOURS = "hours"  # 学时: counted in lessons, which no clock can be held against


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """One time of the account: ``value_s`` in seconds (学时 as they stand), ``unit_s`` the smallest step shown."""

    kind: Kind
    label: str
    value_s: float
    unit_s: float
    text: str
    word: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBoard:
    """People or units with the time of each; ``other`` says that it is time spent on something else (志愿, 服务)."""

    board: Board
    kind: Kind
    other: bool

    @property
    def named(self) -> bool:
        return self.board.ranked in {Ranked.PEOPLE, Ranked.UNITS}


_WHOSE: Final = (
    r"(?:我的?|本人|您的?|个人|账号|今日|今天|本日|昨日|本周|上周|本月|上月|本季度?|本年度?|今年|年度|历史"
    r"|累计|累积|合计|总|已|平均|日均|有效)"
)
_ONLINE: Final = r"(?:(?:在线|使用|登录|活跃)总?时长|在线总?时间)"
_STUDY: Final = r"(?:学习|视听学习|培训学习|网上学习|在线学习)总?时长"  # 学习时间 20:00 is an hour of the day
_LABELS: Final[dict[Kind, re.Pattern[str]]] = {
    Kind.ONLINE: re.compile(rf"{_WHOSE}*{_ONLINE}|{_WHOSE}+在线|{_WHOSE}*在线学习时长"),
    Kind.STUDY: re.compile(
        rf"{_WHOSE}*{_STUDY}|{_WHOSE}+(?:视频)?(?:学习|阅读|视听|收听|观看)(?:总)?(?:时长|时间)|(?!已学){_WHOSE}+学习?"
    ),
    Kind.HOURS: re.compile(
        rf"{_WHOSE}*(?:已(?:获得?|修|完成|学|得|取得|认定|累计)?|我的|累计|累积|年度|今日|本年度?|今年|个人|有效)"
        r"(?:的|总|必修|选修|公需|专业)?学时"
    ),
}
_BARE_IN_A_DEDICATED_PAGE: Final = re.compile(rf"{_WHOSE}{{1,3}}(?:时长|时间)?")
_BARE_STUDY: Final = re.compile(rf"{_STUDY}")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(天|个?小时|时(?!长)|[hH]|分钟?|min|[′']|秒钟?|[sS]|[″\"])")
_SPELT: Final = re.compile(rf"(?:{_PART.pattern}){{1,4}}", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d)")
_PLAIN: Final = re.compile(r"\d{1,7}(?:\.\d+)?")
_HOURS: Final = re.compile(r"(\d+(?:\.\d+)?)(?:/\d+(?:\.\d+)?)?(?:个?学时)?")

# Time of a thing, of others or of another life: seen in the title or in the word itself, no time of the account.
OTHER_TIME: Final = re.compile(
    r"预计|大约|约\d|建议|视频时长|课程时长|音频|通话|会议|停车|车位|充电|办理|办结|办件|承诺|时限|受理|审批|工单|响应|等待|排队|运行|设备|终端|服务器|主机|网关|摄像"
    r"|车辆|船舶|司机|骑手|主播|直播|客服|坐席|志愿|公益|服务时长|屏幕|手机使用|应用使用|工龄|社保|参保|缴费|缴存|居住|租|借|预约|座位|自习|场馆|机时|睡眠|运动|健走|跑步"
    r"|健身|骑行|游泳|专注|番茄|冥想|驾驶|驾龄|飞行|航行|值班|值守|加班|工时|工作时长|请假|休假|调休|年假|保修|质保|有效期|剩余|倒计时|电池|待机|上网|流量|宽带|Wi-?Fi"
    r"|课表|学制|考试|答题|作答|限时|播放|缓冲|下载|录音|录像|监控|点位|基站|话务|热线|问诊|接诊|医生|教学|授课|备课|网课|用时|竞赛|竞答|测试|测验|闯关|读者|书友|图书|全民阅读|有声|青少年|未成年|防沉迷|护眼|家长|孩子|宝宝|游戏|发电|供热|供水|停水|停电|空调|累计播放|收听人数",
    re.IGNORECASE,
)
_NEAR: Final = re.compile(r"预计|大约|约\d|建议|剩余|要求|目标|应修|应学|不少于|至少|必修|须|标准|规定")
_ITEM_PAGE: Final = re.compile(
    r"课程|视频|文章|资讯|详情|简介|介绍|播放|目录|章节|班级|专题|活动|新闻|教材|课件|推荐|搜索|题库|选课|列表|计划|方案|日程|安排"
)
_DEDICATED: Final[dict[Kind, re.Pattern[str]]] = {
    Kind.ONLINE: re.compile(
        r"(?:我的|个人|单位|累计)?(?:在线|使用|登录|活跃)(?:时长|时间)(?:统计|明细|记录|说明|规则|管理|排行榜?|排名|考核|通报)?"
    ),
    Kind.STUDY: re.compile(
        r"(?:我的|个人|单位|累计)?学习(?:时长|时间)(?:统计|明细|记录|说明|规则|管理|排行榜?|排名|考核|通报)?"
    ),
    Kind.HOURS: re.compile(
        r"(?:我的|个人|年度|单位)?学时(?:统计|明细|记录|说明|规则|管理|排行榜?|排名|考核|达标\S{0,2}|档案|要求)?"
    ),
}
_BOARD_BY: Final[dict[Kind, re.Pattern[str]]] = {
    Kind.ONLINE: re.compile(r"在线|使用时长|登录时长|活跃时长"),
    Kind.HOURS: re.compile(r"学时"),
    Kind.STUDY: re.compile(r"学习|视听|观看时长|阅读时长"),
}
# Hours given outside the app, or of a kind the page does not name: whether they matter is for a person to say.
_OTHER_RECORD: Final = re.compile(r"志愿服务|志愿|公益|服务时长")
_TIME_HEAD: Final = re.compile(r"时长|学时")
_HEADS: Final = re.compile(r"名次|排名|序号|姓名|单位|部门|支部|科室|人员")
_TIME_UNIT: Final = re.compile(r"(?:时长|时间|小时|分钟|^h$|学时)")


def account_durations(observation: Observation) -> tuple[Duration, ...]:
    """Return the times that belong to the account, in reading order, one for each label and place."""
    if any(OTHER_TIME.search(w.norm) for w in title_words(observation) if len(w.norm) <= 16):
        return ()
    plain = app_words(observation)
    words = with_joined(plain)
    item_page = _about_an_item(observation)
    page = dedicated_kind(observation)
    found: list[Duration] = []
    for kind, pattern in _LABELS.items():
        found += _in_one_word(words, kind, pattern) + _beside_a_label(observation, words, kind, pattern)
    if page is not None:
        found += _beside_a_label(observation, words, page, _BARE_IN_A_DEDICATED_PAGE)
        found += _in_one_word(words, page, _BARE_IN_A_DEDICATED_PAGE)
    bare = [d for d in found if _BARE_STUDY.fullmatch(d.label)]
    # The same bare label over and over is a column of courses; on the page of a course it is the course's.
    if item_page or len({d.word.box for d in bare}) > 1:
        found = [d for d in found if d not in bare]
    if item_page and read_player(observation) is not None:
        found = [d for d in found if re.search(r"累计|今日|本[周月]|年度|我的|个人|总", d.label)]
    return _once(found)


def dedicated_kind(observation: Observation) -> Kind | None:
    """Return what time the page is about, by its title; ``None`` where it is about something else."""
    for word in title_words(observation):
        for kind, pattern in _DEDICATED.items():
            if pattern.fullmatch(word.norm):
                return kind
    return None


def look_alike_time(observation: Observation) -> Word | None:
    """Return a word that gives a time which is no account's, ``None`` where the screen has none."""
    shown = [w for w in app_words(observation) if len(w.norm) <= 24 and OTHER_TIME.search(w.norm)]
    return next((w for w in shown if re.search(r"时长|时限|时间|\d\s*(?:分钟|小时|秒)|\d:\d\d", w.norm)), None)


def time_board(observation: Observation) -> TimeBoard | None:
    """Return people or units in order of time spent, ``None`` where the screen has no such list."""
    board = read_board(_with_minutes(observation))
    if board is None or board.points:
        return None
    by = board.by or _head_of_time(observation, board)
    if not _TIME_UNIT.search(by):
        return None
    board = replace(board, by=by)
    said = " ".join((by, *(w.norm for w in board.headings), *(w.norm for w in title_words(observation))))
    if OTHER_TIME.search(_OTHER_RECORD.sub("", said)):
        return None
    kind = next((k for k, pattern in _BOARD_BY.items() if pattern.search(said)), None)
    other = kind is None or bool(_OTHER_RECORD.search(said))
    return TimeBoard(board=board, kind=kind or Kind.ONLINE, other=other)


def _head_of_time(observation: Observation, board: Board) -> str:
    """Return the head of a column of time right above the first row, empty where there is none."""
    first = board.lines[0].words[-1].box
    over = [w for w in app_words(observation) if w.box.bottom <= first.top + 4 and len(w.norm) <= 8]
    heads = [w.norm for w in over if _TIME_HEAD.search(w.norm) and _in_a_head(observation, w)]
    return heads[-1] if heads else ""


def _in_a_head(observation: Observation, word: Word) -> bool:
    """Return whether the word stands among the heads of the columns of a table."""
    return any(_HEADS.fullmatch(w.norm) for w in row_of(observation, word))


def seconds_of(text: str) -> tuple[float, float] | None:
    """Return the seconds of a spelt time and its smallest step, ``None`` where the text is none (``1小时20分``)."""
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hours, minutes, rest = (int(g) for g in clock.groups())
        return hours * 3600.0 + minutes * 60.0 + rest, 1.0
    if not _SPELT.fullmatch(text):
        return None
    total, step, last = 0.0, 86400.0, math.inf
    for hit in _PART.finditer(text):
        unit = _unit_s(hit.group(2))
        if unit >= last:
            return None  # 12分钟192分钟 are two times that stand side by side
        last = unit
        places = len(hit.group(1).partition(".")[2])
        total += float(hit.group(1)) * unit
        step = min(step, unit / 10**places)
    return total, step


def _unit_s(unit: str) -> float:
    lower = unit.lower()
    if lower in {"分", "分钟", "min", "′", "'"}:
        return 60.0
    if lower in {"秒", "秒钟", "s", "″", '"'}:
        return 1.0
    return 86400.0 if lower == "天" else 3600.0


def _in_one_word(words: Sequence[Word], kind: Kind, label: re.Pattern[str]) -> list[Duration]:
    found = []
    for word in words:
        if len(word.norm) > 120 or OTHER_TIME.search(word.norm):
            continue
        for part in re.split(r"[,。;|]", word.norm):
            hit = re.match(rf"(?P<label>{label.pattern})(?:为|达到?|共|了|:)?(?P<value>\d\S*)$", part)
            value = _value(hit.group("value"), "", kind) if hit else None
            if hit and value and not _NEAR.search(part):
                found.append(_duration(kind, hit.group("label"), value, word, part))
    return found


def _beside_a_label(
    observation: Observation, words: Sequence[Word], kind: Kind, label: re.Pattern[str]
) -> list[Duration]:
    """Return the labels that have a value above, below or to the right of them."""
    found = []
    with_unit = re.compile(rf"(?P<label>{label.pattern})(?P<unit>[(/](?:分钟?|小时|时|秒|min|h|学时)\)?)?:?")
    for word in whole(words, with_unit):
        hit = with_unit.fullmatch(word.norm)
        if hit is None or OTHER_TIME.search(word.norm) or _in_a_head(observation, word):
            continue
        unit = (hit.group("unit") or "").strip("(/)")
        value = _nearest_value(observation, words, word, unit, kind)
        if value is not None:
            found.append(_duration(kind, hit.group("label"), value[0], word, value[1]))
    return found


def _nearest_value(
    observation: Observation, words: Sequence[Word], label: Word, unit: str, kind: Kind
) -> tuple[tuple[float, float], str] | None:
    right = [w for w in row_of(observation, label) if w.box.left >= label.box.right - 4][:1]
    near = [*above(observation, label)[:1], *below(observation, label)[:1], *right]
    for word in near:
        value, text = _value(word.norm, unit, kind), word.norm
        if not unit and kind is not Kind.HOURS:
            # The unit may stand in a node of its own, hours and minutes too: the longest spelt time speaks.
            here = (w for w in words if w.box.overlap(word.box) == word.box and len(w.norm) <= 16)
            spelt = [w for w in here if seconds_of(w.norm) is not None]
            text = max((w.norm for w in spelt), key=len, default="")
            value = _value(text, unit, kind)
        if value is not None:
            return value, f"{label.norm} {text}"
    return None


def _value(text: str, unit: str, kind: Kind) -> tuple[float, float] | None:
    if kind is Kind.HOURS or unit == "学时":
        hit = _HOURS.fullmatch(text)
        return (float(hit.group(1)), 0.0) if hit else None
    spelt = seconds_of(text)
    if spelt is not None:
        return spelt
    if unit and _PLAIN.fullmatch(text):
        places = len(text.partition(".")[2])
        return float(text) * _unit_s(unit), _unit_s(unit) / 10**places
    return None


def _duration(kind: Kind, label: str, value: tuple[float, float], word: Word, text: str) -> Duration:
    seconds, step = value
    kind = Kind.HOURS if step == 0.0 else kind
    return Duration(kind=kind, label=label, value_s=seconds, unit_s=step, text=text, word=word)


def _about_an_item(observation: Observation) -> bool:
    titles = [w for w in title_words(observation) if len(w.norm) <= 16]
    return any(_ITEM_PAGE.search(w.norm) for w in titles) and not any(
        re.search(r"我的|个人中心|档案|统计", w.norm) for w in titles
    )


def _once(found: Sequence[Duration]) -> tuple[Duration, ...]:
    """Return one duration for each label and place; of joined words the shortest speaks."""
    kept: list[Duration] = []
    for one in sorted(found, key=lambda d: (len(d.word.norm), d.word.box)):
        same = (k for k in kept if k.word.box.overlap(one.word.box).area_px > 0)
        if not any(k.label == one.label or k.value_s == one.value_s for k in same):
            kept.append(one)
    return tuple(sorted(kept, key=lambda d: (d.word.box.top, d.word.box.left)))


def _with_minutes(observation: Observation) -> Observation:
    """Return the screen with every spelt time (12小时30分) as one number of minutes, which a list can be read by."""

    def minutes(word: Word) -> Word:
        spelt = seconds_of(word.norm)
        return word if spelt is None else replace(word, norm=f"{spelt[0] / 60:g}分钟")

    return replace(observation, words=tuple(minutes(w) for w in observation.words))
