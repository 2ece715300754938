"""Lays the map of an app out as a tree of layers, left to right, small enough to be read with 150 screens. Pure.

Each screen stands right of the one that it was first reached from. Screens that lead nowhere new fill rows beside their
parent, the others stand below each other. One line leaves a screen, follows the left edge of what it leads to, and has
an arrow into each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.appmap import AppMap, Place, WayOn
from harness.model import ScreenKey
from harness.report.phrases import Phrases
from harness.report.shots import Gallery

THUMB_WIDTH_PX = 84
_THUMB_MOST_PX = 187  # the height of a tall phone's picture at that width
_CELL_WIDTH_PX, _CELL_HEIGHT_PX = 116, 286
_HEAD_PX = 52  # what was pressed and the screen's name, above the picture
_GUTTER_PX = 26
_PAGE_WIDTH_PX = 1010
_LEAST_COLUMNS = 3
_ENDS_SHOWN, _WAYS_SHOWN = 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """One screen as it is drawn. ``pressed`` is what led here, ``others`` the numbers that it leads to, too."""

    number: int
    name: str
    pressed: str
    presses: int | None
    left_px: int
    top_px: int
    href: str | None
    thumb: str | None
    thumb_height_px: int
    ends: tuple[str, ...]
    all_ends: str
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLine:
    """A line in the points of an SVG polyline; ``arrow`` for one that ends at a screen."""

    points: str
    arrow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """A whole map; sizes in CSS pixels."""

    nodes: tuple[MapNode, ...]
    lines: tuple[MapLine, ...]
    width_px: int
    height_px: int

    @property
    def ends(self) -> int:
        """Number of screens with something that was not gone to."""
        return sum(bool(node.all_ends) for node in self.nodes)


def map_view(app_map: AppMap, gallery: Gallery, phrases: Phrases) -> MapView:
    """Return the map as it is drawn; screens that no recorded way leads to stand below the others, on their own."""
    numbers = {place.screen: number for number, place in enumerate(app_map.places, 1)}
    tree = _tree(app_map)
    layout = _Layout(tree)
    roots = [place.screen for place in app_map.places if place.screen not in tree.parents]
    bottom_px = layout.put(roots[0], 0, 0) if roots else 0
    for row in _rows(roots[1:], tree, 0):
        bottom_px = max(layout.put(root, column * _CELL_WIDTH_PX, bottom_px) for column, root in enumerate(row))
    nodes = tuple(
        _node(place, numbers, app_map.ways, tree, (layout.at[place.screen], gallery, phrases))
        for place in app_map.places
    )
    return MapView(
        nodes=nodes,
        lines=tuple(layout.lines),
        width_px=max((x + _CELL_WIDTH_PX for x, _ in layout.at.values()), default=0),
        height_px=bottom_px,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """From each screen the one it was first reached from with the way, and those first reached from it."""

    parents: Mapping[ScreenKey, WayOn]
    children: Mapping[ScreenKey, tuple[ScreenKey, ...]]


def _tree(app_map: AppMap) -> _Tree:
    """Return the shortest ways as a tree; of equal ones the way that was found first."""
    presses = {place.screen: place.presses for place in app_map.places}
    parents: dict[ScreenKey, WayOn] = {}
    for way in app_map.ways:
        before, after = presses.get(way.before), presses.get(way.after)
        if before is not None and after is not None and after == before + 1:
            parents.setdefault(way.after, way)
    children: dict[ScreenKey, list[ScreenKey]] = {}
    for screen, way in parents.items():
        children.setdefault(way.before, []).append(screen)
    order = {place.screen: number for number, place in enumerate(app_map.places)}
    return _Tree(
        parents=parents,
        children={screen: tuple(sorted(below, key=order.__getitem__)) for screen, below in children.items()},
    )


class _Layout:
    """Where each screen stands, and the lines between them."""

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree
        self.at: dict[ScreenKey, tuple[int, int]] = {}
        self.lines: list[MapLine] = []

    def put(self, screen: ScreenKey, left_px: int, top_px: int) -> int:
        """Place a screen with everything below it; return where the next one may begin."""
        self.at[screen] = left_px, top_px
        below = self._tree.children.get(screen, ())
        if not below:
            return top_px + _CELL_HEIGHT_PX
        child_left_px = left_px + _CELL_WIDTH_PX + _GUTTER_PX
        rows = _rows(below, self._tree, child_left_px)
        spine_px = child_left_px - _GUTTER_PX // 2
        out_px = top_px + _HEAD_PX + _THUMB_MOST_PX // 2
        row_top_px = top_px
        bus_px = row_top_px
        for row in rows:
            bus_px = row_top_px + 5
            self._bus(row, child_left_px, spine_px, bus_px)
            bottom_px = row_top_px + _CELL_HEIGHT_PX
            for column, child in enumerate(row):
                bottom_px = max(bottom_px, self.put(child, child_left_px + column * _CELL_WIDTH_PX, row_top_px))
            row_top_px = bottom_px
        thumb_right_px = left_px + THUMB_WIDTH_PX
        self.lines.append(MapLine(points=f"{thumb_right_px},{out_px} {spine_px},{out_px}"))
        self.lines.append(MapLine(points=f"{spine_px},{top_px + 5} {spine_px},{max(bus_px, out_px)}"))
        return max(row_top_px, top_px + _CELL_HEIGHT_PX)

    def _bus(self, row: Sequence[ScreenKey], child_left_px: int, spine_px: int, bus_px: int) -> None:
        middles = [child_left_px + column * _CELL_WIDTH_PX + THUMB_WIDTH_PX // 2 for column in range(len(row))]
        self.lines.append(MapLine(points=f"{spine_px},{bus_px} {middles[-1]},{bus_px}"))
        self.lines += [MapLine(points=f"{x},{bus_px} {x},{bus_px + 10}", arrow=True) for x in middles]


def _rows(below: Sequence[ScreenKey], tree: _Tree, left_px: int) -> list[tuple[ScreenKey, ...]]:
    """Return the rows beside a screen: those that lead nowhere new side by side, each other one in a row of its own."""
    columns = max(_LEAST_COLUMNS, (_PAGE_WIDTH_PX - left_px) // _CELL_WIDTH_PX)
    leaves = [screen for screen in below if screen not in tree.children]
    rows = [tuple(leaves[at : at + columns]) for at in range(0, len(leaves), columns)]
    return rows + [(screen,) for screen in below if screen in tree.children]


def _node(
    place: Place,
    numbers: Mapping[ScreenKey, int],
    ways: Sequence[WayOn],
    tree: _Tree,
    drawn: tuple[tuple[int, int], Gallery, Phrases],
) -> MapNode:
    (left_px, top_px), gallery, phrases = drawn
    shot = gallery.tiny(place.observation)
    way = tree.parents.get(place.screen)
    shown_as_tree = set(tree.children.get(place.screen, ()))
    others = [numbers[w.after] for w in ways if w.before == place.screen and w.after not in shown_as_tree]
    ratio = shot.height_px / shot.width_px if shot.width_px else 2.2
    ends = _ends(place, phrases)
    return MapNode(
        number=numbers[place.screen],
        name=place.title,
        pressed=way.label if way is not None else "",
        presses=place.presses,
        left_px=left_px,
        top_px=top_px,
        href=shot.href,
        thumb=shot.thumb,
        thumb_height_px=min(_THUMB_MOST_PX, round(THUMB_WIDTH_PX * ratio)),
        ends=ends[:_ENDS_SHOWN],
        all_ends="；".join(ends),
        others=tuple(sorted(others)[:_WAYS_SHOWN]),
    )


def _ends(place: Place, phrases: Phrases) -> tuple[str, ...]:
    """Return one line for each kind of thing that was not gone to: how many, and what they say."""
    kinds = Counter(_kind(end.why) for end in place.ends)
    lines = []
    for kind, count in kinds.items():
        labels = "、".join(end.label for end in place.ends if _kind(end.why) == kind and end.label)
        lines.append(phrases.say(kind, count=count, what=labels))
    return tuple(lines)


def _kind(why: str) -> str:
    return "map-refused" if why.startswith("danger-") else why
