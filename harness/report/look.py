"""What one stored screen shows, and a drawing of it: the screen with boxes, the words as read, and a legend.

The drawing is a derivative for people who want to know what the harness saw. Reads a font file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harness.messages import text
from harness.model import Box, Channel, Group, Mark, Observation, Outcome, RuleId, Shape, Word
from harness.perceive.pictures import decode_colour
from harness.wording import visible

_PANEL_PX = 900  # width of the screen as drawn
_LEGEND_PX = 640
_GAP_PX = 24
_HEAD_PX = 64
_MOST_HEIGHT_PX = 12_000
_PAPER = "#ffffff"
_INK = "#1c1c1e"
_WORDS = {"hierarchy": "#1663d6", "ocr": "#0a8f3c", "both": "#6a7a10", "contradiction": "#d9480f"}
_SHAPE = "#9c27b0"
_OPAQUE = "#5f6b7a"
_MARK = "#d5102a"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one stored screen shows."""

    format: int = 1
    observation: Observation
    outcomes: tuple[RuleOutcome, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What one rule makes of one screen; ``statement`` is its outcome in words."""

    rule: RuleId
    statement: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pens:
    """Fonts by size, from one file; without a Chinese font the built-in one, which shows boxes for it."""

    file: Path | None

    def font(self, size_px: int) -> Font:
        if self.file is None:
            return ImageFont.load_default(size_px)
        return ImageFont.truetype(str(self.file), size_px)


def drawn_look(png: bytes, look: Look, *, font: Path | None) -> bytes:
    """Return a PNG of the screen, its words, shapes, silent regions and marks. ``font`` is a font file with Chinese."""
    pens = _Pens(file=font)
    seen, told = look.observation, look.outcomes
    # As perception decodes it: Pillow refuses some pictures that were read, and whitens those of 16 bits.
    screen = Image.fromarray(np.ascontiguousarray(decode_colour(png)[:, :, ::-1]))
    scale = min(_PANEL_PX / screen.width, (_MOST_HEIGHT_PX - _HEAD_PX) / screen.height)
    size = max(1, round(screen.width * scale)), max(1, round(screen.height * scale))
    screen = screen.resize(size, Image.Resampling.LANCZOS)
    legend = _legend(seen, told, pens)
    width = 2 * (size[0] + _GAP_PX) + _LEGEND_PX
    sheet = Image.new("RGB", (width, _HEAD_PX + max(size[1], legend.height) + _GAP_PX), _PAPER)
    pen = ImageDraw.Draw(sheet)
    head = pens.font(30)
    for key, x in (("look-as-shown", 8), ("look-as-read", size[0] + _GAP_PX + 8)):
        pen.text((x, 12), text(key), font=head, fill=_INK)
    sheet.paste(_boxed(screen, seen, told, (scale, pens)), (0, _HEAD_PX))
    sheet.paste(_read(size, seen, (scale, pens)), (size[0] + _GAP_PX, _HEAD_PX))
    sheet.paste(legend, (2 * (size[0] + _GAP_PX), _HEAD_PX))
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG")
    return buffer.getvalue()


def _kind(word: Word) -> str:
    if word.contradiction is not None:
        return "contradiction"
    if len(word.channels) > 1:
        return "both"
    return "ocr" if Channel.OCR in word.channels else "hierarchy"


def _placed(box: Box, scale: float, *, grow: int = 0) -> tuple[int, int, int, int]:
    left, top = round(box.left * scale) - grow, round(box.top * scale) - grow
    return left, top, max(left + 1, round(box.right * scale) + grow), max(top + 1, round(box.bottom * scale) + grow)


# --- the screen ------------------------------------------------------------------------------------------------


def _boxed(screen: Image.Image, seen: Observation, told: Sequence[RuleOutcome], by: tuple[float, _Pens]) -> Image.Image:
    """Return the screen with boxes: regions first, marks last and on top."""
    scale, pens = by
    pale = Image.blend(screen, Image.new("RGB", screen.size, _PAPER), 0.25)
    pen = ImageDraw.Draw(pale)
    for region in seen.opaque:
        _dashed(pen, _placed(region, scale, grow=-3), _OPAQUE)
    for word in seen.words:
        pen.rectangle(_placed(word.box, scale, grow=1), outline=_WORDS[_kind(word)], width=2)
    small = pens.font(20)
    for shape in seen.shapes:
        place = _placed(shape.box, scale, grow=4)
        pen.rectangle(place, outline=_SHAPE, width=3)
        _tag(pen, (place[0], place[1] - 26), shape_text(shape), (small, _SHAPE))
    numbers: dict[Box, list[str]] = {}  # several rules mark the same words: one tag holds all their numbers
    for number, (box, _) in enumerate(_marks(told), start=1):
        numbers.setdefault(box, []).append(str(number))
    for box, marked in numbers.items():
        place = _placed(box, scale, grow=6)
        pen.rectangle(place, outline=_MARK, width=4)
        _tag(pen, (place[2] - 4, place[1] - 14), " ".join(marked), (pens.font(24), _MARK))
    return pale


def _marks(told: Sequence[RuleOutcome]) -> Iterator[tuple[Box, str]]:
    for one in told:
        for mark in one.outcome.marks:
            yield mark.box, mark_text(one, mark)


def mark_text(one: RuleOutcome, mark: Mark) -> str:
    """Return whose mark it is, what stands there, and why it was made; a reason may quote what stands there."""
    said = visible(mark.text)
    why = text(mark.why, [*one.outcome.data, ("said", said)])
    return f"{one.rule}：{said}" + (f"（{why}）" if why != mark.why else "")


def shape_text(shape: Shape) -> str:
    """Return what a shape is, in words: kind, name, how far it is filled."""
    fill = "" if shape.fill_ratio is None else f" {shape.fill_ratio:.0%}"
    return f"{text(f'look-shape-{shape.kind}')}{' ' + shape.name if shape.name else ''}{fill}"


def group_text(group: Group, words: Sequence[Word]) -> str:
    """Return what kind of group it is and its words."""
    return f"{text(f'look-group-{group.kind}')} {' | '.join(visible(words[at].text) for at in group.words)}"


def _tag(pen: ImageDraw.ImageDraw, at: tuple[int, int], said: str, by: tuple[Font, str]) -> None:
    """Write on a ground of its own, kept on the picture."""
    font, ground = by
    left, top, right, bottom = pen.textbbox((0, 0), said, font=font)
    width, height = round(right - left), round(bottom - top)
    image_width, image_height = pen.im.size
    x = max(0, min(at[0], image_width - width - 10))
    y = max(0, min(at[1], image_height - height - 8))
    pen.rectangle((x, y, x + width + 10, y + height + 8), fill=ground)
    pen.text((x + 5 - left, y + 4 - top), said, font=font, fill=_PAPER)


def _dashed(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: str) -> None:
    left, top, right, bottom = box
    for x in range(left, right, 24):
        for y in (top, bottom):
            pen.line((x, y, min(right, x + 14), y), fill=colour, width=3)
    for y in range(top, bottom, 24):
        for x in (left, right):
            pen.line((x, y, x, min(bottom, y + 14)), fill=colour, width=3)


# --- the words -------------------------------------------------------------------------------------------------


def _read(size: tuple[int, int], seen: Observation, by: tuple[float, _Pens]) -> Image.Image:
    """Return the words where they stand, written as they were read and as large as their boxes allow."""
    scale, pens = by
    sheet = Image.new("RGB", size, "#f6f7f9")
    pen = ImageDraw.Draw(sheet)
    for word in seen.words:
        left, top, right, bottom = _placed(word.box, scale)
        other = "" if word.contradiction is None else f"（{visible(word.contradiction)}）"
        said = f"{visible(word.text)}{other}"
        font = _fitting(said, (right - left, bottom - top), pens)
        colour = _WORDS[_kind(word)]
        pen.rectangle((left, top, right, bottom), outline="#d7dbe0")
        pen.text((left, (top + bottom) / 2), said, font=font, fill=colour, anchor="lm" if pens.file else None)
    return sheet


def _fitting(said: str, room: tuple[int, int], pens: _Pens) -> Font:
    size_px = max(11, min(44, round(0.86 * room[1])))
    while size_px > 11 and pens.font(size_px).getlength(said) > 1.04 * room[0]:
        size_px = max(11, round(size_px * 0.9))
    return pens.font(size_px)


# --- the legend ------------------------------------------------------------------------------------------------


def _legend(seen: Observation, told: Sequence[RuleOutcome], pens: _Pens) -> Image.Image:
    """Return colours and their meaning, then rules with numbered marks, shapes, and what could not be looked at."""
    lines: list[tuple[str, str, bool]] = [(text("look-legend"), _INK, True)]
    lines += [(f"■ {text(f'look-word-{kind}')}", colour, False) for kind, colour in _WORDS.items()]
    lines += [(f"■ {text('look-opaque')}", _OPAQUE, False), (f"■ {text('look-shapes')}", _SHAPE, False)]
    lines += [(f"■ {text('look-mark')}", _MARK, False), (text("look-rules"), _INK, True)]
    for one in told:
        verdict = text(f"report-verdict-{one.outcome.verdict}")
        lines.append((f"{one.rule}：{verdict}。{one.statement}", _INK, False))
    lines += [(f"{number}  {said}", _MARK, False) for number, (_, said) in enumerate(_marks(told), start=1)]
    lines.append((text("look-shapes"), _INK, True))
    lines += [(f"{shape_text(s)}  {s.match_ratio:.2f}  {s.method}", _SHAPE, False) for s in seen.shapes]
    lines += [] if seen.shapes else [(text("look-none"), _INK, False)]
    if seen.gaps:
        lines.append((text("look-gaps"), _INK, True))
        lines += [(f"{gap.channel}：{text(gap.reason)}", _INK, False) for gap in seen.gaps]
    return _column(lines, pens)


def _column(lines: Sequence[tuple[str, str, bool]], pens: _Pens) -> Image.Image:
    rows = [
        (part, colour, head, first)
        for said, colour, head in lines
        for first, part in _broken(said, pens.font(28 if head else 22))
    ]
    height = sum((52 if head else 32) + (8 if first else 0) for _, _, head, first in rows) + 20
    sheet = Image.new("RGB", (_LEGEND_PX, min(height, _MOST_HEIGHT_PX)), _PAPER)
    pen = ImageDraw.Draw(sheet)
    y = 0
    for part, colour, head, first in rows:
        y += 8 if first else 0
        pen.text((8, y + (14 if head else 0)), part, font=pens.font(28 if head else 22), fill=colour)
        y += 52 if head else 32
    return sheet


def _broken(said: str, font: Font) -> Iterator[tuple[bool, str]]:
    """Yield a text in lines that fit; the first is told by ``True``."""
    line, first = "", True
    for letter in said:
        if line and font.getlength(line + letter) > _LEGEND_PX - 24:
            yield first, line
            line, first = "", False
        line += letter
    yield first, line
