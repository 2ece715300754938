"""What a look at a screen shows of it, as far as the map needs it: what moves with the page, how far it moved. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from harness.explore.sweeps import within
from harness.explore.targets import Offers
from harness.model import Box, Observation

_DIGITS = re.compile(r"\d+")  # a running counter is nothing new
_LEAST_SHARED, _AGREED = 3, 0.7  # words that two sights share, and how many must tell the same
TELLING_CHARS = 6  # dates and tags stand in many rows


def words_of(observation: Observation) -> frozenset[str]:
    """Return the words of a screen without numbers."""
    return frozenset(_DIGITS.sub("", word.norm) for word in observation.words)


def outline(observation: Observation) -> frozenset[tuple[str, str]]:
    """Return what kinds of nodes the screen has: its look without its words."""
    return frozenset((element.class_name, element.resource_id.rpartition("/")[2]) for element in observation.elements)


def moving_lines(observation: Observation, offers: Offers, scroll: Box | None) -> frozenset[str]:
    """Return the words and labels, without numbers, that move when the page is scrolled."""
    texts = [(word.norm, word.box) for word in observation.words]
    texts += [(offer.target.norm, offer.target.box) for offer in offers.all]
    return frozenset(_DIGITS.sub("", norm) for norm, box in texts if within(scroll, box))


def tops_px(observation: Observation, scroll: Box | None) -> Mapping[str, int]:
    """Return how high the words stand that are in view once and whole, short ones left out."""
    tops: dict[str, int] = {}
    twice: set[str] = set()
    for word in observation.words:
        if len(word.norm) < TELLING_CHARS:
            continue
        if scroll is None or not within(scroll, word.box) or word.norm in tops:
            twice.add(word.norm)
        elif scroll.top < word.box.top and word.box.bottom < scroll.bottom:
            tops[word.norm] = word.box.top
    return {norm: top_px for norm, top_px in tops.items() if norm not in twice}


def moved_px(before: Mapping[str, int], after: Mapping[str, int]) -> int | None:
    """Return how far up the page went between two sights, ``None`` where they share too little or do not agree.

    What would still be in view after such a way must be there: news say the same again further down.
    """
    shared = Counter(before[norm] - after[norm] for norm in before.keys() & after.keys())
    distance_px, count = shared.most_common(1)[0] if shared else (0, 0)
    if count < _LEAST_SHARED or count < _AGREED * shared.total():
        return None
    top_px, bottom_px = min(after.values()), max(after.values())
    still = sum(1 for before_px in before.values() if top_px <= before_px - distance_px <= bottom_px)
    return distance_px if count >= _AGREED * still else None
