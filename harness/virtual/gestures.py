"""How fingers and keys reach a tab: paths of touches, key events, and waiting until the page has had them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from harness.errors import VirtualDeviceError
from harness.virtual.input_keys import CTRL_MASK, modifiers, page_key
from harness.virtual.phone import Stroke
from harness.virtual.tabs import Tab, TabBlocked

_MOVE_S = 0.016
_MAX_MOVES = 240
_SETTLED = "typeof __androidDevice === 'undefined' || __androidDevice.settled().then(() => true)"


def move_count(duration_s: float) -> int:
    """Return how many move events a finger makes in the time: about sixty a second, two at least."""
    return max(2, min(_MAX_MOVES, round(duration_s / _MOVE_S)))


def between(stroke: Stroke, share: float) -> tuple[float, float]:
    """Return the place on the stroke after that share of it, 0 to 1."""
    (x0, y0), (x1, y1) = stroke
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


def finger_path(points: Sequence[tuple[float, float]], duration_s: float) -> list[tuple[float, float]]:
    """Return the places of a finger's move events along the points, the first point left out."""
    moves = max(2, move_count(duration_s) // (len(points) - 1))
    legs = itertools.pairwise(points)
    return [between(leg, index / moves) for leg in legs for index in range(1, moves + 1)]


def pause_s(step_s: float, index: int, passed_s: float) -> float:
    """Return how long to wait before the move of that number, where each takes ``step_s``.

    A finger that a busy machine made late catches up, but for half of each step: one that rests at its end before it is
    lifted would not rest otherwise, and fling the page on.
    """
    return max(step_s / 2, step_s * index - passed_s)


async def settle(tab: Tab | None) -> None:
    """Wait until the page has had the events sent to it, for a second at most."""
    if tab is None or tab.closed:
        return
    try:
        await tab.evaluate(_SETTLED, 1.0)
    except VirtualDeviceError:
        return  # a dialog, a new page or a busy one: the events have been delivered all the same


async def take_selection(tab: Tab, *, cut: bool) -> str:
    """Return the selected text, removing it from its field where it is cut."""
    text = str(await tab.evaluate("__androidDevice.selectedText()") or "")
    if cut and text:
        await tab.send("Input.insertText", text="")
    return text


async def press_key(tab: Tab, keycode: int, meta: int, *, repeats: bool) -> bool:
    """Press an Android key in the page; return False for a key that pages do not know."""
    key = page_key(keycode, meta)
    if key is None:
        return False
    names: dict[str, Any] = {"key": key.key, "code": key.code, "windowsVirtualKeyCode": key.windows_code}
    names["modifiers"] = modifiers(meta)
    types = bool(key.text) and not meta & CTRL_MASK
    down: dict[str, Any] = {"type": "keyDown" if types else "rawKeyDown", **names}
    if types:
        down["text"] = key.text
    if meta & CTRL_MASK and key.key == "a":
        down["commands"] = ["selectAll"]
    try:
        await tab.send("Input.dispatchKeyEvent", **down)
        if repeats:
            await tab.send("Input.dispatchKeyEvent", **down, autoRepeat=True)
        await tab.send("Input.dispatchKeyEvent", type="keyUp", **names)
    except TabBlocked:
        return True
    await settle(tab)
    return True
