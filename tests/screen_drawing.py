"""Screens drawn for the tests: text on coloured ground as PNG, hierarchies as XML, frames of both."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageDraw, ImageFont

from harness.model import Box, Frame, Moment, Observation, ObservationId, OcrEngine, PackageName, Page, Span
from harness.perceive import observe

AT = Moment(wall=datetime(2026, 3, 2, 8, 0, tzinfo=UTC), mono_s=1.0)
SIZE_PX = (1080, 2400)
APP = "cn.gov.demo.study"
_KNOWN_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One text on a drawn screen; ``ground`` fills a box around it."""

    text: str
    x_px: int
    y_px: int
    size_px: int = 48
    ink: str = "#222222"
    ground: str | None = None


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    path = _KNOWN_FONT
    if not path.exists():
        found = subprocess.run(
            ["fc-match", "-f", "%{file}", "Noto Sans CJK SC"], capture_output=True, text=True, check=True, timeout=20
        )
        path = Path(found.stdout)
    return ImageFont.truetype(str(path), size_px)


def drawn(texts: Sequence[Written], *, size_px: tuple[int, int] = SIZE_PX, ground: str = "#ffffff") -> bytes:
    """Return a PNG of the texts on plain ground."""
    image = Image.new("RGB", size_px, ground)
    pen = ImageDraw.Draw(image)
    for written in texts:
        font = _font(written.size_px)
        if written.ground is not None:
            left, top, right, bottom = pen.textbbox((written.x_px, written.y_px), written.text, font=font)
            pen.rounded_rectangle((left - 50, top - 30, right + 50, bottom + 30), radius=24, fill=written.ground)
        pen.text((written.x_px, written.y_px), written.text, font=font, fill=written.ink)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def node(  # a test writes a node as one line of a screen
    text: str = "",
    bounds: tuple[int, int, int, int] = (0, 0, 1080, 2400),
    *inside: str,
    kind: str = "android.widget.TextView",
    **attributes: str,
) -> str:
    """Return a ``<node>``; ``attributes`` are written with ``-`` for ``_``, ``id`` becomes a full resource id."""
    given = {"package": APP, "enabled": "true", "clickable": "false", **attributes}
    if "id" in given:
        given["resource_id"] = f"{APP}:id/{given.pop('id')}"
    left, top, right, bottom = bounds
    rest = " ".join(f"{name.replace('_', '-')}={quoteattr(value)}" for name, value in given.items())
    head = f'<node index="0" text={quoteattr(text)} class={quoteattr(kind)} {rest}'
    return f'{head} bounds="[{left},{top}][{right},{bottom}]">{"".join(inside)}</node>'


def button(text: str, bounds: tuple[int, int, int, int], **attributes: str) -> str:
    """Return a pressable button's node."""
    return node(text, bounds, kind="android.widget.Button", **{"clickable": "true", **attributes})


def window(*inside: str, package: str = APP, bounds: tuple[int, int, int, int] = (0, 0, 1080, 2400)) -> str:
    """Return a window's root node."""
    return node("", bounds, *inside, kind="android.widget.FrameLayout", package=package)


def tree(*windows: str) -> bytes:
    """Return a hierarchy document as the uiautomator2 server writes it."""
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\r\n"
    return f'{head}<hierarchy rotation="0">{"".join(windows)}</hierarchy>'.encode()


@cache
def plain_png() -> bytes:
    """Return a screen that is white all over."""
    return drawn(())


def frame(
    xml: bytes | None,
    *,
    png: bytes | None = None,
    activity: str = f"{APP}.MainActivity",
    package: str = APP,
    size_px: tuple[int, int] = SIZE_PX,
) -> Frame:
    """Return a frame of the parts; without a picture a white one is taken."""
    page = Page(package=PackageName(package), activity=activity)
    picture = plain_png() if png is None else png
    return Frame(size_px=size_px, png=picture, xml=xml, page=page, began=AT, ended=AT)


def seen(
    *windows: str, png: bytes | None = None, engines: Sequence[OcrEngine] = (), activity: str = f"{APP}.MainActivity"
) -> Observation:
    """Return what is perceived on a screen of these windows."""
    return observe(frame(tree(*windows), png=png, activity=activity), id=ObservationId("o0001"), engines=engines)


class WrittenEngine:
    """An engine below the seam that reads what the test wrote, inside the regions asked for; it remembers them."""

    name: str

    def __init__(self, *spans: tuple[str, tuple[int, int, int, int]], name: str = "written 1.0") -> None:
        self.name = name
        self.asked: list[tuple[Box, ...] | None] = []
        self._spans = tuple(
            Span(text=text, box=Box(left=b[0], top=b[1], right=b[2], bottom=b[3]), confidence=0.95, engine=name)
            for text, b in spans
        )

    def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]:
        """Return the written lines whose centre lies in a region."""
        self.asked.append(None if regions is None else tuple(regions))
        return tuple(s for s in self._spans if regions is None or any(r.holds(*s.box.centre_px) for r in regions))
