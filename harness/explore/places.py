"""The map of an app: places, what can be pressed on each, how far each scrolls, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.explore.targets import BETWEEN, LAST
from harness.model import Box, ScreenKey

BACK, SCROLL, LAUNCH = "<back>", "<scroll>", "<launch>"
ABOVE = -1  # the depth of what is sought: up until the page stands still
_STAYS = 2
_LINES = 400  # of a feed without an end, no more is remembered to tell where one is


@dataclass(slots=True)
class Item:
    """Something to press. ``depth`` is how many sweeps down it was first seen, ``side`` how many sideways."""

    token: str
    penalty: float
    group: str = ""  # of a row: its list
    under: str = ""  # what was pressed for it to appear: a menu that folds out, a sheet over a drawn page
    scrolls: bool = False  # it moves with its page
    depth: int = 0
    lane: int = -1
    side: int = 0
    open: bool = True  # not pressed yet
    gone: bool = False  # seen once, not there any more
    given_up: bool = False  # seen, and no way found to it again
    retried: bool = False
    misses: int = 0

    @property
    def left(self) -> bool:
        return self.open and not self.gone and not self.given_up

    def missed(self, deepest: int, widest: int) -> None:
        """Note that it was not where it had been seen: it is sought from one end to the other, and then it is gone.

        ``deepest`` is how many sweeps down its place was seen, ``widest`` how many sideways its lane was.
        """
        self.misses += 1
        if self.lane >= 0:
            self.side = 0 if self.misses == 1 else self.side + 1
            self.gone = self.side > widest
        else:
            self.depth = ABOVE if self.misses == 1 else self.depth + 1
            self.gone = self.depth > deepest


@dataclass(slots=True)
class Lane:
    """A box that moves sideways: a carousel or a strip of tabs. ``depth`` is where it was first seen."""

    box: Box
    depth: int
    of_bar: bool = False
    swept: int = 0
    dull: int = 0  # slides in a row that brought nothing new
    done: bool = False
    cut: bool = False  # goes on beside what was looked at


@dataclass(slots=True)
class Bar:
    """A row of tabs that several places share, and where each tab leads."""

    tokens: set[str] = field(default_factory=set)
    leads: dict[str, ScreenKey] = field(default_factory=dict)
    swept: bool = False  # its strip was seen to the end
    low: frozenset[str] = frozenset()  # as first seen: those of the tabs that stand at the bottom of the screen
    above: frozenset[str] = frozenset()  # and the words above the others


@dataclass(slots=True)
class Place:
    """One screen of the map, whatever it shows today."""

    key: ScreenKey
    outline: frozenset[tuple[str, str]]
    looks: set[ScreenKey] = field(default_factory=set)  # what it goes by, scrolled
    items: dict[str, Item] = field(default_factory=dict)
    ways: dict[str, ScreenKey] = field(default_factory=dict)
    bar: Bar | None = None
    came_by: tuple[ScreenKey, str] | None = None
    taps: int = 0
    scroll: Box | None = None
    depth: int = 0  # how many sweeps down it was looked at
    stood: int = 0  # how many sweeps down it was left
    shown: frozenset[str] = frozenset()  # words that scroll, as it was left
    sweeps: int = 0  # presses of the finger spent on that, in vain ones included
    bottom: bool = False
    short: bool = False  # the last sweep down moved it so little that it is at its bottom, or something loads there
    dull_sweeps: int = 0  # sweeps in a row that brought nothing but more rows
    cut: bool = False  # goes on below what was looked at
    columns: int = 0  # boxes beside the one that is swept that scroll down, too
    lanes: list[Lane] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # words that scroll, and the depth they were first seen at
    rows: dict[str, int] = field(default_factory=dict)  # how many rows of each list were in view at most
    menus: set[str] = field(default_factory=set)  # lists whose rows turned out to lead to different places
    led: dict[str, list[ScreenKey]] = field(default_factory=dict)  # where the rows of each list led
    back_stays: int = 0  # how often Back changed nothing

    @property
    def swept(self) -> bool:
        """Whether nothing more is to be looked at below."""
        return self.scroll is None or self.bottom or self.cut

    @property
    def goes_on(self) -> bool:
        """Whether something of it was not looked at: below, beside, or in a column that scrolls by itself."""
        return self.cut or not self.swept or self.columns > 0 or any(lane.cut for lane in self.lanes)

    @property
    def back_is_stuck(self) -> bool:
        """Whether Back has led nowhere from here."""
        return self.back_stays >= _STAYS

    def lane_is_swept(self, lane: Lane) -> bool:
        """Return whether nothing more is to be looked at aside; a strip of tabs is swept once for all its places."""
        return lane.done or (lane.of_bar and self.bar is not None and self.bar.swept)

    def ready(self, item: Item) -> bool:
        """Return whether the item may be pressed now: a list's last row is known when the list was swept."""
        if not item.left:
            return False
        if item.token.endswith(f" {LAST}>"):
            return self.swept or self.short
        return not item.token.endswith(f" {BETWEEN}>") or item.depth > 0 or self.swept or self.short

    def remember_lines(self, lines: frozenset[str], depth: int) -> bool:
        """Note words that scroll; return whether any is new."""
        fresh = [line for line in sorted(lines) if line not in self.lines]
        for line in fresh[: max(0, _LINES - len(self.lines))]:
            self.lines[line] = depth
        return bool(fresh)

    def depth_of(self, tokens: Iterable[str], guess: int) -> int:
        """Return how far down the place stands: as guessed, unless what has a name of its own says otherwise.

        Rows and their words come again further down; they say nothing.
        """
        named = [self.items[token] for token in tokens if token in self.items]
        known = {item.depth for item in named if item.scrolls and not item.group and not item.misses}
        return guess if not known or known & {guess, guess - 1} else max(known)
