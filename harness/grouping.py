"""Words grouped by where they stand: lines, tables, calendars, labels with values, cards, buttons. Pure.

A function of the observation and not a part of it: stored observations of any age are grouped by today's rules.
Beneath ``perceive`` and ``rules``, because both group words and neither may import the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from itertools import pairwise

from harness.model import Box, Channel, Element, Group, GroupKind, Observation, Shape, ShapeKind, Word

STATUS_BAR_RATIO = 0.045  # of the screen's height; the clock up there is not part of the app
_HEADING_RATIO = 0.024  # of the screen's height; the clock and the carrier's name up there are smaller
_TWO_CJK = re.compile(r"[\u4e00-\u9fff]{2}")
MOST_OF_A_SCREEN = 0.5  # of its area: a drawn region from which on its silence is that of the screen
CONTROL_HEIGHT_RATIO = 0.25  # of the screen: what can be pressed and is taller is a page, not a control
_ALIGNED_RATIO = 0.03  # of the screen's width, between edges or middles of one column
_LEAST_LINES = 3
_ROW_GAP = 6  # times the height of its words, between rows of one table
_LONGEST_LABEL = 10
_LONGEST_BUTTON = 16
_CARD_AREA_RATIO = 0.2  # of the screen: what is larger is the page
_BLOCK_GAP = 0.7  # times the height of the lower line, within a card
_VALUE = re.compile(r"[+\-¥]?\d[\d.,:/\-年月日时分秒]*[^\W\d]{0,3}%?|获?得?[+\-]\d+[^\W\d]{0,3}|-{1,2}")
_AMOUNT = re.compile(r"[+\-¥]?\d[\d.,:]*(?!月|日|号|年)[^\W\d]{0,3}%?")
_DAY = re.compile(r"([1-9]|[12]\d|3[01])[日号]?")
_WEEK = 7
_LEAST_DAYS = 12
_LEAST_WEEKS = 3

Line = tuple[int, ...]  # positions of the words on one line, left to right


def rows(words: Iterable[Word]) -> tuple[tuple[Word, ...], ...]:
    """Return the words grouped into lines, top to bottom, each line left to right.

    Two words share a line when their vertical centres differ by less than half the lower one's height.
    """
    grouped: list[list[Word]] = []
    centre = height = 0.0
    for word in sorted(words, key=lambda w: (w.box.top + w.box.bottom, w.box, w.norm)):
        middle = (word.box.top + word.box.bottom) / 2
        if grouped and abs(middle - centre) < 0.5 * min(height, word.box.height_px):
            grouped[-1].append(word)
            continue
        grouped.append([word])
        centre, height = middle, word.box.height_px
    return tuple(tuple(sorted(row, key=lambda w: (w.box.left, w.box, w.norm))) for row in grouped)


def columns(words: Iterable[Word], *, tolerance_px: float) -> tuple[tuple[Word, ...], ...]:
    """Return groups of words that are aligned by left edge, centre or right edge, each from top to bottom.

    A word may be in several groups; groups of one are left out.
    """
    pool = sorted(words, key=lambda w: w.box.top)
    found: dict[tuple[int, ...], tuple[Word, ...]] = {}
    for edges in zip(*(_edges(word.box) for word in pool), strict=True):
        for seed in edges:
            chosen = tuple(n for n, at in enumerate(edges) if abs(at - seed) <= tolerance_px)
            if len(chosen) > 1:
                found.setdefault(chosen, tuple(pool[n] for n in chosen))
    return tuple(found[key] for key in sorted(found))


def in_status_bar(observation: Observation, word: Word) -> bool:
    """Return whether the word stands in the strip that belongs to Android.

    Some devices draw none: what the app's own nodes say there is the app's, and so is what pixels show in letters as
    tall as a heading.
    """
    page = observation.page
    its_own = [observation.elements[at] for at in word.elements if at < len(observation.elements)]
    if page is not None and any(element.package == page.package for element in its_own):
        return False
    height_px = observation.size_px[1]
    heading = Channel.HIERARCHY not in word.channels and word.box.height_px >= _HEADING_RATIO * height_px
    heading = heading and _TWO_CJK.search(word.norm) is not None
    return word.box.bottom <= STATUS_BAR_RATIO * height_px and not heading


def groups(observation: Observation) -> tuple[Group, ...]:
    """Return every group on the screen by kind, each kind top to bottom. A word may be in groups of several kinds.

    Words that perception joined stand for their parts; the status bar is left out.
    """
    words, width_px = observation.words, observation.size_px[0]
    lines = [line for line in _lines(words) if any(not in_status_bar(observation, words[at]) for at in line)]
    found = [_group(GroupKind.ROW, line, words) for line in lines if len(line) > 1]
    calendars = _calendars(words, lines, width_px)
    rest = _without(lines, calendars)
    tiles = _tiles(words, rest)
    tables = _tables(words, _without(rest, tiles), width_px)
    found += [*calendars, *tiles, *tables]
    found += _pairs(words, _without(rest, tiles), {at for table in tables for at in table.words})
    found += _cards(observation, rest, tables)
    found += _buttons(observation, lines)
    return tuple(sorted(found, key=lambda g: (list(GroupKind).index(g.kind), g.box.top, g.box.left, g.words)))


def _without(lines: Sequence[Line], taken: Sequence[Group]) -> list[Line]:
    gone = {at for group in taken for at in group.words}
    return [left for line in lines if (left := tuple(at for at in line if at not in gone))]


def _group(kind: GroupKind, members: Sequence[int], words: Sequence[Word]) -> Group:
    box = words[members[0]].box
    for at in members[1:]:
        box = box.around(words[at].box)
    return Group(kind=kind, box=box, words=tuple(members))


def _lines(words: Sequence[Word]) -> list[Line]:
    """Return the lines of the screen; of joined words and their parts the joined ones."""
    origins = [frozenset({*(("node", e) for e in w.elements), *(("span", s) for s in w.spans)}) for w in words]
    parts = {n for n, mine in enumerate(origins) if mine and any(mine < other for other in origins)}
    where = {id(word): at for at, word in enumerate(words)}
    whole = [word for at, word in enumerate(words) if word.norm and at not in parts]
    return [tuple(where[id(word)] for word in row) for row in rows(whole)]


def _edges(box: Box) -> tuple[float, float, float]:
    return box.left, (box.left + box.right) / 2, box.right


# --- tables and calendars --------------------------------------------------------------------------------------


def _tables(words: Sequence[Word], lines: Sequence[Line], width_px: int) -> list[Group]:
    """Return runs of lines of which each stands in the columns of the one before, and their columns."""
    slack_px = _ALIGNED_RATIO * width_px
    runs: list[list[Line]] = []
    for line in (line for line in lines if len(line) > 1):
        run = next((run for run in reversed(runs) if _continues(words, run[-1], line, slack_px)), None)
        if run is None:
            runs.append([line])
        else:
            run.append(line)
    found = []
    for run in runs:
        if len(run) < _LEAST_LINES:
            continue
        found.append(_group(GroupKind.TABLE, [at for line in run for at in line], words))
        found += [_group(GroupKind.COLUMN, column, words) for column in _columns(words, run, slack_px)]
    return found


def _continues(words: Sequence[Word], line: Line, following: Line, slack_px: float) -> bool:
    """Return whether two lines are rows of one table: near each other, and two words of each below one another."""
    upper, lower = (words[at[0]].box for at in (line, following))
    if lower.top - upper.bottom > _ROW_GAP * max(upper.height_px, lower.height_px):
        return False
    return sum(any(_aligned(words[a].box, words[b].box, slack_px) for b in following) for a in line) > 1


def _aligned(one: Box, other: Box, slack_px: float) -> bool:
    return any(abs(a - b) <= slack_px for a, b in zip(_edges(one), _edges(other), strict=True))


def _columns(words: Sequence[Word], run: Sequence[Line], slack_px: float) -> list[list[int]]:
    """Return the columns of a table from left to right; a word goes to the column that it is nearest to."""
    found: list[list[int]] = []
    for line in run:
        for at in line:
            last = [column for column in found if _aligned(words[column[-1]].box, words[at].box, slack_px)]
            if last:
                min(last, key=lambda c: abs(words[c[-1]].box.centre_px[0] - words[at].box.centre_px[0])).append(at)
            else:
                found.append([at])
    kept = [column for column in found if len(column) >= _LEAST_LINES]
    return sorted(kept, key=lambda column: words[column[0]].box.left)


def _calendars(words: Sequence[Word], lines: Sequence[Line], width_px: int) -> list[Group]:
    """Return grids of days, told by a week later standing straight below, with all that stands in the grid.

    A day misread or hidden under a mark leaves enough others.
    """
    slack_px = _ALIGNED_RATIO * width_px
    weeks = [days for line in lines if (days := {at: int(hit[1]) for at in line if (hit := _day(words[at]))})]
    runs: list[list[dict[int, int]]] = []
    for number, week in enumerate(weeks):
        below = sum(_week_later(words, earlier, week, slack_px) for earlier in weeks[max(0, number - 2) : number])
        if below >= 2 and runs:
            runs[-1].append(week)
        else:
            runs.append([week])
    found = []
    for run in runs:
        if len(run) < _LEAST_WEEKS or sum(len(week) for week in run) < _LEAST_DAYS:
            continue
        grid = _group(GroupKind.CALENDAR, [at for week in run for at in week], words).box
        lowest = grid.bottom + grid.height_px // (2 * len(run))  # what is written below the days of the last week
        cells = Box(left=grid.left, top=grid.top, right=grid.right, bottom=lowest)
        inside = [at for line in lines for at in line if cells.holds(*words[at].box.centre_px)]
        found.append(_group(GroupKind.CALENDAR, inside, words))
    return found


def _day(word: Word) -> re.Match[str] | None:
    return _DAY.fullmatch(word.norm)


def _week_later(words: Sequence[Word], week: dict[int, int], later: dict[int, int], slack_px: float) -> int:
    """Return how many days of a line stand straight above the day seven later."""
    places = [(words[at].box.centre_px[0], day) for at, day in later.items()]
    return sum(
        any(day + _WEEK == other and abs(words[at].box.centre_px[0] - x) <= slack_px for x, other in places)
        for at, day in week.items()
    )


# --- labels and values -----------------------------------------------------------------------------------------


def _pairs(words: Sequence[Word], lines: Sequence[Line], tabled: Set[int]) -> list[Group]:
    """Return labels with their values: alone on one line, or, outside tables, an amount straight above or below."""
    two = [line for line in lines if len(line) == 2 and _names(words[line[0]])]
    found = [list(line) for line in two if _valued(words, line, two)]
    taken = tabled | {at for pair in found for at in pair}
    loose = [at for line in lines for at in line if at not in taken]
    for value in (at for at in loose if _AMOUNT.fullmatch(words[at].norm)):
        labels = [at for at in loose if _names(words[at]) and _tile(words[value].box, words[at].box)]
        if labels:
            label = min(labels, key=lambda at: (_gap_px(words[value].box, words[at].box), at))
            found.append([label, value])
            loose.remove(label)
    return [_group(GroupKind.PAIR, pair, words) for pair in found]


def _tiles(words: Sequence[Word], lines: Sequence[Line]) -> list[Group]:
    """Return the pairs of a line of amounts that stand above or below a line of as many labels; no table's head."""
    found: list[Group] = []
    amounts = [all(_AMOUNT.fullmatch(words[at].norm) for at in line) for line in lines]
    for number, (upper, lower) in enumerate(pairwise(lines)):
        if not 1 < len(upper) == len(lower) or amounts[number] == amounts[number + 1]:
            continue
        labels, values = (lower, upper) if amounts[number] else (upper, lower)
        more = amounts[number + 2 : number + 3] if labels is upper else amounts[max(0, number - 1) : number]
        if any(more) or not all(_names(words[at]) for at in labels):
            continue
        pairs = list(zip(labels, values, strict=True))
        if all(_tile(words[value].box, words[label].box) for label, value in pairs):
            found += [_group(GroupKind.PAIR, pair, words) for pair in pairs]
    return found


