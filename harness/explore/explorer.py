"""The policy: keeps the map up to date with what was seen, and chooses what costs least next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.explore.arrival import Arrivals
from harness.explore.places import BACK, LAUNCH, SCROLL, Item, Lane, Place
from harness.explore.sweeps import lowered, raised, sideways, sideways_back
from harness.explore.targets import PULL, Offer, Offers, Target, pull, read_offers
from harness.explore.ways import SWIPE_COST, TAP_COST, Route, reveal_cost, routes
from harness.model import Action, Back, Launch, Observation, PackageName, ScreenKey, Tap

_SWEEP_PENALTY, _LANE_PENALTY = 1.0, 1.0
_ASSURANCE_PENALTY = 60.0  # to swipe once more at what is the bottom already
_MOST_TRAVELS = 18  # moves in a row that try nothing new: the goal is given up
_MOST_LANE_SWEEPS = 8
_MOST_REVIVALS = 2
_BLIND_SWEEPS = 6  # of what may be no page but a picture or a map that moves under the finger
_WHILE_HERE = 0.6  # share of the way from the start that makes it worth while to finish a far place at once
_MOST_CORRECTIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What bounds one walk."""

    package: PackageName
    steps: int = 200
    seconds: float = 900.0
    taps_per_screen: int = 40
    scrolls_per_screen: int = 16
    restarts: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The next action, the way it takes on the map, and why (a message key)."""

    action: Action
    token: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goal:
    """Something not done yet: an item to press, or a place to sweep down or sideways."""

    place: Place
    cost: float
    item: Item | None = None
    lane: Lane | None = None

    def is_same(self, other: _Goal) -> bool:
        return self.place is other.place and self.item is other.item and self.lane is other.lane


class Explorer:
    """The map of one app and the policy on it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._map = Arrivals()
        self._restarts = 0
        self._travels = 0
        self._revivals = 0
        self._goal: _Goal | None = None
        self._offers: Offers | None = None

    @property
    def screens(self) -> tuple[ScreenKey, ...]:
        """Screens in the order of discovery."""
        return tuple(self._map.places)

    @property
    def untried(self) -> int:
        """Number of things seen and left untried; of what went away before its turn, what pulls.

        News come and go; an entry to what the rules look for that was seen once is something not looked at.
        """
        left = (
            (place, item)
            for place in self._map.places.values()
            for item in place.items.values()
            if item.open and not (item.gone and pull(item.token) == len(PULL))
        )
        return sum(1 for place, item in left if self._map.penalty_of(place, item) is not None)

    @property
    def cut_pages(self) -> int:
        """Number of screens that went on below or beside what was scrolled to: long pages, endless feeds."""
        return sum(1 for place in self._map.places.values() if place.goes_on)

    @property
    def loops(self) -> tuple[ScreenKey, ...]:
        """Screens at which one and the same press led to ever more of the same."""
        return tuple(self._map.loops)

    def saw(self, observation: Observation, targets: Sequence[Target]) -> None:
        """Put a screen of the app and its allowed targets on the map, and the way that led there."""
        key = self._map.known_as(observation)
        known = self._map.places.get(key)
        offers = read_offers(observation, targets, frozenset(known.menus) if known is not None else frozenset())
        self._map.arrive(observation, offers)
        place = self._map.here
        most = _BLIND_SWEEPS if place.scroll in observation.opaque else self._scope.scrolls_per_screen
        if place.sweeps >= most and not place.bottom:
            place.cut = True
        self._offers = offers

    def lost(self) -> None:
        """Forget the last move: where it led could not be seen."""
        self._map.forget()

    def interrupted(self, *, hides: bool = False) -> None:
        """Hear that something stood in the way after the last move: seen from the same screen, it is made again.

        Where it ``hides`` what the move leads to, that stays something not looked at.
        """
        self._map.interrupted, self._map.hidden = True, self._map.hidden or hides

    def failed(self, *, deadly: bool = False) -> None:
        """Take the last move back, because nobody knows whether it was done: the map learns nothing from it.

        What was pressed may be pressed once more, where the app died of it (``deadly``) when little else is left; a
        press that fails twice stays a press.
        """
        self._map.take_back(deadly=deadly)

    # --- choosing

    def next(self, observation: Observation, targets: Sequence[Target]) -> Move | None:
        """Return the next move from this screen, ``None`` when nothing within the scope is left to try."""
        offers = self._offers or read_offers(observation, targets, frozenset())
        for _ in range(_MOST_CORRECTIONS):  # each time round the map is put right about one thing
            there = self._routes()
            goal = self._choose(list(self._goals(there)))
            if goal is None:
                move = self._unstuck()
                if move is None and self._believe_again():
                    continue
                return move
            if self._travels >= _MOST_TRAVELS:
                self._give_up(goal)
                continue
            move = self._towards(goal, there, offers)
            if move is not None:
                fresh = move.why in ("explore-new", "explore-scroll", "explore-sideways")
                self._travels = 0 if fresh else self._travels + 1
                return move
        return self._unstuck()

    def _choose(self, goals: Sequence[_Goal]) -> _Goal | None:
        """Return the cheapest goal; on the way to one, that one, but for what is cheaper and can be done right here.

        What a thing costs looks different from afar, where nobody knows how a page stands: whoever chose anew at each
        step would turn round at each step.
        """
        best = min(goals, key=lambda goal: goal.cost, default=None)
        kept = next((goal for goal in goals if self._goal is not None and goal.is_same(self._goal)), None)
        if best is None or kept is None or not self._travels or (best.place is self._map.here and best.item):
            kept = best
        self._goal = kept
        return kept

    def _routes(self) -> dict[ScreenKey, Route]:
        here = self._map.here
        restart = self._restarts < self._scope.restarts and here.key != self._map.start
        start = self._map.start if restart else None
        return routes(self._map.places, here.key, self._map.stack[:-1], depth=self._map.depth, start=start)

    def _goals(self, there: dict[ScreenKey, Route]) -> Iterator[_Goal]:
        remote = self._remoteness()
        for key, place in self._map.places.items():
            route = there.get(key)
            if route is None:
                continue
            route = Route(cost=route.cost - _WHILE_HERE * remote.get(key, 0.0), first=route.first)
            depth = self._map.depth if place is self._map.here else 0
            if place.taps < self._scope.taps_per_screen:
                for item in place.items.values():
                    penalty = self._map.penalty_of(place, item) if place.ready(item) else None
                    if penalty is not None:
                        slid = self._map.slid.get(item.lane, 0) if place is self._map.here else 0
                        cost = route.cost + reveal_cost(item, depth, slid) + TAP_COST + penalty
                        if place is self._map.here:
                            cost += self._cost_of_leaving(place, item)
                        yield _Goal(place=place, cost=cost, item=item)
            if not place.swept:
                penalty = _ASSURANCE_PENALTY if place.short else _SWEEP_PENALTY
                cost = route.cost + SWIPE_COST * (abs(place.depth - depth) + 1) + penalty
                yield _Goal(place=place, cost=cost)
            for lane in place.lanes:
                if not place.lane_is_swept(lane) and lane.swept < _MOST_LANE_SWEEPS:
                    slid = self._map.slid.get(place.lanes.index(lane), 0) if place is self._map.here else 0
                    ahead = abs(lane.depth - depth) + max(0, lane.swept - slid) + 1
                    cost = route.cost + SWIPE_COST * ahead + _LANE_PENALTY
                    yield _Goal(place=place, cost=cost, lane=lane)

    def _remoteness(self) -> dict[ScreenKey, float]:
        """Return what it costs to reach each place from the start: what is far is finished while one is there."""
        start = self._map.start
        if start is None or start not in self._map.places:
            return {}
        return {key: route.cost for key, route in routes(self._map.places, start, (), depth=0, start=None).items()}

    def _cost_of_leaving(self, place: Place, item: Item) -> float:
        """Return what it costs to come back to where one stands, where that is lost and not all was looked at."""
        if not self._map.resets:
            return 0.0
        down = 0 if place.swept or place.short else self._map.depth
        slid = self._map.slid.get(item.lane, 0)
        aside = slid if slid and not place.lane_is_swept(place.lanes[item.lane]) else 0
        return SWIPE_COST * (down + aside + bool(down or aside))

    def _give_up(self, goal: _Goal) -> None:
        self._travels = 0
        if goal.item is not None:
            goal.item.given_up = True
        elif goal.lane is not None:
            goal.lane.done = goal.lane.cut = True
        else:
            goal.place.cut = True

    # --- moving

    def _towards(self, goal: _Goal, there: dict[ScreenKey, Route], offers: Offers) -> Move | None:
        """Return the first move towards a goal, ``None`` where the map was wrong and has been put right."""
        here = self._map.here
        if goal.place is not here:
            return self._travel(there[goal.place.key].first, offers)
        if goal.item is not None:
            return self._reach(goal.item, offers, why="explore-new")
        if goal.lane is not None:
            return self._slide(here, goal.lane)
        return self._lower(here, why="explore-scroll" if self._map.depth >= here.depth else "explore-known-way")

    def _travel(self, first: str, offers: Offers) -> Move | None:
        here = self._map.here
        if first == BACK:
            self._map.leave(BACK)
            return Move(action=Back(), token=BACK, why="explore-back")
        if first == LAUNCH:
            return self._restart()
        if first == SCROLL and here.scroll is not None:
            return self._lower(here, why="explore-known-way")
        item = here.items.get(first)
        if item is None:
            here.ways.pop(first, None)
            return None
        return self._reach(item, offers, why="explore-known-way")

    def _reach(self, item: Item, offers: Offers, *, why: str) -> Move | None:
        """Return the press of an item, or the swipe that brings it nearer."""
        here = self._map.here
        offer = offers.find(item.token)
        # A row goes by its place in the list: it is the one meant only where the list stands as it was seen.
        if offer is not None and (not offer.is_row or item.depth == self._map.depth or here.scroll is None):
            if item.open:
                item.open = False
                here.taps += 1
            return self._press(offer, why=why)
        if (item.depth - self._map.depth) * self._map.end > 0:
            item.depth = self._map.depth  # the page is shorter than it was, or this is the top that was sought
        if here.scroll is not None and item.depth > self._map.depth:
            return self._lower(here, why="explore-known-way")
        if here.scroll is not None and item.depth < self._map.depth:
            self._map.leave(SCROLL, step=-1)
            return Move(action=raised(here.scroll), token=SCROLL, why="explore-known-way")
        lane = here.lanes[item.lane] if 0 <= item.lane < len(here.lanes) else None
        step = item.side - self._map.slid.get(item.lane, 0)
        if lane is not None and step:
            self._map.slide(item.lane, step=1 if step > 0 else -1, further=False)
            action = sideways(lane.box) if step > 0 else sideways_back(lane.box)
            return Move(action=action, token=SCROLL, why="explore-known-way")
        opener = offers.find(item.under) if item.under and not item.misses else None
        if opener is not None:
            item.misses = 1
            return self._press(opener, why="explore-known-way")
        deepest = self._map.depth if self._map.end > 0 else here.depth  # a page may be shorter than it was
        item.missed(deepest, lane.swept if lane is not None else 0)
        return None

    def _press(self, offer: Offer, *, why: str) -> Move:
        self._map.leave(offer.token, offer)
        x_px, y_px = offer.target.box.centre_px
        return Move(action=Tap(x_px=x_px, y_px=y_px, label=offer.target.label), token=offer.token, why=why)

    def _lower(self, here: Place, *, why: str) -> Move | None:
        if here.scroll is None:
            here.bottom = True
            return None
        if why == "explore-scroll":
            here.sweeps += 1
        self._map.leave(SCROLL, step=1)
        return Move(action=lowered(here.scroll), token=SCROLL, why=why)

    def _slide(self, here: Place, lane: Lane) -> Move | None:
        number = here.lanes.index(lane)
        if here.scroll is not None and lane.depth != self._map.depth:
            step = 1 if lane.depth > self._map.depth else -1
            self._map.leave(SCROLL, step=step)
            action = lowered(here.scroll) if step > 0 else raised(here.scroll)
            return Move(action=action, token=SCROLL, why="explore-known-way")
        fresh = self._map.slid.get(number, 0) >= lane.swept
        if fresh:
            lane.swept += 1
            lane.cut = lane.swept >= _MOST_LANE_SWEEPS
        self._map.slide(number, step=1, further=fresh)
        return Move(action=sideways(lane.box), token=SCROLL, why="explore-sideways" if fresh else "explore-known-way")

    def _unstuck(self) -> Move | None:
        """Return a Back into the unknown, or a start, where something is left and no known way leads to it."""
        here = self._map.here
        if here.key == self._map.start:
            return None  # no way leads from the start to what is left: starting again would lead here again
        anywhere = {key: Route(cost=0.0, first="") for key in self._map.places}
        if next(self._goals(anywhere), None) is None:
            return None
        if not here.back_is_stuck and BACK not in here.ways:
            self._map.leave(BACK)
            return Move(action=Back(), token=BACK, why="explore-back")
        return self._restart() if self._restarts < self._scope.restarts else None

    def _believe_again(self) -> bool:
        """Look again for everything that was not where it had been seen; return whether there is any, a few times."""
        if self._revivals >= _MOST_REVIVALS:
            return False
        self._revivals += 1
        places = [place for key, place in self._map.places.items() if key not in self._map.loops]
        lost = [item for place in places for item in place.items.values() if item.gone or item.given_up]
        for item in lost:
            item.misses, item.gone, item.given_up = 0, False, False
        return bool(lost)

    def _restart(self) -> Move:
        self._restarts += 1
        self._map.leave(LAUNCH)
        return Move(action=Launch(package=self._scope.package), token=LAUNCH, why="explore-restart")
