"""The walkers that ours is measured against: a uniform random one, and the depth-first crawl of the field notes.

Both look at the hierarchy alone. Neither knows what must not be pressed.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from dataclasses import dataclass
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
    """Crawl as published until the time is spent; with every click spent before, all over again."""
    crawl = _Crawl(device, package, seconds)
    while not crawl.over:
        pressed = crawl.clicks.total()
        launch_again(device, package)
        device.clock.sleep(_SLEEP_S)
        crawl.visit(look(device), [], 0)
        if crawl.clicks.total() == pressed:
            crawl.clicks.clear()


class _Crawl:
    def __init__(self, device: WatchedDevice, package: str, seconds: float) -> None:
        self.clicks: Counter[str] = Counter()
        self._device = device
        self._package = package
        self._seconds = seconds

    @property
    def over(self) -> bool:
        return self._device.now_s() >= self._seconds

    def visit(self, sight: Sight, path: list[Element], depth: int) -> None:
        """Press every widget of a screen up to its share of clicks, and go deeper from where each leads."""
        if depth >= _DEPTH:
            return
        for widget in sight.widgets:
            name = f"{widget.class_name}|{widget.resource_id}|{widget.text or widget.desc}"
            if self.over or self.clicks[name] >= _CLICKS:
                continue
            self.clicks[name] += 1
            after = self._press(widget)
            if after.package == self._package and not _alike(after, sight):
                self.visit(after, [*path, widget], depth + 1)
            if not self._return_to(sight, path):
                return

    def _press(self, widget: Element) -> Sight:
        do(self._device, _tap(widget))
        self._device.clock.sleep(_SLEEP_S)
        return look(self._device)

    def _return_to(self, sight: Sight, path: list[Element]) -> bool:
        """Go back to a screen, by a new start and the same presses where Back does not lead there."""
        for _ in range(_MOST_BACKS):
            now = look(self._device)
            if now.package != self._package:
                break
            if _alike(now, sight):
                return True
            do(self._device, Back())
            self._device.clock.sleep(_SLEEP_S)
        launch_again(self._device, self._package)
        self._device.clock.sleep(_SLEEP_S)
        for widget in path:
            self._press(widget)
        return _alike(look(self._device), sight)


def _alike(one: Sight, other: Sight) -> bool:
    return SequenceMatcher(None, one.words, other.words, autojunk=False).ratio() > _ALIKE


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
