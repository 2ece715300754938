"""Facts about the raw bytes of a capture."""

from __future__ import annotations

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.device import frames


def png(colour: tuple[int, int, int], size: tuple[int, int] = (40, 60)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def hierarchy(*nodes: str) -> bytes:
    return ("<?xml version='1.0'?><hierarchy rotation=\"0\">" + "".join(nodes) + "</hierarchy>").encode()


def node(class_name: str, bounds: str = "[0,0][10,10]", text: str = "") -> str:
    return f'<node text="{text}" resource-id="a" class="{class_name}" package="p" bounds="{bounds}" />'


def test_a_warning_before_the_png_is_dropped_and_the_bytes_stay_the_same() -> None:
    original = png((10, 20, 30))
    raw = b"[Warning] Multiple displays were found, but no display id was specified!\n" + original
    assert frames.png_in(raw) == original


@given(st.integers(min_value=0, max_value=60))
def test_a_png_that_is_cut_short_is_no_png(cut: int) -> None:
    original = png((10, 20, 30))
    assert frames.png_in(original[: len(original) - 1 - cut]) is None


@given(st.integers(min_value=8, max_value=90), st.integers(min_value=1, max_value=255))
def test_a_png_with_a_wrong_byte_is_no_png(at: int, change: int) -> None:
    original = bytearray(png((10, 20, 30)))
    original[at] ^= change
    assert frames.png_in(bytes(original)) is None


def test_a_picture_whose_checksums_hold_and_whose_pixels_do_not_is_not_called_black() -> None:
    original = png((0, 0, 0))
    data = original.index(b"IDAT")
    broken = b"IDAT" + b"\xff" * 20
    forged = original[: data - 4] + (20).to_bytes(4, "big") + broken + zlib.crc32(broken).to_bytes(4, "big")
    forged += original[original.index(b"IEND") - 4 :]
    assert frames.png_in(forged) == forged
    assert not frames.is_black(forged)


def test_the_size_is_read_from_the_header() -> None:
    assert frames.size_px(png((0, 0, 0), (108, 240))) == (108, 240)


def test_only_an_all_black_frame_is_black() -> None:
    assert frames.is_black(png((0, 0, 0)))
    assert not frames.is_black(png((255, 255, 255)))
    dot = Image.new("RGB", (40, 60))
    dot.putpixel((3, 3), (90, 90, 90))
    out = io.BytesIO()
    dot.save(out, "PNG")
    assert not frames.is_black(out.getvalue())


def test_half_an_xml_is_not_a_small_screen() -> None:
    whole = hierarchy(node("A"), node("B")).decode()
    assert frames.is_whole_xml(whole.encode())
    assert not frames.is_whole_xml(whole[: len(whole) // 2].encode())
    assert not frames.is_whole_xml(whole[: whole.index("/>") + 2].encode())
    assert not frames.is_whole_xml(b"<html></html>")
    assert frames.is_whole_xml(b'<hierarchy rotation="0" />')
    assert frames.node_count(b'<hierarchy rotation="0" />') == 0


def test_a_ticking_clock_and_an_unordered_window_list_are_the_same_structure() -> None:
    first = hierarchy(node("A", text="00:12"), node("B"), node("C"))
    second = hierarchy(node("C"), node("A", text="00:13"), node("B"))
    assert frames.same_structure(first, second)


@pytest.mark.parametrize(
    "after",
    [
        hierarchy(*(node("Row", f"[0,{y}][10,{y + 8}]") for y in range(5, 105, 10))),
        hierarchy(*(node("Row", f"[0,{y}][10,{y + 8}]") for y in range(0, 90, 10))),
    ],
    ids=["scrolled", "a row less"],
)
def test_a_moving_list_is_not_the_same_structure(after: bytes) -> None:
    before = hierarchy(*(node("Row", f"[0,{y}][10,{y + 8}]") for y in range(0, 100, 10)))
    assert not frames.same_structure(before, after)
