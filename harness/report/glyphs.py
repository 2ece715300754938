"""Text that a font can print. Reads the font's file."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from PIL import ImageFont

from harness.wording import visible

_SIZE_PX = 24
_NO_CHARACTER = "\uffff"  # by definition in no font: drawn as what stands for a missing glyph


class Glyphs:
    """Which characters a font draws. PDF/A allows none that it does not."""

    def __init__(self, font: Path) -> None:
        self._font = ImageFont.truetype(str(font), _SIZE_PX, layout_engine=ImageFont.Layout.BASIC)
        self._missing = self._drawn(_NO_CHARACTER)
        self._known: dict[str, bool] = {}

    def printable(self, text: str) -> str:
        """Return text with each character that cannot be seen or printed as its code in brackets."""
        return "".join(char if self._has(char) else f"[U+{ord(char):04X}]" for char in visible(text))

    def _has(self, char: str) -> bool:
        if char not in self._known:
            # A lone mark would be put over whatever stands before it in our own text.
            alone = unicodedata.combining(char) != 0
            self._known[char] = char in "\n " or not (alone or self._drawn(char) == self._missing)
        return self._known[char]

    def _drawn(self, char: str) -> tuple[tuple[int, int], bytes]:
        mask = self._font.getmask(char)
        return mask.size, bytes(mask)
