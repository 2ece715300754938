"""PP-OCR through onnxruntime: finds lines band by band, reads each line by itself, and does no work twice.

Every answer is a pure function of the pixels it is made from: where lines are depends on the rows between two quiet
stretches, a line's text on that line's pixels and on nothing read beside it.
What is remembered is keyed by those pixels, so that reuse gives exactly what a full read would. Uses two threads while
it reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.errors import EngineUnavailable
from harness.model import Box, Span
from harness.perceive.jobs import Jobs
from harness.perceive.memory import Memory
from harness.perceive.pictures import UnreadablePicture
from harness.perceive.ppocr_letters import (
    NOTHING,
    SURE,
    Line,
    agreed,
    decoded,
    is_number,
    letters_of,
    level_stroke,
    may_be_lone,
    may_stand_alone,
    two_strokes,
)
from harness.perceive.ppocr_models import Floats, ModelSet, Network, describe, find_models
from harness.perceive.ppocr_pixels import (
    Colour,
    apart,
    boxes_of,
    decode_colour,
    detector_input,
    filled_bands,
    is_level,
    is_two_strokes,
    laid_flat,
    scaled_line,
    shapes_beside,
    shrunk,
    snapped,
    turned,
    with_stroke,
)

_WORKERS = 2
_SHORT_SIDE_PX = 512  # of the picture that lines are looked for in
_LARGEST_SCALE = 2.0
_TILE_PX = 320  # rows of a high band that one tile answers for
_AROUND_PX = 32  # what it sees beyond them
_LEAST_CONFIDENCE = 0.5
_DOUBTFUL = 0.93  # a line below is read again by the careful model
_UPRIGHT = 1.8  # heights per width from which a box may be a column of glyphs


_Boxes = tuple[Box, ...]
_Places = tuple[_Boxes, _Boxes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    """A decoded picture, how much smaller lines are looked for, and the bands of rows that hold anything."""

    bgr: Colour
    scale: float
    bands: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One band's pixels, and the small picture of it that lines are looked for in."""

    bgr: Colour
    small: Colour
    scale: float
    tiles: dict[tuple[int, int], Floats]  # how likely each small pixel belongs to a line, by the tile's corner

    @property
    def size_px(self) -> tuple[int, int]:
        return _size_px(self.bgr)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One band to be looked at: what is known of it, or the pixels and the mask to find it out with."""

    top: int
    key: bytes
    known: _Places | None
    part: _Part
    mask: Floats | None


class PpocrEngine:
    """Reads Chinese, digits and Latin with the PP-OCR models of the installed RapidOCR packages.

    Making one never fails: where models or onnxruntime are missing, ``read`` raises ``EngineUnavailable``, ``name``
    says so and ``problem`` holds it. Not for use from several threads at once.
    """

    name: str

    def __init__(self, models: ModelSet | None = None) -> None:
        self.problem: EngineUnavailable | None = None
        self.name = "ppocr missing"
        self._pool = ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="ppocr")
        self._screens: Memory[_Screen] = Memory(2)
        self._tiles: Memory[Floats] = Memory(64)
        self._places: Memory[_Places] = Memory(400)
        self._lines: Memory[Line] = Memory(4000)
        self._readings: Memory[tuple[Span, ...]] = Memory(64)
        try:
            found = models or find_models()
            self.name = describe(found)
        except EngineUnavailable as error:
            self.problem = error
            return
        self._detector, self._quick = Network(found.detector), Network(found.quick)
        self._careful = self._quick if found.careful == found.quick else Network(found.careful)
        self._quick_px, self._careful_px = found.quick_height_px, found.careful_height_px

    def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return the lines read inside ``regions`` (the whole picture where ``None``), top to bottom.

        Raises ``EngineUnavailable`` where models are missing or fail, or the picture cannot be decoded.
        """
        key = _digest(png, repr(regions).encode())
        spans = self._readings.get(key)
        if spans is None:
            screen = self._screen(png)
            spans = self._read_while_finding(screen, regions)
            self._readings.put(key, spans)
        return spans

    def find_lines(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Box, ...]:
        """Return the boxes of lines inside ``regions``, in device pixels, without reading them."""
        lines: list[Box] = []
        jobs = Jobs(self._pool)
        self._find(jobs, self._screen(png), regions, lambda some, _glyphs: lines.extend(some))
        jobs.run()
        return tuple(sorted(lines, key=lambda b: (b.top, b.left)))

    def read_lines(self, png: bytes, boxes: Sequence[Box]) -> tuple[Span, ...]:
        """Return what known boxes of one line each read as; nothing is looked for, so this costs a line each."""
        jobs, spans = Jobs(self._pool), list[Span]()
        self._read_boxes(jobs, self._screen(png), (tuple(boxes), ()), spans)
        jobs.run()
        return _in_order(spans)

    def forget(self) -> None:
        """Drop what is remembered of earlier pictures; what is read stays the same, only not how fast."""
        for memory in (self._screens, self._tiles, self._places, self._lines, self._readings):
            memory.clear()

    def warm_up(self) -> None:
        """Load the models and run each once, so that no screen pays for it; one that fails becomes ``problem``."""
        if self.problem is not None:
            return
        grey = np.full((64, 256, 3), 127, dtype=np.uint8)
        try:
            self._detector(detector_input(grey))
            self._quick(scaled_line(grey, self._quick_px))
            self._careful(scaled_line(grey, self._careful_px))
        except EngineUnavailable as error:
            self.problem = error

    def _screen(self, png: bytes) -> _Screen:
        if self.problem is not None:
            raise self.problem
        key = _digest(png)
        screen = self._screens.get(key)
        if screen is None:
            try:
                bgr = decode_colour(png)
            except UnreadablePicture as error:
                raise EngineUnavailable(
                    engine=self.name, problem=str(error), mend="capture the screen again"
                ) from error
            scale = min(_LARGEST_SCALE, _SHORT_SIDE_PX / min(bgr.shape[:2]))
            screen = _Screen(bgr=bgr, scale=scale, bands=tuple(filled_bands(bgr)))
            self._screens.put(key, screen)
        return screen

    # --- finding

    def _read_while_finding(self, screen: _Screen, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return what is read; a worker that has no band left to look at reads lines of the others."""
        jobs, spans = Jobs(self._pool), list[Span]()
        self._find(jobs, screen, regions, lambda *places: self._read_boxes(jobs, screen, places, spans))
        jobs.run()
        return _in_order(spans)

    def _find(
        self, jobs: Jobs, screen: _Screen, regions: Sequence[Box] | None, then: Callable[[_Boxes, _Boxes], None]
    ) -> None:
        """Start looking; ``then`` gets each band's boxes of lines, and of lone shapes that may be a digit."""
        bands = [band for band in screen.bands if regions is None or any(_meet(band, box) for box in regions)]
        for look in [self._look_at(screen, band, regions) for band in bands]:
            if look.known is not None:
                then(*(tuple(_lowered(box, look.top) for box in boxes) for boxes in look.known))
            else:
                self._look(jobs, look, then)

    def _look(self, jobs: Jobs, look: _Look, then: Callable[[_Boxes, _Boxes], None]) -> None:
        """Start on a band that is new: its tiles side by side, then what they show together."""
        part = look.part
        wanted = _tile_places(part, look.mask)

        def shown(place: tuple[int, int], tile: Floats) -> None:
            part.tiles[place] = tile
            if len(part.tiles) == len(wanted):
                jobs.start(partial(self._found_in, part, look.mask), found)

        def found(places: _Places) -> None:
            self._places.put(look.key, places)
            then(*(tuple(_lowered(box, look.top) for box in boxes) for boxes in places))

        if not wanted:  # the regions miss it
            jobs.start(partial(self._found_in, part, look.mask), found)
        for place in wanted:
            jobs.start(partial(self._tile, part.small, *place), partial(shown, place))

    def _look_at(self, screen: _Screen, band: tuple[int, int], regions: Sequence[Box] | None) -> _Look:
        top, bottom = band
        bgr = screen.bgr[top:bottom]
        inside = None if regions is None else [_lowered(box, -top) for box in regions]
        key = _digest(bgr, repr((bgr.shape, inside)).encode())
        known = self._places.get(key)
        small = bgr if known is not None else shrunk(bgr, screen.scale)
        part = _Part(bgr=bgr, small=small, scale=screen.scale, tiles={})
        mask = None if known is not None else _mask(part, inside)
        return _Look(top=top, key=key, known=known, part=part, mask=mask)

    def _found_in(self, part: _Part, mask: Floats | None) -> _Places:
        text = _text_map(part, mask)
        lines = [snapped(part.bgr, box) for box in boxes_of(text, part.scale, part.size_px)]
        small = part.small if mask is None else np.where(mask[:, :, None], part.small, np.uint8(0))
        glyphs, strokes = shapes_beside(small, part.scale, lines)
        grown = tuple(with_stroke(line, strokes) for line in lines)
        alone = [stroke for stroke in strokes if all(not line.overlap(stroke).area_px for line in grown)]
        return grown, (*glyphs, *alone)

    def _tile(self, small: Colour, top: int, left: int) -> Floats:
        above, before = min(top, _AROUND_PX), min(left, _AROUND_PX)
        seen = small[top - above : top + _TILE_PX + _AROUND_PX, left - before : left + _SHORT_SIDE_PX + _AROUND_PX]
        key = _digest(seen, repr((seen.shape, above, before)).encode())
        text = self._tiles.get(key)
        if text is None:
            whole = self._detector(detector_input(seen))[0, 0]
            rows, columns = min(_TILE_PX, small.shape[0] - top), min(_SHORT_SIDE_PX, small.shape[1] - left)
            text = whole[above : above + rows, before : before + columns].copy()
            self._tiles.put(key, text)
        return text

    # --- reading

    def _read_boxes(self, jobs: Jobs, screen: _Screen, places: _Places, spans: list[Span]) -> None:
        """Start reading lines and lone shapes; what is worth keeping is added to ``spans`` as it is read."""

        def kept(box: Box, lone: bool, line: Line) -> None:  # noqa: FBT001 - bound by position below
            if _kept(line, lone=lone):
                spans.append(Span(text=line.text, box=_cut(box, line), confidence=line.confidence, engine=self.name))

        boxes = [(box.overlap(_whole(screen.bgr)), lone) for lone, some in enumerate(places) for box in some]
        # The longest first, so that no worker is left alone with it at the end.
        for box, lone in sorted(boxes, key=lambda one: -one[0].width_px / max(1, one[0].height_px)):
            part = screen.bgr[box.top : box.bottom, box.left : box.right]
            jobs.start(partial(self._line, part), partial(kept, box, bool(lone)))

    def _line(self, part: Colour) -> Line:
        if min(part.shape[:2]) < 3:
            return NOTHING
        key = _digest(part, repr(part.shape).encode())
        line = self._lines.get(key)
        if line is None:
            line = self._without_icons(part)
            self._lines.put(key, line)
        return line

    def _without_icons(self, part: Colour) -> Line:
        """Return what the line reads as, without an icon at its beginning or end that reads like a letter."""
        line = self._read_any_way(part)
        width = part.shape[1]
        begin, end = apart(part)
        if len(line.text) < 3 or (begin, end) == (0, width) or line.text.isdecimal():  # digits may stand wide
            return line
        first, last = self._confirmed(part[:, :begin]), self._confirmed(part[:, end:])
        begin = begin if begin and letters_of(first.text)[:1] != line.text[0] else 0
        end = end if end < width and letters_of(last.text)[-1:] != letters_of(line.text)[-1:] else width
        if (begin, end) == (0, width):
            return line
        rest = self._read_any_way(part[:, begin:end])
        return Line(text=rest.text, confidence=rest.confidence, begin_px=begin, end_px=width - end)

    def _confirmed(self, part: Colour) -> Line:
        """Return the letter of a lone shape, or nothing where it may as well be an icon."""
        if min(part.shape[:2]) < 3:
            return NOTHING
        quick = self._read_with(self._quick, part, self._quick_px)
        if is_number(letters_of(quick.text)) and quick.confidence >= _DOUBTFUL:
            return quick
        level, two = is_level(part), is_two_strokes(part)
        if not level and not two and not may_stand_alone(quick.text):
            return NOTHING
        careful = self._read_with(self._careful, part, self._careful_px)
        if level:
            return level_stroke(careful)
        if two:
            return two_strokes(careful)
        return agreed(quick, careful)

    def _read_any_way(self, part: Colour) -> Line:
        """Return the line as it stands or, for a column, as upright glyphs or turned: whichever reads best."""
        line = self._read_line(part)
        height, width = part.shape[:2]
        if height < _UPRIGHT * width or (line.text.isdigit() and line.confidence >= SURE):
            return line
        flat = laid_flat(part)
        ways = [turned(part)] if flat is None else [flat, turned(part)]
        read = [line, *(self._read_line(way) for way in ways)]
        return max(read, key=lambda one: one.confidence * (len(one.text) > 1))

    def _read_line(self, part: Colour) -> Line:
        quick = self._read_with(self._quick, part, self._quick_px)
        lone = len(quick.text) <= 1 and part.shape[1] < 1.5 * part.shape[0]
        if lone:
            return self._confirmed(part)
        if quick.confidence >= _DOUBTFUL or self._careful is self._quick:
            return quick
        careful = self._read_with(self._careful, part, self._careful_px)
        return max(quick, careful, key=lambda one: one.confidence)

    def _read_with(self, network: Network, part: Colour, height_px: int) -> Line:
        return decoded(network(scaled_line(part, height_px)), network.characters)


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


def _in_order(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda s: (s.box.top, s.box.left, s.box.bottom, s.box.right, s.text)))


