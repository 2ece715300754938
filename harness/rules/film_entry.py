"""Finds the way back into a film that was left: the words that led to it, or the one lesson that is as long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.model import Observation, Word
from harness.rules.player import clocks
from harness.rules.wording import app_words

MIN_ENTRY_CHARS: Final = 4
_CLOSED: Final = re.compile(r"未解锁|已?锁定|未开[放始]|敬请期待")


def way_back(observation: Observation, left: Sequence[Observation], length_s: float | None) -> Word | None:
    """Return what leads from this screen to the film on the screens just left, ``None`` where nothing does.

    That is what can be pressed and stood there too; else the only open lesson of the film's length, for its name may
    stand further down than was looked; else the longest text on both.
    """
    known = {word.norm for page in left for word in app_words(page)}
    shown = [word for word in app_words(observation) if len(word.norm) >= MIN_ENTRY_CHARS and word.enabled]
    shared = [word for word in shown if word.norm in known]
    as_long = [w for w in shown if w.clickable and length_s in clocks(w.norm) and not _CLOSED.search(w.norm)]
    for pool in ([w for w in shared if w.clickable], as_long if len(as_long) == 1 else [], shared):
        if pool:
            return max(pool, key=lambda w: (len(w.norm), -w.box.top))
    return None
