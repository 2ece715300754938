"""Words by where they stand on the screen: neighbours, headings, list bands; ``harness.grouping`` groups them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from harness.grouping import in_status_bar
from harness.model import Box, Observation, Word

TITLE_RATIO = 0.17  # of the screen's height; status bar, title bar and the line under it


def row_of(observation: Observation, word: Word) -> tuple[Word, ...]:
    """Return the words on the same line as ``word``, itself included, from left to right."""
    same = (w for w in observation.words if w is word or _share_height(w.box, word.box) >= 0.5)
    return tuple(sorted(same, key=lambda w: w.box.left))


def below(observation: Observation, word: Word, *, within_ratio: float = 0.05) -> tuple[Word, ...]:
    """Return the words straight below ``word``, nearest first, no further than a part of the screen's height."""
    limit_px = within_ratio * observation.size_px[1]
    hits = [
        w
        for w in observation.words
        if w is not word and _share_width(w.box, word.box) > 0 and 0 <= _gap_px(word.box, w.box) <= limit_px
    ]
    return tuple(sorted(hits, key=lambda w: w.box.top))


def above(observation: Observation, word: Word, *, within_ratio: float = 0.05) -> tuple[Word, ...]:
    """Return the words straight above ``word``, nearest first, no further than a part of the screen's height."""
    limit_px = within_ratio * observation.size_px[1]
    hits = [
        w
        for w in observation.words
        if w is not word and _share_width(w.box, word.box) > 0 and 0 <= _gap_px(w.box, word.box) <= limit_px
    ]
    return tuple(sorted(hits, key=lambda w: -w.box.bottom))


def title_words(observation: Observation) -> tuple[Word, ...]:
    """Return the words of the title zone at the top of the screen, the status bar left out."""
    limit_px = TITLE_RATIO * observation.size_px[1]
    return tuple(w for w in observation.words if w.box.bottom <= limit_px and not in_status_bar(observation, w))


def bands(anchors: Sequence[Word], height_px: int) -> tuple[tuple[float, float], ...]:
    """Return for each anchor (top to bottom) the strip that belongs to it, as top and bottom in pixels.

    Strips end half-way to the neighbours; the outer ones are as high as the usual distance allows.
    """
    centres = [(a.box.top + a.box.bottom) / 2 for a in anchors]
    steps = [b - a for a, b in pairwise(centres)]
    usual = sorted(steps)[len(steps) // 2] if steps else height_px * 0.06
    strips = []
    for index, centre in enumerate(centres):
        top = centre - min(steps[index - 1], usual) / 2 if index else centre - usual / 2
        bottom = centre + min(steps[index], usual) / 2 if index < len(steps) else centre + usual / 2
        strips.append((top, bottom))
    return tuple(strips)


def evenly_spaced(anchors: Sequence[Word], *, tolerance_ratio: float = 0.35) -> bool:
    """Return whether the anchors (top to bottom) stand at regular distances, as the rows of one list do."""
    centres = [(a.box.top + a.box.bottom) / 2 for a in anchors]
    steps = [b - a for a, b in pairwise(centres)]
    if not steps:
        return False
    usual = sorted(steps)[len(steps) // 2]
    return usual > 0 and all(abs(step - usual) <= tolerance_ratio * usual for step in steps)


def inside(word: Word, strip: tuple[float, float]) -> bool:
    """Return whether the word's vertical centre lies in the strip."""
    return strip[0] <= (word.box.top + word.box.bottom) / 2 < strip[1]


def _share_height(a: Box, b: Box) -> float:
    low = min(a.height_px, b.height_px)
    return (min(a.bottom, b.bottom) - max(a.top, b.top)) / low if low > 0 else 0.0


def _share_width(a: Box, b: Box) -> float:
    low = min(a.width_px, b.width_px)
    return (min(a.right, b.right) - max(a.left, b.left)) / low if low > 0 else 0.0


def _gap_px(upper: Box, lower: Box) -> float:
    gap = lower.top - upper.bottom
    # Line boxes of neighbouring lines may overlap by a few pixels; the centres still say which is lower.
    return max(gap, 0) if lower.top + lower.bottom > upper.top + upper.bottom and gap > -8 else -1.0
