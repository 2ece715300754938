"""Small picture work for the device's own programs; pure."""

from __future__ import annotations

import io

from PIL import Image


def black_png(size_px: tuple[int, int]) -> bytes:
    """Return a black PNG of that size, as a device gives for a protected window."""
    return _encoded(Image.new("RGB", size_px), "PNG")


def png_size(png: bytes) -> tuple[int, int]:
    """Return width and height from a PNG's header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def fitted_png(png: bytes, size_px: tuple[int, int]) -> bytes:
    """Return the picture cut to the panel: a panel of no whole number of CSS pixels is drawn a little larger."""
    return _encoded(_opened(png, 1).crop((0, 0, *size_px)), "PNG")


def scaled_png(png: bytes, scale: float) -> bytes:
    """Return the picture scaled; 1 gives the same bytes."""
    if scale == 1:
        return png
    return _encoded(_opened(png, scale), "PNG")


def scaled_jpeg(png: bytes, scale: float, quality: int) -> bytes:
    """Return the picture scaled, as JPEG of ``quality`` 1 to 100."""
    image = _opened(png, scale)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=max(1, min(quality, 100)))
    return buffer.getvalue()


def _opened(png: bytes, scale: float) -> Image.Image:
    with Image.open(io.BytesIO(png)) as source:
        image = source.convert("RGB")
    if scale == 1:
        return image
    width = max(1, round(image.width * scale))
    height = max(1, round(image.height * scale))
    return image.resize((width, height))


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
