"""Scrolling as UiScrollable does it: swipes inside a container until it moves no more or the thing is seen."""

from __future__ import annotations

from harness.virtual.automator_device import STEP_S
from harness.virtual.automator_rpc import Methods, boolean, overload, selector, target, whole
from harness.virtual.automator_world import Target, World
from harness.virtual.phone import Node
from harness.virtual.selectors import Query, Selector, first

_DEAD_ZONE = 0.1  # share of the container at each end that a swipe leaves out
_FLING_STEPS = 5
_SCROLL_STEPS = 55
_MAX_SEARCH_SWIPES = 30
_MOVES_WITHIN_MS = 600


async def scroll_forward(world: World, wanted: Target, vertical: bool, steps: int) -> bool:  # noqa: FBT001
    return await _scroll(world, wanted, vertical=vertical, forward=True, steps=steps)


async def scroll_backward(world: World, wanted: Target, vertical: bool, steps: int) -> bool:  # noqa: FBT001
    return await _scroll(world, wanted, vertical=vertical, forward=False, steps=steps)


async def scroll_to_end(
    world: World,
    wanted: Target,
    vertical: bool,  # noqa: FBT001
    max_swipes: int,
    steps: int = _SCROLL_STEPS,
) -> bool:
    return await _to_limit(world, wanted, vertical=vertical, forward=True, swipes=(max_swipes, steps))


async def scroll_to_beginning(
    world: World,
    wanted: Target,
    vertical: bool,  # noqa: FBT001
    max_swipes: int,
    steps: int = _SCROLL_STEPS,
) -> bool:
    return await _to_limit(world, wanted, vertical=vertical, forward=False, swipes=(max_swipes, steps))


async def fling_forward(world: World, wanted: Target, vertical: bool) -> bool:  # noqa: FBT001
    return await scroll_forward(world, wanted, vertical, _FLING_STEPS)


async def fling_backward(world: World, wanted: Target, vertical: bool) -> bool:  # noqa: FBT001
    return await scroll_backward(world, wanted, vertical, _FLING_STEPS)


async def fling_to_end(world: World, wanted: Target, vertical: bool, max_swipes: int) -> bool:  # noqa: FBT001
    return await scroll_to_end(world, wanted, vertical, max_swipes, _FLING_STEPS)


async def fling_to_beginning(world: World, wanted: Target, vertical: bool, max_swipes: int) -> bool:  # noqa: FBT001
    return await scroll_to_beginning(world, wanted, vertical, max_swipes, _FLING_STEPS)


async def scroll_to(world: World, container: Target, wanted: Selector, vertical: bool) -> bool:  # noqa: FBT001
    return await scroll_into_view(world, container, Query(selector=wanted), vertical=vertical)


async def scroll_into_view(world: World, container: Target, wanted: Query, *, vertical: bool = True) -> bool:
    """Scroll from the beginning until ``wanted`` is on screen; return whether it is."""
    if first(await world.windows(), wanted) is not None:
        return True
    await _to_limit(world, container, vertical=vertical, forward=False, swipes=(_MAX_SEARCH_SWIPES, _SCROLL_STEPS))
    for _ in range(_MAX_SEARCH_SWIPES):
        if first(await world.windows(), wanted) is not None:
            return True
        if not await _scroll(world, container, vertical=vertical, forward=True, steps=_SCROLL_STEPS):
            break
    return first(await world.windows(), wanted) is not None


async def _to_limit(world: World, wanted: Target, *, vertical: bool, forward: bool, swipes: tuple[int, int]) -> bool:
    """Scroll until nothing moves; return whether anything moved, as UiScrollable's limit methods do."""
    most, steps = swipes
    moved = False
    for _ in range(most):
        if not await _scroll(world, wanted, vertical=vertical, forward=forward, steps=steps):
            break
        moved = True
    return moved


async def _scroll(world: World, wanted: Target, *, vertical: bool, forward: bool, steps: int) -> bool:
    """Swipe once through the container; return whether its content moved."""
    before = (await world.must_find(wanted)).node
    left, top, right, bottom = before.bounds
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    if vertical:
        zone = int((bottom - top) * _DEAD_ZONE)
        path = [(middle_x, bottom - zone), (middle_x, top + zone)]
    else:
        zone = int((right - left) * _DEAD_ZONE)
        path = [(right - zone, middle_y), (left + zone, middle_y)]
    if not forward:
        path.reverse()
    await world.device.screen.swipe(path, max(steps, 1) * STEP_S)

    async def moved() -> bool:
        after = await world.find(wanted)
        return after is not None and _places(after.node) != _places(before)

    # A page that is busy answers a swipe late; only one that stays still for this long is at its end.
    if not await world.poll(moved, _MOVES_WITHIN_MS):
        return False
    await world.settled()
    return await moved()


def _places(node: Node) -> list[tuple[str, str, object]]:
    """Return what lies where below a node; focus and the like do not count as movement."""
    found: list[tuple[str, str, object]] = []
    todo = [node]
    while todo:
        below = todo.pop()
        found.append((below.class_name, below.text, below.bounds))
        todo.extend(below.children)
    return found


SCROLL_METHODS: Methods = {
    "scrollForward": [overload(scroll_forward, target, boolean, whole)],
    "scrollBackward": [overload(scroll_backward, target, boolean, whole)],
    "scrollToEnd": [overload(scroll_to_end, target, boolean, whole, whole)],
    "scrollToBeginning": [overload(scroll_to_beginning, target, boolean, whole, whole)],
    "scrollTo": [overload(scroll_to, target, selector, boolean)],
    "flingForward": [overload(fling_forward, target, boolean)],
    "flingBackward": [overload(fling_backward, target, boolean)],
    "flingToEnd": [overload(fling_to_end, target, boolean, whole)],
    "flingToBeginning": [overload(fling_to_beginning, target, boolean, whole)],
}
