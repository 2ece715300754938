"""Shapes from SVG files of one or more filled paths, drawn at any size. Pure.

Only what an icon of one colour needs: ``path`` elements with a ``viewBox``; strokes, transforms, styles and text are
refused or ignored. Rings are filled by the even-odd rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from lxml import etree

from harness.perceive.pictures.decode import Grey

_MAX_CHARS = 60_000
_MAX_POINTS = 40_000
_TOKEN = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_NUMBERS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_CURVE_STEPS = 12
_SHARPER = 4  # drawn this many times larger, then averaged down
_SUBPIXEL_BITS = 4

Point = tuple[float, float]


class UnreadableOutline(ValueError):
    """The text is no SVG of filled paths; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Closed rings in a square of side 1, and what the file says beside them (``data-*`` attributes)."""

    rings: tuple[tuple[Point, ...], ...]
    facts: tuple[tuple[str, str], ...] = ()


def read_outline(svg: bytes) -> Outline:
    """Return the shape of an SVG file, its longer side scaled to 1 and the shorter centred. Raises
    ``UnreadableOutline``."""
    if len(svg) > _MAX_CHARS:
        raise UnreadableOutline(f"{len(svg)} bytes: limit is {_MAX_CHARS}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(svg, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableOutline(f"not XML: {error}") from error
    try:
        left, top, width, height = (float(part) for part in str(root.get("viewBox", "")).split())
    except ValueError as error:
        raise UnreadableOutline(f"viewBox is {root.get('viewBox')!r}") from error
    side = max(width, height)
    if not side > 0:
        raise UnreadableOutline(f"viewBox is {root.get('viewBox')!r}")
    rings = [ring for path in root.iter("{*}path") for ring in _rings(str(path.get("d", "")))]
    if not rings:
        raise UnreadableOutline("there is no path")
    if sum(map(len, rings)) > _MAX_POINTS:
        raise UnreadableOutline(f"more than {_MAX_POINTS} points")
    shift_x, shift_y = (side - width) / 2 - left, (side - height) / 2 - top
    placed = tuple(tuple(((x + shift_x) / side, (y + shift_y) / side) for x, y in ring) for ring in rings)
    facts = tuple((str(name), str(value)) for name, value in root.attrib.items() if str(name).startswith("data-"))
    return Outline(rings=placed, facts=facts)


def drawn_outline(outline: Outline, side_px: float, *, shift_px: Point = (0.0, 0.0)) -> Grey:
    """Return the shape in white on black in a square just large enough, moved by ``shift_px`` (each 0 to 1)."""
    pixels = math.ceil(side_px + max(shift_px))
    large = np.zeros((pixels * _SHARPER, pixels * _SHARPER), dtype=np.uint8)
    scale = side_px * _SHARPER
    unit = 1 << _SUBPIXEL_BITS
    offset = np.array(shift_px) * _SHARPER - 0.5
    rings = [np.round((np.array(ring) * scale + offset) * unit).astype(np.int32) for ring in outline.rings]
    cv2.fillPoly(large, rings, (255.0,), lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    small = cv2.resize(large, (pixels, pixels), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False)


def _rings(path: str) -> Iterator[tuple[Point, ...]]:
    """Yield the closed rings of path data, curves as short lines."""
    ring: list[Point] = []
    start = at = control = (0.0, 0.0)
    before = ""
    for letter, numbers in _commands(path):
        kind = letter.upper()
        dx, dy = at if letter.islower() else (0.0, 0.0)
        if kind == "M":
            if len(ring) > 2:
                yield tuple(ring)
            at = start = numbers[0] + dx, numbers[1] + dy
            ring = [at]
        elif kind == "Z":
            if len(ring) > 2:
                yield tuple(ring)
            at = start
            ring = [at]
        elif kind == "H":
            at = numbers[0] + dx, at[1]
            ring.append(at)
        elif kind == "V":
            at = at[0], numbers[0] + dy
            ring.append(at)
        elif kind == "L":
            at = numbers[0] + dx, numbers[1] + dy
            ring.append(at)
        elif kind == "A":
            end = numbers[5] + dx, numbers[6] + dy
            ring.extend(_arc(at, end, numbers))
            at = end
        else:
            points = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            if kind in "ST":
                smooth = before in ("CS" if kind == "S" else "QT")
                points = [(2 * at[0] - control[0], 2 * at[1] - control[1]) if smooth else at, *points]
            ring.extend(_curve([at, *points]))
            control, at = points[-2], points[-1]
        before = kind
    if len(ring) > 2:
        yield tuple(ring)


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Yield each command letter with its numbers; a letter stands for all that follow it."""
    letter, at, numbers = "", 0, list[float]()
    while at < len(path):
        if path[at] in " \t\r\n,":
            at += 1
            continue
        # The flags of an arc are one digit each and may stand without a blank.
        flag = letter.upper() == "A" and len(numbers) in (3, 4) and path[at] in "01"
        hit = re.compile("([01])").match(path, at) if flag else _TOKEN.match(path, at)
        if hit is None:
            raise UnreadableOutline(f"path: {path[at : at + 12]!r}")
        at = hit.end()
        if not flag and hit.group(1):
            if numbers:
                raise UnreadableOutline(f"path: too few numbers for {letter}")
            letter = hit.group(1)
            if letter in "Zz":
                yield letter, []
            continue
        if not letter or letter in "Zz":
            raise UnreadableOutline("path: a number without a command")
        numbers.append(float(hit.group(0)))
        if len(numbers) == _NUMBERS[letter.upper()]:
            yield letter, numbers
            numbers = []
            letter = {"M": "L", "m": "l"}.get(letter, letter)
    if numbers:
        raise UnreadableOutline(f"path: too few numbers for {letter}")


