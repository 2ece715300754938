"""Picks the next action from what was seen. Pure: no device, no clock, no chance; the same sights give the same walk.

The explorer keeps a map of screens (``ScreenKey``) with the targets seen on each and the ways between them. It presses
what it has not pressed yet, words that lead to the rules' features first; then sweeps what scrolls; then goes the
shortest known way to a screen with something left; then starts the app again; then is done. Long lists are sampled.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.model import Action, Back, Box, Launch, Observation, PackageName, ScreenKey, Swipe, Tap

# Words that lead to what the rules look for, most telling first.
PULL = (
    "积分",
    "排行",
    "排名",
    "榜",
    "签到日历",
    "打卡记录",
    "签到规则",
    "考勤",
    "签到",
    "打卡",
    "学习",
    "课程",
    "视频",
    "培训",
    "任务",
    "我的",
    "工作台",
    "统计",
    "记录",
    "规则",
    "通知",
    "消息",
    "关于",
    "意见反馈",
    "设置",
)
_BACK = "<back>"
_SCROLL = "<scroll>"
_DIGITS = re.compile(r"\d+")  # a running counter is nothing new
_MENU_LABEL_CHARS = 10
_SAMPLED = 3
_SURE_AFTER = 2
_NEXT_TO_NOTHING = 2


class Target(Protocol):
    """What the explorer must know of a control; ``harness.safety.Control`` is one."""

    @property
    def box(self) -> Box: ...
    @property
    def label(self) -> str: ...
    @property
    def norm(self) -> str: ...
    @property
    def element(self) -> int | None: ...
    @property
    def selected(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What bounds one walk."""

    package: PackageName
    steps: int = 200
    seconds: float = 900.0
    taps_per_screen: int = 24
    scrolls_per_screen: int = 5
    restarts: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The next action, the way it takes on the map, and why (a message key)."""

    action: Action
    token: str
    why: str


@dataclass(slots=True)
class _Place:
    """One screen of the map."""

    untried: dict[str, int] = field(default_factory=dict)  # token -> rank, lower first
    known: set[str] = field(default_factory=set)
    ways: dict[str, ScreenKey] = field(default_factory=dict)
    taps: int = 0
    scrolls: int = 0
    scroll_box: Box | None = None
    bottom: bool = False
    shown: frozenset[str] = frozenset()  # the words at the last look: a sweep that changes none is at the bottom
    failed: set[str] = field(default_factory=set)  # pressed in vain, and given another try
    misses: int = 0  # arrivals at which nothing of ``untried`` was visible


class Explorer:
    """The map of one app and the policy on it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._places: dict[ScreenKey, _Place] = {}
        self._start: ScreenKey | None = None
        self._restarts = 0
        self._last: tuple[ScreenKey, str] | None = None
        self._pressed: tuple[str, Box] | None = None
        self._bars: dict[tuple[str, Box], list[ScreenKey]] = {}  # where a label at one spot led, from any screen

    @property
    def screens(self) -> tuple[ScreenKey, ...]:
        """Screens in the order of discovery."""
        return tuple(self._places)

    @property
    def untried(self) -> int:
        """Number of things seen and left untried."""
        return sum(len(place.untried) for place in self._places.values())

    @property
    def cut_pages(self) -> int:
        """Number of screens that went on below what was scrolled to: long pages, endless feeds."""
        most = self._scope.scrolls_per_screen
        return sum(1 for place in self._places.values() if place.scrolls >= most and not place.bottom)

    def saw(self, observation: Observation, targets: Sequence[Target]) -> None:
        """Put a screen of the app and its allowed targets on the map, and the way that led there."""
        place = self._places.setdefault(observation.screen, _Place())
        if self._start is None:
            self._start = observation.screen
        chosen = _chosen(targets, place.known)
        # What a list's sample leaves out is not tried later either; a tab that is selected now may be another time.
        place.known.update(token for target, token in _pairs(targets) if not target.selected)
        boxes = {token: target.box for target, token in _pairs(targets)}
        for rank, token in enumerate(chosen):
            leads_to = self._leads_to(token, boxes[token])
            if leads_to is None:
                place.untried[token] = _rank(token) * 1000 + rank
            elif leads_to != observation.screen:
                place.ways[token] = leads_to
        place.scroll_box = _scrollable(observation) or place.scroll_box
        before, place.shown = place.shown, frozenset(_DIGITS.sub("", word.norm) for word in observation.words)
        fresh = frozenset(_tokens(targets).values()) & place.untried.keys()
        self._arrive(observation.screen, moved_on=bool(fresh or place.shown - before))

    def _leads_to(self, token: str, box: Box) -> ScreenKey | None:
        """Return where the same label at the same spot led from several screens (a tab bar), ``None`` if unknown."""
        targets = self._bars.get((token, box), [])
        if len(targets) >= _SURE_AFTER and len(set(targets)) == 1:
            return targets[0]
        return None

    def lost(self) -> None:
        """Forget the last move: where it led could not be seen."""
        self._last = None
        self._pressed = None

    def failed(self) -> None:
        """Take the last move back, because nobody knows whether it was done: the map learns nothing from it.

        What was pressed may be pressed once more; a press that fails twice stays a press.
        """
        if self._last is not None:
            origin, token = self._last
            place = self._places[origin]
            if place.ways.get(token) == origin:
                del place.ways[token]  # the Back of which it was not known yet where it leads
            if self._pressed is not None and token not in place.failed:
                place.failed.add(token)
                place.taps -= 1
                place.untried[token] = _rank(token) * 1000
        self.lost()

    def _arrive(self, screen: ScreenKey, *, moved_on: bool) -> None:
        if self._last is None:
            return
        origin, token = self._last
        self._last = None
        if self._pressed is not None and self._pressed[0] == token:
            self._bars.setdefault(self._pressed, []).append(screen)
        self._pressed = None
        place = self._places.get(origin)
        if place is None:
            return
        if token != _SCROLL or screen != origin:  # a page that looks another way once scrolled is a place of its own
            place.ways[token] = screen
        else:
            place.bottom = not moved_on

    def next(self, observation: Observation, targets: Sequence[Target]) -> Move | None:
        """Return the next move from this screen, ``None`` when nothing within the scope is left to try."""
        here = observation.screen
        place = self._places[here]
        visible = {token: target for target, token in _pairs(targets)}
        move = self._press(here, place, visible) or self._sweep(here, place)
        if move is not None:
            return move
        gone = [token for token in place.untried if token not in visible]
        if gone:
            place.misses += 1
            if place.misses > 1 or place.scroll_box is None:
                for token in gone:  # seen once, gone since: a feed moved on
                    del place.untried[token]
        return self._travel(here, visible) or self._restart(here)

    def _press(self, here: ScreenKey, place: _Place, visible: dict[str, Target]) -> Move | None:
        candidates = sorted((rank, token) for token, rank in place.untried.items() if token in visible)
        if not candidates or place.taps >= self._scope.taps_per_screen:
            return None
        token = candidates[0][1]
        del place.untried[token]
        place.taps += 1
        self._last = (here, token)
        self._pressed = (token, visible[token].box)
        return Move(action=_tap(visible[token]), token=token, why="explore-new")

    def _sweep(self, here: ScreenKey, place: _Place) -> Move | None:
        box = place.scroll_box
        if box is None or place.bottom or place.scrolls >= self._scope.scrolls_per_screen:
            return None
        place.scrolls += 1
        self._last = (here, _SCROLL)
        return Move(action=_swipe_up(box), token=_SCROLL, why="explore-scroll")

    def _travel(self, here: ScreenKey, visible: dict[str, Target]) -> Move | None:
        """Return the first move of the shortest known way to a screen with something left to try."""
        for first in self._first_moves(here):
            if first == _BACK:
                self._last = (here, _BACK)
                return Move(action=Back(), token=_BACK, why="explore-back")
            box = self._places[here].scroll_box
            if first == _SCROLL and box is not None:
                self._last = (here, _SCROLL)
                return Move(action=_swipe_up(box), token=_SCROLL, why="explore-known-way")
            if first in visible:
                self._last = (here, first)
                return Move(action=_tap(visible[first]), token=first, why="explore-known-way")
            self._places[here].ways.pop(first)
        return None

    def _first_moves(self, here: ScreenKey) -> list[str]:
        found: list[str] = []
        seen = {here}
        queue: deque[tuple[ScreenKey, str]] = deque()
        for token, target in self._ways(here):
            if target not in seen:
                seen.add(target)
                queue.append((target, token))
        while queue:
            screen, first = queue.popleft()
            if self._open(screen):
                found.append(first)
            for _, target in self._ways(screen):
                if target not in seen:
                    seen.add(target)
                    queue.append((target, first))
        return list(dict.fromkeys(found))

    def _ways(self, screen: ScreenKey) -> list[tuple[str, ScreenKey]]:
        place = self._places.get(screen)
        return [(t, s) for t, s in place.ways.items() if s != screen and s in self._places] if place else []

    def _open(self, screen: ScreenKey) -> bool:
        place = self._places[screen]
        return bool(place.untried) and place.taps < self._scope.taps_per_screen and place.misses <= 1

    def _restart(self, here: ScreenKey) -> Move | None:
        left = any(self._open(screen) for screen in self._places)
        if not left or self._restarts >= self._scope.restarts:
            return None
        place = self._places[here]
        if here == self._start:
            return None  # no way leads from the start to what is left: starting again would lead here again
        if _BACK not in place.ways:
            self._last = (here, _BACK)
            place.ways[_BACK] = here  # until it is known where Back leads
            return Move(action=Back(), token=_BACK, why="explore-back")
        self._restarts += 1
        return Move(action=Launch(package=self._scope.package), token="", why="explore-restart")


