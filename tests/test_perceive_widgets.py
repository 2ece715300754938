"""Widgets without nodes are seen by their pixels; what only resembles them is not."""

from __future__ import annotations

import io
import math

import pytest
from PIL import Image, ImageDraw

from harness.model import Shape, ShapeKind
from harness.perceive.pictures import decode_colour, waiting, widgets
from tests.picture_drawing import canvas, coloured, speckled
from tests.screen_drawing import Written, drawn


def of_kind(image: Image.Image, kind: ShapeKind) -> list[Shape]:
    return [shape for shape in widgets(coloured(image)) if shape.kind is kind]


@pytest.mark.parametrize("fill", [0.15, 0.42, 0.9])
@pytest.mark.parametrize("height_px", [6, 16])
def test_a_progress_bar_tells_how_far_it_is_filled(fill: float, height_px: int) -> None:
    image, pen = canvas()
    pen.rounded_rectangle((60, 200, 459, 200 + height_px - 1), radius=height_px // 2, fill="#e4e6ea")
    pen.rounded_rectangle((60, 200, 59 + 400 * fill, 200 + height_px - 1), radius=height_px // 2, fill="#2060e0")
    (bar,) = of_kind(image, ShapeKind.PROGRESS)
    assert bar.fill_ratio == pytest.approx(fill, abs=0.03)
    assert abs(bar.box.left - 60) <= 8
    assert abs(bar.box.right - 460) <= 8
    assert abs(bar.box.top - 200) <= 2


@pytest.mark.parametrize(("fill", "wanted"), [(0.03, 0.03), (0.97, 0.97)])
def test_a_bar_that_has_just_begun_or_is_nearly_full_is_seen(fill: float, wanted: float) -> None:
    image, pen = canvas()
    pen.rounded_rectangle((60, 200, 459, 211), radius=5, fill="#cfe2fb")
    pen.rounded_rectangle((60, 200, 60 + 400 * fill, 211), radius=5, fill="#2060e0")
    (bar,) = of_kind(image, ShapeKind.PROGRESS)
    assert bar.fill_ratio == pytest.approx(wanted, abs=0.03)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.95])
def test_a_seek_bar_has_a_thumb_that_tells_the_position(at: float) -> None:
    image, pen = canvas(ground="#101012")
    x = 60 + 400 * at
    pen.rectangle((60, 300, 460, 305), fill="#55565a")
    pen.rectangle((60, 300, x, 305), fill="#f04040")
    pen.ellipse((x - 12, 291, x + 12, 315), fill="#f8f8f8")
    (bar,) = of_kind(image, ShapeKind.SEEK)
    assert bar.fill_ratio == pytest.approx(at, abs=0.03)
    assert of_kind(image, ShapeKind.PROGRESS) == []


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_the_time_beside_a_seek_bar_is_no_second_thumb(at: float) -> None:
    text = Written(text="00:02/05:00", x_px=838, y_px=802, size_px=36, ink="#ffffff")
    image = Image.open(io.BytesIO(drawn([text], size_px=(1080, 1200), ground="#000000")))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((169, 816, 811, 833), radius=9, fill="#3b3b3b", outline="#858585", width=3)
    x = 192 + 596 * at
    pen.ellipse((x - 23, 802, x + 23, 848), fill="#ffffff")
    (bar,) = of_kind(image, ShapeKind.SEEK)
    assert bar.fill_ratio == pytest.approx(at, abs=0.05)


def test_a_separator_and_a_card_border_are_no_bars() -> None:
    image, pen = canvas()
    pen.rectangle((20, 200, 520, 203), fill="#e0e0e0")
    pen.rounded_rectangle((20, 300, 520, 500), radius=16, outline="#c0c0c0", width=4)
    assert [s.kind for s in widgets(coloured(image))] == []


def test_lines_of_text_are_no_widgets() -> None:
    texts = [Written(text="学习强国平台积分规则说明", x_px=30, y_px=40 + 60 * n, size_px=40) for n in range(9)]
    png = drawn(texts, size_px=(540, 600))
    assert widgets(decode_colour(png)) == ()


@pytest.mark.parametrize(("on", "track"), [(True, "#34c759"), (False, "#d6d8dc")])
def test_a_switch_is_on_when_its_knob_is_right(on: bool, track: str) -> None:  # noqa: FBT001
    image, pen = canvas()
    pen.rounded_rectangle((420, 200, 480, 232), radius=16, fill=track)
    x = 450 if on else 422
    pen.ellipse((x, 202, x + 28, 230), fill="#ffffff")
    (switch,) = of_kind(image, ShapeKind.SWITCH)
    assert switch.fill_ratio == (1.0 if on else 0.0)
    assert abs(switch.box.left - 420) <= 4
    assert abs(switch.box.right - 480) <= 4


def test_a_round_portrait_beside_a_block_is_no_switch() -> None:
    image, pen = canvas()
    pen.ellipse((40, 200, 80, 240), fill="#6090d0")
    pen.rectangle((100, 200, 400, 240), fill="#eeeeee")
    assert of_kind(image, ShapeKind.SWITCH) == []


