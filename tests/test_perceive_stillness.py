"""A page that still moves is told from one at rest in which something plays, by its last pictures."""

from __future__ import annotations

import pytest
from PIL import Image

from harness.model import Box
from harness.perceive import at_rest
from tests.picture_drawing import PAGE_PX, drawn_page, png_of_image, speckled

WHOLE = (Box(left=0, top=0, right=540, bottom=1200),)
LIST = (Box(left=0, top=500, right=540, bottom=1200),)


def test_one_picture_tells_nothing_and_two_equal_ones_tell_rest() -> None:
    assert not at_rest([drawn_page()], WHOLE)
    assert at_rest([drawn_page(), drawn_page()], WHOLE)


def test_a_clock_may_tick() -> None:
    assert at_rest([drawn_page(clock=1), drawn_page(clock=2)], WHOLE)


def test_a_page_that_fades_in_is_waited_for() -> None:
    assert not at_rest([drawn_page(shade=0.2), drawn_page(shade=0.6)], WHOLE)
    assert not at_rest(
        [drawn_page(film=1, shade=0.1), drawn_page(film=2, shade=0.1), drawn_page(film=3, shade=0.6)], WHOLE
    )
    assert not at_rest([drawn_page(shade=0.2), drawn_page(shade=0.4), drawn_page(shade=0.7)], WHOLE)
    assert at_rest([drawn_page(shade=0.2), drawn_page(), drawn_page()], WHOLE)


def test_a_video_that_plays_in_a_page_at_rest_takes_three_pictures_to_tell() -> None:
    assert not at_rest([drawn_page(film=1), drawn_page(film=2)], WHOLE)
    assert at_rest([drawn_page(film=1), drawn_page(film=2), drawn_page(film=3)], WHOLE)


def test_a_video_that_fills_the_screen_is_told_by_three_pictures_too() -> None:
    films = [png_of_image(speckled(PAGE_PX, number)) for number in range(3)]
    assert not at_rest(films[:2], WHOLE)
    assert at_rest(films, WHOLE)


def test_what_scrolls_by_itself_is_never_at_rest() -> None:
    assert not at_rest([drawn_page(), drawn_page(down_px=60), drawn_page(down_px=120)], WHOLE)


def test_only_the_regions_asked_for_matter() -> None:
    assert at_rest([drawn_page(film=1), drawn_page(film=2)], LIST)
    assert not at_rest([drawn_page(shade=0.5), drawn_page(shade=0.9)], LIST)


@pytest.mark.parametrize("broken", [b"", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40])
def test_what_cannot_be_decoded_is_not_waited_for(broken: bytes) -> None:
    assert at_rest([drawn_page(), broken], WHOLE)


def test_a_screen_that_was_turned_is_not_at_rest_before_it_is_seen_twice() -> None:
    wide = png_of_image(Image.new("RGB", (1200, 540), "#102030"))
    assert not at_rest([drawn_page(), wide], WHOLE)
    assert not at_rest([drawn_page(), drawn_page(), wide], WHOLE)
    assert at_rest([drawn_page(), wide, wide], WHOLE)
