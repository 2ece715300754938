"""Everything on a screen that could be worked, whether it may be or not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Box, Channel, Observation, ShapeKind, Word
from harness.safety.lexicon import compact
from harness.wording import normalise

_SYSTEM = ("com.android.systemui",)
_KEYBOARD = re.compile(r"inputmethod|adbkeyboard|com\.sohu\.inputmethod|keyboard")
_BACK_WORDS = re.compile(r"返回|返回上一页|后退|转到上一层级|向上导航|back|navigateup|goback|[<〈←]")
PAGE_RATIO = 0.5  # a tappable box larger than this of the screen is a page, whose texts are not its label
_LEAST_CONFIDENCE = 0.5
_MOST_TABS, _MOST_LOW_TABS = 12, 6
_LONGEST_LABEL = 24
_TOGGLES = ("CheckBox", "CheckedTextView", "Switch", "SwitchCompat", "ToggleButton")


class ControlKind(StrEnum):
    """How a control is worked."""

    TAP = "tap"
    TAB = "tab"  # one of a row of tabs or of the bottom bar
    BACK = "back"  # the page's own way back
    TOGGLE = "toggle"  # check box, switch, an option of a list to choose from: a press leads nowhere
    INPUT = "input"  # a field to type into
    SEEK = "seek"  # a seek bar or slider
    SCROLL = "scroll"  # a box whose content moves under a swipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something on a screen that could be worked. ``element`` is ``None`` where only pixels showed it."""

    box: Box
    label: str
    norm: str
    element: int | None
    kind: ControlKind
    source: Channel
    enabled: bool = True
    selected: bool = False


def controls(observation: Observation) -> tuple[Control, ...]:
    """Return everything that could be worked on the screen, top to bottom, dangerous ones included.

    Lines of text that only pixels show are offered as taps: behind an opaque region nobody says what is a button.
    """
    screen_px = observation.size_px[0] * observation.size_px[1]
    found: dict[tuple[Box, ControlKind], Control] = {}
    for index, element in enumerate(observation.elements):
        kind = _kind(index, observation)
        if kind is None or not element.box.area_px:
            continue
        control = _control(index, kind, observation)
        known = found.get((element.box, kind))
        if known is None or (not known.label and control.label):
            found[element.box, kind] = control
    keys = _keyboards(observation)
    listed = [*found.values(), *_pixel_controls(observation, found.values(), screen_px=screen_px)]
    listed = [control for control in listed if not any(box.holds(*control.box.centre_px) for box in keys)]
    return tuple(sorted(listed, key=lambda c: (c.box.top, c.box.left, c.box.bottom, c.box.right, c.kind)))


def _keyboards(observation: Observation) -> list[Box]:
    """Return where an open keyboard lies over the app. The window of some is as large as the screen: then its keys."""
    most_px = PAGE_RATIO * observation.size_px[0] * observation.size_px[1]
    own = (element for element in observation.elements if _KEYBOARD.search(element.package))
    return [e.box for e in own if 0 < e.box.area_px < most_px and (e.clickable or e.parent is None)]


def _kind(index: int, observation: Observation) -> ControlKind | None:
    element = observation.elements[index]
    if element.package in _SYSTEM or _KEYBOARD.search(element.package):
        return None
    tail = element.class_name.rpartition(".")[2]
    if tail in ("SeekBar", "RatingBar"):
        return ControlKind.SEEK if tail == "SeekBar" else None
    if tail in ("EditText", "AutoCompleteTextView", "MultiAutoCompleteTextView"):
        return ControlKind.INPUT
    if element.scrollable:
        return ControlKind.SCROLL
    if not (element.clickable or element.long_clickable or element.checkable or tail in ("Button", "ImageButton")):
        return None
    if tail in _TOGGLES or (element.checkable and tail == "View"):
        return ControlKind.TOGGLE
    if _BACK_WORDS.fullmatch(compact(element.text or element.desc) or (element.text or element.desc).strip()):
        return ControlKind.BACK
    return ControlKind.TAB if _is_tab(index, observation) else ControlKind.TAP


def _is_tab(index: int, observation: Observation) -> bool:
    element = observation.elements[index]
    tail = element.class_name.rpartition(".")[2]
    if "Tab" in tail or element.selected or tail == "RadioButton":
        return True
    row = [e for e in observation.elements if e.parent == element.parent and e.box.top == element.box.top]
    same = [e for e in row if e.clickable and abs(e.box.width_px - element.box.width_px) <= 4]
    low = element.box.top >= 0.88 * observation.size_px[1]
    chosen = any(e.selected for e in same)
    return 2 <= len(same) <= (_MOST_TABS if chosen else _MOST_LOW_TABS) and (low or chosen)


