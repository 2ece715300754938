"""What a screen shows of a check-in feature: action control, record, missed days, signs of compulsion, look-alikes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from harness.model import Channel, Datum, Marker, Observation, Word
from harness.rules.layout import above, below, row_of, title_words
from harness.rules.markers import markers_in, voluntary_words
from harness.rules.streak_signs import habit_or_event, is_promise
from harness.rules.wording import Sighting, matching, read_from_pixels_only, whole

CONTROL_SIGN: Final = "control"
RECORD_SIGN: Final = "record"
COMPULSION: Final = frozenset(
    {
        Marker.GATE,
        Marker.QUOTA,
        Marker.CONSEQUENCE,
        Marker.CONTINUITY,
        Marker.NAGGING,
        Marker.ASSIGNMENT,
    }
)


class Reason(StrEnum):
    """Why the rule says what it says; message keys."""

    WALL = "mandatory-check-in-wall"
    WALL_AND_MISSING = "mandatory-check-in-wall-and-missing"
    WALL_AND_NEXT_DAY = "mandatory-check-in-wall-and-next-day"
    MISSING = "mandatory-check-in-missing"
    NEXT_DAY = "mandatory-check-in-next-day"
    GATE_TEXT = "mandatory-check-in-gate-text"
    CONSEQUENCE = "mandatory-check-in-consequence"
    QUOTA = "mandatory-check-in-quota"
    ASSIGNMENT = "mandatory-check-in-assignment"
    NAGGING = "mandatory-check-in-nagging"
    CONTINUITY = "mandatory-check-in-continuity"
    NO_COMPULSION = "mandatory-check-in-no-compulsion"
    VOLUNTARY = "mandatory-check-in-voluntary"
    CONTROL_ONLY = "mandatory-check-in-control-only"
    RECORD_ONLY = "mandatory-check-in-record-only"
    LOOK_ALIKE = "mandatory-check-in-look-alike"
    RULE_TEXT_ONLY = "mandatory-check-in-rule-text-only"
    NOT_SEEN = "mandatory-check-in-not-seen"


class WallReason(StrEnum):
    """What came of trying to get past a check-in screen; message keys."""

    CAME_BACK = "mandatory-check-in-wall-came-back"
    WENT_AWAY = "mandatory-check-in-wall-went-away"
    ONCE_ONLY = "mandatory-check-in-wall-once-only"
    UNREADABLE = "mandatory-check-in-wall-unreadable"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    CONTROL = "mandatory-check-in-mark-control"
    PICTURED = "mandatory-check-in-mark-pictured"
    DONE = "mandatory-check-in-mark-done"
    RECORD = "mandatory-check-in-mark-record"
    MISSING = "mandatory-check-in-mark-missing"
    COMPULSION = "mandatory-check-in-mark-compulsion"
    WALL = "mandatory-check-in-mark-wall"
    WALL_AFTER_BACK = "mandatory-check-in-mark-wall-after-back"
    WALL_AFTER_RESTART = "mandatory-check-in-mark-wall-after-restart"
    AFTER_BACK = "mandatory-check-in-mark-after-back"
    TOAST = "mandatory-check-in-mark-toast"
    ASKED_NEXT_DAY = "mandatory-check-in-mark-asked-next-day"
    MISSING_NEXT_DAY = "mandatory-check-in-mark-missing-next-day"
    PLACE = "mandatory-check-in-mark-place"


_IMPERATIVE: Final = re.compile(
    r"(?:我要|立即|马上|现在|去|一键|点击|点此|点我)(?:签到|打卡|签退|考勤)\S{0,6}|(?:上班|下班|外勤|迟到|早退|更新|极速|拍照|位置|定位|范围)打卡"
    r"|每日一签|(?:今日|每日|日常|天天)(?:签到|打卡)(?:\+\d+\S{0,3}|领\S{1,5}|得\S{1,6})?|签到(?:\+\d+\S{0,3}|领\S{1,5}|得\S{1,6})"
)
_NOT_AN_ACTION: Final = re.compile(r"[已未不无补漏断改转免取消]|没有|关于|如何|怎么|什么|\d")
_CONTROL: Final = re.compile(r"\S{0,4}(?:签到|打卡|签退|点到)(?:打卡|签到)?|考勤打卡|考勤签到|每日一签")
_DONE: Final = re.compile(
    r"(?:我|您|你|今日|今天|本日|本班|本次|上班|下班|早班|晚班|白班|夜班)?已(?:签到|打卡|签退)(?:成功)?(?:\d{1,2}:\d{2})?"
    r"|(?:今天|今日)已(?:签到|打卡)[,!。].{0,12}"
    r"|(?:签到|打卡)成功[!。]?|明[日天]签到可?[得领]\S{1,8}"
    r"|(?:您|你|我)?已?(?:连续|累计|累积|连)(?:签到|打卡|签)\S{0,3}\d+[天次日](?:[,;。]\S{0,16})?|已签\d+[天次]|更新打卡"
)
_RECORD: Final = re.compile(
    r"(?:我的|今日|本月|个人|历史|值守|查看)?(?:签到|打卡|考勤|值守打卡)(?:日历|记录|明细|统计|月报|历史|时间)(?:\d{1,2}:\d{2}\S{0,3})?"
    r"|(?:今日|我的)考勤|(?:今日|今天|本班)?(?:未签到|未打卡)|缺卡记录|漏签记录|断签\S{0,14}|出勤率\S{0,6}"
)
# 未签 in a cell may be a day still to come: it is no mark of a missed one.
_MISSING: Final = re.compile(r"缺卡|漏签|漏打卡|旷工|缺勤|缺")
_MISSING_COUNTED: Final = re.compile(r"(?:本月|累计|合计)?(?:缺卡|漏签|漏打卡|旷工|缺勤|未打卡|未签到):?(\d+)[天次日]")
_MISSING_DATED: Final = re.compile(
    r"(?:\d{4}[年-])?(?:\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号]|\d{1,2}-\d{1,2})\S{0,6}?(?:缺卡|漏签|漏打卡|旷工|缺勤|未打卡|未签到)\S{0,6}"
)
_DATE_CELL: Final = re.compile(r"(?:\d{1,2}月)?(?:[1-9]|[12]\d|3[01])[日号]?")
_SUMMARY_LABEL: Final = re.compile(r"出勤|正常|迟到|早退|请假|外勤|已签|已打卡")
_NUMBER: Final = re.compile(r"\d{1,3}")

_WORD_VETO: Final = re.compile(
    r"会议|活动签|报名|签到墙|签到码|二维码|现场|值机|航班|候诊|就诊|取号|挂号|签收|签约|签订|签章|签名|签发|签证|改签|转签"
    r"|打卡[地点机]|景点|网红|美食|旅游|血压|血糖|健康|运动|跑步|读书|阅读打卡|早起|饮水|作业|自动打卡|访客|来访|签到分享"
    r"|打卡(?:设置|提醒)|签到(?:设置|提醒)|考勤\S{0,4}设置|消息|铃声"
)
_EVENT: Final = re.compile(
    r"会议(?:时间|地点|签到|议程|名称)|活动(?:时间|地点|签到|名额|报名)|参会|与会|签到二维码|签到码|扫码签到|现场签到|报名人数|主讲人|嘉宾"
    r"|预约(?:单号|时间|编号)|过号|爽约|开考|面试时间|到场签到|签到取号|签到候诊|来访人|入馆签到"
)
_EVENT_TITLE: Final = re.compile(
    r"会议|活动|大会|座谈会|论坛|讲座|报名|二维码|签到墙|挂号|候诊|值机|快递|包裹|签收|签约|打卡[地点]"
    r"|预约|就诊|面试|考场|考试|访客|来访|场馆|座位"
)
# A habit of one's own; where the page speaks of attendance too, the habit is only something else on it.
_HABIT: Final = re.compile(
    r"(?:作业|读书|阅读|朗读|早起|健身|运动|跑步|健走|血压|血糖|饮水|健康|学习小组)\S{0,2}打卡|打卡(?:作业|小组|挑战)"
)
_ATTENDANCE: Final = re.compile(r"签到|上班|下班|外勤|考勤|值守|值班|缺卡|漏|扣分|考核|通报")
_POLICY_TITLE: Final = re.compile(r"隐私|用户协议|服务协议|权限说明|个人信息|收集清单|提醒设置|消息设置|铃声")
_PERSONAL_RECORD: Final = re.compile(r"缺卡|补签|补卡|连续签到|连续打卡|签到日历|打卡记录|考勤|漏签|断签|扣分|考核")
_SUBJECT: Final = re.compile(r"签到|打卡|考勤|漏签|缺卡|断签|补签|补卡")
_NOTICE_TITLE: Final = re.compile(r"^\S{0,8}(?:通知|公告|规则|须知|制度|说明|依据)\S{0,4}$")
_HEADLINE_CHARS: Final = 14
_ABOUT_OTHERS: Final = re.compile(r"某[^天日次]|纪委|监委|典型|造假|流于形式|整治|印发|被(?:约谈|通报|处分|查)|《")
# A notice on a page of its own binds the check-in of this app only where it says so.
_RULES_TITLE: Final = re.compile(r"\S{0,8}(?:签到|打卡|考勤)\S{0,4}(?:规则|说明|须知|管理|制度|办法|规定|要求)")
_OF_THIS_APP: Final = re.compile(
    r"本?(?:平台|应用(?!程序不)|系统|软件|APP|小程序)|每[日天]\S{0,8}(?:签到|打卡)", re.IGNORECASE
)
_DEDICATED_TITLE: Final = re.compile(r"(?:签到|打卡|考勤)(?:规则|说明|须知|管理|制度|日历|记录)?|今日考勤|掌上考勤")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Everything a screen shows of the feature, the numbers it needs, and whether it offers it as free will."""

    all: tuple[Sighting, ...]
    control: tuple[Word, ...]
    data: tuple[tuple[str, Datum], ...]
    voluntary: bool


