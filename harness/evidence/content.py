"""Content that would harm whoever opens it: pictures too large to decode, XML with definitions of its own. Pure.

Looked at while the bytes go by; nothing is decoded or parsed.
"""

from __future__ import annotations

import re

from harness.evidence import layout
from harness.evidence.container import Container, Limits, Problem

_PNG_HEAD_BYTES = 33
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
# A hierarchy dump has neither; in any text of an app ``<`` is written ``&lt;``.
_DEFINITIONS = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")
_OVERLAP_BYTES = 16
_PART = ".part"  # what a kill left of a write; in a finished bundle it does not belong
_XML_HEAD_BYTES = 512
_SMALL_HEAD_BYTES = 1 << 16  # before a JPEG tells its size may lie tables, a profile, a preview
_JPEG = b"\xff\xd8"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the segments that tell a JPEG's size


class Scan:
    """Watches one member's bytes; ``problem`` says what was seen when all have gone by."""

    def __init__(self, member: str, limits: Limits) -> None:
        self._member = member
        self._limits = limits
        in_payload = member.removeprefix(f"{layout.SHARED}/")  # a copy's own part is laid out as a payload is
        self._is_png = in_payload.startswith(f"{layout.SHOTS}/") and not member.endswith(_PART)
        self._is_small = in_payload.startswith(f"{layout.DERIVED}/") and member.endswith((".jpg", ".png"))
        self._is_xml = member.startswith(f"{layout.UI}/") and not member.endswith(_PART)
        self._is_film = member.startswith(f"{layout.RECORDINGS}/") and not member.endswith(_PART)
        self._head = b""
        self._tail = b""
        self._found = ""

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self._is_png or self._is_small or self._is_xml or self._is_film:
            most = _SMALL_HEAD_BYTES if self._is_small else _XML_HEAD_BYTES
            self._head += chunk[: max(0, most - len(self._head))]
        if self._is_xml and not self._found:
            window = self._tail + chunk
            if _DEFINITIONS.search(window):
                self._found = "a definition of its own"
            elif b"\x00" in chunk:
                self._found = "not UTF-8"
            self._tail = window[-_OVERLAP_BYTES:]

    @property
    def watches_picture(self) -> bool:
        """Return whether the member is a picture that somebody may decode."""
        return self._is_png or self._is_small

    def problem(self) -> Problem | None:
        """Return what is wrong with the member, ``None`` for nothing."""
        if self._is_xml:
            encoding = _ENCODING.match(self._head.removeprefix(b"\xef\xbb\xbf"))
            if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii"):
                return self._problem("evidence-xml-unsafe", f"encoding {encoding[1][:40].decode('ascii', 'replace')}")
            return self._problem("evidence-xml-unsafe", self._found) if self._found else None
        if self._is_small and not self._head.startswith(_PNG):
            size = _jpeg_size(self._head)
            if size is None or not 0 < size[0] * size[1] <= self._limits.picture_pixels:
                told = f"{size[0]}x{size[1]}" if size else "not a JPEG whose size can be told"
                return self._problem("evidence-picture-unsafe", told)
        elif self._is_png or self._is_small:
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


def unsafe_picture(container: Container, limits: Limits) -> Problem | None:
    """Return the first picture of a bundle that must not be decoded, ``None`` for none; only beginnings are read.

    For whoever reads a bundle without verifying it. Raises ``BundleError`` where one cannot be read.
    """
    for member in container.sizes:
        scan = Scan(member, limits)
        if scan.watches_picture:
            for chunk in container.chunks(member):
                scan.feed(chunk)
                break
            if problem := scan.problem():
                return problem
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Return width and height that a JPEG tells, ``None`` where its beginning does not."""
    at = len(_JPEG) if head.startswith(_JPEG) else len(head)
    while at + 9 <= len(head) and head[at] == 0xFF:
        kind, size = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if kind in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")
        at += 2 + size
    return None
