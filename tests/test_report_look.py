"""What the annotated picture of one screen says beside its marks."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from harness.model import Box, Mark, ObservationId, Outcome, RuleId, Verdict
from harness.perceive import observe
from harness.perceive.pictures import decode_colour
from harness.report.look import Look, RuleOutcome, drawn_look, mark_text
from harness.rules import ALL_RULES
from tests.picture_drawing import png_of_image
from tests.screen_drawing import Written, drawn, frame, node, tree, window


@pytest.mark.parametrize("name", ["points-ranking", "commercial-activity", "trace-photo-video"])
def test_a_reason_that_quotes_the_marked_words_quotes_them(name: str) -> None:
    assert name in {str(one.id) for one in ALL_RULES}
    box = Box(left=0, top=0, right=10, bottom=10)
    mark = Mark(observation=ObservationId("o0001"), box=box, text="会员", why=f"{name}-look-alike")
    outcome = Outcome(verdict=Verdict.CLEAR, reason="nothing-seen", marks=(mark,))
    said = mark_text(RuleOutcome(rule=RuleId(name), statement="", outcome=outcome), mark)
    assert said.startswith(f"{name}：会员（")
    assert "“会员”" in said
    assert "{" not in said


def looked_at(*outcomes: RuleOutcome) -> Look:
    observation = observe(frame(tree(window(node("签到", (0, 0, 1080, 2400))))), id=ObservationId("o0001"))
    return Look(observation=observation, outcomes=outcomes)


def panel(png: bytes) -> NDArray[np.uint8]:
    """Return the left part of the drawing: the screen with its boxes."""
    return decode_colour(png)[64:, :900]


def marked(rule: str, box: Box) -> RuleOutcome:
    mark = Mark(observation=ObservationId("o0001"), box=box, text="签到", why="nothing-seen")
    return RuleOutcome(
        rule=RuleId(rule), statement="", outcome=Outcome(verdict=Verdict.PRESENT, reason="nothing-seen", marks=(mark,))
    )


def test_a_screen_of_sixteen_bits_is_drawn_as_it_was_read() -> None:
    with Image.open(io.BytesIO(drawn([Written(text="立即签到", x_px=300, y_px=900, size_px=90)]))) as image:
        deep = png_of_image(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257))
        plain = png_of_image(image.convert("RGB"))
    pictures = [panel(drawn_look(png, looked_at(), font=None)) for png in (deep, plain)]
    assert int(pictures[1][700:900].min()) < 120
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 3


def test_a_picture_that_was_read_is_drawn_whatever_else_its_file_holds() -> None:
    png = drawn(())
    note = b"\0\0\0\x03tEXtk\0v" + b"\0\0\0\0"  # a wrong sum, in a part that nothing is read from
    assert drawn_look(png[:33] + note + png[33:], looked_at(), font=None).startswith(b"\x89PNG")


def test_marks_of_several_rules_on_the_same_words_share_one_tag_that_holds_their_numbers() -> None:
    box = Box(left=200, top=900, right=600, bottom=1000)
    once = panel(drawn_look(drawn(()), looked_at(marked("a", box)), font=None))
    twice = panel(drawn_look(drawn(()), looked_at(marked("a", box), marked("b", box)), font=None))
    red = [np.flatnonzero((picture[:, :, 2] > 190) & (picture[:, :, 1] < 60)).size for picture in (once, twice)]
    assert red[1] > red[0] + 200  # the tag is wider by a number