def looks_like_something_else(observation: Observation, words: Sequence[Word]) -> Word | None:
    """Return the word that shows that signing in here is not attendance (an event, a policy text), else ``None``."""
    titles = title_words(observation)
    for word in titles:
        short = len(word.norm) <= 20
        if short and _POLICY_TITLE.search(word.norm):
            return word
    habit = matching(words, _HABIT, max_chars=12)
    if habit and not matching(words, _ATTENDANCE):
        return habit[0]
    other = habit_or_event(observation, words)
    if other is not None and matching(words, _SUBJECT):
        return other
    if matching(words, _PERSONAL_RECORD):
        return None
    for word in titles:
        if len(word.norm) <= 24 and _EVENT_TITLE.search(word.norm) and matching(words, _SUBJECT):
            return word
    event = matching(words, _EVENT, max_chars=40)
    return event[0] if event and matching(words, _SUBJECT) else None


def screen_signs(observation: Observation, words: Sequence[Word]) -> Signs:
    """Return the signs of a check-in feature on a screen that is not a look-alike."""
    plain = [w for w in words if not _WORD_VETO.search(w.norm)]
    control = _controls(plain)
    done = tuple(w for w in whole(plain, _DONE) if not is_promise(w.norm))
    record = whole(plain, _RECORD)
    missing, missed = _missing_days(observation, plain)
    sightings = [Sighting(word=w, why=Why.CONTROL, sign=CONTROL_SIGN) for w in control]
    # A done mark proves both: somebody pressed, and it was kept.
    sightings += [Sighting(word=w, why=Why.DONE, sign=s) for w in done for s in (RECORD_SIGN, CONTROL_SIGN)]
    sightings += [Sighting(word=w, why=Why.RECORD, sign=RECORD_SIGN) for w in record]
    if not control and not done and (record or missing):
        # A picture that is named a check-in says little by itself; beside a record it is the button of that record.
        pictured = picture_controls(observation)
        sightings += [Sighting(word=w, why=Why.PICTURED, sign=CONTROL_SIGN) for w in pictured]
    sightings += [Sighting(word=w, why=Why.MISSING, sign=s) for w in missing for s in ("missing", RECORD_SIGN)]
    dedicated = any(_DEDICATED_TITLE.fullmatch(w.norm) for w in title_words(observation))
    on_topic = dedicated or any(_NOTICE_TITLE.search(w.norm) for w in title_words(observation))
    # A headline that can be tapped speaks of somebody else's check-in; an article does so at length.
    speaking = plain if dedicated else [w for w in plain if not (w.clickable and len(w.norm) > _HEADLINE_CHARS)]
    speaking = [w for w in speaking if not _ABOUT_OTHERS.search(w.norm)]
    if not sightings and not dedicated and not any(_RULES_TITLE.fullmatch(w.norm) for w in title_words(observation)):
        speaking = [w for w in speaking if _OF_THIS_APP.search(w.norm)]
    compulsion = markers_in(
        speaking if on_topic or sightings else (), _SUBJECT, sorted(COMPULSION), dedicated=dedicated
    )
    sightings += [
        Sighting(word=w, why=Why.COMPULSION, sign=f"marker-{marker}", marker=marker)
        for marker, w in _shortest(compulsion)
    ]
    willing = voluntary_words(plain, _SUBJECT)
    data: list[tuple[str, Datum]] = [("missing_days", missed)] if missed else []
    if compulsion:
        data.append(("said", compulsion[0][1].text))
    if willing:
        data.append(("voluntary", len(willing)))
    return Signs(all=tuple(_sorted(sightings)), control=control, data=tuple(data), voluntary=bool(willing))


