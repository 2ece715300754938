"""Pictures decoded within limits: a broken, huge or lying one is one ``UnreadablePicture``; memory stays bounded."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.model import Box

Grey = NDArray[np.uint8]  # height x width
Colour = NDArray[np.uint8]  # height x width x 3, blue green red

# As many as a reader has, whatever the machine: left alone, OpenCV takes every core from the other devices.
_THREADS = 2
cv2.setNumThreads(min(_THREADS, cv2.getNumThreads()))

MAX_PIXELS = 60_000_000
_MAX_BYTES = 80_000_000
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


class UnreadablePicture(ValueError):
    """The bytes are no picture that will be decoded; the message says why. Never leaves ``harness.perceive``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded screen: grey levels, and its size in pixels."""

    grey: Grey

    @property
    def size_px(self) -> tuple[int, int]:
        return int(self.grey.shape[1]), int(self.grey.shape[0])

    def part(self, box: Box) -> Grey:
        """Return the grey levels inside ``box``, clipped to the picture."""
        return self.grey[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]


def png_size_px(png: bytes) -> tuple[int, int]:
    """Return the size a PNG declares, without decoding it. Raises ``UnreadablePicture``."""
    if len(png) < 33 or not png.startswith(_PNG_MAGIC) or png[12:16] != b"IHDR":
        raise UnreadablePicture(f"not a PNG: starts with {png[:8]!r}, {len(png)} bytes")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def decode(png: bytes) -> Picture:
    """Return the picture of a PNG. Raises ``UnreadablePicture`` for what is no PNG, broken, or beyond the limits."""
    return Picture(grey=_decoded(png, cv2.IMREAD_GRAYSCALE))


def decode_colour(png: bytes) -> Colour:
    """Return the colours of a PNG, blue first; transparency is dropped. Raises as ``decode`` does."""
    return _decoded(png, cv2.IMREAD_COLOR)


def _decoded(png: bytes, mode: int) -> NDArray[np.uint8]:
    width, height = png_size_px(png)
    if len(png) > _MAX_BYTES or width * height > MAX_PIXELS or not width or not height:
        raise UnreadablePicture(f"{width}x{height} px in {len(png)} bytes: limit is {MAX_PIXELS} px")
    try:
        pixels = cv2.imdecode(np.frombuffer(png, dtype=np.uint8), mode)
    except cv2.error as error:
        raise UnreadablePicture(f"cannot be decoded: {error}") from error
    if pixels is None or pixels.shape[:2] != (height, width):
        raise UnreadablePicture("cannot be decoded: the data is cut short or damaged")
    return pixels.astype(np.uint8, copy=False)


def png_of(data: bytes, *, name: str) -> tuple[bytes, tuple[int, int]]:
    """Return any stored picture as PNG bytes with its size; a PNG keeps its bytes. Raises ``UnreadablePicture``."""
    if len(data) > _MAX_BYTES:
        raise UnreadablePicture(f"{name}: {len(data)} bytes: limit is {_MAX_BYTES}")
    if data.startswith(_PNG_MAGIC):
        return data, decode(data).size_px
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP", "BMP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadablePicture(f"{name}: {image.width}x{image.height} px: limit is {MAX_PIXELS} px")
            buffer = io.BytesIO()
            image.convert("RGB").save(buffer, format="PNG", compress_level=1)
            return buffer.getvalue(), image.size
    except UnidentifiedImageError as error:  # its own words name an address in memory
        raise UnreadablePicture(f"{name}: is not a PNG, JPEG, WebP or BMP") from error
    except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadablePicture(f"{name}: {error}") from error


def saved_bmp(grey: Grey) -> bytes:
    """Return the picture as BMP bytes: quick to write, lossless."""
    done, data = cv2.imencode(".bmp", grey)
    if not done:
        raise UnreadablePicture("could not be encoded")
    return bytes(data)