def _names(word: Word) -> bool:
    bare = word.norm.rstrip(":")  # matching has one spelling of a colon
    return 2 <= len(bare) <= _LONGEST_LABEL and not any(c.isdigit() for c in bare) and bare[0].isalpha()


def _valued(words: Sequence[Word], line: Line, two: Sequence[Line]) -> bool:
    """Return whether what stands right of a label is its value: one by its look, or by others below one another."""
    label, value = (words[at] for at in line)
    if label.norm.endswith(":") or _VALUE.fullmatch(value.norm):
        return True
    # Two tabs, two buttons, a heading and its remark stand like that as well, but not one below another.
    others = [(words[a].box, words[b].box) for a, b in two if (a, b) != line]
    slack_px = label.box.height_px // 2
    near_px = _ROW_GAP * label.box.height_px
    return not (label.clickable or value.clickable) and any(
        abs(a.left - label.box.left) <= slack_px
        and min(abs(b.left - value.box.left), abs(b.right - value.box.right)) <= slack_px
        and _gap_px(a, label.box) <= near_px
        for a, b in others
    )


def _tile(value: Box, label: Box) -> bool:
    wide = min(value.right, label.right) - max(value.left, label.left)
    return wide > 0.5 * min(value.width_px, label.width_px) and _gap_px(value, label) <= 1.2 * max(
        value.height_px, label.height_px
    )


