"""Boxes of text lines in a picture, and single lines made ready for reading. Works on edges; pure."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from harness.model import Box
from harness.perceive.pictures.decode import Grey, Picture
from harness.perceive.pictures.empty import EDGE, edges_of

_LARGEST_SCALE = 2.0
_WORK_WIDTH_PX = 720  # line finding works at this width: its constants are pixels at this width
_PALE_EDGE = 12
_GLYPH_PX = 40  # height that Tesseract's Chinese model reads best
_MARGIN_PX = 14
_LABEL_RATIO = 0.72  # of a label's height to its icon's; digits beside a Chinese character reach 0.8
_TALLEST_PX = 110  # of a line, at working width: the large numerals of a counter


def text_lines(picture: Picture, regions: Sequence[Box]) -> tuple[Box, ...]:
    """Return boxes that look like one line of text each, in device pixels, top to bottom, left to right.

    Works on edges, so light-on-dark needs nothing special. Finds too much rather than too little: what is no text
    reads as nothing later.
    """
    scale = min(_LARGEST_SCALE, _WORK_WIDTH_PX / picture.size_px[0])
    found: list[Box] = []
    for region in regions:
        part = picture.part(region)
        if min(part.shape) < 8:
            continue
        small = _resized(part, scale)
        clear = _lines_in(edges_of(small, least=EDGE))
        # Pale text (disabled days, captions) is looked for again, where nothing clear was found.
        faint = [box for box in _lines_in(edges_of(small, least=_PALE_EDGE)) if not _touches(box, clear)]
        found.extend(_placed(box, region, scale) for box in (*clear, *faint))
    return tuple(sorted(found, key=lambda b: (b.top, b.left)))


def _touches(box: Box, others: Sequence[Box]) -> bool:
    return any(box.overlap(other).area_px for other in others)


def _resized(grey: Grey, scale: float) -> Grey:
    if scale == 1.0:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return cv2.resize(grey, size, interpolation=method).astype(np.uint8, copy=False)


def _placed(box: Box, region: Box, scale: float) -> Box:
    return Box(
        left=region.left + int(box.left / scale),
        top=region.top + int(box.top / scale),
        right=min(region.right, region.left + round(box.right / scale) + 1),
        bottom=min(region.bottom, region.top + round(box.bottom / scale) + 1),
    )


def _lines_in(edges: Grey) -> list[Box]:
    """Return line boxes in an edge map at working scale."""
    ink = _without_rules(edges)
    boxes: list[Box] = []
    for gap_px in (13, 5):  # wide first; what comes out too tall is tried again with less glue
        joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, gap_px), dtype=np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((3, 1), dtype=np.uint8))
        left_over = np.zeros_like(ink)
        for box in _components(joined.astype(np.uint8, copy=False)):
            split = [part for row in _split_rows(ink, box) for part in _split_icon(ink, row)]
            boxes.extend(b for b in split if _is_line(b, ink))
            for tall in (b for b in split if b.height_px > _TALLEST_PX):
                area = slice(tall.top, tall.bottom), slice(tall.left, tall.right)
                left_over[area] = ink[area]
        ink = left_over
    return _merged(boxes)


def _without_rules(edges: Grey) -> Grey:
    """Return edges without long straight strokes: card borders, separators, button outlines."""
    flat = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, 55), dtype=np.uint8))
    upright = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((60, 1), dtype=np.uint8))
    rules = cv2.dilate(cv2.bitwise_or(flat, upright), np.ones((3, 3), dtype=np.uint8))
    return cv2.bitwise_and(edges, cv2.bitwise_not(rules * 255) // 255).astype(np.uint8, copy=False)


def _components(ink: Grey) -> list[Box]:
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = []
    for left, top, width, height, _area in stats[1:count]:
        if width >= 6 and height >= 7:
            boxes.append(Box(left=int(left), top=int(top), right=int(left + width), bottom=int(top + height)))
    return boxes


def _split_rows(ink: Grey, box: Box) -> list[Box]:
    """Return the box cut at empty rows, each piece shrunk to its ink."""
    part = ink[box.top : box.bottom, box.left : box.right]
    rows = np.count_nonzero(part, axis=1) > max(1, round(0.015 * box.width_px))
    pieces: list[Box] = []
    start: int | None = None
    for y, filled in enumerate([*rows.tolist(), False]):
        if filled and start is None:
            start = y
        elif not filled and start is not None:
            if y - start >= 7:
                pieces.append(_shrunk(ink, box, box.top + start, box.top + y))
            start = None
    return pieces


def _shrunk(ink: Grey, box: Box, top: int, bottom: int) -> Box:
    columns = np.flatnonzero(ink[top:bottom, box.left : box.right].any(axis=0))
    if not columns.size:
        return Box(left=box.left, top=top, right=box.right, bottom=bottom)
    return Box(left=box.left + int(columns[0]), top=top, right=box.left + int(columns[-1]) + 1, bottom=bottom)


def _split_icon(ink: Grey, box: Box) -> list[Box]:
    """Return a leading icon and its label apart: a squarish piece, a gap, and a rest that is clearly lower."""
    columns = np.asarray(ink[box.top : box.bottom, box.left : box.right].any(axis=0))
    reach = min(columns.size, round(1.6 * box.height_px))
    empty = np.flatnonzero(~columns[:reach])
    empty = empty[empty >= 0.5 * box.height_px]
    if not empty.size or box.width_px < 2 * box.height_px:
        return [box]
    start = int(empty[0])
    end = start + int(np.argmax(columns[start:]))
    rest = Box(left=box.left + end, top=box.top, right=box.right, bottom=box.bottom)
    pieces = _split_rows(ink, rest)
    if end - start < 0.06 * box.height_px or len(pieces) != 1 or pieces[0].height_px > _LABEL_RATIO * box.height_px:
        return [box]
    return [Box(left=box.left, top=box.top, right=box.left + start, bottom=box.bottom), pieces[0]]


def _is_line(box: Box, ink: Grey) -> bool:
    if not 8 <= box.height_px <= _TALLEST_PX or box.width_px < 5:
        return False
    filled = float(np.count_nonzero(ink[box.top : box.bottom, box.left : box.right])) / box.area_px
    return filled >= 0.16


def _merged(boxes: list[Box]) -> list[Box]:
    """Return the boxes with those on one line, near and alike in height, made one."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b.left, b.top)):
        for index, other in enumerate(merged):
            if _same_line(other, box):
                merged[index] = other.around(box)
                break
        else:
            merged.append(box)
    return [b for b in merged if not any(o is not b and o.overlap(b) == b and o != b for o in merged)]


