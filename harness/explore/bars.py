"""Rows of tabs that several places share: which places show the same one, and where its tabs lead. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from harness.explore.places import Bar, Item, Place
from harness.explore.sweeps import within
from harness.explore.targets import Offer
from harness.model import Observation

_LEAST_TABS = 2
_LOW_RATIO = 0.85  # below it stands the app's own bar, or that of a part of it


class Bars:
    """All rows of tabs of an app."""

    def __init__(self) -> None:
        self._bars: list[Bar] = []

    def read(
        self,
        places: Iterable[Place],
        place: Place,
        tabs: tuple[Offer, ...],
        observation: Observation,
        came: tuple[Place, Offer] | None,
    ) -> None:
        """Recognise the row of tabs of a place, and note where its chosen tab leads.

        ``came`` is from where one came to the place by which press, ``None`` after anything else.
        """
        if len(tabs) < _LEAST_TABS:
            return
        tokens = {offer.token for offer in tabs}
        chosen = {offer.token for offer in tabs if offer.target.selected}
        same = came[0].bar if came is not None and came[1].token in chosen and is_of_bar(*came) else None
        if same is not None and place.bar is not None and place.bar is not same:
            self._join(places, same, place.bar)
        look = _look(tabs, observation)
        pressed = came is not None and came[0] is not place
        candidates = (bar for bar in self._bars if _same_tabs(bar.tokens, tokens))
        if place.bar is None:
            place.bar = same or next(
                (b for b in candidates if not (pressed and _is_other(b, place, chosen, look))), None
            )
        if place.bar is None:
            place.bar = Bar(low=look[0], above=look[1])
            self._bars.append(place.bar)
        self._note(place, place.bar, tabs, chosen)

    def _note(self, place: Place, bar: Bar, tabs: tuple[Offer, ...], chosen: set[str]) -> None:
        bar.tokens |= {offer.token for offer in tabs}
        if chosen:  # where another tab was pressed and this one is chosen, the press met something else
            bar.leads = {token: key for token, key in bar.leads.items() if key != place.key}
            bar.leads.update(dict.fromkeys(sorted(chosen), place.key))
        for lane in place.lanes:
            inside = sum(1 for offer in tabs if within(lane.box, offer.target.box))
            lane.of_bar = lane.of_bar or inside >= _LEAST_TABS
        for token in bar.leads:
            item = place.items.get(token)
            if item is not None:
                item.open = False

    def _join(self, places: Iterable[Place], kept: Bar, other: Bar) -> None:
        """Make one of two: a strip was seen at two ends that share too little to tell, until a press led over."""
        kept.tokens |= other.tokens
        kept.leads = {**other.leads, **kept.leads}
        kept.swept = kept.swept and other.swept
        self._bars = [bar for bar in self._bars if bar is not other]
        for place in places:
            if place.bar is other:
                place.bar = kept


def is_of_bar(place: Place, offer: Offer) -> bool:
    """Return whether something pressed is one of a row of tabs, one that is cut off by the edge included."""
    if offer.target.kind == "tab":
        return True
    item: Item | None = place.items.get(offer.token)
    return item is not None and 0 <= item.lane < len(place.lanes) and place.lanes[item.lane].of_bar


def _same_tabs(known: set[str], seen: set[str]) -> bool:
    return len(known & seen) >= max(2, min(len(known), len(seen)) // 2)


def _is_other(bar: Bar, place: Place, chosen: set[str], look: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Return whether tabs of the same words are those of another page: 全部, 待办 and 已办 stand on many.

    Then the chosen one leads elsewhere on the page that is known, and other words stand above. The bar at the bottom
    is the app's own wherever it has the same tabs, and another part's where it has others.
    """
    if all(bar.leads.get(token, place.key) == place.key for token in chosen):
        return False
    low, above = look
    return low != bar.low if low or bar.low else not above or above != bar.above


def _look(tabs: tuple[Offer, ...], observation: Observation) -> tuple[frozenset[str], frozenset[str]]:
    """Return the tabs at the bottom of the screen, and the words above the others."""
    low = [offer for offer in tabs if offer.target.box.top >= _LOW_RATIO * observation.size_px[1]]
    top_px = min((offer.target.box.top for offer in tabs if offer not in low), default=0)
    above = (word.norm for word in observation.words if word.box.bottom <= top_px)
    return frozenset(offer.token for offer in low), frozenset(above)
