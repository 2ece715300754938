"""Reads a channel for complaints off one screen: the way to it, its form, what became of a complaint. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import title_words
from harness.rules.wording import Sighting, matching, read_from_pixels_only, whole

ENTRY: Final = "entry"
FORM: Final = "form"
TRACK: Final = "tracking"
REVIEW: Final = "review"
DEAD: Final = "dead"
GONE: Final = "gone"  # 404: for good, or tonight
NEAR: Final = "near"


class Why(StrEnum):
    """What a marked place shows; message keys."""

    ENTRY = "missing-complaint-channel-mark-entry"
    FORM = "missing-complaint-channel-mark-form"
    TRACK = "missing-complaint-channel-mark-tracking"
    REVIEW = "missing-complaint-channel-mark-review"
    DEAD = "missing-complaint-channel-mark-dead"
    NEAR = "missing-complaint-channel-mark-near"


_AND: Final = r"[与和及/、&]?"
# 消费投诉, 合理化建议, 举报 are about somebody else: only what speaks of this app, or of nothing in particular, counts.
_CHANNEL: Final = (
    r"(?:我要|我想|在线|网上|用户|使用|产品|应用|系统|平台|功能|软件|APP|app)?"
    rf"(?:投诉{_AND}(?:建议|反馈|咨询)?|建议{_AND}(?:投诉|反馈|意见)|意见{_AND}(?:反馈|建议|投诉)|意见箱|建议箱"
    rf"|(?:问题|用户|体验|客户|使用|帮助{_AND}|客服{_AND}|咨询{_AND})反馈|反馈{_AND}(?:建议|意见|问题|投诉|帮助|客服)?"
    rf"|咨询{_AND}(?:投诉|建议)|咨询{_AND}投诉{_AND}建议|(?<=我要)建议|提(?:意见|建议))"
    r"(?:中心|入口|专区|渠道|通道|平台)?"
)
WAY_IN: Final = re.compile(_CHANNEL)
_TRACKING_PAGE: Final = (
    r"(?:我的|历史)(?:反馈|投诉|建议|意见|诉求|留言)(?:记录|列表)?"
    r"|(?:反馈|投诉|建议|诉求)(?:记录|历史|进度|详情|列表)|处理进度|办理进度|回访评价"
)
WAY_TO_TRACKING: Final = re.compile(_TRACKING_PAGE)
_TITLE: Final = re.compile(rf"{_CHANNEL}|{_TRACKING_PAGE}")
_ASKS: Final = re.compile(
    r"请\S{0,8}(?:描述|填写|输入|写下|留下)\S{0,12}(?:意见|建议|问题|反馈|投诉|内容|诉求)\S{0,10}|(?:反馈|投诉|问题|意见|建议)(?:内容|描述|类型)[:：*]?"
)
_HAND_IN: Final = re.compile(r"(?:立即|确认)?提交(?:反馈|意见|投诉|建议)?|发送(?:反馈)?")
_TRACKED: Final = re.compile(
    rf"{_TRACKING_PAGE}|\S{{0,24}}(?:已受理|处理中|已回复|已办结|已处理|待受理|受理中|官方回复|平台回复)\S{{0,16}}|(?:处理|办理)(?:进度|结果)\S{{0,12}}|查看回复"
)
_REVIEWED: Final = re.compile(
    r"回访|满意度|(?:处理|办理)结果\S{0,6}评价|评价(?:处理|办理|本次)|服务评价|待评价|去评价|已评价|非常满意"
)
# A form of the consumers' hotline or of an inspectorate: whoever fills it in complains about a shop, not about the app.
_AGAINST_OTHERS: Final = re.compile(
    r"\*?(?:被(?:投诉|举报)\S{0,4}|(?:商家|商户|企业|店铺|公司|用人单位|开发商|物业公司)(?:名称|信息|地址|电话)|(?:商品|消费|购买|交易)(?:名称|金额|时间|日期|凭证|渠道)|(?:违法|举报)(?:线索|事项|对象|主体))[:：*]{0,2}"
)
_UNDONE: Final = re.compile(
    r"\S{0,8}(?:功能)?(?:正在)?(?:建设|开发|完善|升级)中\S{0,12}|敬请期待\S{0,4}|(?:该|此)?功能?(?:暂未|尚未|暂不|未)(?:开放|开通|上线|支持)\S{0,8}"
    r"|(?:已)?停止(?:受理|服务)\S{0,8}"
)
_GONE: Final = re.compile(r"\S{0,4}(?:页面不存在|页面走丢了|404)(?:\s?Not\s?Found)?\S{0,12}", re.IGNORECASE)
_PHONE: Final = re.compile(
    r"\S{0,12}(?:电话|热线|拨打|客服)\S{0,4}[:：]?\S{0,4}(?:0\d{2,3}-?\d{7,8}|1[0-9]{4,10}|400-?\d{3}-?\d{4})\S{0,12}"
)
# Not on the list of names, but a complaint may be taken there: a person has to look. A number to call is no place.
_MAY_BE_ONE: Final = re.compile(
    r"投诉|意见|反馈|建议|客服|诉求|民声|心声|民意|留言|写信|信箱|监督|举报|信访|吐槽|爆料|互动|交流|问答|答疑|咨询|建言|随手拍|我有话说|评价|好差评|接诉|帮办|热线平台"
)
_NO_PLACE: Final = re.compile(r"电话|热线|拨打|\d{5}")
_MAX_ENTRY_CHARS: Final = 10


def channel_title(observation: Observation) -> Word | None:
    """Return the title of a page that is the channel itself, or shows what became of what was said there."""
    titles = (w for w in title_words(observation) if _TITLE.fullmatch(w.norm))
    return next((w for w in titles if not _many_like_it(observation, w)), None)


def channel_signs(observation: Observation, words: Sequence[Word]) -> list[Sighting]:
    """Return what the screen shows of a channel for complaints about the app."""
    page = channel_title(observation) is not None
    form = _form(observation, words, titled=page)
    seen = [Sighting(word=form, why=Why.FORM, sign=FORM)] if form is not None else []
    if page or form is not None:
        titles = title_words(observation)
        below = [w for w in words if w not in titles or not WAY_IN.fullmatch(w.norm)]
        seen += [Sighting(word=w, why=Why.TRACK, sign=TRACK) for w in whole(below, _TRACKED)]
        seen += [Sighting(word=w, why=Why.REVIEW, sign=REVIEW) for w in matching(below, _REVIEWED, max_chars=40)]
        if not seen:
            seen += [Sighting(word=w, why=Why.DEAD, sign=DEAD) for w in whole(below, _UNDONE) or whole(below, _PHONE)]
            seen += [Sighting(word=w, why=Why.DEAD, sign=GONE) for w in whole(below, _GONE)]
        return seen
    seen += [Sighting(word=w, why=Why.ENTRY, sign=ENTRY) for w in ways_in(words)]
    if not seen:
        pressable = [w for w in words if len(w.norm) <= _MAX_ENTRY_CHARS and (w.clickable or read_from_pixels_only(w))]
        near = [w for w in matching(pressable, _MAY_BE_ONE) if not _NO_PLACE.search(w.norm)]
        seen += [Sighting(word=w, why=Why.NEAR, sign=NEAR) for w in near]
    return seen


def ways_in(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words that are the name of a channel and nothing else."""
    return whole((w for w in words if len(w.norm) <= 14), WAY_IN)


def _form(observation: Observation, words: Sequence[Word], *, titled: bool) -> Word | None:
    """Return what shows a form: a field or words that ask for one, with a way to hand in or the name of the channel."""
    if any(_AGAINST_OTHERS.fullmatch(w.norm) for w in words):
        return None
    field = any(e.class_name.endswith(("EditText", "AutoCompleteTextView")) for e in observation.elements)
    asks = whole(words, _ASKS)
    hand_in = whole(words, _HAND_IN)
    if titled and hand_in and (field or asks):
        return hand_in[0]
    return hand_in[0] if hand_in and any("反馈" in w.norm or "投诉" in w.norm for w in (*asks, *hand_in)) else None


def _many_like_it(observation: Observation, title: Word) -> bool:
    """Return whether the word stands in a grid or a bar of entries rather than alone as a title."""
    return title.clickable and sum(1 for w in observation.words if w.clickable and w.box.top == title.box.top) > 1
