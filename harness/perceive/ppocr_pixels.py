"""Pixels for the PP-OCR engine: what the networks are fed, boxes of lines and of lone glyphs. cv2."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.model import Box
from harness.perceive.pictures import Colour

Floats = NDArray[np.float32]
Marks = NDArray[np.bool_]

_QUIET = 0.02  # quiet rows, in parts of the width, that part two bands
_BORDER = 0.04  # of the width on either side, where the borders of cards are
_HAIRLINE = 0.006  # of the width: the highest divider between two rows of a list
_WIDE = 0.3  # of the width, from which a level line is no stroke of a glyph
_SAME = 6  # grey levels between neighbours that a JPEG adds
_TEXT = 0.3  # probability from which a pixel belongs to a line
_LINE = 0.5  # least mean of a line's pixels
_SMALLEST_PX = 3
_GROWN = 1.5  # DB draws lines shrunk; boxes grow by this times area over perimeter
_MARGIN = 0.14  # ground left around the ink of a line, in heights
_APART = 0.22  # gap, in heights of a line, beyond which a piece stands apart
_FAR = 3  # a gap between labels is as many times that between letters
_WIDEST_PX = 3200
_SHORT = 2.5  # heights of width below which a line is a word of two glyphs
_BESIDE = 0.25  # ground put on either side of such a one, in heights
_FAINTEST = 10  # grey levels across three pixels that count as ink at all
_INK = 0.25  # part of the strongest edge that counts as ink


def shrunk(bgr: Colour, scale: float) -> Colour:
    """Return the picture with its sides times ``scale``."""
    height, width = bgr.shape[:2]
    return _resized(bgr, (max(1, round(width * scale)), max(1, round(height * scale))))


def filled_bands(bgr: Colour) -> list[tuple[int, int]]:
    """Return the bands of rows, top and bottom each, that hold all there is; quiet rows between them are left out.

    Rows are quiet where nothing changes from one to the next and nothing but a card's border runs through them. A
    band depends on its own rows alone, so that it is the same band wherever it is scrolled to.
    """
    height, width = bgr.shape[:2]
    if min(height, width) < 3:
        return [(0, height)]
    least = max(8, round(_QUIET * width))
    inner = bgr[:, round(_BORDER * width) : max(1, width - round(_BORDER * width))]
    across = cv2.absdiff(inner[:, 1:], inner[:, :-1]).max(axis=(1, 2), initial=0) <= _SAME
    down = np.r_[True, cv2.absdiff(bgr[1:], bgr[:-1]).max(axis=(1, 2), initial=0) <= _SAME]
    quiet = np.asarray(across & down)
    changes = np.flatnonzero(np.diff(np.r_[False, quiet, False].astype(np.int8)))
    bands, top = [], 0
    for start, end in changes.reshape(-1, 2).tolist():
        if end - start >= least:
            if start > top and not _is_divider(bgr, top, start):
                bands.append((max(0, top - least // 2), start + least // 2))
            top = end
    if top < height:
        bands.append((max(0, top - least // 2), height))
    return bands


def _is_divider(bgr: Colour, top: int, bottom: int) -> bool:
    """Return whether rows hold nothing but a wide level line or the edge of a ground: no letter is as low as that."""
    width = bgr.shape[1]
    if not 0 < top < bottom <= top + max(3, round(_HAIRLINE * width)):
        return False
    rows = bgr[top:bottom]
    drawn = np.flatnonzero(cv2.absdiff(rows, np.broadcast_to(bgr[top - 1], rows.shape)).max(axis=(0, 2)) > _SAME)
    return bool(drawn.size) and int(np.ptp(drawn)) > _WIDE * width  # 一 is as low, but narrow


def _resized(bgr: Colour, size: tuple[int, int]) -> Colour:
    method = cv2.INTER_AREA if size[1] < bgr.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(bgr, size, interpolation=method).astype(np.uint8, copy=False)


def detector_input(bgr: Colour) -> Floats:
    """Return the batch of one that the detector is fed; sides become multiples of 32 by repeating the last pixels."""
    height, width = bgr.shape[:2]
    down, right = -height % 32, -width % 32
    padded = cv2.copyMakeBorder(bgr, 0, down, 0, right, cv2.BORDER_REPLICATE) if down or right else bgr
    return _normalised(padded.astype(np.uint8, copy=False))


def scaled_line(part: Colour, height_px: int) -> Floats:
    """Return a line's pixels as a recogniser is fed them; the width becomes a multiple of 8, as its steps are."""
    height, width = part.shape[:2]
    if width < _SHORT * height:  # a word of two glyphs is read better with ground around it
        margin = round(_BESIDE * height)
        part = cv2.copyMakeBorder(part, 0, 0, margin, margin, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
        width = int(part.shape[1])
    wide = max(16, min(_WIDEST_PX, -(-round(width * height_px / height) // 8) * 8))
    return _normalised(_resized(part, (wide, height_px)))


def _normalised(bgr: Colour) -> Floats:
    blob = cv2.dnn.blobFromImage(bgr, 1 / 127.5, mean=(127.5, 127.5, 127.5))
    return np.asarray(blob, dtype=np.float32)


# --- boxes of lines --------------------------------------------------------------------------------------------


def boxes_of(text: Floats, scale: float, size_px: tuple[int, int]) -> list[Box]:
    """Return boxes, in device pixels, of what a probability map holds."""
    marked = (text > _TEXT).astype(np.uint8)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(marked, connectivity=8)
    sums = np.bincount(labels.ravel(), weights=text.ravel(), minlength=count)
    boxes = []
    for number in range(1, count):
        left, top, width, height, area = (int(v) for v in stats[number])
        if min(width, height) < _SMALLEST_PX or sums[number] / area < _LINE:
            continue
        grown = _GROWN * width * height / (2 * (width + height))
        boxes.append(
            Box(
                left=max(0, round((left - grown) / scale)),
                top=max(0, round((top - grown) / scale)),
                right=min(size_px[0], round((left + width + grown) / scale)),
                bottom=min(size_px[1], round((top + height + grown) / scale)),
            )
        )
    return _without_overlaps(boxes)


def _without_overlaps(boxes: list[Box]) -> list[Box]:
    """Return the boxes with those that reach into one another on one line made one: no letter is read twice."""
    apart: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b.left, b.top)):
        for index, other in enumerate(apart):
            shared, height = other.overlap(box), min(other.height_px, box.height_px)
            if shared.height_px > 0.7 * height and shared.width_px > 0.3 * height:
                apart[index] = other.around(box)
                break
        else:
            apart.append(box)
    return apart


def _ink(part: Colour) -> Marks:
    """Return, for each pixel, whether an edge runs through it that is strong for this part."""
    gradient = cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3), dtype=np.uint8))
    blue, green, red = cv2.split(gradient)
    edges = cv2.max(cv2.max(blue, green), red)  # numpy's maximum over three channels takes ten times as long
    least = max(_FAINTEST, _INK * float(edges.max()))
    return np.asarray(edges >= least)


