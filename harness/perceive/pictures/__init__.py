"""What pixels show: decoding, text lines, icons, widgets, change. But for ``frames`` the only importer of cv2."""

from harness.perceive.pictures.change import Change, compare
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
from harness.perceive.pictures.empty import is_black, is_blank, light_grid
from harness.perceive.pictures.icons import IconMatch, find_icons
from harness.perceive.pictures.lines import line_crop, text_lines
from harness.perceive.pictures.templates import (
    Template,
    UnusableTemplate,
    load_templates,
    template_of_crop,
    template_of_outline,
)
from harness.perceive.pictures.waiting import waiting
from harness.perceive.pictures.widgets import widgets

__all__ = [
    "MAX_PIXELS",
    "Change",
    "Colour",
    "Grey",
    "IconMatch",
    "Picture",
    "Template",
    "UnreadablePicture",
    "UnusableTemplate",
    "compare",
    "decode",
    "decode_colour",
    "find_icons",
    "is_black",
    "is_blank",
    "light_grid",
    "line_crop",
    "load_templates",
    "png_of",
    "png_size_px",
    "saved_bmp",
    "template_of_crop",
    "template_of_outline",
    "text_lines",
    "waiting",
    "widgets",
]
