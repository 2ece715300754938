"""Masks a picture and the texts of a walk. Derivatives only: what is given in stays as it is. Pure.

There is no detector of faces whose model comes with a package that is installed here: what looks like a photograph is
masked whole, and so is what nobody read.
"""

from __future__ import annotations

import dataclasses
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from harness.evidence.container import Limits
from harness.evidence.personal import Kind, Part, parts_of, people_on
from harness.model import Box, Channel, Observation, Word

T = TypeVar("T")

_GREY = (128, 128, 128)
_MARGIN_PX = 6
_TILE_PX = 24
_SMOOTH_RATIO = 0.4  # of a drawn tile, more than this is of one colour
_FEW_COLOURS = 12
_LEAST_TILES = 4
_MOST_WORD_RATIO = 0.06  # a word taller than this part of the screen may be written over somebody's face
# Letters are taken to be equally wide, Latin ones and digits about half as wide as Han.
_FIRST_WIDE = 0x2E80
_NARROW, _BLANK = 0.55, 0.28
_LEAST_EM, _MOST_EM = 0.8, 1.6  # a Han letter's width to the height of the ink of one line
_INK_CONTRAST = 40
_LEAST_BLANK = 0.15  # of a Han letter; between two letters of a word there is less
# Fields that hold what an app or a person wrote; everything else of a value is ours.
_TEXT_FIELDS = frozenset(
    "text norm desc hint label title contradiction entry signs toasts data note detail".split()  # noqa: SIM905 - it is shorter
)
_VIDEO_CLASSES = ("VideoView", "SurfaceView", "TextureView")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """One rectangle that was painted over, and why."""

    box: Box
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedPicture:
    """A picture after masking, as PNG."""

    png: bytes
    masks: tuple[Mask, ...]


def mask_picture(png: bytes, seen: Sequence[Observation]) -> MaskedPicture | None:
    """Return a screenshot with everything personal painted over; ``None`` where it cannot be read and so not masked.

    ``seen`` are all observations of these very pixels. Words that tell of nobody stay readable over masked pictures:
    a ranking keeps rank and value.
    """
    width_px, height_px = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if not 0 < width_px * height_px <= Limits().picture_pixels:  # looked at before Pillow does
        return None
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    wholes = [Mask(box=box, kind=Kind.PHOTO) for box in photo_boxes(image)]
    readable = image.copy()
    words: list[Mask] = []
    kept: list[Box] = []
    for observation in seen:
        wholes += [
            Mask(box=e.box, kind=Kind.PHOTO) for e in observation.elements if e.class_name.endswith(_VIDEO_CLASSES)
        ]
        if _unread(observation):
            wholes += [Mask(box=box, kind=Kind.UNREAD) for box in observation.opaque or (_all_of(image),)]
        people = people_on(observation)
        for index, word in enumerate(observation.words):
            if index in people:
                words += [Mask(box=_part_box(readable, word, part), kind=part.kind) for part in people[index]]
            elif word.box.height_px <= _MOST_WORD_RATIO * image.height:
                kept.append(word.box)
    for mask in wholes:
        _paint(image, mask.box)
    for box in kept:
        _restore(image, readable, box)
    for mask in words:  # last: nothing of a name comes back with the word beside it
        _paint(image, mask.box)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return MaskedPicture(png=out.getvalue(), masks=tuple(dict.fromkeys((*wholes, *words))))


def photo_boxes(image: Image.Image) -> tuple[Box, ...]:
    """Return what looks like photographs: places where many colours lie side by side and none prevails."""
    rows, columns = image.height // _TILE_PX, image.width // _TILE_PX
    if not rows or not columns:
        return ()
    pixels = np.asarray(image, dtype=np.uint16)[: rows * _TILE_PX, : columns * _TILE_PX] >> 4
    codes = (pixels[..., 0] << 8) | (pixels[..., 1] << 4) | pixels[..., 2]
    tiles = codes.reshape(rows, _TILE_PX, columns, _TILE_PX).swapaxes(1, 2).reshape(rows * columns, -1)
    ordered = np.sort(tiles, axis=1)
    changes = np.diff(ordered, axis=1) != 0
    colours = changes.sum(axis=1) + 1
    # The longest run of one value: the most common colour is at least as common as the longest gap between changes.
    ends = np.where(changes, np.arange(1, ordered.shape[1]), 0)
    starts = np.maximum.accumulate(np.pad(ends, ((0, 0), (1, 0))), axis=1)
    most = (np.arange(ordered.shape[1]) - starts + 1).max(axis=1)
    photographic = (colours >= _FEW_COLOURS) & (most < _SMOOTH_RATIO * ordered.shape[1])
    return tuple(_boxes(photographic.reshape(rows, columns), image))