def is_control(word: Word) -> bool:
    """Return whether a word is a control by which the account holder checks in."""
    if len(word.norm) > 14 or _WORD_VETO.search(word.norm):
        return False
    if _IMPERATIVE.fullmatch(word.norm):
        # Some check-in nodes are not marked clickable; an order in these words is a button all the same.
        return True
    acts = word.clickable and not read_from_pixels_only(word)
    return acts and bool(_CONTROL.fullmatch(word.norm)) and not _NOT_AN_ACTION.search(word.norm)


def picture_controls(observation: Observation) -> tuple[Word, ...]:
    """Return the nodes without any text whose id or Latin description names a check-in, as words of that name.

    ``sign_in`` is a log-in as often: where the page speaks of logging in, such names count for nothing.
    """
    logs_in = any(_LOG_IN.search(w.norm) for w in observation.words)
    found = []
    for index, element in enumerate(observation.elements):
        name = element.desc if element.desc.isascii() else ""
        name = name or element.resource_id.rpartition("/")[2]
        if element.text or not element.desc.isascii() or not name or _OTHER_NAME.search(name):
            continue
        if _says_something(observation, index):
            continue
        pressable = element.clickable or "Button" in element.class_name or "Image" in element.class_name
        if pressable and (_CHECK_IN_NAME.search(name) or (not logs_in and _SIGN_NAME.search(name))):
            channels = frozenset({Channel.HIERARCHY})
            found.append(
                Word(text=name, norm=name, box=element.box, channels=channels, elements=(index,), clickable=True)
            )
    return tuple(found)


