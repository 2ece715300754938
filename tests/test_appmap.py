"""The map of an app: every screen once, arrows from where it was first reached, and the ends that nobody went to."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.appmap import CUT, LEFT_APP, LOOP, UNTRIED, AppMap, Place, WayOn, app_map
from harness.evidence import layout
from harness.evidence.bundle import read_bundle
from harness.evidence.codec import from_json, parse
from harness.evidence.layout import CoverageFacts
from harness.evidence.verify import Soundness, verify
from harness.messages import catalogue
from harness.model import Back, Box, Observation, ObservationId, Refusal, ScreenKey, Step, Swipe
from harness.report.mapview import _CELL_HEIGHT_PX, _CELL_WIDTH_PX, MapView, map_view
from harness.report.phrases import Phrases
from harness.report.result import _walked
from harness.report.shots import Gallery, Links
from tests.map_walks import write_map_walk
from tests.test_judge import BOARD, HOME, MINE, _screen, _step, _tap, _walk
from tests.test_report_html import parsed

SWIPE = Swipe(x1_px=1, y1_px=2, x2_px=1, y2_px=1)


def made(*steps: Step, seen: list[Observation], **more: object) -> AppMap:
    return app_map(_walk(seen, steps, **more))


def ends(mapped: AppMap, name: str) -> list[tuple[str, str]]:
    return [(end.label, end.why) for place in mapped.places if place.screen == name for end in place.ends]


def test_screens_stand_in_the_order_of_discovery_with_how_far_they_are_and_what_led_there() -> None:
    home, mine, board = (
        _screen(*screen, index=n) for n, screen in enumerate([("home", HOME), ("mine", MINE), ("board", BOARD)], 1)
    )
    again = replace(home, id=ObservationId("o0004"))
    steps = (
        _step(1, _tap("我的"), home, mine),
        _step(2, _tap("学习排行"), mine, board),
        _step(3, Back(), board, again),
        _step(4, _tap("学习排行"), again, replace(board, id=ObservationId("o0005"))),
    )
    mapped = made(*steps, seen=[home, mine, board, again, replace(board, id=ObservationId("o0005"))])
    assert [(place.screen, place.presses, place.looks) for place in mapped.places] == [
        ("home", 0, 2), ("mine", 1, 1), ("board", 1, 2),
    ]  # fmt: skip
    assert [(way.before, way.label, way.after) for way in mapped.ways] == [
        ("home", "我的", "mine"),
        ("mine", "学习排行", "board"),
        ("home", "学习排行", "board"),
    ]


def test_an_end_says_why_nobody_went_there() -> None:
    home, mine = _screen("home", HOME, index=1), _screen("mine", MINE, index=2)
    other = _screen("other", ("桌面",), index=3, package="com.android.launcher3")
    lower = replace(_screen("home", (*HOME, "通知"), index=4), screen=home.screen)
    refused = Refusal(
        seq=1, observation=mine.id, label="退出登录", box=Box(left=0, top=0, right=9, bottom=9), danger="danger-logout"
    )
    mapped = made(
        _step(1, SWIPE, home, lower),
        _step(2, _tap("我的"), lower, mine),
        _step(3, _tap("设置"), mine, other),
        seen=[home, mine, other, lower],
        refusals=(refused,),
    )
    assert ("退出登录", "danger-logout") in ends(mapped, "mine")
    assert ("设置", LEFT_APP) in ends(mapped, "mine")
    assert ("个人资料", UNTRIED) in ends(mapped, "mine")
    assert ("", CUT) in ends(mapped, "home")
    assert "other" not in {place.screen for place in mapped.places}
    bottom = made(_step(1, SWIPE, home, replace(home, id=lower.id)), seen=[home, replace(home, id=lower.id)])
    assert ("", CUT) not in ends(bottom, "home")


def test_a_page_that_leads_to_ever_more_of_the_same_is_told_on_the_map_and_in_the_summary_of_the_walk() -> None:
    home, mine = _screen("home", HOME, index=1), _screen("mine", MINE, index=2)
    walk = _walk([home, mine], (_step(1, _tap("我的"), home, mine),), loops=(mine.screen,))
    assert ("", LOOP) in ends(app_map(walk), "mine")
    assert ("", LOOP) not in ends(app_map(walk), "home")
    said = {row.label: row.value for row in _walked(walk, Phrases(language="zh_CN"))}
    assert said["越点越多、循环往复的页面"] == "1"


def test_what_was_pressed_elsewhere_or_is_a_row_of_content_is_no_end() -> None:
    news = "示例市召开基层减负工作推进会议"
    home, mine = _screen("home", (*HOME, news), index=1), _screen("mine", (*MINE, "首页"), index=2)
    mapped = made(_step(1, _tap("我的"), home, mine), _step(2, _tap("首页"), mine, home), seen=[home, mine])
    untried = {label for place in mapped.places for label, why in ends(mapped, place.screen) if why == UNTRIED}
    assert not untried & {"我的", "首页", news}
    assert "学习积分" in untried


def test_a_walk_that_saw_nothing_has_an_empty_map() -> None:
    assert app_map(_walk([])) == AppMap()
    assert view_of(AppMap()).nodes == ()


# --- the layout


def view_of(mapped: AppMap) -> MapView:
    links = Links(original=lambda digest: digest, small=lambda digest: digest)
    return map_view(mapped, Gallery(_walk([]), links, Phrases()), Phrases())


def tree_map(parents: list[int | None]) -> AppMap:
    """Return a map in which screen ``n + 1`` was reached from ``parents[n]``, or nobody knows how."""
    depth: list[int | None] = [0]
    ways = []
    for number, parent in enumerate(parents, 1):
        above = None if parent is None else depth[parent]
        depth.append(None if above is None else above + 1)
        if parent is not None:
            ways.append(WayOn(before=key(parent), after=key(number), label=f"去{number}", step=number))
    places = tuple(
        Place(screen=key(n), title=f"页面{n}", observation=ObservationId(f"o{n}"), looks=1, presses=presses)
        for n, presses in enumerate(depth)
    )
    return AppMap(places=places, ways=tuple(ways))


def key(number: int) -> ScreenKey:
    return ScreenKey(f"s{number}")


def check_drawn(view: MapView) -> None:
    cells = [(n.left_px, n.top_px) for n in view.nodes]
    for (x1, y1), (x2, y2) in combinations(cells, 2):
        assert abs(x1 - x2) >= _CELL_WIDTH_PX or abs(y1 - y2) >= _CELL_HEIGHT_PX, "two screens overlap"
    assert all(x + _CELL_WIDTH_PX <= view.width_px and y + _CELL_HEIGHT_PX <= view.height_px for x, y in cells)
    arrows = [line for line in view.lines if line.arrow]
    assert len(arrows) == sum(1 for node in view.nodes if node.pressed)


@settings(max_examples=80)
@given(st.data())
def test_no_two_screens_overlap_and_each_that_was_reached_has_one_arrow(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 40))
    parents = [data.draw(st.none() | st.integers(0, number)) for number in range(count)]
    check_drawn(view_of(tree_map(parents)))


def test_a_start_with_many_screens_fills_rows_and_a_chain_goes_to_the_right() -> None:
    star = view_of(tree_map([0] * 40))
    assert star.width_px <= 1030
    assert len({node.top_px for node in star.nodes[1:]}) > 4
    chain = view_of(tree_map([0, 1, 2]))
    assert [node.left_px for node in chain.nodes] == sorted({node.left_px for node in chain.nodes})


def test_150_screens_take_no_more_than_a_page_in_width_at_a_usual_depth() -> None:
    parents: list[int | None] = [max(0, number // 3 - 1) for number in range(149)]
    view = view_of(tree_map(parents))
    check_drawn(view)
    assert len(view.nodes) == 150
    assert view.width_px <= 1250
    assert view.height_px <= 150 * _CELL_HEIGHT_PX // 2, "most screens share a row with others"


def test_every_kind_of_end_has_a_text_in_both_languages() -> None:
    for language in ("zh_CN", "en"):
        assert {"map-refused", UNTRIED, CUT, LOOP, LEFT_APP, "map-failed"} <= set(catalogue(language))


# --- in a bundle


def test_a_map_is_in_the_coverage_and_in_the_report_with_pictures_that_wait(tmp_path: Path) -> None:
    bundle = write_map_walk(tmp_path, 24)
    raw = parse((bundle / layout.COVERAGE).read_bytes(), member=layout.COVERAGE)
    coverage = from_json(CoverageFacts, raw, member=layout.COVERAGE)
    assert coverage.map == app_map(read_bundle(bundle))
    assert len(coverage.map.places) == 24
    assert all(place.presses is not None for place in coverage.map.places)
    assert verify(bundle).soundness is Soundness.SOUND

    page = parsed((bundle / layout.REPORT).read_bytes())
    drawn = page.get_element_by_id("map")
    pictures = drawn.xpath(".//img")
    assert len(pictures) == 24
    assert {picture.get("loading") for picture in pictures} == {"lazy"}
    assert all((bundle / picture.get("src")).is_file() for picture in pictures)
    assert sum((bundle / picture.get("src")).stat().st_size for picture in pictures) < 24 * 25_000
    assert not page.xpath("//script")
    assert len(drawn.xpath(".//*[contains(@class, 'open')]")) >= 3
