"""Reads signs of a neglected app off one screen: dates of what is published, empty entries, a closing notice. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harness.grouping import in_status_bar
from harness.model import Observation, Word
from harness.rules.layout import title_words
from harness.rules.wording import whole
from harness.wording import normalise

_BEIJING: Final = timedelta(hours=8)
MIN_DATES: Final = 4  # of what is published on one page, before it is a list
_MAX_BARE_WORDS: Final = 12  # an empty page has hardly any words besides its title and what says that it is empty
_MAX_TITLE_CHARS: Final = 14

_DATE: Final = r"(20[0-4]\d)(?:年|[-/.])(1[0-2]|0?[1-9])(?:月|[-/.])(3[01]|[12]\d|0?[1-9])日?"
_WHOLE_DATE: Final = re.compile(
    rf"(?:(?:发布|更新|创建)?(?:时间|日期|于)[:：]?|\[|\(|【)?{_DATE}(?:\s?\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?(?:\]|\)|】)?(?:发布)?"
    r"(?:(?:来源|阅读|浏览)\S{0,16})?"
)
# A day without its year may be of this one; what is told in hours or days is new.
_FRESH: Final = re.compile(
    r"刚刚|\d{1,2}(?:分钟|小时)前|[1-9]\d?天前|昨天\S{0,6}|前天\S{0,6}|今天\S{0,6}|(?:1[0-2]|0?[1-9])[-/](?:3[01]|[12]\d|0?[1-9])(?:\s?\d{1,2}:\d{2})?|(?:1[0-2]|[1-9])月(?:3[01]|[12]\d|[1-9])日"
)
_CLOCK: Final = re.compile(r"星期|周[一二三四五六日]|今天是|农历")
# Pages of what is published, and pages whose old dates are in order.
_NEWS: Final = re.compile(r"\S{0,6}(?:通知|公告|新闻|要闻|资讯|动态|头条|信息公开|政务公开|公示)\S{0,4}|首页")
_ARCHIVE: Final = re.compile(
    r"历史|往期|归档|档案|史志|年鉴|法规|法律|条例|政策|文件|制度|规划|志愿|记录|我的|订单|缴费|办件|成绩|证书|大事记|回顾|纪念|搜索|收藏|足迹|账单|明细|查询|专题|案例|知识|百科|出版|图书|版本"
)
_UNDONE: Final = re.compile(
    r"\S{0,10}(?:功能|栏目|页面|模块|内容|服务)?(?:正在)?(?:建设|开发)中[,!。…]{0,2}(?:敬请期待)?[!。…]{0,3}|(?:更多\S{0,6})?(?:功能|内容|服务)?,?敬请期待[!。…]{0,3}"
    r"|(?:该|此|本)?(?:功能|栏目|服务|模块)(?:暂未|尚未|未|暂不)(?:开放|开通|上线|启用|提供)\S{0,8}|(?:抱歉,?)?(?:您访问的)?页面(?:不存在|走丢了|找不到了|已删除)\S{0,6}"
    r"|(?:HTTP ?)?(?:错误)?404(?: ?Not ?Found|页面\S{0,6})?",
    re.IGNORECASE,
)
_CLOSED: Final = re.compile(
    r"(?:本|该)?(?:应用|APP|app|平台|系统|软件|小程序|客户端)\S{0,12}(?:已|现已|自\S{2,16}起)(?:正式)?(?:停止(?:服务|运营|使用|维护|更新)|下线|关停|暂停运营|注销)\S{0,20}|(?:本|该)(?:应用|平台|系统|软件)(?:已)?(?:停止服务|停止运营|不再维护|不再更新)\S{0,16}"
)
# One part of an app that ends, and repairs that pass.
_NOT_CLOSED: Final = re.compile(
    r"网站|旧版|版本|功能|窗口|线下|营业|航班|企业|商户|某|通报|维护期间|升级|恢复|临时|夜间|节假日|假期"
)
_VERSION_OF: Final = re.compile(rf"(?:版本|应用)?(?:更新|发布)(?:时间|日期)[:：]?{_DATE}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The dates of what a page publishes: how many, the newest, and the word that shows it."""

    count: int
    newest: date
    word: Word


def today(observation: Observation) -> date:
    """Return the day of the look in Beijing, by the clock of the host."""
    return (observation.at.wall + _BEIJING).date()


def published(observation: Observation, words: Sequence[Word]) -> Dated | None:
    """Return the dates of a page that publishes, ``None`` where it is no such page, or something on it may be new."""
    short = [w.norm for w in words if len(w.norm) <= _MAX_TITLE_CHARS]
    titles = [w.norm for w in title_words(observation) if len(w.norm) <= _MAX_TITLE_CHARS]
    if not any(_NEWS.fullmatch(t) for t in short) or any(_ARCHIVE.search(t) for t in titles):
        return None
    dated = [(day, w) for w in words if (day := _day_of(w)) is not None]
    now = today(observation)
    if any(day == now and _CLOCK.search(w.norm) for day, w in dated):
        return None
    fresh = [w for w in whole(words, _FRESH) if not _CLOCK.search(w.norm)]
    if len(dated) < MIN_DATES or fresh:
        return None
    newest, word = max(dated, key=lambda pair: pair[0])
    return Dated(count=len(dated), newest=newest, word=word)


def fresh_words(words: Sequence[Word], now: date) -> tuple[Word, ...]:
    """Return the words that something new stands beside, wherever on the screen: a recent date, 3小时前."""
    recent = [
        w for w in words if (day := _day_of(w)) is not None and (now - day).days < 180 and not _CLOCK.search(w.norm)
    ]
    return (*recent, *(w for w in whole(words, _FRESH) if not _CLOCK.search(w.norm)))


def empty_page(observation: Observation, words: Sequence[Word]) -> Word | None:
    """Return the word that says the page holds nothing and never did, ``None`` where the page holds something."""
    said = whole(words, _UNDONE)
    shown = [w for w in observation.words if w.norm and not in_status_bar(observation, w)]
    return said[0] if said and len(shown) <= _MAX_BARE_WORDS else None


def says_empty(text: str) -> bool:
    """Return whether a toast says that there is nothing behind what was pressed."""
    return bool(_UNDONE.fullmatch(normalise(text)))


def closing_notice(words: Sequence[Word]) -> Word | None:
    """Return the word by which the app itself says that it ended."""
    said = [w for w in whole(words, _CLOSED) if not _NOT_CLOSED.search(w.norm) and not w.clickable]
    return said[0] if said else None


def old_version(words: Sequence[Word]) -> tuple[date, Word] | None:
    """Return the day on which the app was last renewed, where a page says so."""
    for word in words:
        hit = _VERSION_OF.fullmatch(word.norm)
        if hit is not None and any("版本" in w.norm for w in words) and (day := _date(*hit.groups())) is not None:
            return day, word
    return None


def _day_of(word: Word) -> date | None:
    hit = _WHOLE_DATE.fullmatch(word.norm) if len(word.norm) <= 44 else None
    return _date(*hit.groups()[:3]) if hit is not None else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
