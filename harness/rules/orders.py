"""Tells which sentences order something of the user of this app, rules against such orders left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.model import Observation, Word
from harness.rules.binding import binding
from harness.rules.layout import title_words

# A page that quotes the ban lists every forbidden thing in its own words.
_THE_BAN: Final = re.compile(
    r"不得出现下列|指尖上的形式主义|形式主义|负面清单|规范化管理办法|若干意见|减轻基层负担|过度留痕|滥用排名|强制推广下载"
)
_AGAINST: Final = re.compile(
    r"不(?:能|可|应|宜|准|许)(?!按|完成|及时|正常|参加|少于|低于)\S{0,6}(?:作为|纳入|要求|强制|列入|计入)|不得(?!少于|低于|缺|无故|迟|拖|漏|弄虚|代)|严禁|禁止|杜绝|防止|避免|取消|停止|不再|不以|不将|不把|不作|不纳入|不强制|不要求|无需|无须|清理|纠正|整改通知|自愿|鼓励|欢迎"
)
_OF_RULES: Final = re.compile(
    r"细则|标准|方案|任务|通报|简报|考核|管理"
)  # the title of a page that lays down what is asked
_TOLD: Final = re.compile(
    r"纳税人|参保人|家长|业主|求职|考生|用人单位|申请人|当事人|患者|旅客|乘客|会员|商家|经营者|一些地方|有的地方|个别|有些|某些|部分地[区方]|报道"
)


def orders(observation: Observation, words: Sequence[Word], *, own: bool, dedicated: bool = False) -> tuple[Word, ...]:
    """Return the sentences of the screen that can order something of staff; none where the page is about the ban."""
    if about_the_ban(words):
        return ()
    dedicated = dedicated or any(_OF_RULES.search(w.norm) for w in title_words(observation) if len(w.norm) <= 16)
    said = binding(observation, words, own=own, dedicated=dedicated)
    return tuple(s for s in said if not _AGAINST.search(s.norm) and not _TOLD.search(s.norm))


def spoken_of(observation: Observation, subject: re.Pattern[str]) -> bool:
    """Return whether the words of the screen hold the subject at all, split over neighbours or not; cheap."""
    return bool(subject.search("".join(w.norm for w in observation.words)))


def about_the_ban(words: Sequence[Word]) -> bool:
    """Return whether the page quotes or explains the rules against such orders."""
    return any(_THE_BAN.search(w.norm) for w in words if not w.clickable)
