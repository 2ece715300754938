"""Regions of one colour in a picture, and what can be said of their form. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.model import Box
from harness.perceive.pictures.decode import Colour, Grey

WORK_WIDTH_PX = 540  # regions are looked for at this width; thinner things are the business of ``bars``
_FLAT = 9  # grey levels across three pixels, in any channel, that one colour may differ by
_LEAST_PX = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One colour, connected, at working scale. ``filled`` is the share of its box that it and its holes cover, ``own``
    that of itself alone."""

    box: Box
    colour: tuple[int, int, int]
    filled: float
    own: float
    roundness: float  # of the outer contour: 1 is a disc


def at_work_scale(pixels: Colour) -> tuple[Colour, float]:
    """Return the picture at working width, and how many device pixels one of its pixels is."""
    scale = pixels.shape[1] / WORK_WIDTH_PX
    if scale <= 1:
        return pixels, 1.0
    size = WORK_WIDTH_PX, max(1, round(pixels.shape[0] / scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale


def flat_regions(small: Colour) -> tuple[Region, ...]:
    """Return the regions of one colour, largest first; text and photos fall into pieces too small to count."""
    gradient = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), dtype=np.uint8))
    flat = (strongest(gradient) <= _FLAT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    found = []
    order = np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable") + 1
    for label in order.tolist():
        left, top, width, height, area = (int(v) for v in stats[label])
        if area < _LEAST_PX:
            break
        if width * height > 0.6 * small.shape[0] * small.shape[1]:
            continue
        inside = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
        found.append(_region(small, inside, Box(left=left, top=top, right=left + width, bottom=top + height)))
    return tuple(found)


def _region(small: Colour, inside: Grey, box: Box) -> Region:
    outer = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    contour = max(outer, key=len)
    around = max(1.0, cv2.arcLength(contour, closed=True))
    covered = max(1.0, cv2.contourArea(contour) + len(contour) / 2 + 1)
    part = small[box.top : box.bottom, box.left : box.right]
    blue, green, red = (int(v) for v in np.median(part[inside > 0], axis=0))
    return Region(
        # The gradient takes a pixel from every side.
        box=Box(left=box.left - 1, top=box.top - 1, right=box.right + 1, bottom=box.bottom + 1),
        colour=(blue, green, red),
        filled=min(1.0, covered / box.area_px),
        own=float(inside.mean()),
        roundness=min(1.0, 4 * np.pi * covered / (around * around)),
    )


def strongest(pixels: NDArray[np.integer] | cv2.typing.MatLike) -> Grey:
    """Return the largest channel of every pixel."""
    blue, green, red = cv2.split(pixels)
    return cv2.max(cv2.max(blue, green), red).astype(np.uint8, copy=False)


def apart(one: tuple[int, int, int] | NDArray[np.generic], other: tuple[int, int, int] | NDArray[np.generic]) -> float:
    """Return how far two colours are apart: the largest difference of a channel."""
    return float(np.abs(np.asarray(one, dtype=np.float32) - np.asarray(other, dtype=np.float32)).max())


def colour_around(small: Colour, box: Box, *, reach_px: int = 3) -> NDArray[np.float32]:
    """Return the usual colour of a frame of ``reach_px`` around a box, as far as the picture goes."""
    height, width = small.shape[:2]
    top, bottom = max(0, box.top - reach_px), min(height, box.bottom + reach_px)
    left, right = max(0, box.left - reach_px), min(width, box.right + reach_px)
    area = small[top:bottom, left:right]
    frame = np.ones(area.shape[:2], dtype=bool)
    frame[box.top - top : box.bottom - top, box.left - left : box.right - left] = False
    return np.median(area[frame], axis=0).astype(np.float32) if frame.any() else np.full(3, -255, dtype=np.float32)


def scaled(box: Box, scale: float, *, within: tuple[int, int]) -> Box:
    """Return a box at working scale in device pixels, kept inside a screen of width and height ``within``."""
    return Box(
        left=max(0, round(box.left * scale)),
        top=max(0, round(box.top * scale)),
        right=min(within[0], round(box.right * scale)),
        bottom=min(within[1], round(box.bottom * scale)),
    )
