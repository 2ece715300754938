"""Android's own strip is told from a title that stands in its place."""

from __future__ import annotations

import pytest

from harness.grouping import in_status_bar
from harness.rules.corpus import screen
from harness.rules.layout import title_words


@pytest.mark.parametrize(
    ("text", "box", "androids"),
    [
        ("巡田上报", [431, 41, 649, 106], False),
        ("中国移动", [40, 30, 200, 74], True),
        ("9:41", [40, 30, 140, 92], True),
    ],
)
def test_pixels_as_tall_as_a_heading_are_a_title_where_no_strip_is_drawn(
    text: str,
    box: list[int],
    androids: bool,  # noqa: FBT001
) -> None:
    page = screen({"nodes": [], "read": [{"text": text, "box": box}]})
    assert in_status_bar(page, page.words[0]) is androids
    assert [w.norm for w in title_words(page)] == ([] if androids else [text])


def test_a_node_of_the_strip_stays_androids_however_tall_its_box() -> None:
    page = screen({"nodes": [{"text": "中国移动", "box": [40, 0, 200, 100]}]})
    assert in_status_bar(page, page.words[0])
