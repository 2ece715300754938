"""Shapes and icons where the hierarchy is silent. Pure; costs nothing where the hierarchy knows all."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Box, Shape, ShapeKind
from harness.perceive.pictures import Template, decode_colour, find_icons, waiting, widgets


def shapes_in(png: bytes, regions: Sequence[Box], templates: Sequence[Template]) -> tuple[Shape, ...]:
    """Return what is drawn with its middle in one of the regions, in device pixels, top to bottom.

    The whole picture is looked at, because shapes are told by what is around them. Raises ``UnreadablePicture``.
    """
    if not regions:
        return ()
    pixels = decode_colour(png)
    icons = [
        Shape(kind=ShapeKind.ICON, box=found.box, match_ratio=found.match_ratio, method=found.method, name=found.name)
        for found in find_icons(pixels, templates)
    ]
    seen = [*waiting(pixels), *widgets(pixels), *icons]
    kept = [shape for shape in seen if any(region.holds(*shape.box.centre_px) for region in regions)]
    return tuple(sorted(kept, key=lambda s: (s.box.top, s.box.left, s.kind, s.name)))
