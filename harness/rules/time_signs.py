"""What rules about time share: rows of a list by time, comparisons that name a place, quotas of time. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from harness.model import Marker, Word
from harness.rules.durations import TimeBoard
from harness.rules.wording import Sighting

MAX_ROWS: Final = 6

_PLACE: Final = re.compile(
    r"第\d+名|末位|倒数|[前后]\d+名|[前后][三五六十]名|红黑榜|按\S{0,8}(?:时长|学时)\S{0,4}(?:排名|排行|排序)"
)
_NUMBER_OF_TIME: Final = re.compile(r"\d(?:\.\d+)?个?(?:天|小时|分钟?|秒|学时|课时|h)|未达标|达标", re.IGNORECASE)
_NAMED_TIME: Final = re.compile(
    r"(?!累计|记录|统计|总计|规定|要求|年度|每[日天周月年]|今日|本[月周年])[\u4e00-\u9fff]{2}(?:时长|学时)|答题|签到|打卡|考试|会议|志愿|积分|请假|加班"
)
_PRIZE: Final = re.compile(r"奖励|奖品|奖金|勋章|礼品|纪念|证书|表扬")
# What has to be reached for one item to be counted at all is no duty to reach it.
_THRESHOLD: Final = re.compile(
    r"(?:方可|才|方能|即可|可)?(?:计|得|获|加|记|奖励?)\S{0,3}\d+(?:\.\d+)?(?:积?分|学时)(?!钟)|单次|每次|每篇|每节|每课|每个视频|有效(?:学习|阅读|观看)"
    r"|(?:方可|才能?|方能)(?:计|算|获)|可[获领]|不足\S{0,10}不计|上限|最多|不超过"
)


def board_sightings(board: TimeBoard, why: str, sign: str) -> list[Sighting]:
    """Return one sighting for each of the first rows of a list of people or units by time."""
    seen = []
    for line in board.board.lines[:MAX_ROWS]:
        box = line.words[0].box
        for word in line.words[1:]:
            box = box.around(word.box)
        joined = " ".join(w.text for w in line.words)
        word = replace(line.words[0], text=joined, box=box)
        seen.append(Sighting(word=word, why=why, sign=sign, marker=Marker.COMPARISON))
    return seen


def compared(word: Word) -> bool:
    """Return whether a sentence names a place among others; 排行 as the label of an entry does not."""
    return bool(_PLACE.search(word.norm)) and not _PRIZE.search(word.norm)


def quota_of_time(word: Word) -> bool:
    """Return whether a sentence with a duty counts it in time; 须看3节课 is no duty of time."""
    return bool(_NUMBER_OF_TIME.search(word.norm)) and not _THRESHOLD.search(word.norm)


def of_another_time(word: Word, subject: re.Pattern[str]) -> bool:
    """Return whether a sentence names a time of its own which is not the one a page is about."""
    return not subject.search(word.norm) and bool(_NAMED_TIME.search(word.norm))
