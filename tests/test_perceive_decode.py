"""Pictures of every odd kind are decoded or refused with one clear error, within bounded memory."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from PIL import Image

from harness.errors import BadInput
from harness.model import ObservationId
from harness.perceive import frame_from_image, observe
from harness.perceive.pictures import UnreadablePicture, decode, decode_colour, png_of
from tests.picture_drawing import canvas, png_of_image, speckled
from tests.screen_drawing import AT


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width_px: int, height_px: int, *, rows: int = 8, crc: bool = True) -> bytes:
    """Return a PNG whose header is right in itself and says another size than its data has."""
    head = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"\x00" * 9 * rows))
    png += _chunk(b"IEND", b"")
    return png if crc else png[:29] + b"\0\0\0\0" + png[33:]


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (1080, 20_000)])
def test_one_pixel_and_very_high_pictures_are_decoded(size: tuple[int, int]) -> None:
    png = png_of_image(canvas(size)[0])
    assert decode(png).size_px == size
    assert decode_colour(png).shape == (size[1], size[0], 3)


def test_sixteen_bits_grey_palette_and_transparency_are_decoded() -> None:
    pictures = {
        "I;16": Image.new("I;16", (40, 30), 40_000),
        "L": Image.new("L", (40, 30), 156),
        "P": Image.new("RGB", (40, 30), "#9c9c9c").convert("P"),
        "RGBA": Image.new("RGBA", (40, 30), (156, 156, 156, 255)),
        "1": Image.new("1", (40, 30), 1),
    }
    for kind, image in pictures.items():
        png = png_of_image(image)
        assert decode(png).size_px == (40, 30), kind
        assert decode_colour(png).shape == (30, 40, 3), kind
        if kind != "1":
            assert abs(int(decode(png).grey[5, 5]) - 156) <= 4, kind


def test_a_cmyk_jpeg_becomes_a_picture_in_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (60, 40), (0, 255, 255, 0)).save(path, quality=95)
    frame = frame_from_image(path, at=AT)
    assert frame.png is not None
    blue, green, red = (int(v) for v in decode_colour(frame.png)[20, 30])
    assert red > 180
    assert max(blue, green) < 80


@pytest.mark.parametrize("keep", [0, 7, 20, 33, 60, 400, -200, -13])
def test_a_truncated_png_is_one_clear_error(keep: int) -> None:
    png = png_of_image(speckled((300, 200), 1))[:keep]
    with pytest.raises(UnreadablePicture):
        decode(png)
    with pytest.raises(UnreadablePicture):
        decode_colour(png)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.97])
def test_a_truncated_jpeg_is_one_clear_error_that_names_the_file(share: float, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    speckled((300, 200), 1).save(buffer, format="JPEG", quality=90)
    data = buffer.getvalue()
    with pytest.raises(UnreadablePicture, match=r"cut\.jpg"):
        png_of(data[: int(share * len(data))], name="cut.jpg")
    (tmp_path / "cut.jpg").write_bytes(data[: int(share * len(data))])
    with pytest.raises(BadInput, match=r"cut\.jpg"):
        frame_from_image(tmp_path / "cut.jpg", at=AT)


@pytest.mark.parametrize(
    "png",
    [
        png_that_claims(60_000, 60_000),
        png_that_claims(2**31 - 1, 2**31 - 1),
        png_that_claims(0, 8),
        png_that_claims(7_000, 8_000),
        png_that_claims(8, 9_000),
        png_that_claims(8, 8, crc=False),
    ],
    ids=["60000x60000", "2**31", "no width", "7000x8000", "8x9000", "wrong sum"],
)
def test_a_header_that_lies_is_one_clear_error_within_bounded_memory(png: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnreadablePicture):
            decode(png)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_a_jpeg_whose_header_claims_too_much_is_refused_before_it_is_decoded() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, format="JPEG")
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    with pytest.raises(UnreadablePicture):
        png_of(bytes(data), name="lies.jpg")


def test_opencv_takes_two_threads_where_a_machine_has_eight_cores() -> None:
    script = "import cv2, harness.perceive.pictures; print(cv2.getNumThreads())"
    eight = {**os.environ, "OPENCV_FOR_THREADS_NUM": "8"}
    asked = [sys.executable, "-c", script]
    assert subprocess.run(asked, env=eight, capture_output=True, text=True, check=True, timeout=120).stdout == "2\n"


def test_what_a_device_hands_over_broken_is_a_gap_and_no_exception(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_of_image(canvas((40, 60))[0]))
    frame = frame_from_image(path, at=AT)
    from dataclasses import replace

    seen = observe(replace(frame, png=png_that_claims(40, 60)), id=ObservationId("o0001"))
    assert [gap.reason for gap in seen.gaps if gap.channel == "picture"] == ["picture-unreadable"]
