"""What pixels show: decoding, text lines, icons, widgets, change. The only importer of cv2 but for ``perceive.frames``."""

from harness.perceive.pictures.decode import (
    MAX_PIXELS,
    Colour,
    Grey,
    Picture,
    UnreadablePicture,
    decode,
    decode_colour,
    png_of,
    png_size_px,
    saved_bmp,
)
from harness.perceive.pictures.empty import is_black, is_blank
from harness.perceive.pictures.lines import line_crop, text_lines

__all__ = [
    "MAX_PIXELS",
    "Colour",
    "Grey",
    "Picture",
    "UnreadablePicture",
    "decode",
    "decode_colour",
    "is_black",
    "is_blank",
    "line_crop",
    "png_of",
    "png_size_px",
    "saved_bmp",
    "text_lines",
]
