"""Which letters a recogniser's output stands for, and whether a lone one may be an icon instead. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.perceive.ppocr_models import Floats

SURE = 0.9  # a lone shape that reads as less is an icon
_SURE_TWICE = 1.6  # sum of both models' confidence in a lone letter
_LEAST_LONE = 0.8  # of the careful model, for letters that do stand alone
_LONE = frozenset("一二三四五六七八九十日")
_LEVEL = "一"
_TWO = "二"
_STROKES = frozenset("二三")
_SEEN_IN_STROKES = frozenset("E=")  # what the quick model, taught with whole lines, makes of these
_ANSWERS = frozenset("ABCDEF")  # of a question; other Latin letters do not stand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line's pixels read as."""

    text: str
    confidence: float
    begin_px: int = 0  # left out before the text, because it is an icon
    end_px: int = 0  # left out behind it


NOTHING = Line(text="", confidence=0.0)


def letters_of(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 2


def may_stand_alone(text: str) -> bool:
    """Return whether the quick model's letter is worth asking the careful one: most icons are seen as no letter."""
    letters = letters_of(text)
    if text in _SEEN_IN_STROKES or is_number(letters):
        return True
    return len(letters) == 1 and (not letters.isascii() or letters in _ANSWERS)


def agreed(quick: Line, careful: Line) -> Line:
    """Return a lone letter that both models see, or nothing: an icon reads as one letter here and another there."""
    text = letters_of(careful.text)  # of "1." the digit counts
    if text in _STROKES and quick.text in _SEEN_IN_STROKES:
        return careful if careful.confidence >= SURE else NOTHING
    if text != letters_of(quick.text):
        return NOTHING
    if text in _LONE:
        sure = careful.confidence >= _LEAST_LONE
    elif text in _ANSWERS:
        sure = min(quick.confidence, careful.confidence) >= SURE
    else:
        sure = quick.confidence + careful.confidence >= _SURE_TWICE
    return careful if sure else NOTHING


def decoded(output: Floats, characters: tuple[str, ...]) -> Line:
    """Return the text of a recogniser's output: of each run of equal letters one, without blanks."""
    best = output[0].argmax(axis=1)
    kept = np.flatnonzero((best != 0) & np.r_[True, best[1:] != best[:-1]])
    if not kept.size:
        return NOTHING
    text = "".join(characters[best[at]] for at in kept).strip()
    # Rounded, because the last digits depend on the processor.
    return Line(text=text, confidence=round(float(output[0][kept, best[kept]].mean()), 3))


def level_stroke(careful: Line) -> Line:
    """Return what a lone level stroke reads as: 一, or nothing."""
    return careful if careful.text == _LEVEL and careful.confidence >= _LEAST_LONE else NOTHING


def two_strokes(careful: Line) -> Line:
    """Return what two level strokes read as: 二, or nothing; the quick model makes of them what it likes."""
    return careful if careful.text == _TWO and careful.confidence >= SURE else NOTHING


def may_be_lone(line: Line) -> bool:
    """Return whether a shape that the detector did not take for text reads as what does stand alone."""
    return line.confidence >= SURE and (is_number(line.text) or line.text in _LONE)
