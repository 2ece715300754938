"""Pictures drawn for the tests: widgets, icons on grounds, pages that scroll."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from harness.perceive.pictures import Colour, Picture, decode, decode_colour
from harness.perceive.pictures.outline import Outline, drawn_outline, read_outline

TEMPLATES = Path(__file__).resolve().parent.parent / "harness" / "rules" / "pictures"


def canvas(size_px: tuple[int, int] = (540, 600), ground: str = "#ffffff") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty picture and the pen to draw on it."""
    image = Image.new("RGB", size_px, ground)
    return image, ImageDraw.Draw(image)


def png_of_image(image: Image.Image) -> bytes:
    """Return the picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def coloured(image: Image.Image) -> Colour:
    """Return the picture as the detectors take it."""
    return decode_colour(png_of_image(image))


def grey(image: Image.Image) -> Picture:
    """Return the picture in grey levels."""
    return decode(png_of_image(image))


def own_outline(name: str) -> Outline:
    """Return the outline of one of our templates."""
    (path,) = TEMPLATES.rglob(f"{name}.svg")
    return read_outline(path.read_bytes())


def stamped(image: Image.Image, outline: Outline, at: tuple[int, int], side_px: int, ink: str) -> None:
    """Draw an outline into a square of the picture."""
    mask = Image.fromarray(np.asarray(drawn_outline(outline, side_px)))
    image.paste(Image.new("RGB", mask.size, ink), at, mask)


def speckled(size_px: tuple[int, int], seed: int) -> Image.Image:
    """Return coarse noise: something like a photo or a frame of a video."""
    chance = np.random.default_rng(seed)
    cells = chance.integers(0, 255, (max(1, size_px[1] // 12), max(1, size_px[0] // 12), 3), dtype=np.uint8)
    return Image.fromarray(cells).resize(size_px, Image.Resampling.BICUBIC)


PAGE_PX = (540, 1200)


def drawn_page(*, film: int | None = None, shade: float = 1.0, clock: int = 0, down_px: int = 0) -> bytes:
    """Return a page of bars; ``film`` is the frame of a video in it, ``shade`` how far it has faded in."""
    image, pen = canvas(PAGE_PX)
    for number in range(9):
        top = 480 + 90 * number - down_px
        pen.rectangle((30, top, 90 + 37 * number, top + 40 + 3 * number), fill="#303848")
    image = Image.blend(canvas(PAGE_PX)[0], image, shade)
    if film is not None:
        image.paste(speckled((540, 304), film), (0, 90))
    image.paste("#205080", (400 + 9 * clock, 20, 420 + 9 * clock, 40))
    return png_of_image(image)
