"""What a page says of time in the app: that use is counted, and that people are held to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.model import Marker, Observation, Word
from harness.rules.binding import binding, ties
from harness.rules.durations import Duration, Kind
from harness.rules.markers import markers_in
from harness.rules.time_signs import compared, of_another_time, quota_of_time

KINDS: Final = (Kind.ONLINE, Kind.STUDY)
SUBJECT: Final[dict[Kind, re.Pattern[str]]] = {
    Kind.ONLINE: re.compile(r"在线(?:总)?时[长间]|(?:使用|登录|活跃)(?:总)?时长|(?:累计|今日|每[日天周月])在线"),
    Kind.STUDY: re.compile(r"学习(?:总)?时[长间]|累计学习|今日学习|每[日天周月]\S{0,4}学习|(?:视听|阅读|观看)时长"),
}
ANY_SUBJECT: Final = re.compile("|".join(p.pattern for p in SUBJECT.values()))
_COUNTING: Final = re.compile(
    r"(?:系统|平台|应用|APP|后台|软件)?(?:自动|实时|全程)(?:统计|记录|累计|累加|计算|采集)\S{0,8}(?:时长|时间)"
    r"|(?:离开|退出|切换|切出|锁屏|息屏|后台)\S{0,10}(?:停止|不再|不予|不|暂停)(?:累计|计入|统计|记录|累加)\S{0,6}(?:时长|时间)"
    r"|(?:时长|时间)\S{0,8}(?:按|以|从|自)\S{0,10}(?:登录|打开|停留|在线|启动)\S{0,10}(?:计算|统计|累计|起算)"
    r"|(?:登录|打开|停留)\S{0,8}(?:即|开始|自动)(?:计入|累计|统计)\S{0,6}(?:时长|时间)",
    re.IGNORECASE,
)
_NOT_COUNTED: Final = re.compile(
    r"不(?:会|再|得|予)?(?:自动|实时|全程)|不(?:得|会)?(?:统计|记录|采集)|[未无]\S{0,4}(?:统计|记录)|取消|停用"
)
_HELD: Final = (Marker.QUOTA, Marker.CONSEQUENCE, Marker.COMPARISON)


def held_to_time(
    observation: Observation, words: Sequence[Word], times: Sequence[Duration], page: Kind | None
) -> list[tuple[Kind, Marker, Word]]:
    """Return the duties, consequences and comparisons by time, each with the kind of time it is about."""
    held = []
    said = binding(observation, words, own=bool(times), dedicated=page in KINDS)
    for kind in KINDS:
        weighed = markers_in(said, SUBJECT[kind], _HELD, dedicated=page is kind)
        for marker, word in weighed:
            if of_another_time(word, SUBJECT[kind]):
                continue
            if marker is Marker.COMPARISON and not compared(word):
                continue
            if marker is Marker.QUOTA and not quota_of_time(word):
                continue
            if marker is Marker.CONSEQUENCE and not ties(word):
                continue
            held.append((kind, marker, word))
    return held


def says_it_counts(sentence: Word, *, own: bool) -> bool:
    """Return whether a sentence says that use is counted; ``own`` is whether the time stands on the same screen."""
    if not _COUNTING.search(sentence.norm) or _NOT_COUNTED.search(sentence.norm):
        return False
    return bool(ANY_SUBJECT.search(sentence.norm)) or (own and not of_another_time(sentence, ANY_SUBJECT))


def kinds_of(sentence: Word, times: Sequence[Duration], page: Kind | None) -> list[Kind]:
    named = [k for k in KINDS if SUBJECT[k].search(sentence.norm)]
    return named or [page] if page in KINDS else named or list(dict.fromkeys(d.kind for d in times))
