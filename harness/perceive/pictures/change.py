"""What changed between two pictures of one screen: regions, scrolling, and what moves inside a screen at rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.model import Box
from harness.perceive.pictures.decode import Grey, Picture

_SHRINK = 2  # changes are looked for in pixels of this many device pixels
_LEAST_LEVELS = 10
_JOIN_PX = 11
_LEAST_AREA_PX = 10
_STRIPS = 10
_LEAST_FIT = 0.8  # an odd number of pixels is half a pixel off here
_LEAST_TEXTURE = 6.0
_AGREE_PX = 2
_SAME_ROWS = 6.0  # grey levels: the median row of a scrolled page differs by less, JPEG or not
_DENSE = 0.3  # of a moving picture's pixels differ from one frame to the next
_LARGEST_MOVING = 0.65  # of the screen: more is a change of page
_SMALLEST_MOVING = 0.03
_TICK = 0.006  # of the screen: a clock, a counter, a caret


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs between two pictures, in device pixels.

    ``scrolled_px`` is how far the content moved up (down where negative), 0 where it did not, ``None`` where the change
    is no scrolling. ``moving`` are those regions that look like a video or a carousel: changed all over, in a frame
    that is not. ``ticking`` are regions as small as a clock. ``changed_ratio`` is the changed part of the screen.
    """

    regions: tuple[Box, ...]
    moving: tuple[Box, ...]
    ticking: tuple[Box, ...]
    scrolled_px: int | None
    changed_ratio: float

    @property
    def settled(self) -> bool:
        """Whether the screen is at rest but for what moves or ticks inside it.

        Two frames cannot tell a video from a picture that is just fading in: ask again with a third.
        """
        return self.scrolled_px in (0, None) and len(self.regions) == len(self.moving) + len(self.ticking)


def compare(before: Picture, after: Picture) -> Change:
    """Return what changed. Pictures of two sizes have changed all over."""
    width, height = after.size_px
    if before.size_px != after.size_px:
        whole = (Box(left=0, top=0, right=width, bottom=height),)
        return Change(regions=whole, moving=(), ticking=(), scrolled_px=None, changed_ratio=1.0)
    small = [_shrunk(picture.grey) for picture in (before, after)]
    changed = (cv2.absdiff(small[0], small[1]) > _LEAST_LEVELS).astype(np.uint8)
    boxes = _boxes(changed)
    regions = tuple(_placed(box, width, height) for box in boxes)
    kinds = [_kind(changed, box) for box in boxes]
    moving = tuple(region for region, kind in zip(regions, kinds, strict=True) if kind == "moving")
    return Change(
        regions=regions,
        moving=moving,
        ticking=tuple(region for region, kind in zip(regions, kinds, strict=True) if kind == "ticking"),
        scrolled_px=_scrolled_px(before.grey, after.grey, small) if regions else 0,
        changed_ratio=round(float(changed.mean()), 4),
    )


def _shrunk(grey: Grey) -> Grey:
    size = max(1, grey.shape[1] // _SHRINK), max(1, grey.shape[0] // _SHRINK)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _boxes(changed: Grey) -> list[Box]:
    """Return boxes of changed pixels, near ones as one, none inside another; top to bottom."""
    joined = cv2.dilate(changed, np.ones((_JOIN_PX, _JOIN_PX), dtype=np.uint8)).astype(np.uint8, copy=False)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found: list[Box] = []
    for label in range(1, count):
        left, top, width, height = (int(v) for v in stats[label][:4])
        inside = changed[top : top + height, left : left + width] & (
            labels[top : top + height, left : left + width] == label
        )
        if int(inside.sum()) * _SHRINK * _SHRINK < _LEAST_AREA_PX:
            continue
        rows, columns = np.nonzero(inside)
        found.append(
            Box(
                left=left + int(columns.min()),
                top=top + int(rows.min()),
                right=left + int(columns.max()) + 1,
                bottom=top + int(rows.max()) + 1,
            )
        )
    kept = [box for box in found if not any(o != box and o.overlap(box) == box for o in found)]
    return sorted(kept, key=lambda b: (b.top, b.left))


def _placed(box: Box, width: int, height: int) -> Box:
    return Box(
        left=box.left * _SHRINK,
        top=box.top * _SHRINK,
        right=min(width, (box.right + 1) * _SHRINK) if box.right >= width // _SHRINK else box.right * _SHRINK,
        bottom=min(height, (box.bottom + 1) * _SHRINK) if box.bottom >= height // _SHRINK else box.bottom * _SHRINK,
    )


def _kind(changed: Grey, box: Box) -> str:
    area = box.area_px / changed.size
    if area <= _TICK:
        return "ticking"
    dense = float(changed[box.top : box.bottom, box.left : box.right].mean())
    wide = box.width_px >= 0.8 * box.height_px  # videos and carousels lie; a page that comes in stands
    return "moving" if _SMALLEST_MOVING <= area <= _LARGEST_MOVING and dense >= _DENSE and wide else "other"


# --- scrolling -------------------------------------------------------------------------------------------------


def _scrolled_px(before: Grey, after: Grey, small: Sequence[Grey]) -> int | None:
    """Return by how much the content moved up, by strips of the earlier picture that are found again in the later."""
    height = small[0].shape[0]
    tall = height // (_STRIPS + 2)
    if tall < 8:
        return None
    offsets: list[int] = []
    for number in range(1, _STRIPS + 1):
        offset = _strip_offset(small[0], small[1], number * tall, tall)
        if offset is not None:
            offsets.append(offset)
    best: tuple[int, int] | None = None
    for offset in offsets:
        votes = sum(abs(offset - other) <= _AGREE_PX for other in offsets)
        if offset and votes >= 2 and (best is None or votes > best[0]):
            best = votes, offset
    if best is not None:
        return _exact(before, after, best[1] * _SHRINK)
    return 0 if len(offsets) >= 2 and offsets.count(0) == len(offsets) else None


def _strip_offset(before: Grey, after: Grey, top: int, tall: int) -> int | None:
    """Return how far up a strip has moved, ``None`` where it is flat, gone, or found at more than one place."""
    margin = before.shape[1] // 16  # scroll bars
    strip = before[top : top + tall, margin : before.shape[1] - margin]
    if float(strip.std()) < _LEAST_TEXTURE:
        return None
    fits = cv2.matchTemplate(after[:, margin : after.shape[1] - margin], strip, cv2.TM_CCOEFF_NORMED)[:, 0]
    best = int(np.argmax(fits))
    if fits[best] < _LEAST_FIT:
        return None
    others = np.concatenate([fits[: max(0, best - 3)], fits[best + 4 :]])
    if others.size and others.max() > fits[best] - 0.02:
        return None
    return top - best


def _exact(before: Grey, after: Grey, about: int) -> int | None:
    """Return the offset to the pixel: the one at which most rows are the same; ``None`` where none are."""
    height = before.shape[0]
    best = about, np.inf
    for offset in range(about - 2 * _SHRINK, about + 2 * _SHRINK + 1):
        first, last = max(0, offset), min(height, height + offset)
        if last - first < 16:
            continue
        one: NDArray[np.uint8] = before[first:last:3, ::4]
        other: NDArray[np.uint8] = after[first - offset : last - offset : 3, ::4]
        written = one.std(axis=1) > _LEAST_TEXTURE  # empty rows are the same at any offset
        if not written.any():
            continue
        error = float(np.median(cv2.absdiff(one, other).mean(axis=1)[written]))
        if error < best[1]:
            best = offset, error
    return best[0] if best[1] <= _SAME_ROWS else None
