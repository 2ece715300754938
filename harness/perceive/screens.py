"""Which screen this is, free of what it happens to show today. Pure.

The key is made of the activity, what is selected, the page's title, and the skeleton of distinct nodes with their
stable labels (buttons; digits removed), repeated rows collapsed. Where a title stands outside what scrolls, what
scrolls does not count: it is content, and looks another way further down. Where the hierarchy is silent, the title is
read from pixels, and without one the rough layout of their text or, without text, light and dark bars count. Counters,
names, dates and feeds do not change the key; another tab, dialog or page does.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from harness.model import Box, Channel, Element, Observation, Page, ScreenKey, Word
from harness.perceive.hierarchy import children_of
from harness.perceive.opaque import SYSTEM_BARS, class_tail
from harness.wording import normalise

_LISTS = ("RecyclerView", "ListView", "GridView", "ExpandableListView", "ViewPager", "ViewPager2", "Gallery")
_DIALOGS = ("Dialog", "AlertDialog")
_ROWS = 3  # siblings of one shape from which on they are rows of a list
_LONGEST_LABEL, _LONGEST_TITLE = 6, 12
_TITLE_TOP_RATIO, _TITLE_BOTTOM_RATIO = 0.02, 0.14
_TITLE_SIDE_RATIO = 0.2
_GRID = (3, 8)
_LEAST_CONFIDENCE = 0.6
_CHANGING = re.compile(r"[\W\d_]+|(?<=\d)[年月日时分秒天点]|^[年月日时分秒天点]+$")
_PRINTABLE = re.compile(r"[^0-9A-Za-z_]+")
_WINDOW_RATIO = 0.95  # a window smaller than this of the screen is a dialog or sheet


def screen_key(
    page: Page | None,
    elements: tuple[Element, ...],
    words: Sequence[Word],
    opaque: Sequence[Box],
    light: str = "",
) -> ScreenKey:
    """Return the identity of the screen, such as ``MainActivity-3fa9c2``; the same in every run and process.

    ``light`` tells light from dark on the picture of a screen without a hierarchy, as ``pictures.light_grid`` does.
    """
    activity = "" if page is None else page.activity or page.package
    name = _PRINTABLE.sub("", activity.rpartition(".")[2])[:40] or "screen"
    structure = _structure(elements)
    silent: set[str] = set()
    if opaque and not any(fact.startswith("title ") for fact in structure):
        silent = _silent_layout(words, opaque, elements) or {f"light {light}"}
    facts = sorted({activity, *structure, *silent})
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:6]
    return ScreenKey(f"{name}-{digest}")


def titles_of(observation: Observation) -> frozenset[str]:
    """Return the short texts, as matched, that stand where a page has its title and cannot be pressed."""
    screen = Box(left=0, top=0, right=observation.size_px[0], bottom=observation.size_px[1])
    words = (word for word in observation.words if not word.clickable and 2 <= len(word.norm) <= _LONGEST_TITLE)
    return frozenset(word.norm for word in words if _is_title(word.box, screen))


def _structure(elements: tuple[Element, ...]) -> set[str]:
    if not elements:
        return {"no hierarchy"}
    children = children_of(elements)
    screen = _screen(elements)
    in_rows = _in_rows(elements, children)
    moving = _moving(elements)
    facts: set[str] = set()
    titles: set[str] = set()
    frame: set[str] = set()
    content: set[str] = set()
    for index, element in enumerate(elements):
        if element.package == SYSTEM_BARS or not element.box.area_px:
            continue
        if element.parent is None:
            facts.add(f"window {element.package} {_extent(element.box, screen)}")
        facts.update(_selected(index, elements, children))
        if class_tail(element) in _DIALOGS:
            titles.update(_first_words(index, elements))
        if in_rows[index]:
            continue
        if not moving[index]:
            titles.update(_title(element, screen))
        found = content if moving[index] else frame
        found.add(f"node {_shape(elements, element.parent)} > {_shape(elements, index)}")
        found.update(f"label {label}" for label in _labels(element))
    # A title that stays while the rest scrolls names the page: what scrolls is then content.
    return facts | titles | frame | (set() if titles else content)


def _moving(elements: Sequence[Element]) -> list[bool]:
    """Return for each node whether it lies in something that scrolls."""
    inside = [False] * len(elements)
    for index, element in enumerate(elements):
        parent = element.parent
        inside[index] = parent is not None and (inside[parent] or elements[parent].scrollable)
    return inside


def _title(element: Element, screen: Box) -> set[str]:
    label = _stable(element.text or element.desc)
    is_title = 2 <= len(label) <= _LONGEST_TITLE and _is_title(element.box, screen) and not element.clickable
    return {f"title {label}"} if is_title else set()


def _first_words(index: int, elements: Sequence[Element]) -> set[str]:
    """Return the first short text inside a dialog: its title."""
    for element in elements[index + 1 :]:
        if element.depth <= elements[index].depth:
            break
        label = _stable(element.text or element.desc)
        if label:
            return {f"dialog {label}"} if 2 <= len(label) <= _LONGEST_TITLE else set()
    return set()


def _screen(elements: Sequence[Element]) -> Box:
    screen = elements[0].box
    for element in elements:
        screen = screen.around(element.box)
    return screen


def _shape(elements: Sequence[Element], index: int | None) -> str:
    if index is None:
        return ""
    element = elements[index]
    identity = element.resource_id.rpartition("/")[2]
    return f"{class_tail(element)}#{_CHANGING.sub('', identity)}"


def _extent(box: Box, screen: Box) -> str:
    return "whole" if box.area_px >= _WINDOW_RATIO * screen.area_px else "part"


def _in_rows(elements: tuple[Element, ...], children: Sequence[Sequence[int]]) -> list[bool]:
    """Return for each node whether it is, or lies in, a row of a list; the list itself does not."""
    inside = [False] * len(elements)
    for index, element in enumerate(elements):
        shapes = Counter(_row_shape(elements, child) for child in children[index])
        for child in children[index]:
            listed = class_tail(element) in _LISTS or shapes[_row_shape(elements, child)] >= _ROWS
            inside[child] = inside[index] or listed
    return inside


def _row_shape(elements: Sequence[Element], index: int) -> tuple[str, bool]:
    return _shape(elements, index), elements[index].clickable


def _selected(index: int, elements: tuple[Element, ...], children: Sequence[Sequence[int]]) -> Iterable[str]:
    """Yield which of the node's children, side by side, is the selected one: a tab or a bottom bar."""
    tabs = [child for child in children[index] if elements[child].box.area_px]
    if not 2 <= len(tabs) <= 8 or not _side_by_side([elements[child].box for child in tabs]):
        return
    chosen = [at for at, child in enumerate(tabs) if _is_chosen(child, elements, children)]
    if len(chosen) == 1:
        # By its name where it has one: in a strip that scrolls, any tab may be the second.
        name = _name_of(tabs[chosen[0]], elements, children)
        yield f"selected {name}" if name else f"selected {chosen[0]} of {len(tabs)}"