def _same_line(one: Box, other: Box) -> bool:
    height = min(one.height_px, other.height_px)
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = other.left - one.right
    return overlap > 0.6 * height and gap <= 0.6 * height and max(one.height_px, other.height_px) <= 1.6 * height


def line_crop(picture: Picture, box: Box) -> Grey:
    """Return one line for reading: dark on white, glyphs about 40 px high, with a margin."""
    height = max(1, box.height_px)
    pad = max(2, round(0.12 * height))
    wide = Box(left=box.left - pad, top=box.top - pad, right=box.right + pad, bottom=box.bottom + pad)
    part = picture.part(wide)
    scale = min(4.0, _GLYPH_PX / height)
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    line = cv2.resize(part, size, interpolation=method).astype(np.uint8, copy=False)
    if _is_light_on_dark(line):
        line = (255 - line).astype(np.uint8)
    line = _stretched(line)
    return cv2.copyMakeBorder(
        line, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, cv2.BORDER_CONSTANT, value=(255.0,)
    ).astype(np.uint8, copy=False)


def _is_light_on_dark(line: Grey) -> bool:
    """Return whether the ground, which is most of a line's pixels, is the darker part."""
    threshold, _ = cv2.threshold(line, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(np.count_nonzero(line > threshold)) < 0.5 * line.size


def _stretched(line: Grey) -> Grey:
    """Return the line with its ground white and its ink black."""
    low, high = (float(v) for v in np.percentile(line, (2, 80)))
    if high - low < 10:
        return line
    levels = np.clip((line.astype(np.float32) - low) * (255.0 / (high - low)), 0, 255)
    return np.asarray(levels, dtype=np.uint8)