def _control(index: int, kind: ControlKind, observation: Observation) -> Control:
    element = observation.elements[index]
    bare = Control(
        box=element.box,
        label="",
        norm="",
        element=index,
        kind=kind,
        source=Channel.HIERARCHY,
        enabled=element.enabled,
        selected=element.selected or element.checked,
    )
    own = next((t for t in (element.text, element.desc, element.hint) if normalise(t)), "")
    label = own if own or kind is ControlKind.SCROLL else " ".join(labels_of(bare, observation))
    if not label and kind in (ControlKind.TAP, ControlKind.TAB):
        label = " ".join(word.text for word in beside(element.box, observation.words)[:1])
    label = label[:_LONGEST_LABEL]
    return Control(
        box=element.box,
        label=label,
        norm=normalise(label),
        element=index,
        kind=kind,
        source=Channel.HIERARCHY,
        enabled=bare.enabled,
        selected=bare.selected,
    )


def _pixel_controls(observation: Observation, known: Iterable[Control], *, screen_px: int) -> list[Control]:
    taken = [c.box for c in known if c.kind is not ControlKind.SCROLL and c.box.area_px < PAGE_RATIO * screen_px]
    found: list[Control] = []
    cells = _table_cells(observation)
    for word in observation.words:
        inside = any(region.holds(*word.box.centre_px) for region in observation.opaque)
        covered = any(box.holds(*word.box.centre_px) for box in taken)
        if Channel.HIERARCHY in word.channels or not inside or covered or word.confidence < _LEAST_CONFIDENCE:
            continue
        text = compact(word.norm)
        if 1 < len(text) <= _LONGEST_LABEL and not text.isdigit() and word.box not in cells:
            kind = ControlKind.BACK if _BACK_WORDS.fullmatch(compact(word.norm)) else ControlKind.TAP
            found.append(
                Control(box=word.box, label=word.text, norm=word.norm, element=None, kind=kind, source=Channel.OCR)
            )
    found.extend(
        Control(box=region, label="", norm="", element=None, kind=ControlKind.SCROLL, source=Channel.PICTURE)
        for region in observation.opaque
        if region.area_px >= 0.4 * screen_px
    )
    return found


def _table_cells(observation: Observation) -> frozenset[Box]:
    """Return the boxes of pixel words that stand in the lines of a table: three or more lines of cells with numbers.

    A leaderboard's cells lead nowhere; a grid of entries has no numbers.
    """
    lines: list[list[Word]] = []
    pixels = (word for word in observation.words if Channel.HIERARCHY not in word.channels)
    for word in sorted(pixels, key=lambda w: (w.box.top + w.box.bottom, w.box)):
        last = lines[-1][0].box if lines else word.box
        apart_px = abs(word.box.centre_px[1] - last.centre_px[1])
        if lines and apart_px < 0.5 * max(1, min(word.box.height_px, last.height_px)):
            lines[-1].append(word)
        else:
            lines.append([word])
    rows = [line for line in lines if len(line) >= 3 and any(compact(word.norm)[:1].isdigit() for word in line)]
    return frozenset(word.box for row in rows for word in row) if len(rows) >= 3 else frozenset()


def labels_of(control: Control, observation: Observation) -> list[str]:
    """Return the texts a press at the control's centre is about: those inside it and those under the finger."""
    page = control.box.area_px > PAGE_RATIO * observation.size_px[0] * observation.size_px[1]
    x, y = control.box.centre_px
    found: list[str] = []
    for word in observation.words:
        under = word.box.holds(x, y) and word.box.area_px <= 4 * max(1, control.box.area_px)
        inside = lies_in(word, control) and not page
        if (under or inside) and not _belongs_elsewhere(word, control, observation):
            found.append(word.text)
    if control.element is None:
        found.extend(word.text for word in _on_the_same_button(control, observation))
    return found


def lies_in(word: Word, control: Control) -> bool:
    return control.box.overlap(word.box) == word.box


def _on_the_same_button(control: Control, observation: Observation) -> list[Word]:
    """Return the words drawn on the button that a drawn word stands on: a press of one line presses them all."""
    buttons = (shape.box for shape in observation.shapes if shape.kind is ShapeKind.BUTTON)
    around = [box for box in buttons if box.holds(*control.box.centre_px)]
    return [word for word in observation.words if any(box.holds(*word.box.centre_px) for box in around)]


def _belongs_elsewhere(word: Word, control: Control, observation: Observation) -> bool:
    """Return whether the word sits in a smaller pressable node inside the control, away from the finger."""
    if control.element is None or not word.elements:
        return False
    at: int | None = word.elements[0]
    while at is not None and at != control.element:
        element = observation.elements[at]
        if element.clickable and element.box.area_px < control.box.area_px:
            return not element.box.holds(*control.box.centre_px)
        at = element.parent
    return False


def beside(box: Box, words: Sequence[Word]) -> list[Word]:
    """Return the words that name a silent icon: right below it, or right of it on its line, nearest first."""
    near: list[tuple[int, Word]] = []
    for word in words:
        x, y = word.box.centre_px
        below = word.box.top - box.bottom
        right = word.box.left - box.right
        if box.left <= x < box.right and -box.height_px // 4 <= below <= max(24, round(0.6 * box.height_px)):
            near.append((max(0, below), word))
        elif box.top <= y < box.bottom and 0 <= right <= max(24, round(0.4 * box.width_px)):
            near.append((right, word))
    return [word for _, word in sorted(near, key=lambda pair: (pair[0], pair[1].box, pair[1].norm))]
