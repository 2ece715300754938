"""What a picture without anything to read shows all the same: black, blank, light here and dark there. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from harness.model import Box
from harness.perceive.pictures.decode import Grey, Picture

EDGE = 28  # grey levels across three pixels that make an edge
_FAINT_EDGE = 8  # weaker than any text is drawn, stronger than a gradient's steps
_BLANK_EDGE_RATIO = 0.0008
_ONE_DIGIT = 0.01  # of the picture's shorter side, squared: the edges of a digit in the smallest caption
_LIGHT = 128  # of 255


def is_black(picture: Picture) -> bool:
    """Return whether nothing is shown: all pixels within a hair of black (secure window, screen off)."""
    return int(picture.grey.max(initial=0)) <= 8


def is_blank(picture: Picture, box: Box) -> bool:
    """Return whether a region holds no edges to speak of: flat colour or a soft gradient, so no text.

    However large a region is, a lone word on it is something.
    """
    part = picture.part(box)
    if min(part.shape) < 3:
        return True
    inner = part[1:-1, 1:-1]  # the region's own border is not its content
    least = min(_BLANK_EDGE_RATIO * inner.size, (_ONE_DIGIT * min(picture.size_px)) ** 2)
    return float(np.count_nonzero(edges_of(inner, least=_FAINT_EDGE))) < max(12.0, least)


def light_grid(picture: Picture) -> str:
    """Return where the picture's top and bottom eighth are light (1) and where dark (0), 4 cells each.

    There are the bars that name a page; what is between them is content, a film perhaps.
    """
    small = cv2.resize(picture.grey, (4, 8), interpolation=cv2.INTER_AREA)
    return "".join("1" if value >= _LIGHT else "0" for value in (*small[0], *small[-1]))


def edges_of(grey: Grey, *, least: int = EDGE) -> Grey:
    """Return 1 where the grey levels within three pixels differ by more than ``least``, else 0."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    gradient = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel)
    return (gradient > least).astype(np.uint8)