def _says_something(observation: Observation, index: int) -> bool:
    box = observation.elements[index].box
    return any(box.overlap(w.box).area_px >= 0.9 * w.box.area_px > 0 for w in observation.words if w.norm)


_CHECK_IN_NAME: Final = re.compile(
    r"(?:^|[_\W]|btn|img|iv|tv)(?:check|clock|punch)[_\W]?in(?![a-z])|qian[_\W]?dao|(?:^|[_\W])da[_\W]?ka(?![a-z])"
    r"|CheckIn(?![a-z])|ClockIn(?![a-z])|PunchIn(?![a-z])",
    re.IGNORECASE,
)
_SIGN_NAME: Final = re.compile(
    r"(?:^|[_\W]|btn|img|iv|tv)sign[_\W]?in(?![a-z])|(?:^|[_\W])(?:daily|day|my)[_\W]?sign(?![a-z])|^(?:btn|iv|img|tv)[_\W]?sign$"
    r"|^sign(?:Tv|Iv|Btn|Img|Button)$",
    re.IGNORECASE,
)
_LOG_IN: Final = re.compile(r"登录|登陆|密码|验证码|注册")
_OTHER_NAME: Final = re.compile(r"pass|pwd|login|log_in|google|wechat|weixin|phone|account", re.IGNORECASE)


def _controls(words: Sequence[Word]) -> tuple[Word, ...]:
    return matching([w for w in words if is_control(w)], _SUBJECT_OR_SIGN)


