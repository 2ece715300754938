"""The walkers that ours is measured against: a uniform random one, and the depth-first crawl of the field notes.

Both look at the hierarchy alone. Neither knows what must not be pressed.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from benchmarks.explore_watch import WatchedDevice, launch_again
from harness.errors import DeviceError
from harness.model import Action, Back, Box, Element, Gap, Swipe, Tap
from harness.perceive.hierarchy import read_hierarchy

_SIZE_PX = (1080, 2400)
_RANDOM_SLEEP_S = 0.5
# As published: depth 3, half a second of sleep, at most four clicks per widget, one screen above 0.7 of likeness.
_DEPTH, _SLEEP_S, _CLICKS, _ALIKE = 3, 0.5, 4, 0.7
_MOST_BACKS = 3
_SPLASH_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a peer sees of a screen."""

    package: str
    elements: tuple[Element, ...]

    @property
    def widgets(self) -> list[Element]:
        return [element for element in self.elements if element.clickable and element.enabled and element.box.area_px]

    @property
    def scrolls(self) -> list[Box]:
        return [element.box for element in self.elements if element.scrollable]

    @property
    def words(self) -> list[str]:
        """Return texts with their places, by which the published crawl compares screens."""
        shown = [element for element in self.elements if element.text or element.desc]
        return [f"{e.text or e.desc}@{e.box.left // 50},{e.box.top // 50}" for e in shown]


def look(device: WatchedDevice) -> Sight:
    """Return what the hierarchy shows, nothing where the page does not answer."""
    try:
        xml = device.dump()
    except DeviceError:
        return Sight(package="", elements=())
    elements = read_hierarchy(xml, size_px=_SIZE_PX)
    if isinstance(elements, Gap):
        return Sight(package="", elements=())
    return Sight(package=elements[0].package, elements=elements)


def do(device: WatchedDevice, action: Action) -> None:
    """Perform an action; where the device could not, the next look shows it."""
    with contextlib.suppress(DeviceError):
        device.perform(action)


def walk_at_random(device: WatchedDevice, package: str, seed: int, seconds: float) -> None:
    """Press anything that can be pressed, swipe, or go back, all alike, until the time is spent."""
    chance = random.Random(f"random walker {seed}")
    launch_again(device, package)
    while device.now_s() < seconds:
        device.clock.sleep(_RANDOM_SLEEP_S)
        sight = look(device)
        if sight.package != package:
            launch_again(device, package)
            continue
        choices: list[Action] = [_tap(widget) for widget in sight.widgets]
        choices += [_swipe(box) for box in sight.scrolls]
        choices.append(Back())
        do(device, chance.choice(choices))


def walk_depth_first(device: WatchedDevice, package: str, seconds: float) -> None:
    """Crawl as published until the time is spent; with everything pressed before, once more and one screen deeper."""
    crawl = _Crawl(device, package)
    crawl.start()
    while device.now_s() < seconds:
        crawl.step()


@dataclass(slots=True, eq=False)
class _Screen:
    """A screen as the crawl remembers it: what could be pressed when it was first seen, and what came of it."""

    words: list[str]
    widgets: list[Element]
    depth: int  # presses from the start, one for the first screen
    clicks: Counter[int] = field(default_factory=Counter)  # by place in ``widgets``
    leads: dict[int, _Screen] = field(default_factory=dict)

    def next_widget(self, deepest: int, ended: set[_Screen]) -> int | None:
        """Return the first widget not pressed yet, or that leads deeper to where not all is pressed.

        ``ended`` are screens without any, and grows.
        """
        if self.depth > deepest or self in ended:
            return None
        for number in range(len(self.widgets)):
            if not self.clicks[number]:
                return number
            lead = self.leads.get(number)
            deeper = lead is not None and lead.depth > self.depth and self.clicks[number] < _CLICKS
            if lead is not None and deeper and lead.next_widget(deepest, ended) is not None:
                return number
        ended.add(self)
        return None


class _Crawl:
    """The published crawl: each look is compared with the screens in memory, and the next widget of that one pressed.

    Nothing is expected to be in front, so pop-ups and a changed order of screens do it no harm.
    """

    def __init__(self, device: WatchedDevice, package: str) -> None:
        self._device = device
        self._package = package
        self._screens: list[_Screen] = []
        self._depth = _DEPTH
        self._from: tuple[_Screen, int] | None = None  # what was pressed last, none after Back
        self._next_depth = 1  # of what is seen next, where it was not seen before
        self._outside = 0
        self._stuck = 0

    def start(self) -> None:
        """Start the app anew, and wait for its splash screen to go."""
        launch_again(self._device, self._package)
        self._device.clock.sleep(_SPLASH_S)
        self._from, self._next_depth, self._outside, self._stuck = None, 1, 0, 0

    def step(self) -> None:
        """Look, and press, go back or start anew."""
        self._device.clock.sleep(_SLEEP_S)
        sight = look(self._device)
        if sight.package != self._package:
            self._come_back()
            return
        self._outside = 0
        here = self._recall(sight)
        number = here.next_widget(self._depth, set())
        if number is not None:
            self._stuck = 0
            here.clicks[number] += 1
            self._from, self._next_depth = (here, number), here.depth + 1
            do(self._device, _tap(here.widgets[number]))
        elif here.depth == 1 and here.widgets:
            self._go_deeper()
        else:
            self._leave()

    def _recall(self, sight: Sight) -> _Screen:
        """Return the known screen that is most like what is seen, or a new one, and note what led there."""
        words = sight.words
        likeness, number = max(((_likeness(s.words, words), -n) for n, s in enumerate(self._screens)), default=(0.0, 0))
        if likeness > _ALIKE:
            here = self._screens[-number]
        else:
            here = _Screen(words, sight.widgets, self._next_depth)
            self._screens.append(here)
        if self._from is not None and here is not self._from[0]:
            self._from[0].leads[self._from[1]] = here
            here.depth = min(here.depth, self._next_depth)
        self._from, self._next_depth = None, here.depth
        return here

    def _come_back(self) -> None:
        self._outside += 1
        if self._outside > _MOST_BACKS:
            self.start()
        else:
            do(self._device, Back())

    def _leave(self) -> None:
        """Go back from a screen with nothing left to press, and start anew where Back leads nowhere."""
        self._stuck += 1
        if self._stuck > _MOST_BACKS:
            self.start()
        else:
            do(self._device, Back())

    def _go_deeper(self) -> None:
        """With everything pressed, forget the presses and go one screen deeper."""
        self._depth += 1
        for screen in self._screens:
            screen.clicks.clear()


def _likeness(one: list[str], other: list[str]) -> float:
    if not one and not other:
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _tap(element: Element) -> Tap:
    x_px, y_px = element.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=element.text or element.desc)


def _swipe(box: Box) -> Swipe:
    x_px = (box.left + box.right) // 2
    return Swipe(
        x1_px=x_px,
        y1_px=box.bottom - box.height_px // 5,
        x2_px=x_px,
        y2_px=box.top + box.height_px // 5,
        duration_s=0.3,
    )
