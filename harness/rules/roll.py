"""Reads who is named on a screen: units and people in a sentence, below a heading, in a column of values. Pure.

People's names are masked in what is handed on as text: a mark shows the place, the evidence holds the picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.model import Observation, Word
from harness.rules.leaderboard import is_person, is_unit
from harness.rules.wording import atoms
from harness.wording import normalise

MIN_NAMED: Final = 2
_UNIT_IN_TEXT: Final = re.compile(
    r"[\u4e00-\u9fff]{1,10}?(?:局|委员?会?|办公室|街道|镇|乡|村|社区|支部|支队|大队|中队|中心|公司|学校|分局|县|区|科|处|站|所)"
    r"(?=[、,。;:和及(（]|$)"
)
_UNIT_AND_RATE: Final = re.compile(
    r"[\u4e00-\u9fff]{2,10}(?:局|委|办|街道|镇|乡|村|社区|支部|中心|公司|县|区|科|处|站|所|部)(?:为|达|仅)?\d{1,3}(?:\.\d+)?%"
)
_NOT_A_UNIT: Final = re.compile(
    r"(?:各|本|全|某|有关|相关|所属|所有|一个|每个|下级|上级|基层|该|此|其他|部分|我|你|您)[县市区镇乡街道村社科处室局单位支部门]{0,3}$"
)
_BEFORE_A_NAME: Final = re.compile(r"的|为|是|有|对")
_AFTER_A_NAME: Final = re.compile(r"(?:等|同志|[一二三四五六七八九十\d]+[名位人]|\(|尚|均|未).*$")
_LEADING_RANK: Final = re.compile(r"^(?:第?\d{1,3}(?:名|[.、)])?\s*)")
_ROW_SLACK_HEIGHTS: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One unit or person with a value on the same line."""

    name: Word
    value: Word


def is_named(text: str) -> bool:
    """Return whether a short text is a unit or a person, a rank before it left out."""
    bare = _LEADING_RANK.sub("", text)
    return 2 <= len(bare) <= 16 and not _NOT_A_UNIT.search(bare) and (is_unit(bare) or is_person(bare))


def names_in(text: str) -> tuple[str, ...]:
    """Return the units and people that a sentence lists, in their order; fewer than two are no list."""
    units = [m.group(0) for m in _UNIT_IN_TEXT.finditer(text)]
    units = [re.split(r"为|是|有|:|,", u)[-1] for u in units]
    found = [u for u in units if len(u) >= 2 and not _NOT_A_UNIT.search(u)]
    found += people_in(text)
    kept = tuple(dict.fromkeys(found))
    return kept if len(kept) >= MIN_NAMED else ()


def people_in(text: str) -> list[str]:
    """Return the people that a sentence lists; two characters may be no name (安全, 金融), so one of them has three."""
    parts = [_AFTER_A_NAME.sub("", _BEFORE_A_NAME.split(p)[-1]) for p in re.split(r"[、,。;:和及]", text)]
    found = [p for p in parts if 2 <= len(p) <= 4 and is_person(p) and not is_unit(p)]
    return found if len(found) >= MIN_NAMED and any(len(p) >= 3 for p in found) else []


def without_names(text: str) -> str:
    """Return a sentence without the units it lists: 体育局 on a list of units is no word of sports."""
    return _UNIT_IN_TEXT.sub("", text)


def units_with_rates(text: str) -> tuple[str, ...]:
    """Return the parts of a sentence that give a unit its percentage, such as 市水利局62%."""
    return tuple(m.group(0) for m in _UNIT_AND_RATE.finditer(text))


def listed_below(
    observation: Observation, words: Sequence[Word], head: Word, *, within_ratio: float = 0.6
) -> list[Word]:
    """Return the short texts below a heading that are names of units or people, from top to bottom."""
    limit_px = head.box.bottom + within_ratio * observation.size_px[1]
    under = [w for w in atoms(words) if head.box.bottom - 4 <= w.box.top <= limit_px]
    found: dict[str, Word] = {}
    for word in sorted(under, key=lambda w: (w.box.top, w.box.left)):
        if is_named(word.norm):
            found.setdefault(word.norm, word)
    return list(found.values())


def column_under(words: Sequence[Word], head: Word, value: re.Pattern[str]) -> tuple[Row, ...]:
    """Return the rows of a table below the head of a column: the values under it and the name on each line."""
    slack_px = _ROW_SLACK_HEIGHTS * head.box.height_px
    parts = atoms(words)
    values = [
        w
        for w in parts
        if value.fullmatch(w.norm)
        and w.box.top >= head.box.bottom - 4
        and head.box.left - slack_px < w.box.right
        and w.box.left < head.box.right + slack_px
    ]
    return tuple(row for w in values if (row := _named_left_of(parts, w)) is not None)


def _named_left_of(parts: Sequence[Word], value: Word) -> Row | None:
    middle = (value.box.top + value.box.bottom) / 2
    left = [w for w in parts if w.box.top <= middle < w.box.bottom and w.box.right <= value.box.left + 8]
    name = next((w for w in sorted(left, key=lambda w: w.box.left) if is_named(w.norm)), None)
    return Row(name=name, value=value) if name is not None else None


def ranks_left_of(words: Sequence[Word], names: Sequence[Word]) -> int:
    """Return how many of the names have their own place in the order on the line before them (1, 2, 3 from the top)."""
    parts = atoms(words)
    count = 0
    for expected, name in enumerate(sorted(names, key=lambda w: w.box.top), start=1):
        middle = (name.box.top + name.box.bottom) / 2
        left = [w for w in parts if w.box.top <= middle < w.box.bottom and w.box.right <= name.box.left + 8]
        own = _LEADING_RANK.match(name.norm)
        texts = [*(w.norm for w in left), own.group(0) if own else ""]
        count += any(re.fullmatch(rf"(?:第|TOP|NO\.?)?{expected}(?:名|[.、)])?", t.strip()) for t in texts)
    return count


def masked(word: Word) -> Word:
    """Return the word with a person's name shortened to its first character."""
    bare = _LEADING_RANK.sub("", word.norm)
    if not is_person(bare) or is_unit(bare):
        return word
    return replace(word, text=word.text.replace(bare, f"{bare[0]}{'*' * (len(bare) - 1)}"))


def masked_text(text: str) -> str:
    """Return a sentence in which people that it lists are shortened to their first character."""
    for name in people_in(normalise(text)):
        text = text.replace(name, f"{name[0]}{'*' * (len(name) - 1)}")
    return text
