"""What a screen offers to press, each under a name that is the same at the next visit, and how little it promises.

A row of a long list goes by its place in the list (first, one in between, last), because its words are news tomorrow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Protocol

from harness.model import Box, Observation, ShapeKind

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
    "学时",
    "学习",
    "课程",
    "视频",
    "培训",
    "任务",
    "考核",
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
FIRST, BETWEEN, LAST = "first", "between", "last"
_DIGITS = re.compile(r"\d+")
_MENU_LABEL_CHARS = 10
_TOKEN_CHARS = 40
_NEXT_TO_NOTHING = 2
_DRAWN_ROWS, _DRAWN_ROW_CHARS, _COLUMN_PX = 5, 7, 24
_DRAWS_PAGES = re.compile(r"WebView|Flutter|ReactRootView", re.IGNORECASE)  # unlike a video, a map or a poster
_PAGE_RATIO = 0.4
_EDGE_PX, _WHOLE = 4, 0.8  # a lower word at the edge of what is drawn is half a word
_APART = 3  # usual steps of a column: what stands further below is not of it
_FEW_ROWS = 3  # so few, and a word that pulls among them: a menu with long names
_FEW_PENALTY = 0.8


class Sort(StrEnum):
    """What kind of thing is offered."""

    MENU = "menu"
    TAB = "tab"
    SILENT = "silent"  # nothing says what it is
    ROW = "row"
    DRAWN = "drawn"  # words on something drawn like a button
    PIXELS = "pixels"  # words that only pixels show


# How many steps a press must save elsewhere to be put off: what promises little comes later.
PENALTY: Mapping[Sort, float] = {
    Sort.MENU: 1.5,
    Sort.TAB: 0.5,
    Sort.SILENT: 3.0,
    Sort.ROW: 6.0,
    Sort.DRAWN: 1.5,
    Sort.PIXELS: 3.0,
}
_CAPTION_PENALTY = 6.0  # drawn titles and counters lead nowhere as a rule
_TITLE_RATIO = 0.08
_GROUND_RATIO = 0.9
_PULL_STEP = 0.02  # of two words that pull, the more telling first


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
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something to press. ``group`` names the list that a row stands in, ``line`` the bar of a tab."""

    token: str
    target: Target
    sort: Sort
    penalty: float
    group: str = ""

    @property
    def is_row(self) -> bool:
        return self.sort is Sort.ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Everything a screen offers; ``rows`` counts the rows in view of each list."""

    all: tuple[Offer, ...]
    rows: Mapping[str, int]

    def find(self, token: str) -> Offer | None:
        return next((offer for offer in self.all if offer.token == token), None)

    @property
    def tabs(self) -> tuple[Offer, ...]:
        return tuple(offer for offer in self.all if offer.sort is Sort.TAB)


def read_offers(observation: Observation, targets: Sequence[Target], menus: frozenset[str]) -> Offers:
    """Return what the screen offers, top to bottom. ``menus`` are lists whose rows lead to different places.

    Words that only pixels show are offered where the hierarchy has next to nothing to press: on a drawn page, with the
    app's own bars around it or without. Elsewhere they are texts inside pictures and videos.
    """
    drawn = _drawn_regions(targets, observation)
    offers: list[Offer] = []
    rows: dict[str, list[tuple[str, Target]]] = {}
    columns = _drawn_columns(targets, observation) if drawn else {}
    usual_px = median([target.box.height_px for target in targets if target.element is None] or [0])
    tokens = _Tokens()
    for target in targets:
        if _is_behind(target, targets, observation):
            continue
        token = tokens.next(target)
        on_drawn = any(region.holds(*target.box.centre_px) for region in drawn)
        if target.element is None and (not on_drawn or _is_cut_off(target, usual_px, observation)):
            continue
        sort = _sort(target, observation)
        group = columns.get(token, f"{target.box.left}x{target.box.width_px}")
        if (sort is Sort.ROW or token in columns) and group not in menus:
            rows.setdefault(group, []).append((token, target))
            continue
        penalty = _penalty(sort, token)
        if sort is Sort.PIXELS and ("#" in token or target.box.bottom <= _TITLE_RATIO * observation.size_px[1]):
            penalty = _CAPTION_PENALTY
        offers.append(Offer(token=token, target=target, sort=sort, penalty=penalty))
    for group, members in rows.items():
        few = len(members) <= _FEW_ROWS
        named = [(token, target) for token, target in members if few and pull(token) < len(PULL)]
        offers.extend(Offer(token=token, target=target, sort=Sort.ROW, penalty=_FEW_PENALTY) for token, target in named)
        offers.extend(_sampled(group, [target for token, target in members if (token, target) not in named]))
    counts = {group: len(members) for group, members in rows.items()}
    return Offers(all=tuple(offers), rows=counts)


def _drawn_regions(targets: Sequence[Target], observation: Observation) -> list[Box]:
    """Return the regions that are drawn pages: all of a silent screen, else large silent parts of a web view."""
    pressable = [target.box for target in targets if target.element is not None]
    width_px, height_px = observation.size_px
    if len(pressable) <= _NEXT_TO_NOTHING:
        return [Box(left=0, top=0, right=width_px, bottom=height_px)]
    least_px = _PAGE_RATIO * width_px * height_px
    pages = [element.box for element in observation.elements if _DRAWS_PAGES.search(element.class_name)]
    return [
        region
        for region in observation.opaque
        if region.area_px >= least_px
        and any(page.overlap(region) == region for page in pages)
        and sum(1 for box in pressable if region.holds(*box.centre_px)) <= _NEXT_TO_NOTHING
    ]


def _is_behind(target: Target, targets: Sequence[Target], observation: Observation) -> bool:
    """Return whether a press on the target would meet a smaller one in its middle, or the ground that others stand on.

    A press beside what stands on the ground closes a sheet, or does nothing.
    """
    middle, box = target.box.centre_px, target.box
    fills = target.element is not None and box.area_px >= _GROUND_RATIO * math.prod(observation.size_px)
    return any(
        other.box.area_px < box.area_px and (other.box.holds(*middle) or (fills and box.holds(*other.box.centre_px)))
        for other in targets
    )


def _is_cut_off(target: Target, usual_px: float, observation: Observation) -> bool:
    """Return whether a drawn word goes on above or below what is in view: it reads another way each time."""
    box = target.box
    if box.height_px >= _WHOLE * usual_px:
        return False
    return any(
        region.holds(*box.centre_px) and (box.top <= region.top + _EDGE_PX or box.bottom >= region.bottom - _EDGE_PX)
        for region in observation.opaque
    )


def _drawn_columns(targets: Sequence[Target], observation: Observation) -> dict[str, str]:
    """Return the names of drawn words that stand in columns of content, each with its column: rows of a drawn list.

    Columns of short words are menus, what pulls is pressed wherever it stands, and what stands apart below a list is
    none of its rows.
    """
    columns: dict[str, list[tuple[int, str, int]]] = {}
    tokens = _Tokens()
    for target in targets:
        if _is_behind(target, targets, observation):
            continue
        token = tokens.next(target)
        if _sort(target, observation) is Sort.PIXELS and pull(token) == len(PULL):
            column = "#" if "#" in token else str(target.box.left // _COLUMN_PX)
            columns.setdefault(f"drawn {column}", []).append((target.box.top, token, len(target.norm)))
    return {
        token: column
        for column, members in columns.items()
        for run in _runs(sorted(members))
        if len(run) >= _DRAWN_ROWS and ("#" in column or median(chars for _, _, chars in run) >= _DRAWN_ROW_CHARS)
        for _, token, _ in run
    }


def _runs(members: Sequence[tuple[int, str, int]]) -> Iterator[list[tuple[int, str, int]]]:
    """Yield the members of a column, topmost first, parted where one stands far below the one before."""
    steps_px = [below[0] - above[0] for above, below in pairwise(members)]
    most_px = _APART * median([step for step in steps_px if step > 0] or [0])
    run = list(members[:1])
    for step_px, member in zip(steps_px, members[1:], strict=True):
        if step_px > most_px:
            yield run
            run = []
        run.append(member)
    yield run


def pull(token: str) -> int:
    """Return how strongly a word leads to what the rules look for: lower is stronger, ``len(PULL)`` is not at all."""
    return next((rank for rank, word in enumerate(PULL) if word in token), len(PULL))


def row_token(group: str, which: str) -> str:
    """Return the name of a row by its place in its list."""
    return f"<row {group} {which}>"


def _sampled(group: str, members: Sequence[Target]) -> list[Offer]:
    """Return of the rows in view the first, one in between and the last."""
    if not members:
        return []
    picks = {FIRST: members[0], BETWEEN: members[len(members) // 2], LAST: members[-1]}
    offers = []
    taken: list[Target] = []
    for which, target in picks.items():
        if any(target is other for other in taken):
            continue
        taken.append(target)
        penalty = PENALTY[Sort.ROW] - (2.0 if which == FIRST else 0.0)
        offers.append(Offer(token=row_token(group, which), target=target, sort=Sort.ROW, penalty=penalty, group=group))
    return offers


def _sort(target: Target, observation: Observation) -> Sort:
    if target.kind == "tab":
        return Sort.TAB
    if target.element is None:
        buttons = [shape.box for shape in observation.shapes if shape.kind is ShapeKind.BUTTON]
        return Sort.DRAWN if any(box.holds(*target.box.centre_px) for box in buttons) else Sort.PIXELS
    if not target.norm:
        return Sort.SILENT
    return Sort.MENU if len(target.norm) <= _MENU_LABEL_CHARS else Sort.ROW


def _penalty(sort: Sort, token: str) -> float:
    rank = pull(token)
    if rank < len(PULL) and sort in (Sort.MENU, Sort.TAB, Sort.DRAWN):
        return rank * _PULL_STEP
    return PENALTY[sort]


class _Tokens:
    """Names targets: their words without numbers, and a count."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def next(self, target: Target) -> str:
        name = (_DIGITS.sub("#", target.norm) or "<unlabelled>")[:_TOKEN_CHARS]
        self._counts[name] = self._counts.get(name, 0) + 1
        return name if self._counts[name] == 1 else f"{name}·{self._counts[name]}"