_SUBJECT_OR_SIGN: Final = re.compile(r"签|打卡|点到|考勤")


def _missing_days(observation: Observation, words: Sequence[Word]) -> tuple[tuple[Word, ...], int]:
    """Return the words that mark missed days in an individual record, and how many days they say."""
    counted = [(w, int(hit.group(1))) for w in words if (hit := _MISSING_COUNTED.fullmatch(w.norm))]
    counted = [(w, n) for w, n in counted if n > 0]
    dated = [w for w in whole(words, _MISSING_DATED) if not _MISSING_COUNTED.fullmatch(w.norm)]
    cells = [w for w in whole(words, _MISSING) if _belongs_to_a_day(observation, w)]
    summaries = [
        (w, n) for w in whole(words, _MISSING) for n in [_summary_number(observation, w)] if n is not None and n > 0
    ]
    found = [w for w, _ in counted] + [w for w, _ in summaries] + dated + cells
    numbers = [n for _, n in counted] + [n for _, n in summaries]
    if not numbers and not dated and not cells:
        return (), 0
    # What the record itself counts is told; only where it counts nothing are its marks counted.
    return tuple(dict.fromkeys(found)), max(numbers) if numbers else max(len(dated), len(cells))


def missed_dates(words: Sequence[Word]) -> frozenset[tuple[int, int]]:
    """Return month and day of every date that a record spells out as missed."""
    dated = (re.search(r"(\d{1,2})月(\d{1,2})", w.norm) for w in whole(words, _MISSING_DATED))
    return frozenset((int(hit[1]), int(hit[2])) for hit in dated if hit)


def _belongs_to_a_day(observation: Observation, word: Word) -> bool:
    if _summary_row(observation, word):
        return False
    near = (*above(observation, word, within_ratio=0.03)[:1], *_left_neighbour(observation, word))
    return any(_DATE_CELL.fullmatch(w.norm) for w in near)


def _summary_number(observation: Observation, word: Word) -> int | None:
    if not _summary_row(observation, word):
        return None
    near = (*above(observation, word)[:1], *below(observation, word)[:1])
    numbers = [int(w.norm) for w in near if _NUMBER.fullmatch(w.norm)]
    return numbers[0] if numbers else None


def _summary_row(observation: Observation, word: Word) -> bool:
    others = [w for w in row_of(observation, word) if w is not word]
    labels = [w for w in others if _SUMMARY_LABEL.search(w.norm)]
    numbers = [w for w in row_of(observation, word) if _DATE_CELL.fullmatch(w.norm)]
    return bool(labels) and not numbers and not _calendar_around(observation, word)


def _calendar_around(observation: Observation, word: Word) -> bool:
    """Return whether the row above is a row of day numbers, one above each mark."""
    marks = [w for w in row_of(observation, word) if _SUMMARY_LABEL.search(w.norm) or _MISSING.fullmatch(w.norm)]
    days = [
        int(over[0].norm)
        for w in marks
        if (over := above(observation, w, within_ratio=0.03)) and over[0].norm.isdigit()
    ]
    return len(days) >= 2 and all(b > a for a, b in pairwise(days)) and days[-1] - days[0] <= 6


def _left_neighbour(observation: Observation, word: Word) -> tuple[Word, ...]:
    left = [w for w in row_of(observation, word) if w.box.right <= word.box.left + 4]
    return tuple(left[-1:])


def _shortest(hits: Sequence[tuple[Marker, Word]]) -> list[tuple[Marker, Word]]:
    """Return of all words that carry one marker those that are not merely longer joins of another."""
    kept: list[tuple[Marker, Word]] = []
    for marker in sorted({m for m, _ in hits}):
        words = matching([w for m, w in hits if m is marker], re.compile(""))
        kept.extend((marker, w) for w in words)
    return kept


def _sorted(sightings: Sequence[Sighting]) -> list[Sighting]:
    order = {Why.CONTROL: 0, Why.PICTURED: 0, Why.DONE: 1, Why.MISSING: 2, Why.COMPULSION: 3, Why.RECORD: 4}
    return sorted(sightings, key=lambda s: (order.get(Why(s.why), 9), s.word.box))