def snapped(bgr: Colour, box: Box) -> Box:
    """Return the box drawn tight around the ink in it, with a margin.

    The same line then has the same box wherever it is scrolled to, whatever the detector's rounding; on a textured
    ground, where ink reaches every edge, the box stays.
    """
    part = bgr[box.top : box.bottom, box.left : box.right]
    if min(part.shape[:2]) < 4:
        return box
    ink = _ink(part)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size or not columns.size:
        return box
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height = box.height_px
    if bottom - top < 0.4 * height:  # 一 and — are all width: their height says nothing
        top, bottom = 0, height
    pad = max(2, round(_MARGIN * (bottom - top)))
    return Box(
        left=max(0, box.left + left - pad),
        top=max(0, box.top + top - pad),
        right=min(int(bgr.shape[1]), box.left + right + pad),
        bottom=min(int(bgr.shape[0]), box.top + bottom + pad),
    )


def parted(bgr: Colour, line: Box) -> list[Box]:
    """Return the boxes of labels that stand side by side in a line, as tabs do; one box where it is one text.

    A gap parts labels where it is wider than the line is high and far wider than the gaps inside them. Single letters
    spaced wide are one text, and on a textured ground no gap is seen.
    """
    pieces = _pieces(np.asarray(_ink(bgr[line.top : line.bottom, line.left : line.right]).any(axis=0)))
    gaps = [after[0] - before[1] for before, after in pairwise(pieces)]
    close = sorted(gap for gap in gaps if gap < line.height_px)
    if not close or len(close) == len(gaps):
        return [line]
    least = max(line.height_px, _FAR * close[len(close) // 2])
    cuts = [number + 1 for number, gap in enumerate(gaps) if gap >= least]
    labels = [(pieces[first][0], pieces[last - 1][1]) for first, last in pairwise((0, *cuts, len(pieces)))]
    if max(end - begin for begin, end in labels) <= line.height_px:
        return [line]
    pad = max(2, round(_MARGIN * line.height_px))
    return [
        Box(
            left=max(line.left, line.left + begin - pad),
            top=line.top,
            right=min(line.right, line.left + end + pad),
            bottom=line.bottom,
        )
        for begin, end in labels
    ]


def _pieces(filled: Marks) -> list[tuple[int, int]]:
    """Return where each run of filled places begins and ends."""
    changes = np.flatnonzero(np.diff(np.r_[False, filled, False].astype(np.int8)))
    return [(int(start), int(end)) for start, end in changes.reshape(-1, 2)]


def apart(part: Colour) -> tuple[int, int]:
    """Return where a line's text begins and ends, without a leading or trailing piece of one glyph that stands apart.

    Such a piece is an icon as often as a glyph, and whoever reads has to tell.
    """
    height, width = part.shape[:2]
    merged: list[tuple[int, int]] = []
    for start, end in _pieces(np.asarray(_ink(part).any(axis=0))):
        if merged and start - merged[-1][1] < _APART * height:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    begin, finish = 0, width
    if len(merged) > 1 and _is_one_glyph(merged[0], height):
        begin = (merged[0][1] + merged[1][0]) // 2
    if len(merged) > 1 and _is_one_glyph(merged[-1], height) and (len(merged) > 2 or not begin):
        finish = (merged[-2][1] + merged[-1][0]) // 2
    return begin, finish


def is_level(part: Colour) -> bool:
    """Return whether all ink is one level stroke, as 一 is."""
    rows = np.flatnonzero(_ink(part).any(axis=1))
    return bool(rows.size) and int(rows[-1] - rows[0]) < 0.35 * part.shape[0]


def is_two_strokes(part: Colour) -> bool:
    """Return whether all ink is two level strokes, the lower the wider, as 二 is."""
    ink = _ink(part)
    height = part.shape[0]
    strokes: list[tuple[int, int]] = []
    for top, bottom in _pieces(np.asarray(ink.any(axis=1))):
        if strokes and top - strokes[-1][1] < 0.12 * height:  # both edges of one stroke
            strokes[-1] = strokes[-1][0], bottom
        else:
            strokes.append((top, bottom))
    if len(strokes) != 2 or any(bottom - top > 0.25 * height for top, bottom in strokes):
        return False
    upper, lower = (np.flatnonzero(ink[top:bottom].any(axis=0)) for top, bottom in strokes)
    return bool(0.5 * np.ptp(lower) <= np.ptp(upper) < np.ptp(lower))


def _is_one_glyph(piece: tuple[int, int], height: int) -> bool:
    return 0.15 * height <= piece[1] - piece[0] <= height


# --- lone glyphs ---------------------------------------------------------------------------------------------------


def shapes_beside(small: Colour, scale: float, lines: Sequence[Box]) -> tuple[list[Box], list[Box]]:
    """Return boxes, in device pixels, of lone shapes of a glyph's size, and of lone level strokes, that no line covers.

    The detector overlooks single digits (ranks, days of a calendar) and 一; most of what is proposed is an icon and
    reads as nothing.
    """
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), dtype=np.uint8))
    marked = (edges > 24).astype(np.uint8)
    for box in lines:
        marked[int(box.top * scale) : round(box.bottom * scale), int(box.left * scale) : round(box.right * scale)] = 0
    joined = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((1, 5), dtype=np.uint8))
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(joined, connectivity=8)
    glyphs, level = [], []
    for left, top, width, height, area in stats[1:count].tolist():
        if 9 <= height <= 48 and 3 <= width <= 2.2 * height and area >= 0.3 * width * height:
            glyphs.append(_placed((left, top, width, height), scale))
        elif height <= 7 and 9 <= width <= 44 and width >= 2.5 * height:
            level.append((left, top, width, height))
    pairs = _pairs(level)
    glyphs += [_placed(_square(pair[0], pair[1]), scale) for pair in pairs]
    paired = {stroke for pair in pairs for stroke in pair}
    return glyphs, [_placed(_square(stroke, stroke), scale) for stroke in level if stroke not in paired]


