"""Finds lines of text band by band: where they are depends on the rows between two quiet stretches alone.

What is remembered is keyed by those rows' pixels, so that a band is known again wherever it was scrolled to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.model import Box
from harness.perceive.jobs import Jobs
from harness.perceive.memory import Memory, key_of
from harness.perceive.pictures import Colour
from harness.perceive.ppocr_models import Floats, Network
from harness.perceive.ppocr_pixels import (
    boxes_of,
    detector_input,
    filled_bands,
    parted,
    shapes_beside,
    shrunk,
    snapped,
    with_stroke,
)

_SHORT_SIDE_PX = 512  # of the picture that lines are looked for in
_LARGEST_SCALE = 2.0
_TILE_PX = 320  # rows of a high band that one tile answers for
_AROUND_PX = 32  # what it sees beyond them

Boxes = tuple[Box, ...]
Places = tuple[Boxes, Boxes]  # of lines, and of lone shapes that may be a digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A decoded picture, how much smaller lines are looked for, and the bands of rows that hold anything."""

    bgr: Colour
    scale: float
    bands: tuple[tuple[int, int], ...]


def screen_of(bgr: Colour) -> Screen:
    scale = min(_LARGEST_SCALE, _SHORT_SIDE_PX / min(bgr.shape[:2]))
    return Screen(bgr=bgr, scale=scale, bands=tuple(filled_bands(bgr)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What was found in one band of a screen, in pixels of the band; ``key`` stands for the pixels of its rows."""

    key: bytes
    top_px: int
    height_px: int
    lines: Boxes
    lone: Boxes  # shapes that may be a digit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One band's pixels, and the small picture of it that lines are looked for in."""

    bgr: Colour
    small: Colour
    scale: float
    tiles: dict[tuple[int, int], Floats]  # how likely each small pixel belongs to a line, by the tile's corner

    @property
    def size_px(self) -> tuple[int, int]:
        return size_px(self.bgr)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A look at one band: what is known of it, or the pixels and the mask to find it out with."""

    key: bytes
    known: Places | None
    part: _Part
    mask: Floats | None


class Finder:
    """Looks for lines with a detector, and remembers where they were. Not for use from several threads at once."""

    def __init__(self, detector: Network) -> None:
        self.detector = detector
        self._tiles: Memory[Floats] = Memory(64)
        self._places: Memory[Places] = Memory(400)

    def find(self, jobs: Jobs, screen: Screen, regions: Sequence[Box] | None, then: Callable[[Band], None]) -> None:
        """Start looking inside ``regions``; ``then`` gets what is found in each band."""

        def found(top: int, look: _Look, places: Places) -> None:
            height_px = look.part.size_px[1]
            then(Band(key=look.key, top_px=top, height_px=height_px, lines=places[0], lone=places[1]))

        # The highest first, so that no worker is left alone with its tiles at the end.
        for top, bottom in sorted(screen.bands, key=lambda band: band[0] - band[1]):
            if regions is None or any(box.top < bottom and box.bottom > top for box in regions):
                inside = None if regions is None else [lowered(box, -top) for box in regions]
                look = partial(self._look, screen.bgr[top:bottom], screen.scale, inside)
                jobs.start(look, partial(self._looked, jobs, partial(found, top)))

    def forget(self) -> None:
        self._tiles.clear()
        self._places.clear()

    def _look(self, bgr: Colour, scale: float, inside: Sequence[Box] | None) -> _Look:
        key = key_of(bgr, repr((bgr.shape, inside)).encode())
        known = self._places.get(key)
        small = bgr if known is not None else shrunk(bgr, scale)
        part = _Part(bgr=bgr, small=small, scale=scale, tiles={})
        return _Look(key=key, known=known, part=part, mask=None if known is not None else _mask(part, inside))

    def _looked(self, jobs: Jobs, found: Callable[[_Look, Places], None], look: _Look) -> None:
        """Go on with a band: known, or its tiles side by side and then what they show together."""
        then = partial(found, look)
        if look.known is not None:
            then(look.known)
            return
        wanted = _tile_places(look.part, look.mask)

        def shown(place: tuple[int, int], tile: Floats) -> None:
            look.part.tiles[place] = tile
            if len(look.part.tiles) == len(wanted):
                jobs.start(partial(self._found_in, look), then)

        if not wanted:  # the regions miss it
            jobs.start(partial(self._found_in, look), then)
        for place in wanted:
            jobs.start(partial(self._tile, look.part.small, *place), partial(shown, place))

    def _found_in(self, look: _Look) -> Places:
        part, mask = look.part, look.mask
        text = _text_map(part, mask)
        boxes = boxes_of(text, part.scale, part.size_px)
        lines = [label for box in boxes for label in parted(part.bgr, snapped(part.bgr, box))]
        small = part.small if mask is None else np.where(mask[:, :, None], part.small, np.uint8(0))
        glyphs, strokes = shapes_beside(small, part.scale, lines)
        grown = tuple(with_stroke(line, strokes) for line in lines)
        alone = [stroke for stroke in strokes if all(not line.overlap(stroke).area_px for line in grown)]
        places = grown, (*glyphs, *alone)
        self._places.put(look.key, places)
        return places

    def _tile(self, small: Colour, top: int, left: int) -> Floats:
        above, before = min(top, _AROUND_PX), min(left, _AROUND_PX)
        seen = small[top - above : top + _TILE_PX + _AROUND_PX, left - before : left + _SHORT_SIDE_PX + _AROUND_PX]
        key = key_of(seen, repr((seen.shape, above, before)).encode())
        text = self._tiles.get(key)
        if text is None:
            whole = self.detector(detector_input(seen))[0, 0]
            rows, columns = min(_TILE_PX, small.shape[0] - top), min(_SHORT_SIDE_PX, small.shape[1] - left)
            text = whole[above : above + rows, before : before + columns].copy()
            self._tiles.put(key, text)
        return text


def lowered(box: Box, by_px: int) -> Box:
    return Box(left=box.left, top=box.top + by_px, right=box.right, bottom=box.bottom + by_px)


def size_px(bgr: Colour) -> tuple[int, int]:
    """Return width and height."""
    return int(bgr.shape[1]), int(bgr.shape[0])


def _tile_places(part: _Part, mask: Floats | None) -> list[tuple[int, int]]:
    """Return the corners of the tiles to be looked at; those outside the mask are not."""
    height, width = part.small.shape[:2]
    return [
        (top, left)
        for top in range(0, height, _TILE_PX)
        for left in range(0, width, _SHORT_SIDE_PX)
        if mask is None or mask[top : top + _TILE_PX, left : left + _SHORT_SIDE_PX].any()
    ]


def _text_map(part: _Part, mask: Floats | None) -> Floats:
    """Return, for each small pixel, how likely it belongs to a line; nothing where no tile was looked at."""
    text = np.zeros(part.small.shape[:2], dtype=np.float32)
    for (top, left), tile in part.tiles.items():
        text[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return text if mask is None else text * mask


def _mask(part: _Part, regions: Sequence[Box] | None) -> Floats | None:
    """Return 1 for each small pixel inside a region, else 0; ``None`` where everything is asked for."""
    width, height = part.size_px
    whole = Box(left=0, top=0, right=width, bottom=height)
    if regions is None or any(box.overlap(whole) == whole for box in regions):
        return None
    mask = np.zeros(part.small.shape[:2], dtype=np.float32)
    for box in regions:
        top, bottom = max(0, int(box.top * part.scale)), max(0, round(box.bottom * part.scale))
        mask[top:bottom, max(0, int(box.left * part.scale)) : max(0, round(box.right * part.scale))] = 1.0
    return mask
