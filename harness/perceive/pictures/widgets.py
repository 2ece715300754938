"""Widgets that no node tells of: buttons, bars, switches, red dots, calendar grids, medals of a ranking. Pure.

Each detector finds too little rather than too much: what is seen here may come to stand in a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.model import Box, Shape, ShapeKind
from harness.perceive.pictures.bars import bars
from harness.perceive.pictures.decode import Colour
from harness.perceive.pictures.grids import calendars, medals
from harness.perceive.pictures.regions import Region, apart, at_work_scale, colour_around, flat_regions, scaled

METHOD = "flat-region"
_VIVID = 60  # difference between the strongest and the weakest channel
_DISC = 0.8  # roundness from which a region is a disc; a square has 0.785 only without its corners

# Sizes in parts of the picture's width.
_BUTTON_WIDTH = (0.12, 0.93)  # what goes from edge to edge is a title or a heading
_BUTTON_HEIGHT = (0.05, 0.17)
_KNOB = (0.028, 0.085)
_DOT = (0.009, 0.06)
_LEAST_PILL = 0.86


def widgets(pixels: Colour) -> tuple[Shape, ...]:
    """Return the widgets on a picture, in device pixels, top to bottom."""
    if min(pixels.shape[:2]) < 32:
        return ()
    small, scale = at_work_scale(pixels)
    regions = flat_regions(small)
    found = [*_switches(small, regions), *_dots(small), *calendars(small), *medals(small)]
    found += [b for b in _buttons(small, regions) if not any(_inside(b.box, other.box) for other in found)]
    size = pixels.shape[1], pixels.shape[0]
    placed = [_placed(shape, scale, size) for shape in found]
    return tuple(sorted((*placed, *bars(pixels)), key=lambda s: (s.box.top, s.box.left, s.kind)))


def _placed(shape: Shape, scale: float, size: tuple[int, int]) -> Shape:
    return Shape(
        kind=shape.kind,
        box=scaled(shape.box, scale, within=size),
        match_ratio=round(shape.match_ratio, 3),
        method=shape.method,
        name=shape.name,
        fill_ratio=shape.fill_ratio,
    )


def _inside(inner: Box, outer: Box) -> bool:
    return inner.overlap(outer).area_px > 0.6 * inner.area_px


def _buttons(small: Colour, regions: Sequence[Region]) -> list[Shape]:
    """Return vivid rectangles or pills of a button's size with something written on them."""
    width = small.shape[1]
    found = []
    for region in regions:
        box = region.box
        fits = (
            _BUTTON_WIDTH[0] * width <= box.width_px <= _BUTTON_WIDTH[1] * width
            and _BUTTON_HEIGHT[0] * width <= box.height_px <= _BUTTON_HEIGHT[1] * width
            and box.width_px >= 1.6 * box.height_px
        )
        if not fits or region.filled < 0.86 or max(region.colour) - min(region.colour) < _VIVID:
            continue
        written = region.filled - region.own
        if not 0.03 <= written <= 0.6 or apart(colour_around(small, box), region.colour) < 20:
            continue
        found.append(Shape(kind=ShapeKind.BUTTON, box=box, match_ratio=min(1.0, region.filled), method=METHOD))
    return found


def _switches(small: Colour, regions: Sequence[Region]) -> list[Shape]:
    """Return switches: a disc at one end of a track about twice as long as it; at the right end it is on."""
    width = small.shape[1]
    knobs = [
        r
        for r in regions
        if _KNOB[0] * width <= r.box.height_px <= _KNOB[1] * width
        and 0.85 <= r.box.width_px / r.box.height_px <= 1.18
        and r.roundness >= _DISC
        and 0.68 <= r.filled <= 0.92
    ]
    found = []
    for knob in knobs:
        for track in regions:
            shape = _switch(small, knob, track)
            if shape is not None:
                found.append(shape)
                break
    return found


def _switch(small: Colour, knob: Region, track: Region) -> Shape | None:
    size = knob.box.height_px
    whole = track.box.around(knob.box)
    if track is knob or abs(sum(whole.centre_px) - whole.centre_px[0] - knob.box.centre_px[1]) > 2:
        return None
    if not 0.55 * size <= track.box.height_px <= 1.5 * size or not 1.45 <= whole.width_px / whole.height_px <= 2.5:
        return None
    left, right = knob.box.left - whole.left, whole.right - knob.box.right
    near, far = min(left, right), max(left, right)
    if near > 0.3 * size or not 0.45 * size <= far <= 1.4 * size or apart(knob.colour, track.colour) < 12:
        return None
    ground = colour_around(small, whole)
    if apart(ground, track.colour) < 12:
        return None
    # The track must be in the middle of the free end, and round there: its corner shows the ground.
    free = whole.left + far // 2 if left > right else whole.right - far // 2 - 1
    corner = whole.left if left > right else whole.right - 1
    if apart(small[whole.centre_px[1], free], track.colour) > 14 or apart(small[whole.top, corner], ground) > 30:
        return None
    on = 1.0 if left > right else 0.0
    return Shape(kind=ShapeKind.SWITCH, box=whole, match_ratio=knob.roundness, method=METHOD, fill_ratio=on)


def _dots(small: Colour) -> list[Shape]:
    """Return red dots, plain or with a number: small discs or short pills of strong red."""
    width = small.shape[1]
    blue, green, red = (small[:, :, channel].astype(np.int16) for channel in range(3))
    mask = ((red > 190) & (green < 100) & (blue < 110)).astype(np.uint8)
    contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    found = []
    for contour in contours:
        left, top, across, tall = cv2.boundingRect(contour)
        if not _DOT[0] * width <= tall <= _DOT[1] * width or not 0.85 <= across / tall <= 2.1:
            continue
        box = Box(left=left, top=top, right=left + across, bottom=top + tall)
        alike = _pill_ratio(contour, box)
        if alike < _LEAST_PILL:
            continue
        # Red further out as well: a hole in a letter on a red button, or a part of something larger.
        if any(_is_red(colour_around(small, box, reach_px=reach)) for reach in (2, tall)):
            continue
        found.append(Shape(kind=ShapeKind.DOT, box=box, match_ratio=alike, method="red-disc"))
    return found


def _is_red(colour: NDArray[np.float32]) -> bool:
    return bool(colour[2] > 185 and colour[1] < 110 and colour[0] < 120)


def _pill_ratio(contour: cv2.typing.MatLike, box: Box) -> float:
    """Return how much of a filled contour and of the disc or pill in its box is common to both."""
    size = 4 * box.height_px, 4 * box.width_px  # drawn larger: a dot of six pixels has few
    seen, ideal = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
    cv2.drawContours(seen, [np.asarray((contour - [box.left, box.top]) * 4 + 2, dtype=np.int32)], -1, (1.0,), -1)
    seen = cv2.dilate(seen, np.ones((5, 5), dtype=np.uint8)).astype(np.uint8, copy=False)
    radius = 2 * box.height_px
    ends = (radius, radius), (max(radius, size[1] - radius), radius)
    cv2.line(ideal, ends[0], ends[1], (1.0,), 2 * radius - 1)
    ideal[:, : radius // 2] = ideal[:, size[1] - radius // 2 :] = 0
    for end in ends:
        cv2.circle(ideal, end, radius, (1.0,), -1)
    both = float(np.count_nonzero(seen & ideal))
    return both / max(1.0, float(np.count_nonzero(seen | ideal)))
