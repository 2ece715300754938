"""Icons are found whatever their size and colour, and told from what looks like them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.icon_shapes import ALIKE, outline_of
from harness.perceive.pictures import (
    IconMatch,
    Template,
    UnusableTemplate,
    decode,
    find_icons,
    load_templates,
    template_of_crop,
    template_of_outline,
)
from harness.perceive.pictures.outline import Outline, UnreadableOutline, drawn_outline, read_outline
from tests.picture_drawing import TEMPLATES, canvas, coloured, own_outline, png_of_image, speckled, stamped

SIZE_PX = (540, 900)
OWN = {template.name: template for template in load_templates(TEMPLATES)}


def shown(outline: Outline, side_px: int, *, ink: str = "#222222", ground: str = "#ffffff") -> Image.Image:
    image, pen = canvas(SIZE_PX)
    pen.rectangle((100, 180, 140 + side_px, 220 + side_px), fill=ground)
    stamped(image, outline, (120, 200), side_px, ink)
    return image


def find(image: Image.Image, *templates: Template) -> tuple[IconMatch, ...]:
    return find_icons(coloured(image), templates or tuple(OWN.values()))


def test_the_templates_of_the_rules_are_these() -> None:
    assert set(OWN) == {
        "calendar-check",
        "coin",
        "crown",
        "lock",
        "medal",
        "play",
        "tick",
        "tick-disc",
        "trophy",
    }
    assert all(template.capture_width_px == 1080 for template in OWN.values())


@pytest.mark.parametrize("name", sorted(OWN))
@pytest.mark.parametrize("scale", [0.5, 0.74, 1.0, 1.37, 2.0])
def test_an_icon_is_found_at_every_size_and_its_box_is_right(name: str, scale: float) -> None:
    outline = own_outline(name)
    # The screen is half as wide as the template's capture, so that half the side is scale 1.
    template = template_of_outline(outline, name=name, side_px=120, capture_width_px=1080)
    glyph = np.argwhere(drawn_outline(outline, 480) > 96)
    side_px = round(scale * 60 * 480 / (int(np.ptp(glyph, axis=0).max()) + 1))
    (match,) = find(shown(outline, side_px), template)
    top, left = glyph.min(axis=0) * side_px / 480
    bottom, right = (glyph.max(axis=0) + 1) * side_px / 480
    box = match.box
    assert abs(box.left - 120 - left) <= 2
    assert abs(box.right - 120 - right) <= 2
    assert abs(box.top - 200 - top) <= 2
    assert abs(box.bottom - 200 - bottom) <= 2
    assert match.scale == pytest.approx(scale, rel=0.06)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("#222222", "#ffffff"),
        ("#eeeeee", "#16181c"),
        ("#ffffff", "#c0261a"),
        ("#d04020", "#fff8f0"),
        ("#8a5a00", "#f0c040"),
    ],
)
def test_an_icon_is_found_in_every_colour(ink: str, ground: str) -> None:
    matches = find(shown(own_outline("trophy"), 60, ink=ink, ground=ground))
    assert [match.name for match in matches] == ["trophy"]


def test_an_icon_on_a_photo_is_found() -> None:
    image = speckled(SIZE_PX, 3).point(lambda level: level * 0.6)
    stamped(image, own_outline("lock"), (200, 300), 50, "#ffffff")
    assert [match.name for match in find(image)] == ["lock"]


def test_an_icon_with_a_red_dot_on_its_corner_is_found() -> None:
    image = shown(own_outline("trophy"), 60, ink="#e8e8e8", ground="#202226")
    ImageDraw.Draw(image).ellipse((162, 194, 184, 216), fill="#f03232")
    assert [match.name for match in find(image)] == ["trophy"]


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in ALIKE.items() for other in others])
@pytest.mark.parametrize("side_px", [36, 64])
def test_what_looks_like_an_icon_is_not_taken_for_it(name: str, other: str, side_px: int) -> None:
    outline = outline_of(ALIKE[name][other])
    assert find(shown(outline, side_px), OWN[name]) == ()
    assert find(shown(outline, side_px, ink="#ffffff", ground="#b03020"), OWN[name]) == ()


def test_every_icon_of_a_list_is_found() -> None:
    image, _ = canvas(SIZE_PX)
    for number in range(10):
        stamped(image, own_outline("medal"), (40, 20 + 84 * number), 44, "#c08a20")
    matches = find(image, OWN["medal"])
    assert len(matches) == 10
    assert len({match.box.left for match in matches}) <= 2


def test_a_known_density_narrows_the_search_to_sizes_that_can_be() -> None:
    image = shown(own_outline("trophy"), 64)
    assert [m.name for m in find_icons(coloured(image), [OWN["trophy"]], scales=(1.5, 2.0))] == ["trophy"]
    assert find_icons(coloured(image), [OWN["trophy"]], scales=(0.5, 0.8)) == ()


def test_a_template_cut_out_of_a_capture_finds_the_icon_in_other_colours() -> None:
    image = shown(own_outline("crown"), 80)
    crop = decode(png_of_image(image)).grey[190:290, 110:210]
    template = template_of_crop(crop, name="crown", capture_width_px=540)
    (match,) = find(shown(own_outline("crown"), 110, ink="#ffe080", ground="#602010"), template)
    assert match.name == "crown"
    assert match.scale == pytest.approx(110 / 80, rel=0.06)


@pytest.mark.parametrize("crop", [np.full((40, 40), 200, np.uint8), np.zeros((3, 3), np.uint8)])
def test_a_flat_or_tiny_crop_is_refused_because_it_would_fit_everywhere(crop: np.ndarray) -> None:
    with pytest.raises(UnusableTemplate):
        template_of_crop(crop, name="flat", capture_width_px=1080)


@pytest.mark.parametrize("path", ["M0 0h24v24h-24z", "M2 11h20v1h-20z"])
def test_a_full_square_and_a_thin_line_are_refused(path: str) -> None:
    with pytest.raises(UnusableTemplate):
        template_of_outline(outline_of(path), name="x", side_px=60, capture_width_px=1080)


def test_nothing_is_found_on_empty_or_tiny_screens() -> None:
    assert find(canvas(SIZE_PX)[0]) == ()
    assert find(canvas((1, 1))[0]) == ()
    assert find(canvas((30, 700))[0]) == ()
    assert find_icons(coloured(canvas(SIZE_PX)[0]), ()) == ()


@pytest.mark.parametrize(
    "svg",
    [
        b"",
        b"<svg",
        b'<svg viewBox="0 0 24 24"></svg>',
        b'<svg><path d="M0 0h1v1z"/></svg>',
        b'<svg viewBox="0 0 0 0"><path d="M0 0h1v1z"/></svg>',
        b'<svg viewBox="0 0 24 24"><path d="M0 0 l1"/></svg>',
        b'<svg viewBox="0 0 24 24"><path d="M0 0 x"/></svg>',
        b'<svg viewBox="0 0 24 24"><path d="12 0"/></svg>',
        b"<svg>" + b" " * 100_000 + b"</svg>",
    ],
)
def test_what_is_no_outline_is_one_clear_error(svg: bytes) -> None:
    with pytest.raises(UnreadableOutline):
        read_outline(svg)


def test_all_path_commands_are_drawn_where_they_belong() -> None:
    disc = "M12 2a10 10 0 1010 10A10 10 0 0012 2z"
    area = float((drawn_outline(outline_of(disc), 240) > 127).mean())
    assert area == pytest.approx(np.pi * 100 / 576, abs=0.005)
    square = drawn_outline(outline_of("m6 6 H18 V18 h-12 z"), 240) > 127
    assert float(square.mean()) == pytest.approx(144 / 576, abs=0.005)
    curves = drawn_outline(outline_of("M4 12C4 4 20 4 20 12S4 20 4 12Q4 12 4 12T4 12z"), 240) > 127
    assert 0.1 < float(curves.mean()) < 0.4


def test_a_very_high_picture_is_searched_in_parts_and_nothing_is_lost_or_doubled_between_them() -> None:
    image, _ = canvas((270, 5000))
    places = [100 + 217 * number for number in range(22)]
    for y in places:
        stamped(image, own_outline("crown"), (100, y), 40, "#204080")
    matches = find(image, template_of_outline(own_outline("crown"), name="crown", side_px=140, capture_width_px=1080))
    assert sorted(round((match.box.top + match.box.bottom) / 2 - 20, -1) // 10 for match in matches) == [
        round(y, -1) // 10 for y in places
    ]


def test_a_template_far_smaller_than_any_pixel_finds_nothing_and_takes_no_memory() -> None:
    template = template_of_outline(own_outline("crown"), name="crown", side_px=2, capture_width_px=4000)
    assert find(canvas(SIZE_PX)[0], template) == ()
