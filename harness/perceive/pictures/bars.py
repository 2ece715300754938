"""Progress and seek bars: long thin runs of one colour side by side, with other colours above and below. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.model import Box, Shape, ShapeKind
from harness.perceive.pictures.decode import Colour, Grey
from harness.perceive.pictures.regions import apart, strongest

METHOD = "runs"
_STILL = 5  # grey levels that neighbours of one run may differ by
_LEAST_RATIO = 0.2  # of the picture's width: shorter is no bar
_RUN_RATIO = 0.02
_THICKEST_RATIO = 0.034
_THINNEST_PX = 3
_OTHER = 10  # grey levels between a bar and what lies above and below
_STRAIGHT = 0.78  # of its box that a run fills: the edge of something slanting does not
_UNBROKEN = 0.7  # of a bar's length that its runs cover
_ALONG = 0.85  # of its length must have another colour above and below
_THUMB = 1.5  # how much higher than its bar a thumb is
_RIM = 0.25  # of its height: a rim that a bar may have
_TOUCHES = 0.5  # of its height: no further from a bar than this is what stands on it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    box: Box
    colour: NDArray[np.float32]


def bars(pixels: Colour) -> tuple[Shape, ...]:
    """Return progress bars (two colours in one line) and seek bars (with a thumb), top to bottom.

    A line of one colour and no thumb is a separator or an empty bar: nobody can tell, so it is left out.
    """
    width = pixels.shape[1]
    if width < 60 or pixels.shape[0] < 12:
        return ()
    rows: list[list[_Run]] = []
    for run in sorted(_runs(pixels), key=lambda r: (r.box.top + r.box.bottom, r.box.left)):
        row = next((row for row in rows if _in_line(row, run, width)), None)
        if row is None:
            rows.append([run])
        else:
            row.append(run)
    found = [shape for row in rows if (shape := _bar(pixels, sorted(row, key=lambda r: r.box.left)))]
    return tuple(sorted(found, key=lambda s: (s.box.top, s.box.left)))


def _runs(pixels: Colour) -> list[_Run]:
    height, width = pixels.shape[:2]
    across = strongest(cv2.absdiff(pixels[:, 1:], pixels[:, :-1]))
    down = strongest(cv2.absdiff(pixels[1:], pixels[:-1]))
    still = np.zeros((height, width), dtype=np.uint8)
    still[:, 1:] = across <= _STILL
    quiet = np.zeros((height, width), dtype=np.uint8)
    quiet[1:] = down <= _STILL
    length, thickest = max(8, round(_RUN_RATIO * width)), max(8, round(_THICKEST_RATIO * width))
    long = cv2.morphologyEx(still, cv2.MORPH_OPEN, np.ones((1, length), dtype=np.uint8))
    tall = cv2.morphologyEx(quiet, cv2.MORPH_OPEN, np.ones((thickest, 1), dtype=np.uint8))
    thin = cv2.bitwise_and(long, cv2.bitwise_not(tall * 255) // 255)
    # Where the colour changes from row to row, one run ends and another begins.
    thin = cv2.bitwise_and(thin, quiet)
    thin = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((1, length), dtype=np.uint8)).astype(np.uint8, copy=False)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin, connectivity=4)
    found = []
    wide, high, areas = stats[:count, 2], stats[:count, 3], stats[:count, 4]
    fits = (wide >= length) & (high >= _THINNEST_PX - 1) & (areas >= _STRAIGHT * wide * high)
    for label in (np.flatnonzero(fits[1:]) + 1).tolist():
        left, top, run_width, run_height, _area = (int(v) for v in stats[label])
        box = Box(left=left - 1, top=top - 1, right=left + run_width, bottom=top + run_height)
        inside = labels[top : top + run_height, left : left + run_width] == label
        part = pixels[top : top + run_height, left : left + run_width]
        run = _Run(box=box, colour=np.median(part[inside], axis=0).astype(np.float32))
        if _stands_out(pixels, run):
            found.append(run)
    return found


def _stands_out(pixels: Colour, run: _Run) -> bool:
    """Return whether another colour lies above and below nearly all of the run."""
    box, gap = run.box, 2
    if box.top - gap < 0 or box.bottom + gap >= pixels.shape[0]:
        return False
    for y in (box.top - gap, box.bottom + gap):
        line = pixels[y, max(0, box.left) : box.right].astype(np.float32)
        if float((np.abs(line - run.colour).max(axis=1) > _OTHER).mean()) < _ALONG:
            return False
    return True


def _in_line(row: Sequence[_Run], run: _Run, width: int) -> bool:
    last = row[-1].box
    same = abs(last.top - run.box.top) <= 3 and abs(last.bottom - run.box.bottom) <= 3
    gap = max(run.box.left - last.right, last.left - run.box.right)
    return same and gap <= 0.08 * width


def _bar(pixels: Colour, row: Sequence[_Run]) -> Shape | None:
    """Return the bar that runs in one line make, ``None`` where they make none."""
    whole = row[0].box
    for run in row[1:]:
        whole = whole.around(run.box)
    if whole.width_px < _LEAST_RATIO * pixels.shape[1] or whole.width_px < 6 * whole.height_px:
        return None
    if sum(run.box.width_px for run in row) < _UNBROKEN * whole.width_px:
        return None
    thumb = _thumb(pixels, whole)
    if thumb is not None:
        whole = whole.around(Box(left=thumb.left, top=whole.top, right=thumb.right, bottom=whole.bottom))
        return _shape(ShapeKind.SEEK, whole, thumb.centre_px[0])
    if len(row) == 1:
        return _barely(pixels, row[0])
    halves = [run for run in row if run.box.width_px >= 0.02 * whole.width_px]
    if len(halves) != 2 or apart(halves[0].colour, halves[1].colour) < 2 * _OTHER:
        return None
    gap = halves[1].box.left - halves[0].box.right
    if gap > 2 * whole.height_px + 4:
        return None
    return _shape(ShapeKind.PROGRESS, whole, halves[0].box.right + gap / 2)


def _barely(pixels: Colour, run: _Run) -> Shape | None:
    """Return the bar of a run that a short piece of another colour touches at one end: just begun, or nearly full."""
    box, tall = run.box, run.box.height_px
    y = (box.top + box.bottom) // 2
    found = []
    for step, edge in ((-1, box.left), (1, box.right - 1)):
        # The ends overlap by the radius of a rounded end, so the look begins beyond it.
        line = pixels[y, max(0, edge - 3 * tall) : edge + 1][::-1] if step < 0 else pixels[y, edge : edge + 3 * tall]
        cap = _cap_px(line.astype(np.float32), run, pixels, edge + step * (tall // 2))
        if cap:
            found.append((step, cap))
    if len(found) != 1:
        return None
    (step, cap) = found[0]
    left, right = (box.left - cap, box.right) if step < 0 else (box.left, box.right + cap)
    whole = Box(left=left, top=box.top, right=right, bottom=box.bottom)
    return _shape(ShapeKind.PROGRESS, whole, box.left if step < 0 else box.right)


def _cap_px(line: NDArray[np.float32], run: _Run, pixels: Colour, x: int) -> int:
    """Return how long the other colour at an end is, 0 where there is none; ``line`` leads away from the run."""
    tall = run.box.height_px
    if len(line) < tall or not 0 <= x < pixels.shape[1]:
        return 0
    above, below = pixels[run.box.top - 2, x], pixels[run.box.bottom + 2, x]
    colour = np.median(line[2 : 2 + max(3, tall // 2)], axis=0)
    if apart(colour, run.colour) < 2 * _OTHER or apart(above, below) > _OTHER:
        return 0
    same = np.abs(line[2:] - colour).max(axis=1) <= 2 * _OTHER
    length = 2 + (int(np.argmin(same)) if not same.all() else len(same))
    other = apart(colour, above) >= 2 * _OTHER
    return length if other and tall // 2 <= length < len(line) else 0


def _shape(kind: ShapeKind, whole: Box, at: float) -> Shape:
    fill = min(1.0, max(0.0, (at - whole.left) / max(1, whole.width_px)))
    return Shape(kind=kind, box=whole, match_ratio=1.0, method=METHOD, fill_ratio=round(fill, 3))


def _thumb(pixels: Colour, whole: Box) -> Box | None:
    """Return the round thing on a bar that is higher than it, ``None`` where there is none or more than one."""
    reach = max(10, round(3.5 * whole.height_px))
    top, bottom = max(0, whole.top - reach), min(pixels.shape[0], whole.bottom + reach)
    left, right = max(0, whole.left - 2 * reach), min(pixels.shape[1], whole.right + 2 * reach)
    area = pixels[top:bottom, left:right].astype(np.int16)
    ground = np.median(np.concatenate([area[0], area[-1]]), axis=0)
    ink: Grey = (np.abs(area - ground).max(axis=2) > _OTHER).astype(np.uint8)
    rim = max(2, round(_RIM * whole.height_px))
    above = ink[: max(1, whole.top - top - rim)].any(axis=0)
    below = ink[whole.bottom - top + rim :].any(axis=0)
    # The time that is written beside the bar is as high as a thumb, but does not touch it.
    near = max(3, round(_TOUCHES * whole.height_px))
    ends = whole.left - left - near, whole.right - left + near
    touching = [g for g in _groups(np.flatnonzero(above & below)) if g[0] <= ends[1] and g[-1] >= ends[0]]
    if len(touching) != 1 or int(np.ptp(touching[0])) + 1 > 2 * reach + whole.height_px:
        return None
    columns = touching[0]
    first, last = int(columns[0]), int(columns[-1]) + 1
    rows = np.flatnonzero(ink[:, (first + last) // 2])
    tall = int(np.ptp(rows)) + 1 if rows.size else 0
    # What reaches the edge of what was looked at is no thumb but something that the bar passes.
    if rows.size == 0 or rows[0] == 0 or rows[-1] == ink.shape[0] - 1 or tall < _THUMB * whole.height_px:
        return None
    grown = max(0, tall - (last - first)) // 2  # the columns above and below are narrower than the disc
    disc = ink[int(rows[0]) : int(rows[-1]) + 1, max(0, first - grown) : last + grown]
    if not 0.6 < (last - first + 2 * grown) / tall < 1.7 or columns.size < 0.8 * (last - first) or disc.mean() < 0.6:
        return None
    return Box(
        left=left + first - grown, top=top + int(rows[0]), right=left + last + grown, bottom=top + int(rows[-1]) + 1
    )


def _groups(columns: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the columns in groups of neighbours."""
    return [group for group in np.split(columns, np.flatnonzero(np.diff(columns) > 2) + 1) if group.size]
