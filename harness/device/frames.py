"""Facts about the raw bytes of a capture: whole PNG, black frame, whole XML, same structure. Pure."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections import Counter
from xml.parsers import expat

from PIL import Image

from harness.errors import CaptureFailed, DeviceError, DeviceTimeout, DeviceUnreachable

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NODE = re.compile(r"<node\b[^>]*>")
_SHAPE = re.compile(r'\b(?:resource-id|class|package)="([^"]*)"')
_BOUNDS = re.compile(r'\bbounds="([^"]*)"')
# A black 1080x2400 frame is about 10 kB as PNG; anything larger has content and need not be decoded.
_MAYBE_BLACK_BYTES = 120_000
_BLACK_LEVEL = 6
_BAR_SHARE = 0.08  # of the screen at each edge; bars with a camera hole in them are 6 %
_MOST_PIXELS = 60_000_000
# Share of nodes that may move between two dumps of a still screen: a running video moves its thumb and its clock.
_MOVED_SHARE = 0.2


def png_in(raw: bytes) -> bytes | None:
    """Return the whole PNG inside ``raw``, or ``None``; several-display warnings before it are dropped.

    Whole is: from the signature to the end mark every chunk is there and has the checksum it was written with.
    """
    start = raw.find(_SIGNATURE, 0, 65536)
    if start < 0:
        return None
    view = memoryview(raw)
    at, first = start + len(_SIGNATURE), True
    while at + 12 <= len(raw):
        length, kind = struct.unpack_from(">I4s", raw, at)
        end = at + 12 + length
        if end > len(raw) or (first and (kind, length) != (b"IHDR", 13)):
            return None
        if zlib.crc32(view[at + 4 : end - 4]) != struct.unpack_from(">I", raw, end - 4)[0]:
            return None
        if kind == b"IEND":
            return raw[start:end]
        at, first = end, False
    return None


def size_px(png: bytes) -> tuple[int, int]:
    """Return width and height from the PNG header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def is_black(png: bytes, *, between_bars: bool = False) -> bool:
    """Return whether every pixel is black: a secure window, a sleeping panel or a failed screenshot.

    ``between_bars`` leaves out the edges, where Android goes on drawing status and navigation bar beside a secure
    window.
    """
    if len(png) > _MAYBE_BLACK_BYTES:
        return False
    width, height = size_px(png)
    if width * height > _MOST_PIXELS:
        return False
    try:
        with Image.open(io.BytesIO(png)) as image:
            bar_px = (round(width * _BAR_SHARE), round(height * _BAR_SHARE)) if between_bars else (0, 0)
            inside = image.convert("RGB").crop((*bar_px, width - bar_px[0], height - bar_px[1]))
            return all(high <= _BLACK_LEVEL for _, high in _extrema(inside))
    except (OSError, SyntaxError, ValueError, zlib.error):
        return False  # whole by its checksums, yet nothing that could be looked at: no claim about its colour


def _extrema(image: Image.Image) -> tuple[tuple[int, int], ...]:
    return tuple((int(low), int(high)) for low, high in (band.getextrema() for band in image.split()))  # type: ignore[arg-type]


def is_whole_xml(xml: bytes) -> bool:
    """Return whether this is a dump from beginning to end; half an answer is not a small screen."""
    if b"<hierarchy" not in xml[:1024]:
        return False
    parser = expat.ParserCreate()
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return False
    return True


def node_count(xml: bytes) -> int:
    """Return the number of nodes in a dump."""
    return len(_NODE.findall(xml.decode("utf-8", "replace")))


def same_structure(first: bytes, second: bytes) -> bool:
    """Return whether two dumps show the same still screen.

    Classes and ids must be the same; texts may change (clocks, counters), and few nodes may move (a playing video).
    Windows come in no stable order, so nodes are compared as a multiset.
    """
    if first == second:
        return True
    before, after = _nodes(first), _nodes(second)
    if Counter(shape for shape, _ in before) != Counter(shape for shape, _ in after):
        return False
    moved = sum((Counter(before) - Counter(after)).values())
    return moved <= max(2, len(before) * _MOVED_SHARE)


def _nodes(xml: bytes) -> list[tuple[tuple[str, ...], str]]:
    nodes = []
    for node in _NODE.findall(xml.decode("utf-8", "replace")):
        bounds = _BOUNDS.search(node)
        nodes.append((tuple(_SHAPE.findall(node)), bounds[1] if bounds else ""))
    return nodes


def gap_reason(error: DeviceError) -> str:
    """Return the message key that names why a channel gave nothing."""
    if isinstance(error, DeviceTimeout):
        return "device-timeout"
    if isinstance(error, DeviceUnreachable):
        return "device-unreachable"
    if isinstance(error, CaptureFailed):
        return "capture-failed"
    return "server-died"
