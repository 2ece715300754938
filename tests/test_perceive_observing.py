"""One frame in, one observation out: what is opaque, what is read, what is a gap."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import time

import pytest
from PIL import Image

from harness.model import Box, Channel, Gap, Observation, ObservationId, ShapeKind
from harness.perceive import load_templates, observe
from harness.perceive.hierarchy import read_hierarchy
from harness.perceive.opaque import opaque_regions, silent_parts
from harness.perceive.shapes import shapes_in
from harness.perceive.tesseract import TesseractEngine
from harness.rules.concluding import UNREAD_REGION, unread
from tests.picture_drawing import TEMPLATES, canvas, own_outline, png_of_image, speckled, stamped
from tests.screen_drawing import (
    SIZE_PX,
    Written,
    WrittenEngine,
    button,
    drawn,
    frame,
    node,
    seen,
    tree,
    window,
)

VIEW = "android.view.View"
WEB = "android.webkit.WebView"
WHOLE = Box(left=0, top=0, right=1080, bottom=2400)


@pytest.fixture(scope="module")
def written_png() -> bytes:
    """A screen with text all over it."""
    return drawn([Written(text="排行榜第一名" * 3, x_px=30, y_px=y, size_px=50) for y in range(40, 2360, 120)])


def reasons(observation: Observation) -> set[tuple[str, str]]:
    return {(gap.channel, gap.reason) for gap in observation.gaps}


def test_where_the_hierarchy_knows_all_nothing_is_read(written_png: bytes) -> None:
    engine = WrittenEngine(("排行榜", (0, 0, 100, 100)))
    full = node("本页全部文字", (0, 0, 1080, 2400))
    observation = seen(window(full), png=written_png, engines=[engine])
    assert (observation.opaque, observation.engines, observation.gaps) == ((), (), ())
    assert engine.asked == []


def test_a_canvas_without_text_is_read_and_its_words_say_where_from(written_png: bytes) -> None:
    engine = WrittenEngine(("个人排行", (100, 300, 400, 360)), ("标题", (30, 40, 300, 90)))
    canvas = node("", (0, 200, 1080, 2400), kind=VIEW)
    observation = seen(window(node("积分", (0, 0, 1080, 200)), canvas), png=written_png, engines=[engine])
    assert observation.opaque == (Box(left=0, top=200, right=1080, bottom=2400),)
    assert engine.asked == [observation.opaque]
    assert observation.engines == ("written 1.0",)
    assert [(w.norm, w.channels) for w in observation.words] == [
        ("积分", frozenset({Channel.HIERARCHY})),
        ("个人排行", frozenset({Channel.OCR})),
    ]


def test_a_web_view_that_names_its_page_and_nothing_else_is_opaque(written_png: bytes) -> None:
    web = node("签到排行榜", (0, 80, 1080, 2400), kind=WEB)
    observation = seen(window(web), png=written_png, engines=[WrittenEngine()])
    assert observation.opaque == (Box(left=0, top=80, right=1080, bottom=2400),)


def test_a_web_view_with_nodes_is_not_opaque(written_png: bytes) -> None:
    web = node("积分", (0, 80, 1080, 2400), node("我的积分", (0, 80, 1080, 2400), kind=VIEW), kind=WEB)
    assert seen(window(web), png=written_png).opaque == ()


def test_text_that_lies_on_a_picture_is_not_read_again(written_png: bytes) -> None:
    picture = node("", WHOLE_BOUNDS, kind="android.widget.ImageView")
    engine = WrittenEngine()
    texts = [node("文字", (0, top, 1080, top + 1100)) for top in (0, 1100)]
    seen(window(picture, *texts), png=written_png, engines=[engine])
    assert engine.asked == [(Box(left=0, top=2200, right=1080, bottom=2400),)]


WHOLE_BOUNDS = (0, 0, 1080, 2400)


def test_a_thousand_texts_over_a_picture_do_not_cut_it_into_ever_more_slivers() -> None:
    picture = node("", WHOLE_BOUNDS, kind="android.widget.ImageView")
    corners = [((at * 37) % 1040, (at * 53) % 2360) for at in range(1000)]
    texts = [node("字", (left, top, left + 30, top + 30)) for left, top in corners]
    elements = read_hierarchy(tree(window(picture, *texts)), size_px=SIZE_PX)
    assert not isinstance(elements, Gap)
    began_s = time.process_time()  # not of the clock: other work on the machine does not count
    parts = silent_parts(WHOLE, elements=elements, size_px=SIZE_PX)
    assert time.process_time() - began_s < 6
    assert parts
    assert all(min(part.width_px, part.height_px) >= 16 for part in parts)


def test_more_silent_regions_than_fit_side_by_side_are_the_whole_screen() -> None:
    pile = [node("", (at % 900, at % 2200, at % 900 + 150, at % 2200 + 150), kind=VIEW) for at in range(0, 7 * 900, 7)]
    elements = read_hierarchy(tree(window(node("题", (0, 0, 50, 50)), *pile)), size_px=SIZE_PX)
    assert not isinstance(elements, Gap)
    assert opaque_regions(elements, size_px=SIZE_PX) == (WHOLE,)


def test_blank_ground_and_small_icons_are_not_opaque() -> None:
    ground = node("", WHOLE_BOUNDS, kind=VIEW)
    icon = node("", (20, 20, 70, 70), kind="android.widget.ImageView")
    assert seen(window(node("标题", (0, 0, 400, 90)), ground, icon)).opaque == ()


def test_a_page_that_shows_nothing_under_its_native_title_is_opaque_and_nobody_reads_it_as_clear() -> None:
    title = node("我的积分", (0, 0, 1080, 200))
    empty = seen(window(title, node("", (0, 200, 1080, 2400), kind=WEB)), png=drawn(()), engines=[WrittenEngine()])
    assert empty.opaque == (Box(left=0, top=200, right=1080, bottom=2400),)
    assert unread(empty, frozenset({Channel.HIERARCHY, Channel.OCR})) == UNREAD_REGION
    small = seen(window(title, node("", (0, 200, 1080, 900), kind=WEB)), png=drawn(()), engines=[WrittenEngine()])
    assert (small.opaque, unread(small, frozenset({Channel.HIERARCHY}))) == ((), None)


@pytest.mark.parametrize(
    ("text", "size_px", "ink"), [("签到", 33, "#cccccc"), ("积分", 42, "#222222"), ("7", 33, "#999999")]
)
def test_a_lone_word_on_a_large_empty_canvas_is_read(text: str, size_px: int, ink: str) -> None:
    alone = drawn([Written(text=text, x_px=500, y_px=1500, size_px=size_px, ink=ink)])
    engine = WrittenEngine((text, (500, 1500, 570, 1550)))
    observation = seen(
        window(node("我的", (0, 0, 1080, 200)), node("", (0, 200, 1080, 2400), kind=WEB)), png=alone, engines=[engine]
    )
    assert engine.asked == [(Box(left=0, top=200, right=1080, bottom=2400),)]
    assert text in {word.norm for word in observation.words}


def test_no_hierarchy_means_the_whole_screen_is_read_and_the_gap_stays(written_png: bytes) -> None:
    engine = WrittenEngine(("签到", (100, 300, 200, 360)))
    observation = observe(frame(None, png=written_png), id=ObservationId("o0001"), engines=[engine])
    assert observation.opaque == (WHOLE,)
    assert [w.norm for w in observation.words] == ["签到"]
    assert reasons(observation) == {("hierarchy", "hierarchy-absent")}


def test_system_bars_alone_are_no_hierarchy_of_the_app(written_png: bytes) -> None:
    bars = window(node("10:00", (0, 0, 200, 60)), package="com.android.systemui", bounds=(0, 0, 1080, 80))
    bars = bars.replace("cn.gov.demo.study", "com.android.systemui")
    observation = seen(bars, png=written_png, engines=[WrittenEngine()])
    assert ("hierarchy", "hierarchy-of-system-bars-only") in reasons(observation)
    assert sum(box.area_px for box in observation.opaque) > 0.9 * WHOLE.area_px


def test_an_opaque_screen_without_an_engine_has_a_gap_and_no_words(written_png: bytes) -> None:
    observation = seen(window(node("", (0, 200, 1080, 2400), kind=VIEW)), png=written_png)
    assert reasons(observation) == {("ocr", "engine-unavailable")}
    assert observation.words == ()


def test_an_engine_that_is_not_installed_is_a_gap_that_names_the_mend(written_png: bytes) -> None:
    engine = TesseractEngine(language="no_such_language")
    observation = observe(frame(None, png=written_png), id=ObservationId("o0001"), engines=[engine])
    gap = next(g for g in observation.gaps if g.channel is Channel.OCR)
    assert gap.reason == "engine-unavailable"
    assert "no_such_language" in gap.detail
    assert "apt-get install" in gap.detail
    assert observation.engines == ()


@pytest.mark.parametrize("ground", ["#000000", "#020202"])
def test_a_black_picture_is_a_gap_for_the_picture_and_for_reading_it(ground: str) -> None:
    black = drawn((), ground=ground)
    observation = observe(frame(None, png=black), id=ObservationId("o0001"), engines=[WrittenEngine()])
    assert {("picture", "black-frame"), ("ocr", "black-frame")} <= reasons(observation)
    assert observation.words == ()


def test_a_black_picture_behind_a_full_hierarchy_keeps_the_words() -> None:
    xml = tree(window(node("签到", (0, 0, 1080, 2400))))
    observation = observe(frame(xml, png=drawn((), ground="#000000")), id=ObservationId("o0001"))
    assert reasons(observation) == {("picture", "black-frame")}
    assert [w.norm for w in observation.words] == ["签到"]


@pytest.mark.parametrize(
    ("png", "reason"),
    [
        (b"", "picture-unreadable"),
        (b"\xff\xd8\xff\xe0 a JPEG", "picture-unreadable"),
        (drawn(())[:400], "picture-unreadable"),
        (drawn((), size_px=(720, 1280)), "picture-size-differs"),
    ],
)
def test_a_picture_that_cannot_be_used_is_a_gap(png: bytes, reason: str) -> None:
    canvas = tree(window(node("", WHOLE_BOUNDS, kind=VIEW)))
    observation = observe(frame(canvas, png=png), id=ObservationId("o0001"), engines=[WrittenEngine()])
    assert reasons(observation) == {("picture", reason), ("ocr", reason)}


def test_a_missing_picture_and_a_missing_hierarchy_are_two_gaps_and_nothing_else_is_claimed() -> None:
    bare = dataclasses.replace(frame(None), png=None)
    observation = observe(bare, id=ObservationId("o0001"), engines=[WrittenEngine()])
    assert reasons(observation) == {
        ("hierarchy", "hierarchy-absent"),
        ("picture", "picture-absent"),
        ("ocr", "picture-absent"),
    }
    assert (observation.png_sha256, observation.xml_sha256, observation.words) == (None, None, ())


def test_what_the_device_said_of_a_channel_is_kept_and_not_said_twice() -> None:
    told = Gap(channel=Channel.PICTURE, reason="secure-window", detail="FLAG_SECURE")
    black = dataclasses.replace(frame(None, png=drawn((), ground="#000000")), gaps=(told,), moving=True)
    observation = observe(black, id=ObservationId("o0001"))
    assert [g for g in observation.gaps if g.channel is Channel.PICTURE] == [told]
    assert observation.moving


def test_the_digests_are_of_the_original_bytes_and_the_same_frame_gives_the_same_observation() -> None:
    given = frame(tree(window(button("去学习", (0, 0, 1080, 2400)))))
    first, second = (observe(given, id=ObservationId("o0007")) for _ in range(2))
    assert first == second
    assert given.png is not None
    assert first.png_sha256 == hashlib.sha256(given.png).hexdigest()
    assert first.size_px == SIZE_PX


def test_shapes_and_icons_are_looked_for_where_the_hierarchy_is_silent_and_nowhere_else() -> None:
    image, pen = canvas((1080, 2400))
    pen.rectangle((100, 1000, 980, 1011), fill="#e0e2e6")
    pen.rectangle((100, 1000, 430, 1011), fill="#2060e0")
    stamped(image, own_outline("trophy"), (200, 1200), 80, "#c08a20")
    png = png_of_image(image)
    templates = load_templates(TEMPLATES)
    silent = frame(tree(window(node("标题", (0, 0, 1080, 200)), node("", (0, 200, 1080, 2400), kind=VIEW))), png=png)
    seen_there = observe(silent, id=ObservationId("o0001"), templates=templates)
    assert [(s.kind, s.name) for s in seen_there.shapes] == [(ShapeKind.PROGRESS, ""), (ShapeKind.ICON, "trophy")]
    assert seen_there.shapes[0].fill_ratio == pytest.approx(0.375, abs=0.02)
    known = frame(tree(window(node("本页全部文字", (0, 0, 1080, 2400)))), png=png)
    assert observe(known, id=ObservationId("o0001"), templates=templates).shapes == ()
    half = frame(tree(window(node("", (0, 200, 1080, 1100), kind=VIEW), node("字", (0, 1100, 1080, 2400)))), png=png)
    assert [s.kind for s in observe(half, id=ObservationId("o0001"), templates=templates).shapes] == [
        ShapeKind.PROGRESS
    ]


def test_the_colours_are_not_even_decoded_where_the_hierarchy_knows_all() -> None:
    assert shapes_in(b"no picture at all", (), ()) == ()


@pytest.mark.parametrize("seed", range(12))
def test_no_picture_makes_the_detectors_raise(seed: int) -> None:
    chance = random.Random(seed)
    size = chance.choice([(7, 900), (33, 33), (64, 65), (200, 31), (240, 500), (541, 700), (1, 1)])
    image = speckled(size, seed) if seed % 2 else Image.effect_noise(size, 80).convert("RGB")
    if seed % 3 == 0:
        image = image.resize((max(1, size[0] // 9), max(1, size[1] // 9))).resize(size, Image.Resampling.NEAREST)
    whole = Box(left=0, top=0, right=size[0], bottom=size[1])
    for shape in shapes_in(png_of_image(image), (whole,), load_templates(TEMPLATES)):
        assert 0 <= shape.match_ratio <= 1
        assert shape.box.area_px > 0
        assert type(shape.match_ratio) in (float, int)
        assert all(type(side) is int for side in (shape.box.left, shape.box.top, shape.box.right, shape.box.bottom))