def _kept(line: Line, *, lone: bool) -> bool:
    if lone:
        return may_be_lone(line)
    return line.confidence >= _LEAST_CONFIDENCE and any(c.isalnum() for c in line.text)


def _cut(box: Box, line: Line) -> Box:
    return Box(left=box.left + line.begin_px, top=box.top, right=box.right - line.end_px, bottom=box.bottom)


def _meet(band: tuple[int, int], box: Box) -> bool:
    return box.top < band[1] and box.bottom > band[0]


def _lowered(box: Box, by_px: int) -> Box:
    return Box(left=box.left, top=box.top + by_px, right=box.right, bottom=box.bottom + by_px)


def _mask(part: _Part, regions: Sequence[Box] | None) -> Floats | None:
    """Return 1 for each small pixel inside a region, else 0; ``None`` where everything is asked for."""
    whole = _whole(part.bgr)
    if regions is None or any(box.overlap(whole) == whole for box in regions):
        return None
    mask = np.zeros(part.small.shape[:2], dtype=np.float32)
    for box in regions:
        top, bottom = max(0, int(box.top * part.scale)), max(0, round(box.bottom * part.scale))
        mask[top:bottom, max(0, int(box.left * part.scale)) : max(0, round(box.right * part.scale))] = 1.0
    return mask


def _whole(bgr: Colour) -> Box:
    width, height = _size_px(bgr)
    return Box(left=0, top=0, right=width, bottom=height)


def _size_px(bgr: Colour) -> tuple[int, int]:
    return int(bgr.shape[1]), int(bgr.shape[0])


def _digest(*parts: bytes | Colour) -> bytes:
    """Return a key of bytes and pixels; of pixels that lie in one piece no copy is made."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole = part if isinstance(part, bytes) else np.ascontiguousarray(part).data
        digest.update(memoryview(whole).nbytes.to_bytes(8, "big"))
        digest.update(whole)
    return digest.digest()