_Shape = tuple[int, int, int, int]  # left, top, width, height


def _pairs(level: Sequence[_Shape]) -> list[tuple[_Shape, _Shape]]:
    """Return strokes of which one stands alone over the other, the lower the wider, as in 二; three are a menu."""
    over = [(one, other) for one in level for other in level if _stands_over(one, other)]
    return [
        (one, other)
        for one, other in over
        if other[2] > one[2] and sum(other in pair or one in pair for pair in over) == 1
    ]


def _stands_over(upper: _Shape, lower: _Shape) -> bool:
    common = min(upper[0] + upper[2], lower[0] + lower[2]) - max(upper[0], lower[0])
    gap = lower[1] - upper[1] - upper[3]
    return common >= 0.9 * min(upper[2], lower[2]) and 0.2 * lower[2] <= gap <= 1.1 * lower[2]


def _square(upper: _Shape, lower: _Shape) -> _Shape:
    """Return a square as wide as the wider of two strokes, around both."""
    left, side = min(upper[0], lower[0]), max(upper[0] + upper[2], lower[0] + lower[2]) - min(upper[0], lower[0])
    top, bottom = upper[1], lower[1] + lower[3]
    side = max(side, bottom - top)
    return left, (top + bottom - side) // 2, side, side


def _placed(shape: _Shape, scale: float) -> Box:
    left, top, width, height = shape
    pad = max(2, round(0.2 * height))
    return Box(
        left=max(0, int((left - pad) / scale)),
        top=max(0, int((top - pad) / scale)),
        right=round((left + width + pad) / scale),
        bottom=round((top + height + pad) / scale),
    )


