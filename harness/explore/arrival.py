"""What an arrival teaches the map: where the last move led, what is the same place again, what is new there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.explore.bars import Bars, is_of_bar
from harness.explore.lists import Lists, activity
from harness.explore.places import BACK, LAUNCH, SCROLL, Item, Lane, Place
from harness.explore.sweeps import columns_beside, known_lane, lane_boxes, scroll_box, shifted, within
from harness.explore.targets import FIRST, Offer, Offers
from harness.explore.views import TELLING_CHARS, moved_px, moving_lines, outline, tops_px, words_of
from harness.model import Box, Observation, ScreenKey

_CHAIN, _ENDLESS = 3, 6  # so often the same press led to more of the same: put off, given up
_CHAIN_PENALTY = 12.0
_LIST_ROWS = 5  # rows in view from which on pages that differ by their title alone are one place
_DULL_SWEEPS = 6
_DULL_SLIDES = 2
_FAR = 0.6  # of its height: a sweep that moved a page less has come to its bottom, as a rule
_NOW_OR_NEVER = 0.5  # what a press made appear may be gone after the next one
_LAST_OF_ALL = 30.0
_SHORT_LIST = 12
_SURE_AFTER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """The last move: from where, what, and what was in view."""

    origin: ScreenKey
    token: str
    lines: frozenset[str]
    offer: Offer | None = None
    step: int = 0
    lane: int = -1
    further: bool = False


class Arrivals:
    """The map of places and where one is on it."""

    def __init__(self) -> None:
        self.places: dict[ScreenKey, Place] = {}
        self.stack: list[ScreenKey] = []  # what Back leads to, the present place last
        self.start: ScreenKey | None = None
        self.depth = 0
        self.slid: dict[int, int] = {}
        self.resets = False  # whether Back leads to the top of a page instead of to where it stood
        self._lanes: dict[int, Box] = {}  # of the present place, those in view
        self.loops: dict[ScreenKey, None] = {}
        self.interrupted = self.hidden = False
        self._alias: dict[ScreenKey, ScreenKey] = {}
        self._bars = Bars()
        self._lists = Lists()
        self._spots: dict[tuple[str, Box], dict[ScreenKey, ScreenKey]] = {}  # where a label at one spot led, by origin
        self._here: ScreenKey | None = None
        self._raw = ScreenKey("")
        self._lines: frozenset[str] = frozenset()
        self._moving: frozenset[str] = frozenset()
        self._tops_px: Mapping[str, int] = {}
        self.end = 0  # the last swipe moved nothing: 1 the page is at its bottom, -1 at its top
        self._last: _Last | None = None

    @property
    def here(self) -> Place:
        assert self._here is not None, "nothing was seen yet"
        return self.places[self._here]

    def known_as(self, observation: Observation) -> ScreenKey:
        """Return the place that a screen is known as: also one on the way back that looked like this, scrolled."""
        raw = observation.screen
        left = next((key for key in reversed(self.stack) if raw in self.places[key].looks), raw)
        return raw if raw in self.places else self._alias.get(raw, left)

    # --- leaving

    def leave(self, token: str, offer: Offer | None = None, *, step: int = 0) -> None:
        """Note the move that is about to be made from here."""
        self._last = _Last(origin=self.here.key, token=token, lines=self._lines, offer=offer, step=step)

    def slide(self, lane: int, *, step: int, further: bool) -> None:
        """Note the swipe sideways that is about to be made; ``further`` than the lane was seen before."""
        last = _Last(origin=self.here.key, token=SCROLL, lines=self._lines, lane=lane, step=step)
        self._last = replace(last, further=further)

    def forget(self) -> None:
        """Forget the last move. Whoever comes back to a place that Back led to finds that it still does from there."""
        self._last = None
        self.interrupted = self.hidden = False

    def take_back(self, *, deadly: bool) -> None:
        """Undo the last move on the map: nobody knows whether it was done; ``deadly``: or it ended the app."""
        if self._last is not None:
            self._reopen(self._last, penalty=_LAST_OF_ALL if deadly else 0.0)
        self._last = None

    def _reopen(self, last: _Last, *, penalty: float = 0.0) -> None:
        item = self.places[last.origin].items.get(last.token)
        if item is not None and not item.open and not item.retried and last.token not in self.places[last.origin].ways:
            item.open = item.retried = True
            item.penalty += penalty
            self.places[last.origin].taps -= 1

    def _stay_hidden(self, last: _Last) -> None:
        """Note that nobody has seen what an item leads to, where it was pressed twice and declined each time."""
        item = self.places[last.origin].items.get(last.token)
        if item is not None and not item.open:
            item.open = item.given_up = True

    # --- arriving

    def arrive(self, observation: Observation, offers: Offers) -> None:
        """Put a screen and what it offers on the map, and the way that led there."""
        last, self._last = self._last, None
        lines, look = words_of(observation), outline(observation)
        key = self._identify(observation, last, lines, look)
        self._raw = observation.screen
        new = key not in self.places
        place = self.places.setdefault(key, Place(key=key, outline=look))
        self.start = self.start or key
        before, self._here = self._here, key
        if self.interrupted and last is not None and key == last.origin:
            self._reopen(last)
            if self.hidden:
                self._stay_hidden(last)
            last = None
        self.interrupted = self.hidden = False
        self._learn(last, place, new=new)
        self._place_in_stack(last, place)
        if last is None or key != before or last.token in (BACK, LAUNCH):
            self.depth, self.slid = 0, {}
        self._lines = lines
        self._look(observation, offers, last)

    def _identify(
        self, observation: Observation, last: _Last | None, lines: frozenset[str], outline: frozenset[tuple[str, str]]
    ) -> ScreenKey:
        raw, key = observation.screen, self.known_as(observation)
        if last is None or last.origin not in self.places:
            return key
        origin = self.places[last.origin]
        if last.token == SCROLL and activity(raw) == activity(self._raw):
            # Swiping down leads nowhere; swiping sideways may, where pages lie side by side.
            stays = last.lane < 0 or shifted(last.lines, lines)
            if stays and any(len(line) >= TELLING_CHARS for line in last.lines & lines):
                origin.looks.add(raw)
            return origin.key if stays else key
        if raw == self._raw and last.token != BACK:
            return origin.key  # a press that changed nothing, on a page that looks another way further down
        if key in self.places or last.offer is None or not last.offer.is_row:
            return key
        same = self._row_like_another(origin, last.offer, outline)
        if same is not None:
            self._alias[raw] = same
            return same
        return key

    def _row_like_another(self, origin: Place, offer: Offer, outline: frozenset[tuple[str, str]]) -> ScreenKey | None:
        """Return the place of another row of the same long list that looks like this one but for its words."""
        if origin.rows.get(offer.group, 0) < _LIST_ROWS:
            return None
        led = origin.led.get(offer.group, [])
        return next((key for key in led if key in self.places and self.places[key].outline == outline), None)

    def _chain(self, place: Place) -> int:
        """Return through how many places that look the same, and offer again what led to them, one came here."""
        at, length = place, 0
        while at.came_by is not None and length < _ENDLESS:
            parent = self.places.get(at.came_by[0])
            if parent is None or at.came_by[1] not in at.items or parent.outline != at.outline:
                break
            at, length = parent, length + 1
        return length

    def _learn(self, last: _Last | None, place: Place, *, new: bool) -> None:
        """Note where the last move led."""
        if last is None or last.origin not in self.places:
            return
        origin = self.places[last.origin]
        if last.token == SCROLL:
            self._learn_swipe(last, origin, place)
            return
        if last.token == LAUNCH:
            self.start = place.key
            return
        if last.token == BACK and place is origin:
            origin.back_stays += 1
        origin.ways[last.token] = place.key
        if last.offer is None or place is origin:
            return  # what led nowhere may have met something in its way: it says nothing of other places
        if new:
            place.came_by = (origin.key, last.token)
        if not last.offer.is_row:
            self._spots.setdefault((last.token, last.offer.target.box), {})[origin.key] = place.key
        elif last.offer.group and origin.key not in self.loops:
            origin.led.setdefault(last.offer.group, []).append(place.key)
            self._lists.note(origin.key, last.offer.group, place.key)
            if len(set(origin.led[last.offer.group])) > 1 and origin.rows.get(last.offer.group, 0) <= _SHORT_LIST:
                origin.menus.add(last.offer.group)
        if origin.bar is not None and is_of_bar(origin, last.offer):
            origin.bar.leads[last.token] = place.key

    def _learn_swipe(self, last: _Last, origin: Place, place: Place) -> None:
        if place is not origin:
            origin.ways[SCROLL] = place.key
            origin.bottom = origin.bottom or (last.lane < 0 and last.step > 0)
            return
        if last.lane >= 0:
            self.slid[last.lane] = max(0, self.slid.get(last.lane, 0) + last.step)
        else:
            self.depth = max(0, self.depth + last.step)

    def _place_in_stack(self, last: _Last | None, place: Place) -> None:
        stack = self.stack
        if last is None or last.token in (BACK, LAUNCH):
            if last is not None and last.token == BACK and stack and stack[-1] != place.key:
                stack.pop()
            if last is not None and last.token == LAUNCH:
                stack.clear()
            if place.key in stack:
                del stack[len(stack) - stack[::-1].index(place.key) :]
            elif not stack or stack[-1] != place.key:
                self.stack = [place.key]
            return
        if stack and stack[-1] == place.key:
            return
        tab = last.offer is not None and last.origin in self.places and is_of_bar(self.places[last.origin], last.offer)
        if stack and (tab or last.token == SCROLL):
            stack[-1] = place.key
        else:
            stack.append(place.key)

    # --- looking around

    def _look(self, observation: Observation, offers: Offers, last: _Last | None) -> None:
        place = self.here
        place.scroll = scroll_box(observation) or place.scroll
        place.columns = max(place.columns, columns_beside(observation))
        moving, tops = moving_lines(observation, offers, place.scroll), tops_px(observation, place.scroll)
        swiped = last is not None and last.token == SCROLL and last.origin == place.key
        down = last.step if swiped and last is not None and last.lane < 0 else 0
        self.end = down if moving == self._moving else 0
        if down > 0 and place.scroll is not None:
            moved = moved_px(self._tops_px, tops)
            place.short = moved is not None and moved < _FAR * place.scroll.height_px
        self._moving, self._tops_px = moving, tops
        if self.end:
            self._reach_an_end(self.end, place)
        elif not swiped:
            as_left = 2 * len(moving & place.shown) > len(moving)  # Back leads to where a page stood, or to its top
            if last is not None and last.token == BACK and place.stood > 0:
                self.resets = not as_left
            self.depth = place.depth_of((offer.token for offer in offers.all), place.stood if as_left else 0)
        before = set(place.items) if place.items else None
        fresh_lines = place.remember_lines(moving, self.depth)
        self._look_at_lanes(observation, place)
        if not swiped:
            self.slid = _slid(place, offers)
        self._bars.read(self.places.values(), place, offers.tabs, observation, self._came_by(last))
        fresh = self._add_items(place, offers)
        if before is not None and last is not None and last.origin == place.key and last.offer is not None:
            for token in place.items.keys() - before:
                place.items[token].under = last.token
                place.items[token].penalty = min(_NOW_OR_NEVER, place.items[token].penalty)
        if swiped and last is not None:
            self._judge_sweep(last, place, fresh=fresh, fresh_lines=fresh_lines)
        place.depth = max(place.depth, self.depth)
        place.stood, place.shown = self.depth, moving

    def _reach_an_end(self, step: int, place: Place) -> None:
        """Hear that a swipe moved nothing: this is the end of the page, or its top."""
        if step > 0:
            place.bottom = True
        self.depth = min(self.depth - step, place.depth) if step > 0 else 0

    def _judge_sweep(self, last: _Last, place: Place, *, fresh: bool, fresh_lines: bool) -> None:
        if last.lane >= 0:
            lane = place.lanes[last.lane]
            if not last.further:
                return
            lane.dull = 0 if fresh else lane.dull + 1
            if lane.dull >= _DULL_SLIDES or last.lines == self._lines:
                lane.done = True
                if place.bar is not None and lane.of_bar:
                    place.bar.swept = True
            return
        if last.step <= 0 or self.end or self.depth <= place.depth:
            return
        place.dull_sweeps = 0 if fresh else place.dull_sweeps + 1
        if place.dull_sweeps >= _DULL_SWEEPS and any(place.rows.values()) and fresh_lines:
            place.cut = True

    def _look_at_lanes(self, observation: Observation, place: Place) -> None:
        self._lanes = {}
        for box in lane_boxes(observation):
            number = known_lane([lane.box for lane in place.lanes], box)
            if number < 0:
                number = len(place.lanes)
                place.lanes.append(Lane(box=box, depth=self._depth_of(place, box)))
            self._lanes[number] = box

    def _came_by(self, last: _Last | None) -> tuple[Place, Offer] | None:
        """Return from where a press led here, ``None`` after anything else."""
        if last is None or last.offer is None or last.origin not in self.places:
            return None
        return self.places[last.origin], last.offer

    def _add_items(self, place: Place, offers: Offers) -> bool:
        """Add what was not seen before; return whether there was any but more rows of a known list."""
        for group, count in offers.rows.items():
            place.rows[group] = max(place.rows.get(group, 0), count)
        fresh = False
        for offer in offers.all:
            item = place.items.get(offer.token)
            leads_to = self._leads_to(offer)
            if leads_to is not None and (item is None or item.open):
                place.ways.setdefault(offer.token, leads_to)
            if item is not None:
                item.open = item.open and leads_to is None
                later = offer.is_row and item.open and not offer.token.endswith(f" {FIRST}>")
                if later and not self._lists.all_alike(place.key, offer.group):
                    item.depth = max(item.depth, self.depth)
                if item.misses and not offer.is_row:
                    self._found_again(place, item, offer)
                continue
            lane = next((n for n, box in self._lanes.items() if within(box, offer.target.box)), -1)
            item = Item(token=offer.token, penalty=offer.penalty, group=offer.group, lane=lane)
            item.scrolls = within(place.scroll, offer.target.box)
            item.depth, item.side = self._depth_of(place, offer.target.box), self.slid.get(lane, 0)
            item.open = self._worth_trying(place, offer)
            place.items[offer.token] = item
            fresh = fresh or not offer.group
        self._judge_chain(place)
        return fresh

    def _found_again(self, place: Place, item: Item, offer: Offer) -> None:
        """Note where something is that was sought."""
        item.misses, item.gone = 0, False
        item.depth = self._depth_of(place, offer.target.box)
        item.side = self.slid.get(item.lane, 0)

    def _judge_chain(self, place: Place) -> None:
        """Put off what only leads to more of the same, and give it up in the end: a page whose next page is another."""
        length = self._chain(place)
        item = place.items.get(place.came_by[1]) if place.came_by is not None else None
        if item is None or length < _CHAIN or not item.open:
            return
        item.penalty = _CHAIN_PENALTY
        item.given_up = length >= _ENDLESS
        self.loops[place.key] = None

    def _depth_of(self, place: Place, box: Box) -> int:
        return self.depth if within(place.scroll, box) else 0

    def _worth_trying(self, place: Place, offer: Offer) -> bool:
        if place.bar is not None and offer.token in place.bar.leads:
            return False
        return not offer.target.selected and self._leads_to(offer) is None

    def penalty_of(self, place: Place, item: Item) -> float | None:
        """Return how much is lost by not trying an item now, ``None`` where it is not worth trying at all.

        Where rows of such lists have all led to one place, the first one of another list is enough, and last of all.
        """
        if place.bar is not None and item.token in place.bar.leads:
            return None  # it was pressed on another place that shows the same tabs
        if not item.group or not self._lists.all_alike(place.key, item.group):
            return item.penalty
        return _LAST_OF_ALL if item.token.endswith(f" {FIRST}>") else None

    def _leads_to(self, offer: Offer) -> ScreenKey | None:
        """Return where the same label at the same spot led from several places, ``None`` where that is not known."""
        led = self._spots.get((offer.token, offer.target.box), {})
        return next(iter(led.values())) if len(led) >= _SURE_AFTER and len(set(led.values())) == 1 else None


def _slid(place: Place, offers: Offers) -> dict[int, int]:
    """Return how far each lane stands to the side, by what is in view of it: it may stand as it was left."""
    slid: dict[int, int] = {}
    for offer in offers.all:
        item = place.items.get(offer.token)
        if item is not None and item.lane >= 0 and not item.misses:
            slid[item.lane] = max(slid.get(item.lane, 0), item.side)
    return slid
