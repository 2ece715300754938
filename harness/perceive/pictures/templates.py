"""Icon templates made ready for searching, from outlines or crops of a capture. ``load_templates`` reads files.

A template is its glyph in a square canvas with a margin, 1 where ink is and 0 where ground is; what colour either has
on a screen does not matter. It keeps how wide the capture was that it was made for, so that a search knows what size
to expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.perceive.pictures.decode import Grey
from harness.perceive.pictures.outline import Outline, UnreadableOutline, drawn_outline, read_outline

Plane = NDArray[np.float32]

FINE_PX = 48  # side of the canvas where likeness is judged
MIDDLE_PX = 24
COARSE_PX = 8
MARGIN_RATIO = 0.1  # of the glyph's longer side, on each side of it
CANVAS_RATIO = 1 + 2 * MARGIN_RATIO
_LEAST_SPREAD = 0.12  # standard deviation of the canvas; flatter shapes fit everywhere
_BOX_SHARE = 0.93  # of the glyph's box that is ink: a plain rectangle is everywhere
_SHIFTS = (-2, -1, 0, 1, 2)  # in pixels of the middle canvas
_STRETCHES = (0.86, 0.93, 1.0, 1.075, 1.16)
_SOLID = 0.9
_CLEAR = 0.1
_THIN = 0.7


class UnusableTemplate(ValueError):
    """A shape that cannot be searched for: flat, too small, or no shape at all; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """A glyph to be found. ``side_px`` is its longer side on a capture ``capture_width_px`` wide.

    ``shares`` are its width and height as parts of that side. The planes are derived: ``fine`` and ``coarse`` the
    canvas at two sizes, ``fine_unit`` the first as a vector of length 1 without its mean,
    ``middle`` one unit vector per row of ``moves`` (right, down in canvas sides, stretch),
    ``solid`` and ``clear`` where ink and ground are sure, ``follow`` what turns a patch into ground level, contrast,
    and how far the template must move.
    """

    name: str
    side_px: float
    capture_width_px: int
    shares: tuple[float, float]
    fine: Plane
    fine_unit: Plane
    coarse: Plane
    middle: Plane
    moves: Plane
    solid: Plane
    clear: Plane
    follow: Plane


def load_templates(folder: Path) -> tuple[Template, ...]:
    """Return the templates of a folder's SVG files, by name. Raises ``UnusableTemplate`` naming the file."""
    found = []
    for path in sorted(folder.rglob("*.svg")):
        try:
            outline = read_outline(path.read_bytes())
            facts = dict(outline.facts)
            side_px, width_px = float(facts["data-side-px"]), int(facts["data-capture-width-px"])
            found.append(template_of_outline(outline, name=path.stem, side_px=side_px, capture_width_px=width_px))
        except (UnreadableOutline, UnusableTemplate, KeyError, ValueError) as error:
            raise UnusableTemplate(f"{path.name}: {error}") from error
    return tuple(found)


def template_of_outline(outline: Outline, *, name: str, side_px: float, capture_width_px: int) -> Template:
    """Return the template of an outline; ``side_px`` is the longer side of its glyph. Raises ``UnusableTemplate``."""
    return _template(drawn_outline(outline, 8 * FINE_PX), name, side_px, capture_width_px)


def template_of_crop(crop: Grey, *, name: str, capture_width_px: int) -> Template:
    """Return the template of a glyph cut out of a capture, ground around it. Raises ``UnusableTemplate``."""
    if crop.ndim != 2 or min(crop.shape) < 8:
        raise UnusableTemplate(f"{name}: {crop.shape} pixels")
    rim = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    away = np.abs(crop.astype(np.float32) - float(np.median(rim)))
    if away.max() < 16:
        raise UnusableTemplate(f"{name}: flat")
    ink = np.asarray(np.clip(away / float(np.percentile(away, 97)), 0, 1) * 255, dtype=np.uint8)
    rows, columns = np.nonzero(ink > 96)
    side_px = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    return _template(ink, name, side_px, capture_width_px)


