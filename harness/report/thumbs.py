"""Small pictures made from originals. Derivatives only; an original that cannot be read is shown as it is."""

from __future__ import annotations

import io
import logging

from PIL import Image, UnidentifiedImageError

WIDTH_PX = 540
TINY_PX = 168  # on the map, twice the size at which it is shown
_QUALITY = 85
_MOST_PIXELS = 60_000_000

_log = logging.getLogger(__name__)


def thumb(png: bytes, wide_px: int = WIDTH_PX) -> bytes | None:
    """Return a JPEG so many pixels wide, ``None`` where the picture cannot be read or is unreasonably large."""
    width_px, height_px = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if not 0 < width_px * height_px <= _MOST_PIXELS:  # looked at before Pillow does
        _log.warning("a screenshot is not scaled; the original is shown", extra={"size_px": (width_px, height_px)})
        return None
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            size = wide_px, max(1, round(image.height * wide_px / image.width))
            small = image.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=1.0)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        _log.warning("a screenshot cannot be scaled; the original is shown", extra={"error": str(error)})
        return None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
