"""Screens that wait for content: skeletons of grey blocks, and spinners on empty ground. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from harness.model import Box, Shape, ShapeKind
from harness.perceive.pictures.decode import Colour, Grey
from harness.perceive.pictures.empty import edges_of
from harness.perceive.pictures.regions import at_work_scale, flat_regions, scaled

_GREY = 14  # between the channels of a block
_PALE = (9, 42)  # between a block and the ground
_LEAST_BLOCKS = 5
_BUSY = 0.004  # of the screen may have strong edges
_BAR_RATIO = 0.05  # of the height: the status bar is no content
_TITLE_RATIO = 0.13
_SPINNER = (0.04, 0.2)  # of the width
_INK = 14


def waiting(pixels: Colour) -> tuple[Shape, ...]:
    """Return the skeleton or the spinner of a screen that shows nothing else; empty for a screen with content."""
    if min(pixels.shape[:2]) < 64:
        return ()
    small, scale = at_work_scale(pixels)
    found = _skeleton(small) or _spinner(small)
    if found is None:
        return ()
    box = scaled(found.box, scale, within=(pixels.shape[1], pixels.shape[0]))
    return (Shape(kind=found.kind, box=box, match_ratio=found.match_ratio, method=found.method),)


def _skeleton(small: Colour) -> Shape | None:
    height, width = small.shape[:2]
    below = small[round(_BAR_RATIO * height) :]
    ground = np.median(below.reshape(-1, 3), axis=0)
    grey = cv2.cvtColor(below, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    if float(edges_of(grey, least=_PALE[1] + 10).mean()) > _BUSY:
        return None
    blocks = []
    for region in flat_regions(small):
        away = float(np.abs(np.array(region.colour) - ground).max())
        pale = max(region.colour) - min(region.colour) <= _GREY and _PALE[0] <= away <= _PALE[1]
        sized = region.box.width_px >= 0.05 * width and region.box.height_px >= 0.014 * width
        if pale and sized and region.own >= 0.7 and region.filled - region.own < 0.03:
            blocks.append(region.box)
    if len(blocks) < _LEAST_BLOCKS:
        return None
    whole = blocks[0]
    for box in blocks[1:]:
        whole = whole.around(box)
    return Shape(
        kind=ShapeKind.SKELETON,
        box=whole,
        match_ratio=min(1.0, len(blocks) / (2 * _LEAST_BLOCKS)),
        method="pale-blocks",
    )


def _spinner(small: Colour) -> Shape | None:
    height, width = small.shape[:2]
    ground = np.median(small.reshape(-1, 3), axis=0)
    ink: Grey = (np.abs(small.astype(np.float32) - ground).max(axis=2) > _INK).astype(np.uint8)
    ink[: round(_TITLE_RATIO * height)] = 0
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((11, 11), dtype=np.uint8)).astype(np.uint8, copy=False)
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = [
        Box(left=left, top=top, right=left + across, bottom=top + tall)
        for left, top, across, tall, area in stats[1:count].tolist()
        if area >= 6
    ]
    rings = [box for box in boxes if _is_ring(ink, box, (width, height))]
    if len(rings) != 1:
        return None
    (ring,) = rings
    # A word of waiting below the ring belongs to it; anything else is content.
    caption = Box(left=width // 5, top=ring.bottom, right=width - width // 5, bottom=ring.bottom + width // 5)
    rest = [box for box in boxes if box is not ring and caption.overlap(box) != box]
    if any(box.area_px > 0.0004 * width * height for box in rest):
        return None
    return Shape(kind=ShapeKind.SPINNER, box=ring, match_ratio=1.0, method="lone-ring")


def _is_ring(ink: Grey, box: Box, size: tuple[int, int]) -> bool:
    """Return whether a box near the middle of the screen holds a ring, or marks that stand in one."""
    width, height = size
    side = max(box.width_px, box.height_px)
    if not _SPINNER[0] * width <= side <= _SPINNER[1] * width or min(box.width_px, box.height_px) < 0.75 * side:
        return False
    x, y = box.centre_px
    if abs(x - width / 2) > 0.06 * width or not 0.2 * height <= y <= 0.85 * height:
        return False
    rows, columns = np.nonzero(ink[box.top : box.bottom, box.left : box.right])
    away = np.hypot(rows - box.height_px / 2 + 0.5, columns - box.width_px / 2 + 0.5) / (side / 2)
    if not away.size or float((away < 0.38).mean()) > 0.02:
        return False
    angles = np.arctan2(rows - box.height_px / 2, columns - box.width_px / 2)
    return len(set(np.floor(angles / (np.pi / 6)).astype(int).tolist())) >= 7 and float((away > 1.08).mean()) < 0.05