def test_a_red_dot_is_seen_and_a_red_button_is_none() -> None:
    image, pen = canvas()
    pen.ellipse((300, 100, 316, 116), fill="#fa3232")
    pen.rounded_rectangle((60, 200, 300, 260), radius=30, fill="#fa3232")
    pen.rectangle((400, 300, 416, 316), fill="#fa3232")
    (dot,) = of_kind(image, ShapeKind.DOT)
    assert abs(dot.box.left - 300) <= 2
    assert abs(dot.box.top - 100) <= 2


def test_a_vivid_pill_with_a_word_on_it_is_a_button_and_an_empty_one_is_none() -> None:
    text = Written(text="立即签到", x_px=400, y_px=400, size_px=60, ink="#ffffff", ground="#1a5fd0")
    png = drawn([text], size_px=(1080, 1200))
    (button,) = [s for s in widgets(decode_colour(png)) if s.kind is ShapeKind.BUTTON]
    assert button.box.holds(500, 440)
    image, pen = canvas()
    pen.rounded_rectangle((60, 200, 300, 260), radius=24, fill="#1a5fd0")
    assert of_kind(image, ShapeKind.BUTTON) == []


def _month(columns: int, rows: int) -> bytes:
    texts = [
        Written(text=str(1 + row * columns + column), x_px=30 + 70 * column, y_px=60 + 66 * row, size_px=28)
        for row in range(rows)
        for column in range(columns)
    ]
    return drawn(texts, size_px=(540, 600))


def test_a_month_is_a_calendar_and_a_table_of_three_columns_is_none() -> None:
    (calendar,) = [s for s in widgets(decode_colour(_month(7, 5))) if s.kind is ShapeKind.CALENDAR]
    assert calendar.box.height_px > 4 * 66
    assert calendar.match_ratio > 0.9
    assert [s for s in widgets(decode_colour(_month(3, 7))) if s.kind is ShapeKind.CALENDAR] == []


def test_three_medals_at_the_head_of_rows_are_gold_silver_bronze() -> None:
    image, pen = canvas()
    for number, colour in enumerate(("#f0b41e", "#aab4be", "#be6e32")):
        pen.ellipse((30, 60 + 120 * number, 74, 104 + 120 * number), fill=colour)
    medals = of_kind(image, ShapeKind.MEDAL)
    assert [m.name for m in medals] == ["gold", "silver", "bronze"]


def test_three_blue_discs_are_no_medals() -> None:
    image, pen = canvas()
    for number in range(3):
        pen.ellipse((30, 60 + 120 * number, 74, 104 + 120 * number), fill="#3060c0")
    assert of_kind(image, ShapeKind.MEDAL) == []


# --- waiting ---------------------------------------------------------------------------------------------------


def _skeleton() -> Image.Image:
    image, pen = canvas((540, 1200))
    for number in range(5):
        pen.rounded_rectangle((24, 100 + 180 * number, 124, 200 + 180 * number), radius=10, fill="#e6e6e6")
        pen.rounded_rectangle((144, 110 + 180 * number, 460, 136 + 180 * number), radius=6, fill="#e6e6e6")
        pen.rounded_rectangle((144, 156 + 180 * number, 380, 182 + 180 * number), radius=6, fill="#e6e6e6")
    return image


def _spinner(pen: ImageDraw.ImageDraw) -> None:
    for number in range(12):
        angle = number * math.pi / 6
        shade = 60 + 14 * number
        x, y = 270 + 26 * math.cos(angle), 560 + 26 * math.sin(angle)
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=(shade, shade, shade))


def test_grey_blocks_without_a_word_are_a_skeleton() -> None:
    (seen,) = waiting(coloured(_skeleton()))
    assert seen.kind is ShapeKind.SKELETON


def test_a_lone_ring_in_the_middle_is_a_spinner_with_and_without_a_title() -> None:
    image, pen = canvas((540, 1200))
    _spinner(pen)
    (seen,) = waiting(coloured(image))
    assert seen.kind is ShapeKind.SPINNER
    assert seen.box.holds(270, 560)
    pen.rectangle((200, 60, 340, 90), fill="#222222")
    assert [s.kind for s in waiting(coloured(image))] == [ShapeKind.SPINNER]


def test_a_page_with_content_does_not_wait() -> None:
    image, pen = canvas((540, 1200))
    _spinner(pen)
    pen.rectangle((40, 800, 400, 860), fill="#222222")
    assert waiting(coloured(image)) == ()
    assert waiting(coloured(speckled((540, 1200), 1))) == ()
    assert waiting(coloured(canvas((540, 1200))[0])) == ()


@pytest.mark.parametrize("size", [(1, 1), (31, 2000), (2000, 31), (64, 64)])
def test_tiny_and_narrow_pictures_hold_no_widgets(size: tuple[int, int]) -> None:
    pixels = coloured(canvas(size)[0])
    assert widgets(pixels) == ()
    assert waiting(pixels) == ()
