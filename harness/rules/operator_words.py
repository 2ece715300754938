"""Reads who runs an app and its filing number off one screen: labels and what stands beside them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import below, row_of
from harness.rules.wording import whole

_MARK: Final = r"[:：]"
SPONSOR_LABEL: Final = r"主办(?:\(使用\))?(?:单位|机构|部门|方)?|主办(?:与|和|及|/|、)?使用单位"
USER_LABEL: Final = r"使用(?:单位|机构|部门)"
# Named as running or owning the app, which need not be the sponsor.
OTHER_LABEL: Final = (
    r"(?:主管|运营|运维|指导|建设|开发建设|管理|发布)(?:单位|主体|机构|部门|方)"
    r"|开发者|版权所有(?:者)?|©|[Cc]opyright\S{0,6}"
)
MAKER_LABEL: Final = r"(?:开发|建设|承建|开发建设)(?:单位|主体|机构|者|方)|技术支持(?:单位)?"
# What stands beside or below a label that was left empty.
_ANOTHER_LABEL: Final = re.compile(
    r"[\u4e00-\u9fff]{0,4}(?:单位|编号|备案号|版本|时间|电话|地址|邮箱|支持|协议|政策)[:：]?"
)
_UNIT_CHARS: Final = r"[\u4e00-\u9fff()（）·]{4,40}"
UNIT: Final = re.compile(_UNIT_CHARS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a label says: the word that holds both or the value alone, and the value in normal form."""

    word: Word
    value: str


def named(observation: Observation, words: Sequence[Word], label: str, value: re.Pattern[str]) -> tuple[Named, ...]:
    """Return what stands after ``label`` on the screen: behind it in one text, beside it, or straight below."""
    together = re.compile(rf"(?:{label}){_MARK}?\s?({value.pattern})(?:[,。;；].{{0,40}})?")
    alone = re.compile(rf"(?:{label}){_MARK}?")
    found: list[Named] = []
    for word in words:
        hit = together.fullmatch(word.norm) if len(word.norm) <= 90 else None
        if hit is not None:
            found.append(Named(word=word, value=next(g for g in hit.groups() if g)))
    for word in whole(words, alone):
        right = [w for w in row_of(observation, word) if w.box.left >= word.box.right - 4]
        for near in (*right[:1], *below(observation, word)[:1]):
            if value.fullmatch(near.norm) and not _ANOTHER_LABEL.fullmatch(near.norm):
                both = replace(near, box=near.box.around(word.box), text=f"{word.text} {near.text}")
                found.append(Named(word=both, value=near.norm))
                break
    return tuple(found)
