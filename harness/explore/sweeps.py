"""What scrolls on a screen, which way, and the swipes that move it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Box, Observation, Swipe

_LEAST_HEIGHT_PX = 200
_LANE_HEIGHT_RATIO = 0.3  # a scrolling box flatter than this of the screen moves sideways
_LANE_WIDTH_RATIO = 0.5
_SIDEWAYS = ("HorizontalScrollView", "ViewPager", "ViewPager2", "Gallery", "HorizontalGridView")
_SAME_PLACE_PX = 24
_SWIPE_S = 0.3


def scroll_box(observation: Observation) -> Box | None:
    """Return the largest box of the screen that scrolls down, ``None`` where the hierarchy names none.

    Of a page that pixels alone show nobody knows: it is tried.
    """
    width_px, height_px = observation.size_px
    boxes = _scroll_boxes(observation) or [box for box in observation.opaque if 2 * box.area_px >= width_px * height_px]
    return max(boxes, key=lambda box: box.area_px, default=None)


def columns_beside(observation: Observation) -> int:
    """Return how many boxes scroll down that do not touch the largest one: a menu of classes beside a list."""
    widest = scroll_box(observation)
    boxes = _scroll_boxes(observation)
    return sum(1 for box in boxes if widest is not None and not box.overlap(widest).area_px)


def lane_boxes(observation: Observation) -> tuple[Box, ...]:
    """Return the boxes that scroll sideways, top to bottom: carousels, strips of tabs."""
    found = {
        element.box
        for element in observation.elements
        if element.scrollable and element.box.area_px and _moves_sideways(element.class_name, element.box, observation)
    }
    return tuple(sorted(found, key=lambda box: (box.top, box.left)))


def same_lane(one: Box, other: Box) -> bool:
    """Return whether two boxes are the same lane at two looks, up to a little scrolling."""
    alike = abs(one.height_px - other.height_px) <= _SAME_PLACE_PX and abs(one.left - other.left) <= _SAME_PLACE_PX
    return alike and abs(one.top - other.top) <= _SAME_PLACE_PX


def lowered(box: Box) -> Swipe:
    """Return the swipe that shows what is further down."""
    x_px = (box.left + box.right) // 2
    top_px, bottom_px = box.top + box.height_px // 10, box.top + box.height_px * 9 // 10
    return Swipe(x1_px=x_px, y1_px=bottom_px, x2_px=x_px, y2_px=top_px, duration_s=_SWIPE_S)


def raised(box: Box) -> Swipe:
    """Return the swipe that shows what is further up."""
    down = lowered(box)
    return Swipe(x1_px=down.x2_px, y1_px=down.y2_px, x2_px=down.x1_px, y2_px=down.y1_px, duration_s=_SWIPE_S)


def sideways(box: Box) -> Swipe:
    """Return the swipe that shows what is further right."""
    y_px = (box.top + box.bottom) // 2
    left_px, right_px = box.left + box.width_px * 3 // 20, box.left + box.width_px * 17 // 20
    return Swipe(x1_px=right_px, y1_px=y_px, x2_px=left_px, y2_px=y_px, duration_s=_SWIPE_S)


def sideways_back(box: Box) -> Swipe:
    """Return the swipe that shows what is further left."""
    on = sideways(box)
    return Swipe(x1_px=on.x2_px, y1_px=on.y2_px, x2_px=on.x1_px, y2_px=on.y1_px, duration_s=_SWIPE_S)


def shifted(before: frozenset[str], after: frozenset[str]) -> bool:
    """Return whether two sights have so many words in common that they are of one page, swiped sideways."""
    return 2 * len(before & after) >= max(1, len(before))


def within(box: Box | None, inner: Box) -> bool:
    """Return whether a box moves along when ``box`` is scrolled."""
    return box is not None and box.holds(*inner.centre_px)


def _scroll_boxes(observation: Observation) -> list[Box]:
    return [
        element.box
        for element in observation.elements
        if element.scrollable
        and element.box.height_px > _LEAST_HEIGHT_PX
        and not _moves_sideways(element.class_name, element.box, observation)
    ]


def _moves_sideways(class_name: str, box: Box, observation: Observation) -> bool:
    if class_name.rpartition(".")[2] in _SIDEWAYS:
        return True
    width_px, height_px = observation.size_px
    return box.height_px <= _LANE_HEIGHT_RATIO * height_px and box.width_px >= _LANE_WIDTH_RATIO * width_px


def known_lane(lanes: Sequence[Box], box: Box) -> int:
    """Return which of the lanes a box is, -1 where it is none of them."""
    return next((number for number, lane in enumerate(lanes) if same_lane(lane, box)), -1)
