"""Recognises the need a screen claims for photos and tracks (非必要情况下): claims, never grants.

Item (四) names no scene; whether a photo or a track was needed is for a person. A fire-safety inspection of a
restaurant is work of every day and claims nothing by its title.
"""

from __future__ import annotations

import re
from typing import Final

from harness.model import Observation, Word
from harness.rules.exemptions import Claim
from harness.rules.layout import title_words

_KINDS: Final[dict[str, re.Pattern[str]]] = {
    "E1": re.compile(r"安保|执勤"),
    "E2": re.compile(
        r"应急(?!管理局|局|厅|部)|抢险|救援(?!大队|支队|总队|局|队)|防汛|防台|森林防火|护林防火|巡堤|突发事件|值守"
    ),
    "E5": re.compile(r"灾情|险情|事故现场|执法取证|现场取证|行政执法|取证|勘验|查勘"),
}
_MAX_CHARS: Final = 30
_TITLE_CHARS: Final = 14


def need_claimed(observation: Observation, subject: re.Pattern[str]) -> Claim | None:
    """Return the need that the screen claims, ``None`` where it claims none.

    A word claims in the title of the page, or where it speaks of ``subject`` too.
    """
    titles = title_words(observation)
    claiming: list[Word] = []
    kinds: dict[str, None] = {}
    said: dict[str, None] = {}
    for word in observation.words:
        if len(word.norm) > _MAX_CHARS or not (
            subject.search(word.norm) or (word in titles and len(word.norm) <= _TITLE_CHARS)
        ):
            continue
        hits = [(kind, hit[0]) for kind, pattern in _KINDS.items() if (hit := pattern.search(word.norm))]
        if hits:
            claiming.append(word)
            kinds |= dict.fromkeys(kind for kind, _ in hits)
            said |= dict.fromkeys(text for _, text in hits)
    if not claiming:
        return None
    return Claim(kinds=tuple(sorted(kinds)), said=tuple(said), words=tuple(claiming))