def _template(ink: Grey, name: str, side_px: float, capture_width_px: int) -> Template:
    rows, columns = np.nonzero(ink > 96)
    if not rows.size:
        raise UnusableTemplate(f"{name}: nothing is drawn")
    top, left = int(rows.min()), int(columns.min())
    height, width = int(rows.max()) + 1 - top, int(columns.max()) + 1 - left
    side = max(height, width)
    # Through float and one affine warp, so that the glyph stands in the canvas to a fraction of a pixel.
    canvas = _canvas(
        ink.astype(np.float32) / np.float32(255), (left + width / 2, top + height / 2), side * CANVAS_RATIO, FINE_PX
    )
    boxed = ink[top : top + height, left : left + width]
    if float(canvas.std()) < _LEAST_SPREAD or min(height, width) < 0.12 * side or boxed.mean() > _BOX_SHARE * 255:
        raise UnusableTemplate(f"{name}: flat")
    middle, moves = _middle(canvas)
    return Template(
        name=name,
        side_px=float(side_px),
        capture_width_px=capture_width_px,
        shares=(width / side, height / side),
        fine=canvas,
        fine_unit=_unit(canvas).ravel(),
        coarse=_unit(cv2.resize(canvas, (COARSE_PX, COARSE_PX), interpolation=cv2.INTER_AREA)),
        middle=middle,
        moves=moves,
        solid=_sure(canvas),
        clear=_sure(1 - canvas),
        follow=_follow(canvas),
    )


def _sure(share: Plane) -> Plane:
    """Return 1 where a pixel is ink although the shape be off by a pixel; of thin strokes, their middle."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    inner = (cv2.erode(share, kernel) > _SOLID).astype(np.uint8)
    ridge = (share > _THIN) & (share >= cv2.dilate(share, kernel) - 0.02) & (cv2.dilate(inner, kernel) == 0)
    return np.where(ridge, 1, inner).astype(np.float32)


def _canvas(ink: Plane, centre: tuple[float, float], side: float, pixels: int) -> Plane:
    """Return the square of ``side`` around a point, averaged to ``pixels``."""
    sharper = 4
    step = side / (pixels * sharper)
    first = [c - 0.5 - side / 2 + step / 2 for c in centre]
    warp = np.array([[step, 0, first[0]], [0, step, first[1]]], dtype=np.float64)
    size = (pixels * sharper, pixels * sharper)
    large = cv2.warpAffine(ink, warp, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return cv2.resize(large, (pixels, pixels), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _unit(plane: NDArray[np.generic]) -> Plane:
    away = plane.astype(np.float32) - float(plane.mean())
    return (away / max(1e-6, float(np.linalg.norm(away)))).astype(np.float32)


def _middle(canvas: Plane) -> tuple[Plane, Plane]:
    """Return the canvas moved and stretched in every way that the coarse search can be off by, and those ways."""
    rows, moves = [], []
    centre = FINE_PX / 2
    for stretch in _STRETCHES:
        for down in _SHIFTS:
            for right in _SHIFTS:
                at = (centre - right * FINE_PX / MIDDLE_PX / stretch, centre - down * FINE_PX / MIDDLE_PX / stretch)
                moved = _canvas(canvas, at, FINE_PX / stretch, MIDDLE_PX)
                rows.append(_unit(moved).ravel())
                moves.append((right / MIDDLE_PX, down / MIDDLE_PX, stretch))
    return np.array(rows, dtype=np.float32), np.array(moves, dtype=np.float32)


def _follow(canvas: Plane) -> Plane:
    """Return the matrix (5 x pixels) that fits a patch as ground + contrast x template moved a little.

    Least squares, weighted to the glyph and what is close to it: what lies further out belongs to the screen.
    """
    soft = cv2.GaussianBlur(canvas, (5, 5), 0.9)
    right = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3) / 8
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3) / 8
    offset = (np.arange(FINE_PX, dtype=np.float32) - (FINE_PX - 1) / 2) / FINE_PX
    grow = right * offset[None, :] + down * offset[:, None]
    near = cv2.dilate(canvas, np.ones((9, 9), dtype=np.uint8)) > _CLEAR
    weight = np.where(near, 1.0, 0.05).ravel()
    columns = np.stack([np.ones(canvas.size), soft.ravel(), right.ravel(), down.ravel(), grow.ravel()], axis=1)
    weighted = columns * np.sqrt(weight)[:, None]
    return np.asarray(np.linalg.pinv(weighted) * np.sqrt(weight)[None, :], dtype=np.float32)
