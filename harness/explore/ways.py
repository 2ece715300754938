"""The shortest known ways over the map: what each place costs to reach from here, and the first move there. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.explore.places import BACK, LAUNCH, Item, Place
from harness.model import ScreenKey

TAP_COST, SWIPE_COST, LAUNCH_COST = 1.0, 1.5, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What it costs to reach a place, and the token of the first move; empty for the place one is at."""

    cost: float
    first: str


def reveal_cost(item: Item, depth: int, slid: int = 0) -> float:
    """Return what it costs to bring an item into view from ``depth`` sweeps down and ``slid`` to the side."""
    down = abs(item.depth - depth) if item.scrolls else 0
    return SWIPE_COST * (down + abs(item.side - slid))


def routes(
    places: Mapping[ScreenKey, Place],
    here: ScreenKey,
    stack: Sequence[ScreenKey],
    *,
    depth: int,
    start: ScreenKey | None,
) -> dict[ScreenKey, Route]:
    """Return the cheapest route to every place that can be reached from here.

    ``stack`` are the places that Back leads to, nearest last; ``start`` is where a launch leads, ``None`` where no
    launch is left.
    """
    order = {key: number for number, key in enumerate(places)}
    found: dict[ScreenKey, Route] = {}
    queue: list[tuple[float, int, ScreenKey, str]] = [(0.0, order[here], here, "")]
    at = places[here]
    for steps, key in enumerate(reversed(stack), 1):
        if at.back_is_stuck or key not in places:
            break
        queue.append((TAP_COST * steps, order[key], key, BACK))
        at = places[key]
    if start is not None:
        queue.append((LAUNCH_COST, order[start], start, LAUNCH))
    heapq.heapify(queue)
    while queue:
        cost, _, key, first = heapq.heappop(queue)
        if key in found:
            continue
        found[key] = Route(cost=cost, first=first)
        for token, target, step_cost in _ways(places, key, depth if not first else 0):
            if target not in found:
                heapq.heappush(queue, (cost + step_cost, order[target], target, first or token))
    return found


def _ways(places: Mapping[ScreenKey, Place], key: ScreenKey, depth: int) -> Iterator[tuple[str, ScreenKey, float]]:
    place = places[key]
    for token, target in place.ways.items():
        item = place.items.get(token)
        if token == BACK or target not in places or target == key or (item is not None and item.gone):
            continue
        yield token, target, TAP_COST + (reveal_cost(item, depth) if item is not None else 0.0)
    bar = place.bar
    if bar is not None:
        for token, target in bar.leads.items():
            item = place.items.get(token)
            if target in places and target != key and token not in place.ways and item is not None and not item.gone:
                yield token, target, TAP_COST + reveal_cost(item, depth)