def _gap_px(one: Box, other: Box) -> int:
    return max(one.top - other.bottom, other.top - one.bottom, 0)


# --- cards and buttons -----------------------------------------------------------------------------------------


def _cards(observation: Observation, lines: Sequence[Line], tables: Sequence[Group]) -> list[Group]:
    """Return what is written on each row of a list and each tile: nodes of one width beside or below one another.

    Where there are no nodes, lines that stand closer to one another than to the rest. Rows of a table are no cards.
    """
    words, elements = observation.words, observation.elements
    order = [at for line in lines for at in line]
    below: dict[int, list[int]] = {}
    for at in order:
        for node in {n for e in words[at].elements for n in _upward(elements, e)}:
            below.setdefault(node, []).append(at)
    page_px = observation.size_px[0] * observation.size_px[1]
    alike: dict[tuple[int | None, int], list[int]] = {}
    for node, members in below.items():
        if len(members) > 1 and elements[node].box.area_px <= _CARD_AREA_RATIO * page_px:
            alike.setdefault((elements[node].parent, elements[node].box.width_px // 8), []).append(node)
    tiles = [node for nodes in alike.values() if len(nodes) > 1 for node in nodes]
    outer = {above for node in tiles for above in _upward(elements, elements[node].parent)}
    found = [below[node] for node in tiles if node not in outer]
    found += _blocks(words, [line for line in lines if not any(words[at].elements for at in line)])
    tabled = [set(table.words) for table in tables]
    return [_group(GroupKind.CARD, members, words) for members in found if not any(set(members) <= t for t in tabled)]


def _upward(elements: Sequence[Element], at: int | None) -> Iterable[int]:
    while at is not None:
        yield at
        at = elements[at].parent


def _blocks(words: Sequence[Word], lines: Sequence[Line]) -> list[list[int]]:
    """Return runs of two or more lines between wider gaps, where there are several such runs."""
    runs: list[list[Line]] = []
    last: Box | None = None
    for line in lines:
        box = _group(GroupKind.ROW, line, words).box
        if last is None or box.top - last.bottom > _BLOCK_GAP * min(box.height_px, last.height_px):
            runs.append([])
        runs[-1].append(line)
        last = box
    kept = [[at for line in run for at in line] for run in runs if len(run) > 1]
    return kept if len(kept) > 1 else []


def _buttons(observation: Observation, lines: Sequence[Line]) -> list[Group]:
    """Return the words on each node that can be pressed, and on each drawn button."""
    words = observation.words
    limit_px = CONTROL_HEIGHT_RATIO * observation.size_px[1]
    drawn = [shape for shape in observation.shapes if shape.kind is ShapeKind.BUTTON]
    labels: dict[tuple[str, int], list[int]] = {}
    for at in (at for line in lines for at in line):
        place = _pressed(observation, words[at], limit_px) or _on(drawn, words[at].box)
        if place is not None:
            labels.setdefault(place, []).append(at)
    short = [members for members in labels.values() if sum(len(words[at].norm) for at in members) <= _LONGEST_BUTTON]
    return [_group(GroupKind.BUTTON, members, words) for members in short]


def _pressed(observation: Observation, word: Word, limit_px: float) -> tuple[str, int] | None:
    """Return the nearest node above a word that can be pressed and is no page."""
    elements = observation.elements
    for node in _upward(elements, word.elements[0] if word.elements else None):
        if elements[node].clickable and elements[node].box.height_px <= limit_px:
            return "node", node
    return None


def _on(drawn: Sequence[Shape], box: Box) -> tuple[str, int] | None:
    return next((("shape", n) for n, shape in enumerate(drawn) if shape.box.holds(*box.centre_px)), None)
