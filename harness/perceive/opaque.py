"""Where the hierarchy is silent: regions that show something of which it has no text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.model import Box, Element

SYSTEM_BARS = "com.android.systemui"

# Classes that draw by themselves; whatever is written beside them says nothing about their pixels.
_DRAWN = ("Image", "ImageView", "SurfaceView", "TextureView", "WebView", "GLSurfaceView", "Canvas", "VideoView")
_MIN_AREA_RATIO = 0.006
_MIN_SIDE_RATIO = 0.03
_DRAWN_AREA_RATIO = 0.05
_MOST_REGIONS = 400  # no more than 166 of the least size fit side by side
_BACKGROUND_IDS = ("navigationBarBackground", "statusBarBackground")


def whole(size_px: tuple[int, int]) -> Box:
    """Return the whole screen as a box."""
    return Box(left=0, top=0, right=size_px[0], bottom=size_px[1])


def opaque_regions(elements: tuple[Element, ...], *, size_px: tuple[int, int]) -> tuple[Box, ...]:
    """Return the regions without text below them, largest first inside no other; the whole screen without elements.

    The topmost node of a silent subtree is taken; a picture or surface of some size is taken even where it carries a
    label, because the label does not repeat what is drawn. Blank pixels are not known here.
    """
    if not elements:
        return (whole(size_px),)
    if all(element.package == SYSTEM_BARS for element in elements):
        return (whole(size_px),)
    speaks = _speaking(elements)
    screen_px = size_px[0] * size_px[1]
    found: list[Box] = []
    for index, element in enumerate(elements):
        if element.package == SYSTEM_BARS or element.resource_id.endswith(_BACKGROUND_IDS):
            continue
        silent = not speaks[index] and (element.parent is None or speaks[element.parent])
        drawn = _is_drawn(element) and element.box.area_px >= _DRAWN_AREA_RATIO * screen_px
        if (silent or (drawn and not _speaks_below(index, elements, speaks))) and _is_large(element.box, size_px):
            found.append(element.box)
    # So many lie on one another: no tree of a page but one made to be slow to look through.
    return (whole(size_px),) if len(set(found)) > _MOST_REGIONS else _outermost(found)


def silent_parts(region: Box, *, elements: tuple[Element, ...], size_px: tuple[int, int]) -> tuple[Box, ...]:
    """Return ``region`` without the places whose text the hierarchy gives: what is left to read."""
    shortest_px = max(12, round(_MIN_SIDE_RATIO * min(size_px) / 2))
    parts = _as_large([region], shortest_px)
    for hole in dict.fromkeys(text_boxes(elements)):
        if _touch(hole, region) and not _covers(hole, region):
            # What is too small is left out at once: a thousand texts would cut a picture into as many slivers.
            parts = _as_large((piece for part in parts for piece in _without(part, hole)), shortest_px)
    return tuple(sorted(parts, key=lambda box: (box.top, box.left)))


def text_boxes(elements: Sequence[Element]) -> tuple[Box, ...]:
    """Return the boxes of the nodes that carry text of their own and are no pictures."""
    return tuple(e.box for e in elements if _has_text(e) and not _is_drawn(e) and e.box.area_px)


def class_tail(element: Element) -> str:
    """Return the class name without its package: ``android.widget.ImageView`` gives ``ImageView``."""
    return element.class_name.rpartition(".")[2]


def _has_text(element: Element) -> bool:
    return bool(element.text.strip() or element.desc.strip() or element.hint.strip())


def _is_drawn(element: Element) -> bool:
    tail = class_tail(element)
    return tail in _DRAWN or "Unity" in tail or "Flutter" in tail or tail.endswith(("SurfaceView", "ImageView"))


def _speaking(elements: tuple[Element, ...]) -> list[bool]:
    """Return for each node whether it or anything visible below it has text."""
    speaks = [_has_text(element) and element.box.area_px > 0 for element in elements]
    for index in range(len(elements) - 1, -1, -1):
        parent = elements[index].parent
        if speaks[index] and parent is not None:
            speaks[parent] = True
    return speaks


def _speaks_below(index: int, elements: tuple[Element, ...], speaks: Sequence[bool]) -> bool:
    """Return whether a descendant of the node has text; descendants follow it in document order."""
    at = index + 1
    while at < len(elements) and elements[at].depth > elements[index].depth:
        if speaks[at]:
            return True
        at += 1
    return False


def _is_large(box: Box, size_px: tuple[int, int]) -> bool:
    shortest_px = _MIN_SIDE_RATIO * min(size_px)
    return box.area_px >= _MIN_AREA_RATIO * size_px[0] * size_px[1] and min(box.width_px, box.height_px) >= shortest_px


def _as_large(parts: Iterable[Box], side_px: int) -> list[Box]:
    return [part for part in parts if min(part.width_px, part.height_px) >= side_px]


def _touch(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _covers(outer: Box, inner: Box) -> bool:
    across = outer.left <= inner.left and inner.right <= outer.right
    return across and outer.top <= inner.top and inner.bottom <= outer.bottom


def _outermost(boxes: Iterable[Box]) -> tuple[Box, ...]:
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda b: (-b.area_px, b)):
        if not any(_covers(other, box) for other in kept):
            kept.append(box)
    return tuple(sorted(kept, key=lambda b: (b.top, b.left, b.bottom, b.right)))


def _without(part: Box, hole: Box) -> list[Box]:
    if not _touch(part, hole):
        return [part]
    cut = part.overlap(hole)
    pieces = [
        Box(left=part.left, top=part.top, right=part.right, bottom=cut.top),
        Box(left=part.left, top=cut.bottom, right=part.right, bottom=part.bottom),
        Box(left=part.left, top=cut.top, right=cut.left, bottom=cut.bottom),
        Box(left=cut.right, top=cut.top, right=part.right, bottom=cut.bottom),
    ]
    return [piece for piece in pieces if piece.area_px]