def _swipe_up(box: Box) -> Swipe:
    x_px = (box.left + box.right) // 2
    top_px, bottom_px = box.top + box.height_px // 5, box.top + box.height_px * 4 // 5
    return Swipe(x1_px=x_px, y1_px=bottom_px, x2_px=x_px, y2_px=top_px, duration_s=0.4)


def _tap(target: Target) -> Tap:
    x_px, y_px = target.box.centre_px
    return Tap(x_px=x_px, y_px=y_px, label=target.label)


def _rank(token: str) -> int:
    for rank, word in enumerate(PULL):
        if word in token:
            return rank
    return len(PULL)


def _pairs(targets: Sequence[Target]) -> list[tuple[Target, str]]:
    tokens = _tokens(targets)
    return [(target, tokens[number]) for number, target in enumerate(targets)]


def _tokens(targets: Sequence[Target]) -> dict[int, str]:
    """Return a name for each target that is the same at the next visit: its words without numbers, and a count."""
    tokens: dict[int, str] = {}
    counts: dict[str, int] = {}
    for number, target in enumerate(targets):
        name = re.sub(r"\d+", "#", target.norm) or "<unlabelled>"
        name = name[:40]
        counts[name] = counts.get(name, 0) + 1
        tokens[number] = name if counts[name] == 1 else f"{name}·{counts[name]}"
    return tokens