def _curve(points: Sequence[Point]) -> list[Point]:
    """Return points along a quadratic or cubic curve, its start left out."""
    along = np.linspace(0, 1, _CURVE_STEPS + 1)[1:, None]
    layer = [np.array(point, dtype=np.float64)[None, :] for point in points]
    while len(layer) > 1:
        layer = [a * (1 - along) + b * along for a, b in pairwise(layer)]
    return [(float(x), float(y)) for x, y in layer[0]]


def _arc(begin: Point, end: Point, numbers: Sequence[float]) -> list[Point]:
    """Return points along an elliptical arc, its start left out (SVG 1.1, appendix F.6.5)."""
    rx, ry, turned, large, sweep = abs(numbers[0]), abs(numbers[1]), math.radians(numbers[2]), numbers[3], numbers[4]
    if not rx or not ry or begin == end:
        return [end]
    cos, sin = math.cos(turned), math.sin(turned)
    hx, hy = (begin[0] - end[0]) / 2, (begin[1] - end[1]) / 2
    x1, y1 = cos * hx + sin * hy, -sin * hx + cos * hy
    short = (x1 / rx) ** 2 + (y1 / ry) ** 2
    if short > 1:
        rx, ry = rx * math.sqrt(short), ry * math.sqrt(short)
    under = (rx * ry) ** 2 - (rx * y1) ** 2 - (ry * x1) ** 2
    factor = math.sqrt(max(0.0, under) / ((rx * y1) ** 2 + (ry * x1) ** 2)) * (-1 if large == sweep else 1)
    cx1, cy1 = factor * rx * y1 / ry, -factor * ry * x1 / rx
    cx, cy = cos * cx1 - sin * cy1 + (begin[0] + end[0]) / 2, sin * cx1 + cos * cy1 + (begin[1] + end[1]) / 2
    first = math.atan2((y1 - cy1) / ry, (x1 - cx1) / rx)
    sweep_rad = (math.atan2((-y1 - cy1) / ry, (-x1 - cx1) / rx) - first) % (2 * math.pi)
    if not sweep:
        sweep_rad -= 2 * math.pi
    steps = max(2, math.ceil(abs(sweep_rad) / math.radians(9)))
    angles = [first + sweep_rad * step / steps for step in range(1, steps + 1)]
    return [
        (cx + rx * math.cos(a) * cos - ry * math.sin(a) * sin, cy + rx * math.cos(a) * sin + ry * math.sin(a) * cos)
        for a in angles
    ]
