"""What stands in lattices: calendar grids of seven columns, and medals at the head of a ranking's first rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import cv2
import numpy as np

from harness.model import Box, Shape, ShapeKind
from harness.perceive.pictures.decode import Colour, Grey
from harness.perceive.pictures.empty import edges_of

METHOD = "lattice"
_COLUMNS = 7
_LEAST_ROWS = 4
_OFF = 0.16  # of the pitch that an item may be off its place
_ITEM: Final = (0.012, 0.125)  # of the picture's width
_MEDAL: Final = (0.035, 0.13)
_EDGE = 22
_RULE = 0.075  # of the picture's width: longer straight edges are lines of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Items in one line that stand at whole multiples of a pitch."""

    y: float
    first: float
    pitch: float
    items: tuple[Box, ...]


def calendars(small: Colour) -> list[Shape]:
    """Return grids of seven columns and at least four rows of small items at even distances."""
    rows = [row for line in _lines(_items(small, _ITEM)) if (row := _row(line, small.shape[1]))]
    rows.sort(key=lambda row: row.y)
    found = []
    while rows:
        grid = [rows.pop(0)]
        for row in list(rows):
            if _continues(grid, row):
                grid.append(row)
                rows.remove(row)
        if len(grid) >= _LEAST_ROWS and _even([row.y for row in grid]):
            found.append(_calendar(grid))
    return found


def _items(small: Colour, sizes: tuple[float, float]) -> list[Box]:
    """Return boxes of small things that stand apart from one another: numbers, short words, icons."""
    width = small.shape[1]
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    edges = _without_rules(edges_of(grey, least=_EDGE), round(_RULE * width))
    ink = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((3, 9), dtype=np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    least, most = sizes[0] * width, sizes[1] * width
    found = []
    for left, top, across, tall, _area in stats[1:count].tolist():
        if least <= tall <= most and 0.5 * least <= across <= most:
            found.append(Box(left=left, top=top, right=left + across, bottom=top + tall))
    return found


def _without_rules(edges: Grey, length: int) -> Grey:
    """Return edges without the long straight lines between the cells of a table."""
    flat = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, max(9, length)), dtype=np.uint8))
    upright = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((max(9, length), 1), dtype=np.uint8))
    return cv2.subtract(edges, cv2.bitwise_or(flat, upright)).astype(np.uint8, copy=False)


def _lines(items: Sequence[Box]) -> list[list[Box]]:
    lines: list[list[Box]] = []
    for item in sorted(items, key=lambda b: b.top + b.bottom):
        y = (item.top + item.bottom) / 2
        if lines and abs(y - np.mean([(b.top + b.bottom) / 2 for b in lines[-1]])) < 0.35 * item.height_px + 2:
            lines[-1].append(item)
        else:
            lines.append([item])
    return lines


def _row(line: Sequence[Box], width: int) -> _Row | None:
    """Return the items of a line that stand on seven even places, ``None`` where fewer than five do."""
    items = sorted(line, key=lambda b: b.left)
    if not 5 <= len(items) <= 12:
        return None
    centres = [(b.left + b.right) / 2 for b in items]
    steps = sorted(b - a for a, b in pairwise(centres))
    pitch = steps[len(steps) // 2]
    if not 0.09 * width <= pitch <= 0.15 * width:
        return None
    places = [(c - centres[0]) / pitch for c in centres]
    if any(abs(place - round(place)) > _OFF for place in places) or round(places[-1]) > _COLUMNS - 1:
        return None
    if len({round(place) for place in places}) != len(places):
        return None
    y = float(np.mean([(b.top + b.bottom) / 2 for b in items]))
    return _Row(y=y, first=centres[0], pitch=pitch, items=tuple(items))


def _continues(grid: Sequence[_Row], row: _Row) -> bool:
    head = grid[0]
    shift = (row.first - head.first) / head.pitch
    near = row.y - grid[-1].y < 1.9 * head.pitch
    return near and abs(row.pitch - head.pitch) < 0.06 * head.pitch and abs(shift - round(shift)) < _OFF


def _even(values: Sequence[float]) -> bool:
    steps = [b - a for a, b in pairwise(values)]
    usual = sorted(steps)[len(steps) // 2]
    # The head with the names of the days may stand closer, and a line under a day makes one row of two.
    return sum(abs(step - usual) < 0.25 * usual for step in steps) >= len(steps) - 1


def _calendar(grid: Sequence[_Row]) -> Shape:
    boxes = [item for row in grid for item in row.items]
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.around(box)
    filled = len(boxes) / (_COLUMNS * len(grid))
    return Shape(kind=ShapeKind.CALENDAR, box=whole, match_ratio=min(1.0, filled), method=METHOD)


# --- medals


def medals(small: Colour) -> list[Shape]:
    """Return three badges in gold, silver and bronze, one below the other at even distances."""
    width = small.shape[1]
    hues = cv2.cvtColor(small, cv2.COLOR_BGR2HSV).astype(np.uint8, copy=False)
    items = [b for b in _items(small, _MEDAL) if 0.6 <= b.width_px / b.height_px <= 1.5]
    metals = [(box, metal) for box in items if (metal := _metal(hues[box.top : box.bottom, box.left : box.right]))]
    metals.sort(key=lambda pair: pair[0].top)
    for three in combinations(metals, 3):
        boxes = [box for box, _ in three]
        if tuple(metal for _, metal in three) == ("gold", "silver", "bronze") and _stacked(boxes, width):
            return [
                Shape(kind=ShapeKind.MEDAL, box=box, match_ratio=1.0, method=METHOD, name=metal) for box, metal in three
            ]
    return []


def _stacked(boxes: Sequence[Box], width: int) -> bool:
    centres = [((b.left + b.right) / 2, (b.top + b.bottom) / 2) for b in boxes]
    first, second = centres[1][1] - centres[0][1], centres[2][1] - centres[1][1]
    straight = max(c[0] for c in centres) - min(c[0] for c in centres) < 0.015 * width
    alike = max(b.height_px for b in boxes) < 1.35 * min(b.height_px for b in boxes)
    return straight and alike and 0.06 * width < first < 0.4 * width and abs(first - second) < 0.08 * first


def _metal(part: Colour) -> str:
    """Return which metal a badge is of, empty for none: by what most of its middle shows."""
    height, width = part.shape[:2]
    middle = part[height // 6 : height - height // 6, width // 6 : width - width // 6].reshape(-1, 3).astype(np.int16)
    hue, strong, bright = middle[:, 0], middle[:, 1], middle[:, 2]
    gold = (hue >= 17) & (hue <= 32) & (strong > 90) & (bright > 150)
    bronze = (hue >= 4) & (hue <= 19) & (strong > 70) & (bright > 110) & (bright < 252)
    silver = (strong < 75) & (bright > 120) & (bright < 240)
    shares = {"gold": gold.mean(), "silver": silver.mean(), "bronze": bronze.mean()}
    best = max(shares, key=lambda name: float(shares[name]))
    return best if shares[best] > 0.4 else ""
