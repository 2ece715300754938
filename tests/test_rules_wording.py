"""Words that lie in other words, on any screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.model import Box, Channel, Word
from harness.rules.wording import atoms, wholes


@st.composite
def _word(draw: st.DrawFn) -> Word:
    left, top = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    across, tall = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    text = draw(st.text("签到天", min_size=1, max_size=3))
    box = Box(left=left, top=top, right=left + across, bottom=top + tall)
    return Word(text=text, norm=text, box=box, channels=frozenset({Channel.HIERARCHY}))


def _lies_in(inner: Word, outer: Word) -> bool:
    inside = inner.box.overlap(outer.box).area_px >= 0.9 * inner.box.area_px > 0
    return inside and inner.norm in outer.norm and inner.norm != outer.norm


@given(st.lists(_word(), max_size=12))
def test_wholes_lie_in_no_other_word_and_atoms_hold_none(words: list[Word]) -> None:
    assert wholes(words) == tuple(w for w in words if not any(_lies_in(w, other) for other in words))
    assert atoms(words) == tuple(w for w in words if not any(_lies_in(other, w) for other in words))