def _boxes(photographic: np.ndarray[Any, np.dtype[np.bool_]], image: Image.Image) -> Iterator[Box]:
    """Yield the rectangles around tiles that touch, corners included, one tile wider: what is smooth lies within."""
    left = {(int(y), int(x)) for y, x in np.argwhere(photographic)}
    while left:
        pending, group = [left.pop()], []
        while pending:
            y, x = pending.pop()
            group.append((y, x))
            near = {(y + dy, x + dx) for dy in (-2, -1, 0, 1, 2) for dx in (-2, -1, 0, 1, 2)} & left
            left -= near
            pending += near
        if len(group) < _LEAST_TILES:
            continue
        rows, columns = [y for y, _ in group], [x for _, x in group]
        yield Box(
            left=max(0, (min(columns) - 1) * _TILE_PX),
            top=max(0, (min(rows) - 1) * _TILE_PX),
            right=min(image.width, (max(columns) + 2) * _TILE_PX),
            bottom=min(image.height, (max(rows) + 2) * _TILE_PX),
        )


def _unread(observation: Observation) -> bool:
    """Return whether pixels were to be read and were not: then no word tells what they say."""
    failed = any(gap.channel in (Channel.OCR, Channel.HIERARCHY) for gap in observation.gaps)
    return failed or (bool(observation.opaque) and not observation.engines)


def _all_of(image: Image.Image) -> Box:
    return Box(left=0, top=0, right=image.width, bottom=image.height)


def _part_box(image: Image.Image, word: Word, part: Part) -> Box:
    """Return where a part of a word is, with half a letter to spare on both sides.

    A node's box may be wider than what is written in it, so the ink is measured; where ink and text do not fit
    together (several lines, a picture below), the whole word is the answer.
    """
    whole = Box(
        left=max(0, word.box.left - _MARGIN_PX),
        top=max(0, word.box.top - _MARGIN_PX),
        right=word.box.right + _MARGIN_PX,
        bottom=word.box.bottom + _MARGIN_PX,
    )
    if part.start == 0 and part.end == len(word.text):
        return whole
    ink = _ink(image, word.box)
    widths = [1.0 if ord(letter) > _FIRST_WIDE else _BLANK if letter == " " else _NARROW for letter in word.text]
    per_px = ink.width_px / sum(widths)
    if not ink.height_px or not _LEAST_EM <= per_px / ink.height_px <= _MOST_EM:
        return whole
    start_px = ink.left + sum(widths[: part.start]) * per_px
    end_px = ink.left + sum(widths[: part.end]) * per_px
    spare_px = 0.5 * per_px
    blanks = _blank_columns(image, ink)
    # Beside a blank the edge lies in it: what is on its other side stays whole.
    before = _middle_of_blank(blanks, start_px, per_px) if word.text[: part.start].endswith(" ") else None
    after = _middle_of_blank(blanks, end_px, per_px) if word.text[part.end :].startswith(" ") else None
    return Box(
        left=max(0, round(start_px - spare_px) if before is None else before),
        top=whole.top,
        right=round(end_px + spare_px) if after is None else after,
        bottom=whole.bottom,
    )


