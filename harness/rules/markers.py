"""Recognises the signs of compulsion M1 to M9 in wording. Pure; behaviour is measured by the probes instead.

A sign counts for a rule only where the sentence speaks of the rule's subject, or where the whole screen does
(``dedicated``): 考核 in a news headline beside a check-in button says nothing about the button.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from harness.model import Marker, Word

_MARKS: Final[dict[Marker, re.Pattern[str]]] = {
    Marker.GATE: re.compile(
        r"[请须需]先(?:完成)?(?:今日)?(?:签到|打卡|答题|学习)"
        r"|(?:签到|打卡)后(?:方可|才能|才可)|未(?:签到|打卡)(?:者)?(?:不能|无法|不得|不可)"
    ),
    Marker.QUOTA: re.compile(
        r"(?:必须|(?<![无勿])须|(?<![适相反响])应(?![用急届对该])|至少|达到|不少于|不低于)\D{0,10}\d+"
        r"|(?<![不无])需要?(?:每[日天周月班]|完成|签到|打卡)\D{0,8}\d+"
        r"|每[日天周月班次]\S{0,8}?(?:须|必须|都要|应当)|(?:必须|(?<![无勿])须|应当)\S{0,10}(?:签到|打卡|看完|学完|观看)"
        r"|目标\D{0,4}\d+|未达标|(?<!\d)\d+/\d+(?:次|天|分|学时)"
    ),
    Marker.CONSEQUENCE: re.compile(r"考核|考评|评优|评先|扣\d*(?:\.\d+)?分|通报|约谈|不合格|逾期|绩效|年度评|影响年度"),
    Marker.COMPARISON: re.compile(r"第\d+名|末位|倒数|[前后]\d+名|[前后][三五六十]名|红黑榜|排名|排行"),
    Marker.CONTINUITY: re.compile(r"连续\S{0,4}\d+[天日次]|连签\d*天?|断签|补签|补卡|漏签|(?:中断|断开)\S{0,6}重新"),
    Marker.NAGGING: re.compile(r"催办|催促|一键提醒|提醒未\S{0,8}(?:人员|名单|同志)|DING"),
    Marker.NO_OPT_OUT: re.compile(
        r"(?:不可|不能|禁止|不允许|不支持|请勿|无法|不得)\S{0,4}(?:拖动|拖拽|快进|跳过|关闭|隐藏)"
    ),
    Marker.ASSIGNMENT: re.compile(r"必修|必须|全员|全体(?:人员|干部|职工|党员)|指派|下发|上级|限期|截止"),
    Marker.CREDIT_CONDITION: re.compile(
        r"(?:看完|观看完|学完|播放完|完整观看|学习完|观看|看满|学满)\S{0,12}"
        r"(?:得|获|计入?|记入?|奖励|认定)\S{0,6}(?:积分|学分|学时|\d+分)"
    ),
}

_DENIAL: Final = re.compile(
    r"不(?:会|再|得)?(?:作为|作|纳入|影响|计入|列入|参与|用于|与|被|强制|做|进行)\S{0,8}"
    r"(?:考核|考评|评优|扣分|通报|约谈|绩效|排名|挂钩)|不(?:考核|扣分|通报|排名|强制)|非强制|无[须需]|免于|不得(?:将|把|以)"
    r"|(?:取消|停止)\S{0,6}(?:考核|排名|通报|签到|打卡)|不得\S{0,4}(?:强制|设置|要求)|[禁严]\S?(?:强制|设置)"
)
# What one loses of a gift is no duty: 奖励逾期失效, 活动截止, 满7天可达到白银等级.
_GIFT: Final = re.compile(r"活动|奖励|奖品|礼品|兑换|优惠|抽奖|红包|领取|等级|勋章|徽章")
_LOST_WITH_A_GIFT: Final = frozenset({Marker.QUOTA, Marker.ASSIGNMENT})
_GIFT_TOO_LATE: Final = re.compile(r"逾期")
_VOLUNTARY: Final = re.compile(r"自愿|可选|非强制|不作(?:强制)?要求|不强制|随时(?:关闭|退出)|欢迎参与")


def markers_in(
    words: Iterable[Word], subject: re.Pattern[str], among: Sequence[Marker], *, dedicated: bool = False
) -> tuple[tuple[Marker, Word], ...]:
    """Return each sign of compulsion with the word that carries it, in reading order.

    ``subject`` has to occur in the same word unless ``dedicated`` says that the screen is about nothing else.
    Sentences that deny the consequence (不纳入考核) carry no sign.
    """
    hits: list[tuple[Marker, Word]] = []
    for word in words:
        if not (dedicated or subject.search(word.norm)) or _DENIAL.search(word.norm):
            continue
        hits.extend((marker, word) for marker in among if _MARKS[marker].search(word.norm) and not _gift(marker, word))
    return tuple(hits)


def _gift(marker: Marker, word: Word) -> bool:
    """Return whether the sign speaks of a gift only: a number to reach for it, a date after which it is gone."""
    if not _GIFT.search(word.norm):
        return False
    if marker is Marker.CONSEQUENCE:
        return not _MARKS[marker].search(_GIFT_TOO_LATE.sub("", word.norm))
    return marker in _LOST_WITH_A_GIFT and not re.search(r"必须|(?<![无勿])须|全员|全体", word.norm)


def says(marker: Marker, word: Word) -> bool:
    """Return whether one word carries the sign and does not deny it."""
    return bool(_MARKS[marker].search(word.norm)) and not _DENIAL.search(word.norm)


def voluntary_words(words: Iterable[Word], subject: re.Pattern[str]) -> tuple[Word, ...]:
    """Return the words that offer the subject as a matter of free will."""
    return tuple(w for w in words if _VOLUNTARY.search(w.norm) and subject.search(w.norm))
