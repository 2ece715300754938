"""PP-OCR through onnxruntime: finds lines band by band, reads each line by itself, and does no work twice.

Every answer is a pure function of the pixels it is made from; a line's text depends on that line's pixels and on
nothing read beside it.
What is remembered is keyed by those pixels, so that reuse gives exactly what a full read would. Uses two threads while
it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from harness.errors import EngineUnavailable
from harness.model import Box, Span
from harness.perceive.jobs import Jobs
from harness.perceive.memory import Memory, key_of
from harness.perceive.pictures import Colour, UnreadablePicture, decode_colour
from harness.perceive.ppocr_finding import Band, Finder, Screen, lowered, screen_of, size_px
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
from harness.perceive.ppocr_models import ModelSet, Network, describe, find_models
from harness.perceive.ppocr_pixels import (
    apart,
    detector_input,
    is_level,
    is_two_strokes,
    laid_flat,
    scaled_line,
    turned,
)

_WORKERS = 2
_LEAST_CONFIDENCE = 0.5
_DOUBTFUL = 0.93  # a line below is read again by the careful model
_UPRIGHT = 1.8  # heights per width from which a box may be a column of glyphs


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
        self._threads = 1  # of a network's run
        self._hashed = b"", key_of(b"")  # the capture asked for last, and its key
        self._screens: Memory[Screen] = Memory(2)
        self._lines: Memory[Line] = Memory(4000)
        self._in_bands: Memory[Line] = Memory(4000)  # by band and box: nothing of a known band is looked at again
        self._readings: Memory[tuple[Span, ...]] = Memory(64)
        try:
            found = models or find_models()
            self.name = describe(found)
        except EngineUnavailable as error:
            self.problem = error
            return
        self._finder, self._quick = Finder(Network(found.detector)), Network(found.quick)
        self._careful = self._quick if found.careful == found.quick else Network(found.careful)
        self._quick_px, self._careful_px = found.quick_height_px, found.careful_height_px

    def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return the lines read inside ``regions`` (the whole picture where ``None``), top to bottom.

        Raises ``EngineUnavailable`` where models are missing or fail, or the picture cannot be decoded.
        """
        key = self._key_of(png) + repr(regions).encode()
        spans = self._readings.get(key)
        if spans is None:
            spans = self._read_while_finding(self._screen(png), regions)
            self._readings.put(key, spans)
        return spans

    def find_lines(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Box, ...]:
        """Return the boxes of lines inside ``regions``, in device pixels, without reading them."""
        lines: list[Box] = []
        jobs, screen = Jobs(self._pool), self._screen(png)
        self._finder.find(jobs, screen, regions, lambda band: lines.extend(lowered(b, band.top_px) for b in band.lines))
        jobs.run()
        return tuple(sorted(lines, key=lambda b: (b.top, b.left)))

    def read_lines(self, png: bytes, boxes: Sequence[Box]) -> tuple[Span, ...]:
        """Return what known boxes of one line each read as; nothing is looked for, so this costs a line each."""
        jobs, spans = Jobs(self._pool), list[Span]()
        known = Band(key=b"", top_px=0, height_px=0, lines=tuple(boxes), lone=())
        self._threads = _WORKERS if len(boxes) == 1 else 1
        try:
            self._read_band(jobs, self._screen(png), spans, known)
            jobs.run()
        finally:
            self._threads = 1
        return _in_order(spans)

    def forget(self) -> None:
        """Drop what is remembered of earlier pictures; what is read stays the same, only not how fast."""
        for memory in (self._screens, self._lines, self._in_bands, self._readings):
            memory.clear()
        self._hashed = b"", key_of(b"")
        if self.problem is None:
            self._finder.forget()

    def warm_up(self) -> None:
        """Load the models and run each once, so that no screen pays for it; one that fails becomes ``problem``."""
        if self.problem is not None:
            return
        grey = np.full((64, 256, 3), 127, dtype=np.uint8)
        try:
            self._finder.detector(detector_input(grey))
            self._quick(scaled_line(grey, self._quick_px))
            self._careful(scaled_line(grey, self._careful_px))
        except EngineUnavailable as error:
            self.problem = error

    def _key_of(self, png: bytes) -> bytes:
        if png is not self._hashed[0]:
            self._hashed = png, key_of(png)
        return self._hashed[1]

    def _screen(self, png: bytes) -> Screen:
        if self.problem is not None:
            raise self.problem
        key = self._key_of(png)
        screen = self._screens.get(key)
        if screen is None:
            try:
                screen = screen_of(decode_colour(png))
            except UnreadablePicture as error:
                raise EngineUnavailable(
                    engine=self.name, problem=str(error), mend="capture the screen again"
                ) from error
            self._screens.put(key, screen)
        return screen

    def _read_while_finding(self, screen: Screen, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return what is read; a worker that has no band left to look at reads lines of the others."""
        jobs, spans = Jobs(self._pool), list[Span]()
        self._finder.find(jobs, screen, regions, partial(self._read_band, jobs, screen, spans))
        jobs.run()
        return _in_order(spans)

    def _read_band(self, jobs: Jobs, screen: Screen, spans: list[Span], band: Band) -> None:
        """Start reading lines and lone shapes; what is worth keeping is added to ``spans`` as it is read."""
        width, height = size_px(screen.bgr)
        whole = Box(left=0, top=0, right=width, bottom=height)

        def kept(box: Box, lone: bool, key: bytes, line: Line) -> None:  # noqa: FBT001 - bound by position below
            if key:
                self._in_bands.put(key, line)
            if _kept(line, lone=lone):
                spans.append(Span(text=line.text, box=_cut(box, line), confidence=line.confidence, engine=self.name))

        unknown = []
        for found, lone in [*((box, False) for box in band.lines), *((box, True) for box in band.lone)]:
            box = lowered(found, band.top_px).overlap(whole)
            # A box that reaches beyond the band shows more than the band's key stands for.
            within = found.bottom <= band.height_px
            key = band.key + repr((found, lone)).encode() if within else b""
            line = self._in_bands.get(key) if key else None
            if line is None:
                unknown.append((box, partial(kept, box, lone, key), lone))
            else:
                kept(box, lone, b"", line)
        # The longest first, so that no worker is left alone with it at the end.
        for box, then, lone in sorted(unknown, key=lambda one: -one[0].width_px / max(1, one[0].height_px)):
            part = screen.bgr[box.top : box.bottom, box.left : box.right]
            jobs.start(partial(self._line, part, lone=lone), then)

    def _line(self, part: Colour, *, lone: bool) -> Line:
        if min(part.shape[:2]) < 3:
            return NOTHING
        key = key_of(part, repr((part.shape, lone)).encode())
        line = self._lines.get(key)
        if line is None:
            # A lone shape is one glyph or two digits: neither a column nor a line that an icon stands beside.
            line = self._read_line(part) if lone else self._without_icons(part)
            self._lines.put(key, line)
        return line

    def _without_icons(self, part: Colour) -> Line:
        """Return what the line reads as, without an icon at its beginning or end that reads like a letter."""
        line = self._read_any_way(part)
        width = part.shape[1]
        begin, end = apart(part)
        if len(line.text) < 3 or (begin, end) == (0, width) or line.text.isdecimal():  # digits may stand wide
            return line
        first, last = self._letter(part[:, :begin]), self._letter(part[:, end:])
        begin = begin if begin and letters_of(first.text)[:1] != line.text[0] else 0
        end = end if end < width and letters_of(last.text)[-1:] != letters_of(line.text)[-1:] else width
        if (begin, end) == (0, width):
            return line
        rest = self._read_any_way(part[:, begin:end])
        return Line(text=rest.text, confidence=rest.confidence, begin_px=begin, end_px=width - end)

    def _letter(self, part: Colour) -> Line:
        """Return the letter of a lone shape, or nothing where it may as well be an icon."""
        if min(part.shape[:2]) < 3:
            return NOTHING
        return self._confirmed(part, self._read_with(self._quick, part, self._quick_px))

    def _confirmed(self, part: Colour, quick: Line) -> Line:
        """Return the letter of a lone shape that the quick model has read, or nothing where it may be an icon."""
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
        if len(quick.text) <= 1 and part.shape[1] < 1.5 * part.shape[0]:
            return self._confirmed(part, quick)
        if quick.confidence >= _DOUBTFUL or self._careful is self._quick:
            return quick
        careful = self._read_with(self._careful, part, self._careful_px)
        return max(quick, careful, key=lambda one: one.confidence)

    def _read_with(self, network: Network, part: Colour, height_px: int) -> Line:
        return decoded(network(scaled_line(part, height_px), threads=self._threads), network.characters)


def _in_order(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda s: (s.box.top, s.box.left, s.box.bottom, s.box.right, s.text)))


def _kept(line: Line, *, lone: bool) -> bool:
    if lone:
        return may_be_lone(line)
    return line.confidence >= _LEAST_CONFIDENCE and any(c.isalnum() for c in line.text)


def _cut(box: Box, line: Line) -> Box:
    return Box(left=box.left + line.begin_px, top=box.top, right=box.right - line.end_px, bottom=box.bottom)