def _blank_columns(image: Image.Image, ink: Box) -> list[tuple[int, int]]:
    """Return the runs of columns within the ink's rectangle in which nothing is drawn, ends outside."""
    drawn = _drawn(image, ink).any(axis=0)
    edges = np.flatnonzero(np.diff(np.pad(~drawn, 1).astype(np.int8)))
    return [(ink.left + int(a), ink.left + int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _middle_of_blank(blanks: Sequence[tuple[int, int]], near_px: float, within_px: float) -> int | None:
    """Return the middle of the widest run near an edge, ``None`` where there is none as wide as a blank may be."""
    around = [run for run in blanks if abs((run[0] + run[1]) / 2 - near_px) <= within_px]
    start, end = max(around, key=lambda run: run[1] - run[0], default=(0, 0))
    return (start + end) // 2 if end - start >= _LEAST_BLANK * within_px else None


def _ink(image: Image.Image, box: Box) -> Box:
    """Return the rectangle around what differs from a box's most common grey; no area where nothing does."""
    inside = box.overlap(_all_of(image))
    if not inside.area_px:
        return inside
    drawn = _drawn(image, inside)
    columns, rows = np.flatnonzero(drawn.any(axis=0)), np.flatnonzero(drawn.any(axis=1))
    if not len(columns):
        return Box(left=inside.left, top=inside.top, right=inside.left, bottom=inside.top)
    return Box(
        left=inside.left + int(columns[0]),
        top=inside.top + int(rows[0]),
        right=inside.left + int(columns[-1]) + 1,
        bottom=inside.top + int(rows[-1]) + 1,
    )


def _drawn(image: Image.Image, box: Box) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return for each pixel of a box whether it differs from the box's most common grey."""
    grey = np.asarray(image.crop((box.left, box.top, box.right, box.bottom)).convert("L"), dtype=np.int16)
    ground = np.bincount(grey.ravel().astype(np.int64), minlength=256).argmax()
    found: np.ndarray[Any, np.dtype[np.bool_]] = np.abs(grey - ground) > _INK_CONTRAST
    return found


def _paint(image: Image.Image, box: Box) -> None:
    if box.area_px:
        ImageDraw.Draw(image).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=_GREY)


def _restore(image: Image.Image, readable: Image.Image, box: Box) -> None:
    clipped = box.overlap(_all_of(image))
    if clipped.area_px:
        edges = (clipped.left, clipped.top, clipped.right, clipped.bottom)
        image.paste(readable.crop(edges), edges)


# --- texts -----------------------------------------------------------------------------------------------------

Change = Callable[[str], str]


class TextMask:
    """Changes texts, and counts what it changed by kind. ``instead`` gives what is written in a part's place."""

    def __init__(self, known: Sequence[str], instead: Callable[[str, Kind], str]) -> None:
        self._known = tuple(sorted(known, key=len, reverse=True))
        self._instead = instead
        self.counts: Counter[Kind] = Counter()

    def text(self, text: str, parts: Sequence[Part] | None = None) -> str:
        """Return a text with its personal parts replaced; ``parts`` where they are known better than from the text."""
        found = parts_of(text, known=self._known) if parts is None else parts
        for part in reversed(found):
            self.counts[part.kind] += 1
            text = text[: part.start] + self._instead(text[part.start : part.end], part.kind) + text[part.end :]
        return text

    def value(self, value: T) -> T:
        """Return a value of the model with every text that an app or a person wrote changed."""
        changed: T = self._value(value, text=False)
        return changed

    def _value(self, value: Any, *, text: bool) -> Any:
        if isinstance(value, str):
            return self.text(value) if text and type(value) is str else value
        if isinstance(value, tuple):
            return tuple(self._value(item, text=text) for item in value)
        if isinstance(value, frozenset):
            return frozenset(self._value(item, text=text) for item in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                field.name: self._value(getattr(value, field.name), text=field.name in _TEXT_FIELDS)
                for field in dataclasses.fields(value)
            }
            return dataclasses.replace(value, **fields)
        return value


def black(text: str, kind: Kind) -> str:
    """Return what stands for a personal part in a shared copy: a block for each letter."""
    return "■" * len(text)


class Pseudonyms:
    """Gives every name another that is shaped like it, the same for the same name; digits become zeros."""

    _SURNAMES = "赵钱孙李周吴郑王冯陈"
    _GIVEN = "甲乙丙丁戊己庚辛壬癸"

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def __call__(self, text: str, kind: Kind) -> str:
        if kind is Kind.NAME:
            bare = text.strip()
            return text.replace(bare, self._names.setdefault(bare, self._name(bare)))
        return "".join(
            "0" if letter.isdigit() else "x" if letter.isascii() and letter.isalpha() else letter for letter in text
        )

    def _name(self, text: str) -> str:
        number = len(self._names)
        surname, given = self._SURNAMES[number % 10], self._GIVEN[number // 10 % 10]
        return "".join(
            letter if letter in "*＊○某" else surname if at == 0 else given for at, letter in enumerate(text)
        )


def counted(counts: Mapping[Kind, int]) -> tuple[tuple[str, int], ...]:
    """Return how often each kind was masked, by name."""
    return tuple(sorted((str(kind), number) for kind, number in counts.items()))
