"""Recognises an exemption that a screen claims (安保, 应急, 其他特殊场景). Claims are recorded, never granted."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from harness.model import Observation, Word
from harness.rules.layout import title_words

# 执法 and 保密 are not named in the quoted clause; they can be claimed as "other scenes" only with a cited rule.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "E1": ("安保", "执勤"),
    "E2": ("应急", "防汛", "防台", "森林防火", "抢险", "消防", "值守", "值班", "巡堤", "突发事件"),
    "E3": ("执法", "保密"),
}
EXEMPTION_WORDS: Final = tuple(word for words in KINDS.values() for word in words)

_ANY: Final = re.compile("|".join(EXEMPTION_WORDS))
_SCENE: Final = re.compile(r"特殊场景|预案|响应|规定|依据|根据|按照|期间|专用|豁免|例外|值守")
# 应急管理局 or 消防支队 in a ranking is the name of a unit, not a claim.
_UNIT_NAME: Final = re.compile(r"^\S{0,12}(?:局|厅|部|委|办|队|站|所|中心|科|处|公司|学校)$")
_MAX_TITLE_CHARS: Final = 14
# E4: 法律、行政法规另有规定. Whether what is cited is one of these, and says so, is for a person to look up.
_STATUTE: Final = re.compile(r"(?:依据|根据|按照|按|依照)\S{0,4}《[^》]{2,40}(?:法|条例|规定|办法)》")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a screen claims: the kinds E1 to E3, the words that say so, and where they stand."""

    kinds: tuple[str, ...]
    said: tuple[str, ...]
    words: tuple[Word, ...]


def claim_near(observation: Observation, subject: re.Pattern[str], *, without: Container[Word] = ()) -> Claim | None:
    """Return the exemption the screen claims for ``subject``, or ``None``.

    A word claims when it speaks of the subject and of such a scene, when it is the title of the screen, or when it
    names the scene together with the ground for it. ``without`` are words that cannot claim (rows of a ranking).
    """
    titles = title_words(observation)
    claiming = [
        w
        for w in observation.words
        if w not in without and _ANY.search(w.norm) and not _UNIT_NAME.match(w.norm)
        if subject.search(w.norm) or _SCENE.search(w.norm) or (w in titles and len(w.norm) <= _MAX_TITLE_CHARS)
    ]
    if not claiming:
        return None
    said = tuple(sorted({hit for w in claiming for hit in _ANY.findall(w.norm)}))
    kinds = tuple(kind for kind, words in KINDS.items() if any(s in words for s in said))
    return Claim(kinds=kinds, said=said, words=tuple(claiming))


def statute_cited(observation: Observation, subject: re.Pattern[str]) -> tuple[Word, ...]:
    """Return the words that cite a law or a regulation as the ground for ``subject`` (E4), in reading order."""
    return tuple(w for w in observation.words if _STATUTE.search(w.norm) and subject.search(w.norm))
