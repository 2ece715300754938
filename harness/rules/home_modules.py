"""Reads the modules of a home page or workbench: short labels in rows of at least three cells, evenly apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from harness.grouping import rows
from harness.model import Observation, Word
from harness.rules.layout import title_words
from harness.rules.wording import app_words, atoms, read_from_pixels_only

MIN_IN_ROW: Final = 3
MIN_MODULES: Final = 4
_TAB_BAR_RATIO: Final = 0.9  # of the screen's height; the row of tabs below is no module
_APART_RATIO: Final = 0.35  # how much the distances of a row may differ from their middle
_LABEL: Final = re.compile(r"[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9·]{1,8}")


def modules(observation: Observation) -> tuple[Word, ...]:
    """Return the labels of the screen's grid of entries in reading order, empty where it has none.

    A row of two or less belongs to the grid where its cells stand under those of a full row.
    """
    titles = set(title_words(observation))
    cells = [w for w in atoms(app_words(observation)) if w not in titles and _may_be_module(observation, w)]
    lines = rows(cells)
    full = [line for line in lines if len(line) >= MIN_IN_ROW and _even(line)]
    if not full:
        return ()
    centres = [_middle(w) for line in full for w in line]
    step_px = 0.05 * observation.size_px[0]
    rest = [
        line
        for line in lines
        if line not in full and all(any(abs(_middle(w) - c) <= step_px for c in centres) for w in line)
    ]
    top, bottom = full[0][0].box.top, full[-1][0].box.bottom
    # The last row of a grid may be short; a list below the grid is not part of it.
    reach_px = 0.12 * observation.size_px[1]
    near = [line for line in rest if top - reach_px <= line[0].box.top <= bottom + reach_px]
    found = tuple(w for line in sorted([*full, *near], key=lambda x: x[0].box.top) for w in line)
    return found if len(found) >= MIN_MODULES else ()


def _may_be_module(observation: Observation, word: Word) -> bool:
    pressable = word.clickable or read_from_pixels_only(word)
    low = word.box.top >= _TAB_BAR_RATIO * observation.size_px[1]
    return pressable and not low and bool(_LABEL.fullmatch(word.norm))


def _middle(word: Word) -> float:
    return (word.box.left + word.box.right) / 2


def _even(line: Sequence[Word]) -> bool:
    steps = [b - a for a, b in pairwise(_middle(w) for w in line)]
    usual = sorted(steps)[len(steps) // 2]
    return usual > 0 and all(abs(s - usual) <= _APART_RATIO * usual for s in steps)
