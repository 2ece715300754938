"""The uiautomator2 server's methods on selected objects: finding, waiting, clicking, text, kept objects."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from harness.virtual.automator_device import STEP_S
from harness.virtual.automator_rpc import (
    NOT_FOUND,
    JavaException,
    Methods,
    boolean,
    decimal,
    overload,
    point,
    selector,
    target,
    text,
    whole,
)
from harness.virtual.automator_world import Target, World, center, object_info
from harness.virtual.commands_screen import drag
from harness.virtual.phone import Bounds, Stroke
from harness.virtual.selectors import Link, Query, Selector, find

_LONG_CLICK_S = 0.6
_CORNER_INSET_PX = 5
_MARGIN_PX = 5
_FINGER_PX = 20  # two fingers are never closer than this to the middle between them

_Point = tuple[int, int]
_Pair = tuple[_Point, _Point]


async def exist(world: World, wanted: Target) -> bool:
    return await world.find(wanted) is not None


async def count(world: World, wanted: Selector) -> int:
    return len(await world.find_all(Query(selector=wanted)))


async def object_info_of(world: World, wanted: Target) -> dict[str, object]:
    return object_info((await world.must_find(wanted)).node)


async def object_info_of_all(world: World, wanted: Selector) -> list[dict[str, object]]:
    return [object_info(placed.node) for placed in await world.find_all(Query(selector=wanted))]


async def wait_for_exists(world: World, wanted: Target, timeout_ms: int) -> bool:
    async def there() -> bool:
        return await world.find(wanted) is not None

    return await world.poll(there, timeout_ms)


async def wait_until_gone(world: World, wanted: Target, timeout_ms: int) -> bool:
    async def gone() -> bool:
        return await world.find(wanted) is None

    return await world.poll(gone, timeout_ms)


async def click(world: World, wanted: Target, corner: str | None = None) -> bool:
    bounds = (await world.must_find(wanted)).node.bounds
    await world.device.screen.tap(*_spot(bounds, corner))
    return True


async def long_click(world: World, wanted: Target, corner: str | None = None) -> bool:
    bounds = (await world.must_find(wanted)).node.bounds
    await world.device.screen.tap(*_spot(bounds, corner), hold_s=_LONG_CLICK_S)
    return True


async def click_and_wait(world: World, wanted: Target, timeout_ms: int) -> bool:
    before = await world.device.screen.foreground()
    await click(world, wanted)

    async def another() -> bool:
        return await world.device.screen.foreground() != before

    return await world.poll(another, timeout_ms)


async def set_text(world: World, wanted: Target, content: str | None) -> bool:
    placed = await world.must_find(wanted)
    return await world.device.screen.set_text(placed.node.handle, content or "")


async def clear_text_field(world: World, wanted: Target) -> None:
    await set_text(world, wanted, "")


async def get_text(world: World, wanted: Target) -> str:
    return (await world.must_find(wanted)).node.text


async def drag_to_point(world: World, wanted: Target, x: int, y: int, steps: int) -> bool:
    start = center((await world.must_find(wanted)).node.bounds)
    await drag(world.device, start, (x, y), max(steps, 1) * STEP_S)
    return True


async def drag_to_object(world: World, wanted: Target, goal: Selector, steps: int) -> bool:
    end = center((await world.must_find(Query(selector=goal))).node.bounds)
    return await drag_to_point(world, wanted, *end, steps)


async def swipe(world: World, wanted: Target, direction: str, steps: int) -> bool:
    return await swipe_part(world, wanted, direction, 1.0, steps)


async def swipe_part(world: World, wanted: Target, direction: str, share: float, steps: int) -> bool:
    """Swipe inside an object from the far edge by ``share`` of its length."""
    if not 0 <= share <= 1:
        raise JavaException("java.lang.IllegalArgumentException", "Percent must be between 0.0f and 1.0f")
    left, top, right, bottom = (await world.must_find(wanted)).node.bounds
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    wide, high = (right - left - 2 * _MARGIN_PX) * share, (bottom - top - 2 * _MARGIN_PX) * share
    if min(wide, high) <= 0:
        return False
    ends = {
        "u": ((middle_x, bottom - _MARGIN_PX), (middle_x, bottom - _MARGIN_PX - high)),
        "d": ((middle_x, top + _MARGIN_PX), (middle_x, top + _MARGIN_PX + high)),
        "l": ((right - _MARGIN_PX, middle_y), (right - _MARGIN_PX - wide, middle_y)),
        "r": ((left + _MARGIN_PX, middle_y), (left + _MARGIN_PX + wide, middle_y)),
    }
    pair = ends.get((direction or "").lower()[:1])
    if pair is None:
        return False
    await world.device.screen.swipe(list(pair), max(steps, 1) * STEP_S)
    return True


async def pinch_out(world: World, wanted: Target, percent: int, steps: int) -> bool:
    """Move two fingers from the middle of an object apart, to ``percent`` of half its width."""
    inner, outer = await _pinch_points(world, wanted, percent)
    return await _two_fingers(world, ((inner[0], outer[0]), (inner[1], outer[1])), steps)


async def pinch_in(world: World, wanted: Target, percent: int, steps: int) -> bool:
    """Move two fingers from the sides of an object to its middle."""
    inner, outer = await _pinch_points(world, wanted, percent)
    return await _two_fingers(world, ((outer[0], inner[0]), (outer[1], inner[1])), steps)


async def gesture(world: World, wanted: Target, *points_and_steps: object) -> bool:
    """Move two fingers from the first two points to the last two; the object only has to be there."""
    await world.must_find(wanted)
    start1, start2, end1, end2, steps = cast("tuple[_Point, _Point, _Point, _Point, int]", points_and_steps)
    return await _two_fingers(world, ((start1, end1), (start2, end2)), steps)


async def child_by_text(
    world: World,
    collection: Selector,
    child: Selector,
    wanted: str,
    scrolling: bool = True,  # noqa: FBT001, FBT002
) -> str:
    query = Query(selector=collection, children=child, text=wanted)
    return await _kept_child(world, query, collection, scrolling=scrolling)


async def child_by_description(
    world: World,
    collection: Selector,
    child: Selector,
    wanted: str,
    scrolling: bool = True,  # noqa: FBT001, FBT002
) -> str:
    query = Query(selector=collection, children=child, description=wanted)
    return await _kept_child(world, query, collection, scrolling=scrolling)


async def child_by_instance(world: World, collection: Selector, child: Selector, number: int) -> str:
    query = Query(selector=collection, children=child, instance=number)
    return await _kept_child(world, query, collection, scrolling=False)


async def get_child(world: World, parent: str, child: Selector) -> str:
    return await _chained(world, parent, Link(kind="child", selector=child))


async def get_from_parent(world: World, brother: str, wanted: Selector) -> str:
    return await _chained(world, brother, Link(kind="sibling", selector=wanted))


async def get_ui_object(world: World, wanted: Selector) -> str | None:
    """Keep the object and return its name, or null where it is not on screen."""
    query = Query(selector=wanted)
    return world.keep(query) if await world.find(query) is not None else None


async def get_ui_objects(world: World) -> list[str]:
    return list(world.kept)


async def remove_ui_object(world: World, name: str) -> None:
    world.kept.pop(name, None)


async def _kept_child(world: World, query: Query, collection: Selector, *, scrolling: bool) -> str:
    if not list(find(await world.windows(), query)):
        if scrolling:
            await _scroll_until(world, query, collection)
        if await world.find(query) is None:
            raise JavaException(NOT_FOUND, f"for {_wanted(query)}")
    return world.keep(query)


async def _scroll_until(world: World, query: Query, collection: Selector) -> None:
    from harness.virtual.automator_scroll import scroll_into_view

    container = await world.find(Query(selector=collection))
    if container is not None and container.node.scrollable:
        await scroll_into_view(world, Query(selector=collection), query)


async def _chained(world: World, name: str, link: Link) -> str:
    query = world.query(name)
    if query.children is None:
        chained = Query(selector=replace(query.selector, links=(*query.selector.links, link)))
    else:
        chained = replace(query, children=replace(query.children, links=(*query.children.links, link)))
    await world.must_find(chained)
    return world.keep(chained)


def _wanted(query: Query) -> str:
    if query.text is not None:
        return f'text= "{query.text}"'
    if query.description is not None:
        return f'description= "{query.description}"'
    return f"instance= {query.instance}"


def _spot(bounds: Bounds, corner: str | None) -> tuple[int, int]:
    left, top, right, bottom = bounds
    match (corner or "").lower():
        case "tl" | "topleft":
            return left + _CORNER_INSET_PX, top + _CORNER_INSET_PX
        case "br" | "bottomright":
            return right - _CORNER_INSET_PX, bottom - _CORNER_INSET_PX
        case _:
            return center(bounds)


async def _pinch_points(world: World, wanted: Target, percent: int) -> tuple[_Pair, _Pair]:
    """Return the pair of points near the middle and the pair at ``percent`` of the way to the sides."""
    left, top, right, bottom = (await world.must_find(wanted)).node.bounds
    if not 0 <= percent <= 100:
        raise JavaException("java.lang.IllegalArgumentException", "Percent must be between 0 and 100")
    if right - left <= 2 * _FINGER_PX or bottom - top <= 2 * _FINGER_PX:
        raise JavaException("java.lang.IllegalStateException", "Object width is too small for operation")
    x, y = center((left, top, right, bottom))
    reach = int((right - left) // 2 * percent / 100)
    inner = ((x - _FINGER_PX, y), (x + _FINGER_PX, y))
    return inner, ((x - max(reach, _FINGER_PX), y), (x + max(reach, _FINGER_PX), y))


async def _two_fingers(world: World, strokes: tuple[Stroke, Stroke], steps: int) -> bool:
    await world.device.screen.two_fingers(*strokes, max(steps, 1) * STEP_S)
    return True


OBJECT_METHODS: Methods = {
    "exist": [overload(exist, target)],
    "count": [overload(count, selector)],
    "objInfo": [overload(object_info_of, target)],
    "objInfoOfAllInstances": [overload(object_info_of_all, selector)],
    "waitForExists": [overload(wait_for_exists, target, whole)],
    "waitUntilGone": [overload(wait_until_gone, target, whole)],
    "click": [overload(click, target), overload(click, target, text)],
    "longClick": [overload(long_click, target), overload(long_click, target, text)],
    "clickAndWaitForNewWindow": [overload(click_and_wait, target, whole)],
    "setText": [overload(set_text, target, text)],
    "clearTextField": [overload(clear_text_field, target)],
    "getText": [overload(get_text, target)],
    "dragTo": [
        overload(drag_to_object, target, selector, whole),
        overload(drag_to_point, target, whole, whole, whole),
    ],
    "swipe": [
        overload(swipe, target, text, whole),
        overload(swipe_part, target, text, decimal, whole),
    ],
    "pinchIn": [overload(pinch_in, target, whole, whole)],
    "pinchOut": [overload(pinch_out, target, whole, whole)],
    "gesture": [overload(gesture, target, point, point, point, point, whole)],
    "childByText": [
        overload(child_by_text, selector, selector, text),
        overload(child_by_text, selector, selector, text, boolean),
    ],
    "childByDescription": [
        overload(child_by_description, selector, selector, text),
        overload(child_by_description, selector, selector, text, boolean),
    ],
    "childByInstance": [overload(child_by_instance, selector, selector, whole)],
    "getChild": [overload(get_child, text, selector)],
    "getFromParent": [overload(get_from_parent, text, selector)],
    "getUiObject": [overload(get_ui_object, selector)],
    "getUiObjects": [overload(get_ui_objects)],
    "removeUiObject": [overload(remove_ui_object, text)],
}
