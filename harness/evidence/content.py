"""Content that would harm whoever opens it: pictures too large to decode, XML with definitions of its own. Pure.

Looked at while the bytes go by; nothing is decoded or parsed.
"""

from __future__ import annotations

import re

from harness.evidence import layout
from harness.evidence.container import Limits, Problem

_PNG_HEAD_BYTES = 33
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
# A hierarchy dump has neither; in any text of an app ``<`` is written ``&lt;``.
_DEFINITIONS = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")
_OVERLAP_BYTES = 16
_PART = ".part"  # what a kill left of a write; in a finished bundle it does not belong
_XML_HEAD_BYTES = 512


class Scan:
    """Watches one member's bytes; ``problem`` says what was seen when all have gone by."""

    def __init__(self, member: str, limits: Limits) -> None:
        self._member = member
        self._limits = limits
        in_payload = member.removeprefix(f"{layout.SHARED}/")  # a copy's own part is laid out as a payload is
        self._is_png = in_payload.startswith(f"{layout.SHOTS}/") and not member.endswith(_PART)
        self._is_xml = member.startswith(f"{layout.UI}/") and not member.endswith(_PART)
        self._is_film = member.startswith(f"{layout.RECORDINGS}/") and not member.endswith(_PART)
        self._head = b""
        self._tail = b""
        self._found = ""

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self._is_png or self._is_xml or self._is_film:
            self._head += chunk[: max(0, _XML_HEAD_BYTES - len(self._head))]
        if self._is_xml and not self._found:
            window = self._tail + chunk
            if _DEFINITIONS.search(window):
                self._found = "a definition of its own"
            elif b"\x00" in chunk:
                self._found = "not UTF-8"
            self._tail = window[-_OVERLAP_BYTES:]

    def problem(self) -> Problem | None:
        """Return what is wrong with the member, ``None`` for nothing."""
        if self._is_xml:
            encoding = _ENCODING.match(self._head.removeprefix(b"\xef\xbb\xbf"))
            if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii"):
                return self._problem("evidence-xml-unsafe", f"encoding {encoding[1][:40].decode('ascii', 'replace')}")
            return self._problem("evidence-xml-unsafe", self._found) if self._found else None
        if self._is_png:
            if len(self._head) < _PNG_HEAD_BYTES or not self._head.startswith(_PNG):
                return self._problem("evidence-picture-unsafe", "not a PNG")
            width_px, height_px = int.from_bytes(self._head[16:20], "big"), int.from_bytes(self._head[20:24], "big")
            if not 0 < width_px * height_px <= self._limits.picture_pixels:
                return self._problem("evidence-picture-unsafe", f"{width_px}x{height_px}")
        if self._is_film and self._head[4:8] != b"ftyp":
            return self._problem("evidence-film-unsafe", "not an MP4")
        return None

    def _problem(self, key: str, detail: str) -> Problem:
        return Problem(key=key, member=self._member, detail=detail)
