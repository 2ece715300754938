"""Reads a list of behaviours that bring points: each row names one and what it brings, or how far it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import title_words
from harness.rules.wording import matching

MIN_ROWS: Final = 2
MIN_ROWS_WITHOUT_PROGRESS: Final = 3
_ROW_RATIO: Final = 0.03  # of the screen's height, from the middle of a behaviour to what it brings


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One row: the behaviour, the word that names it, the progress where the row has one."""

    name: str
    word: Word
    progress: Word | None


_BEHAVIOURS: Final = (
    r"(?:我要)?选读文章|(?:有效)?阅读(?:文章|资讯|新闻|\S{0,2})?|读文章|文章学习|(?:我要)?视听学习(?:时长)?|视频学习|观看视频|看视频|学习视频|课程学习|在线学习"
    r"|学习课程|听书|听广播|收听\S{0,2}|(?:每日|每周|专项|挑战|趣味|我要)?答题(?:活动|竞赛)?|四人赛|双人对战|在线考试|参加考试|知识竞赛|订阅|分享|转发|点赞|评论"
    r"|(?:发表)?(?:观点|评论)|留言|收藏|本地频道|浏览(?:新闻|资讯|文章)|强国运动|学习时长|在线时长|有效学习\S{0,4}|完善(?:资料|信息)|(?:上传|撰写)?学习心得|心得体会|参加活动"
    r"|(?:首次|日常)?登录(?:\S{0,2}|APP)|签到|打卡|邀请(?:好友|同事)"
)
_NAME: Final = re.compile(rf"(?:\d{{1,2}}[.、])?(?:每[日天周]|今日|参与|完成|进行|去)?(?:{_BEHAVIOURS})")
_PROGRESS: Final = re.compile(
    r"(?:已得|已获|已完成|今日)?:?\d+(?:\.\d+)?分?/(?:上限)?\d+(?:\.\d+)?积?分|已[得获]:?\d+分[,/]?(?:每日)?上限:?\d+分"
)
_BARE_PROGRESS: Final = re.compile(r"(?:已完成)?[(]?\d{1,3}/\d{1,3}[)]?次?")
_GAIN: Final = re.compile(
    r"\+\d+(?:\.\d+)?(?:积?分|积分)?|\d+(?:\.\d+)?积?分/\S{1,20}|(?:每|首|可|单|日)\S{0,16}(?:得|积|加|计|奖励?|\+)\+?\d+(?:\.\d+)?积?分\S{0,14}"
    r"|\S{0,6}[+得加积计]\d+(?:\.\d+)?积?分\S{0,14}|每\S{1,8}\d+积?分\S{0,12}"
)
_ONE_LINE: Final = re.compile(rf"(?P<name>{_NAME.pattern}).{{0,24}}?(?P<value>{_PROGRESS.pattern}|\+\d+(?:积?分))")
_LEARNING: Final = re.compile(r"阅读|文章|视听|视频|答题|学习|课程|考试|竞赛|观点|四人赛|双人对战|心得|听书|广播")
_OTHER_TITLE: Final = re.compile(
    r"信用|志愿|会员|商城|兑换|落户|入户|入学|居住证|记分|减分|驾|文明实践|积分超市|垃圾|环保|碳|里程|加油|金币|优惠|福利|购|银行|理财|健康|运动|游戏|成长值|等级"
)
_COMMERCE: Final = re.compile(
    r"商城|兑换|会员|优惠|购物|下单|消费|满减|红包|抽奖|金币|京豆|现金|提现|礼品|返利|逛|浏览商品|开户|绑卡|信用|志愿服务"
)
_GRADES: Final = re.compile(r"总成绩|平时成绩|期末|结业|总评|课程成绩|综合成绩|考核成绩|成绩构成")


def read_tasks(observation: Observation, words: Sequence[Word]) -> tuple[Task, ...]:
    """Return the rows of a list of behaviours with points, from top to bottom; empty where there are too few."""
    rows: dict[str, Task] = {}
    reach_px = _ROW_RATIO * observation.size_px[1]
    values = [w for w in words if _PROGRESS.fullmatch(w.norm) or _GAIN.fullmatch(w.norm)]
    bare = [w for w in words if _BARE_PROGRESS.fullmatch(w.norm)]
    for word in sorted(words, key=lambda w: (w.box.top, len(w.norm))):
        line = _ONE_LINE.match(word.norm) if len(word.norm) <= 60 else None
        if line is not None:
            progress = word if _PROGRESS.search(word.norm) else None
            rows.setdefault(line.group("name"), Task(name=line.group("name"), word=word, progress=progress))
        elif len(word.norm) <= 12 and _NAME.fullmatch(word.norm):
            near = [v for v in values if _in_the_row(word, v, reach_px)]
            if near:
                counted = [v for v in near if _PROGRESS.fullmatch(v.norm)]
                counted += [v for v in bare if _in_the_row(word, v, reach_px)]
                rows.setdefault(word.norm, Task(name=word.norm, word=word, progress=counted[0] if counted else None))
    found = tuple(sorted(rows.values(), key=lambda t: t.word.box))
    least = MIN_ROWS if any(t.progress is not None for t in found) else MIN_ROWS_WITHOUT_PROGRESS
    return found if len(found) >= least else ()


def other_tasks(observation: Observation, words: Sequence[Word], tasks: Sequence[Task]) -> Word | None:
    """Return the word by which the points here are of a shop, of credit or of good deeds, else ``None``.

    An app for learning may have a shop beside it: two tasks of learning outweigh the shop, not the title.
    """
    for word in title_words(observation):
        if len(word.norm) <= 16 and _OTHER_TITLE.search(word.norm) and "学习" not in word.norm:
            return word
    graded = matching(words, _GRADES, max_chars=24)
    if tasks and graded:
        return graded[0]
    learning = sum(bool(_LEARNING.search(t.name)) for t in tasks)
    sold = matching(words, _COMMERCE, max_chars=24)
    return sold[0] if tasks and sold and learning < 2 else None


def _in_the_row(name: Word, value: Word, reach_px: float) -> bool:
    """Return whether what a row brings stands beside its name or right below it."""
    down_px = (value.box.top + value.box.bottom - name.box.top - name.box.bottom) / 2
    return value is not name and -0.6 * reach_px <= down_px <= reach_px and value.box.right > name.box.left
