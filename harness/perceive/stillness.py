"""Whether a screen has come to rest, by its last pictures; a video, a carousel or a clock in it may go on. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.model import Box
from harness.perceive.pictures import Change, Picture, UnreadablePicture, compare, decode

_SAME_PLACE = 0.7  # of what changes now changed before, too
_ONE_WAY = 0.95  # of all change between three pictures is left between the first and the third
_STEP = 3  # every so many pixels are compared


def at_rest(pngs: Sequence[bytes], regions: Sequence[Box]) -> bool:
    """Return whether the last of some pictures of one screen, oldest first, shows ``regions`` at rest.

    They are where nothing changed since the picture before but what is as small as a clock, or what was changing at the
    same place already, as a video does and a page that comes in does not: two pictures can tell that of nothing, three
    can. One picture tells nothing. What cannot be decoded is not waited for.
    """
    if len(pngs) < 2:
        return False
    if pngs[-1] == pngs[-2]:
        return True
    try:
        pictures = [decode(png) for png in pngs[-3:]]
    except UnreadablePicture:
        return True
    now = compare(pictures[-2], pictures[-1])
    changed = _larger_than_a_clock(now, regions)
    if not changed:
        return True
    if now.scrolled_px or len(pictures) < 3 or len({picture.size_px for picture in pictures}) > 1:
        return False
    before = compare(pictures[-3], pictures[-2])
    if before.scrolled_px or _share(changed, before.regions) < _SAME_PLACE:
        return False
    return not _fades(pictures, changed)


def _larger_than_a_clock(change: Change, regions: Sequence[Box]) -> list[Box]:
    parts = (box.overlap(region) for box in change.regions if box not in change.ticking for region in regions)
    return [part for part in parts if part.area_px]


def _share(boxes: Sequence[Box], others: Sequence[Box]) -> float:
    """Return how much of the boxes lies in the others, neither of which overlap much among themselves."""
    common = sum(box.overlap(other).area_px for box in boxes for other in others)
    return common / sum(box.area_px for box in boxes)


def _fades(pictures: Sequence[Picture], boxes: Sequence[Box]) -> bool:
    """Return whether nearly all change in the boxes goes one way through three pictures, as in what fades in."""
    left, gone = 0.0, 0.0
    for box in boxes:
        first, second, third = (picture.part(box)[::_STEP, ::_STEP].astype(np.int16) for picture in pictures)
        left += float(np.abs(third - first).sum())
        gone += float(np.abs(second - first).sum() + np.abs(third - second).sum())
    return gone > 0 and left >= _ONE_WAY * gone
