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


@pytest.mark.parametrize(("package", "androids"), [("com.android.systemui", True), ("cn.example.app", False)])
def test_a_node_in_the_strip_is_androids_or_the_apps_by_its_package(
    package: str,
    androids: bool,  # noqa: FBT001
) -> None:
    page = screen({"nodes": [{"text": "通知公告", "box": [126, 25, 956, 101], "package": package}]})
    assert in_status_bar(page, page.words[0]) is androids
    assert [w.norm for w in title_words(page)] == ([] if androids else ["通知公告"])
