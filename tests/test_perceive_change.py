"""What changed between two pictures is told by regions, by scrolling, and by what moves inside a screen at rest."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from harness.model import Box
from harness.perceive.pictures import compare
from tests.picture_drawing import canvas, coloured, grey, speckled
from tests.screen_drawing import Written, drawn

SIZE_PX = (540, 1200)


def _page(offset_px: int = 0) -> Image.Image:
    """Return a page with a fixed head and foot and a list that is scrolled by ``offset_px``."""
    lines = [
        Written(
            text=f"第{n}条 {'学习任务通知公告'[n % 8 :]}{n * 37 % 91}",
            x_px=30,
            y_px=120 + 80 * n - offset_px,
            size_px=36,
        )
        for n in range(-8, 40)
    ]
    image = Image.open(io.BytesIO(drawn(lines, size_px=SIZE_PX)))
    bars, pen = canvas(SIZE_PX)
    pen.rectangle((0, 0, 540, 90), fill="#c02020")
    pen.rectangle((40, 20, 200, 60), fill="#ffffff")
    pen.rectangle((0, 1100, 540, 1200), fill="#f0f0f0")
    for number in range(4):
        pen.ellipse((40 + 130 * number, 1120, 90 + 130 * number, 1170), fill="#707070")
    image.paste(bars.crop((0, 0, 540, 90)), (0, 0))
    image.paste(bars.crop((0, 1100, 540, 1200)), (0, 1100))
    return image


def test_the_same_picture_has_not_changed() -> None:
    change = compare(grey(_page()), grey(_page()))
    assert (change.regions, change.scrolled_px, change.changed_ratio) == ((), 0, 0.0)
    assert change.settled


@pytest.mark.parametrize("offset", [7, 64, 311, 560, -150])
def test_a_list_that_was_scrolled_tells_by_how_many_pixels(offset: int) -> None:
    change = compare(grey(_page()), grey(_page(offset)))
    assert change.scrolled_px == offset
    assert not change.settled


def test_a_changed_word_is_one_region_and_no_scrolling() -> None:
    after = _page()
    after.paste(Image.new("RGB", (300, 60), "#3060c0"), (200, 400))
    change = compare(grey(_page()), grey(after))
    assert change.scrolled_px in (0, None)
    (region,) = change.regions
    wanted = Box(left=200, top=400, right=500, bottom=460)
    assert region.overlap(wanted).area_px > 0.85 * wanted.area_px
    assert region.area_px < 1.2 * wanted.area_px


def test_a_ticking_clock_leaves_the_screen_settled() -> None:
    after = _page()
    after.paste(Image.new("RGB", (40, 20), "#000000"), (440, 30))
    change = compare(grey(_page()), grey(after))
    assert len(change.ticking) == 1
    assert change.settled


def test_a_video_that_plays_inside_a_still_page_leaves_it_settled() -> None:
    frames = [_page(), _page()]
    for number, frame in enumerate(frames):
        frame.paste(speckled((540, 304), number), (0, 90))
    change = compare(*map(grey, frames))
    (moving,) = change.moving
    assert moving.overlap(Box(left=0, top=90, right=540, bottom=394)).area_px > 0.9 * 540 * 304
    assert change.settled


def test_another_page_is_neither_scrolled_nor_settled() -> None:
    other = speckled(SIZE_PX, 9)
    change = compare(grey(_page()), grey(other))
    assert change.scrolled_px is None
    assert not change.settled


def test_a_dialog_over_a_dimmed_page_is_not_settled() -> None:
    after = _page().point(lambda level: level * 0.5)
    after.paste(Image.new("RGB", (400, 300), "#ffffff"), (70, 450))
    assert not compare(grey(_page()), grey(after)).settled


def test_equal_rows_of_a_list_do_not_invent_a_scroll() -> None:
    image, pen = canvas(SIZE_PX)
    for number in range(14):
        pen.rectangle((30, 20 + 84 * number, 300, 60 + 84 * number), fill="#404040")
    after = image.copy()
    after.paste(Image.new("RGB", (60, 40), "#c02020"), (400, 500))
    assert compare(grey(image), grey(after)).scrolled_px in (0, None)


def test_pictures_of_two_sizes_have_changed_all_over() -> None:
    change = compare(grey(canvas((10, 10))[0]), grey(canvas((10, 20))[0]))
    assert change.regions == (Box(left=0, top=0, right=10, bottom=20),)
    assert not change.settled


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_tiny_pictures_can_be_compared(size: tuple[int, int]) -> None:
    one, other = canvas(size)[0], canvas(size, "#000000")[0]
    assert compare(grey(one), grey(one)).settled
    assert compare(grey(one), grey(other)).changed_ratio == 1.0
    assert coloured(one).shape == (size[1], size[0], 3)


def test_a_carousel_that_turns_leaves_the_screen_settled() -> None:
    strip = speckled((1080, 220), 5)
    frames = [_page(), _page()]
    for number, frame in enumerate(frames):
        frame.paste(strip.crop((200 * number, 0, 200 * number + 540, 220)), (0, 300))
    change = compare(*map(grey, frames))
    assert len(change.moving) == 1
    assert change.settled
    assert change.scrolled_px in (0, None)