def _chosen(targets: Sequence[Target], known: set[str]) -> list[str]:
    """Return tokens worth trying: every short label and every pulling word; of long list rows first, middle, last.

    Words that only pixels show are tried where the hierarchy has next to nothing to press: a drawn page. On others
    they are texts inside pictures and videos.
    """
    rows: dict[tuple[int, int], list[str]] = {}
    chosen: list[str] = []
    drawn = sum(1 for target in targets if target.element is not None) <= _NEXT_TO_NOTHING
    for target, token in _pairs(targets):
        if token in known or target.selected or (target.element is None and not drawn):
            continue
        if _rank(token) < len(PULL) or len(target.norm) <= _MENU_LABEL_CHARS:
            chosen.append(token)
        else:
            rows.setdefault((target.box.left, target.box.width_px), []).append(token)
    for tokens in rows.values():
        picks = tokens if len(tokens) <= _SAMPLED else [tokens[0], tokens[len(tokens) // 2], tokens[-1]]
        chosen.extend(picks)
    return chosen


def _scrollable(observation: Observation) -> Box | None:
    """Return the largest scrollable box of the screen, ``None`` where the hierarchy names none."""
    boxes = [element.box for element in observation.elements if element.scrollable and element.box.height_px > 200]
    return max(boxes, key=lambda box: box.area_px, default=None)