def with_stroke(line: Box, strokes: Sequence[Box]) -> Box:
    """Return the line's box with a stroke beside it taken in: the detector leaves out the 一 of 一键提醒."""
    for stroke in strokes:
        level = abs(stroke.centre_px[1] - line.centre_px[1]) < 0.15 * line.height_px
        alike = 0.5 * line.height_px < stroke.width_px < 1.4 * line.height_px
        gap = max(line.left - stroke.right, stroke.left - line.right)
        if level and alike and gap < 0.25 * line.height_px:
            line = Box(
                left=min(line.left, stroke.left),
                top=line.top,
                right=max(line.right, stroke.right),
                bottom=line.bottom,
            )
    return line


# --- vertical text -------------------------------------------------------------------------------------------------


def laid_flat(part: Colour) -> Colour | None:
    """Return a column of upright glyphs as a line of them, ``None`` where no gaps between glyphs are seen."""
    filled = np.asarray(_ink(part).any(axis=1))
    height, width = part.shape[:2]
    cuts = [0]
    while height - cuts[-1] > 1.4 * width:  # a glyph is about as high as the column is wide
        low, high = cuts[-1] + round(0.7 * width), min(height - 1, cuts[-1] + round(1.5 * width))
        empty = low + np.flatnonzero(~filled[low:high])
        if not empty.size:
            return None
        cuts.append(int(empty[empty.size // 2]))
    cells = [part[top:bottom] for top, bottom in zip(cuts, [*cuts[1:], height], strict=True)]
    tallest = max(cell.shape[0] for cell in cells)
    level = [cv2.copyMakeBorder(cell, 0, tallest - cell.shape[0], 0, 0, cv2.BORDER_REPLICATE) for cell in cells]
    return np.hstack(level).astype(np.uint8, copy=False)


def turned(part: Colour) -> Colour:
    """Return text that runs downwards as a line."""
    return cv2.rotate(part, cv2.ROTATE_90_COUNTERCLOCKWISE).astype(np.uint8, copy=False)