def _name_of(index: int, elements: Sequence[Element], children: Sequence[Sequence[int]]) -> str:
    pending = [index]
    while pending:
        at = pending.pop(0)
        label = _stable(elements[at].text or elements[at].desc)
        if label:
            return label if len(label) <= _LONGEST_LABEL else ""
        pending.extend(children[at])
    return ""


def _is_chosen(index: int, elements: Sequence[Element], children: Sequence[Sequence[int]]) -> bool:
    pending = [index]
    while pending:
        at = pending.pop()
        element = elements[at]
        if element.selected or (element.checked and class_tail(element) == "RadioButton"):
            return True
        pending.extend(children[at])
    return False


def _side_by_side(boxes: Sequence[Box]) -> bool:
    ordered = sorted(boxes, key=lambda box: box.left)
    apart = all(one.right <= other.left + 2 for one, other in pairwise(ordered))
    return apart and max(b.top for b in boxes) < min(b.bottom for b in boxes)


def _labels(element: Element) -> set[str]:
    """Return the node's stable label, the name of a button, without what changes."""
    label = _stable(element.text or element.desc)
    if not 2 <= len(label) <= _LONGEST_LABEL:
        return set()
    return {label} if element.clickable or class_tail(element) in ("Button", "WebView") else set()


def _is_title(box: Box, screen: Box) -> bool:
    x, y = box.centre_px
    centred = abs(x - (screen.left + screen.right) / 2) <= _TITLE_SIDE_RATIO * screen.width_px
    high = screen.top + _TITLE_TOP_RATIO * screen.height_px <= y <= screen.top + _TITLE_BOTTOM_RATIO * screen.height_px
    return centred and high


def _stable(text: str) -> str:
    return _CHANGING.sub("", normalise(text))


def _silent_layout(words: Sequence[Word], opaque: Sequence[Box], elements: Sequence[Element]) -> set[str]:
    """Return the title read from the pixels of silent regions, or the coarse places of their text without one."""
    screen = _screen(elements) if elements else _around([*opaque, *(w.box for w in words)])
    large = [box for box in opaque if box.area_px >= 0.25 * screen.area_px]
    read = [
        word
        for word in words
        if word.channels == {Channel.OCR}
        and len(_stable(word.norm)) >= 2
        and word.confidence >= _LEAST_CONFIDENCE
        and any(box.holds(*word.box.centre_px) for box in large)
    ]
    titles = {_stable(word.norm) for word in read if _is_title(word.box, screen)}
    facts = {f"read title {title}" for title in titles if len(title) <= _LONGEST_TITLE}
    return facts or {f"line {_cell(word.box, screen)}" for word in read}


def _around(boxes: Sequence[Box]) -> Box:
    around = boxes[0]
    for box in boxes:
        around = around.around(box)
    return around


def _cell(box: Box, screen: Box) -> str:
    x, y = box.centre_px
    across, down = _GRID
    column = (x - screen.left) * across // max(1, screen.width_px)
    row = (y - screen.top) * down // max(1, screen.height_px)
    return f"{column},{row}"
