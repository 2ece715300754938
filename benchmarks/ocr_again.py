"""Measures what a second look costs when little has changed, and proves that its text is that of a full read."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from PIL import Image, ImageDraw, ImageFont

from benchmarks.truth_screens import TruthScreen
from harness.model import Box, Frame, Moment, ObservationId, PackageName, Page, Span
from harness.perceive import observe
from harness.perceive.ppocr import PpocrEngine

GOALS = {
    "identical frame": 0.02,
    "ticking timer": 0.35,
    "one known box": 0.03,
    "one known box, new frame": 0.0,
    "half-screen scroll": 0.6,
    "hierarchy knows all": 0.0,
}


@dataclass(slots=True, kw_only=True)
class Again:
    """Ratios of one kind of second look to the full read of the same screen, and how many differed in text."""

    ratios: list[float] = field(default_factory=list)
    different: int = 0


def print_reuse(shown: Sequence[TruthScreen]) -> None:
    """Print the median ratio of each kind over the 1080 px screens."""
    engine, fresh = PpocrEngine(), PpocrEngine()
    engine.warm_up()
    fresh.warm_up()
    looks = {name: Again() for name in GOALS}
    of_width = [screen for screen in shown if 1078 <= screen.size_px[0] <= 1082]
    for number, (screen, other) in enumerate(zip(of_width, [*of_width[1:], *of_width[:1]], strict=True)):
        # Tops of pages hold more text than bottoms: down and up in turns, half of the text comes in on average.
        scrolled = _scrolled(screen.png, other.png, up=bool(number % 2))
        _look_again(screen, scrolled, (engine, fresh), looks)
    print("second looks at 1080 px, of our own full read:")
    for name, look in looks.items():
        goal = f"goal {GOALS[name]:.2f}" if GOALS[name] or name == "hierarchy knows all" else "no goal"
        differ = "same text" if not look.different else f"TEXT DIFFERS on {look.different}"
        print(f"  {name:<26} {statistics.median(look.ratios):.3f} ({goal}), {differ}, {len(look.ratios)} screens")


def _look_again(
    screen: TruthScreen, scrolled: bytes, engines: tuple[PpocrEngine, PpocrEngine], looks: dict[str, Again]
) -> None:
    engine, fresh = engines

    def timed(name: str, png: bytes, read: Callable[[], tuple[Span, ...]]) -> None:
        full_s, expected = _full(fresh, png)
        began_s = time.perf_counter()
        got = read()
        looks[name].ratios.append((time.perf_counter() - began_s) / full_s)
        looks[name].different += got != expected

    engine.forget()
    first = engine.read(screen.png, None)
    timed("identical frame", screen.png, lambda: engine.read(screen.png, None))
    ticked = _with_clock(screen.png)
    timed("ticking timer", ticked, lambda: engine.read(ticked, None))
    if first:
        # The box's line must not be remembered, its picture may be: that is what "known box" means within a frame.
        known = [first[len(first) // 2]]
        _one_box(engine, fresh, screen.png, known, looks)
    engine.forget()
    engine.read(screen.png, None)
    timed("half-screen scroll", scrolled, lambda: engine.read(scrolled, None))
    _all_known(screen, fresh, looks["hierarchy knows all"])


def _one_box(
    engine: PpocrEngine, fresh: PpocrEngine, png: bytes, known: Sequence[Span], looks: dict[str, Again]
) -> None:
    full_s, expected = _full(fresh, png)
    boxes = [span.box for span in known]
    for name, decoded in (("one known box", True), ("one known box, new frame", False)):
        engine.forget()
        if decoded:
            engine.find_lines(png, [Box(left=0, top=0, right=1, bottom=1)])  # decodes, reads nothing
        began_s = time.perf_counter()
        got = engine.read_lines(png, boxes)
        looks[name].ratios.append((time.perf_counter() - began_s) / full_s)
        wanted = [span for span in expected if span in known]
        looks[name].different += [s.text for s in got] != [s.text for s in wanted]


def _all_known(screen: TruthScreen, fresh: PpocrEngine, look: Again) -> None:
    """Count what is read where a hierarchy knows everything: nothing must be."""

    class Counting:
        name = fresh.name
        asked = 0

        def read(self, png: bytes, regions: Sequence[Box] | None) -> tuple[Span, ...]:
            self.asked += 1
            return fresh.read(png, regions)

    at = Moment(wall=datetime(2026, 3, 2, tzinfo=UTC), mono_s=0.0)
    page = Page(package=PackageName("cn.gov.truth.app"), activity="Main")
    tree = screen.hierarchy(knows_all=True)
    frame = Frame(size_px=screen.size_px, png=screen.png, xml=tree, page=page, began=at, ended=at)
    counting = Counting()
    observe(frame, id=ObservationId("o0001"), engines=[counting])
    look.ratios.append(float(counting.asked))


def _full(fresh: PpocrEngine, png: bytes) -> tuple[float, tuple[Span, ...]]:
    fresh.forget()
    began_s = time.perf_counter()
    spans = fresh.read(png, None)
    return time.perf_counter() - began_s, spans


def _with_clock(png: bytes) -> bytes:
    """Return the screen with another time in its status bar."""
    with Image.open(io.BytesIO(png)) as stored:
        image = stored.convert("RGB")
        pen = ImageDraw.Draw(image)
        ground = image.getpixel((2, 2))
        scale = image.width / 360
        pen.rectangle((0, 0, 70 * scale, 23 * scale), fill=ground)
        ink = "#ffffff" if sum(ground[:3] if isinstance(ground, tuple) else (0,)) < 380 else "#222222"
        pen.text((12 * scale, 4 * scale), "12:59", font=ImageFont.load_default(13 * scale), fill=ink)
        return _saved(image)


def _scrolled(png: bytes, other: bytes, *, up: bool) -> bytes:
    """Return the screen scrolled by half under its head.

    What comes in is new: the upper half of another screen from below or, scrolled ``up``, its lower half from above.
    """
    with Image.open(io.BytesIO(png)) as stored, Image.open(io.BytesIO(other)) as coming:
        image, new = stored.convert("RGB"), coming.convert("RGB")
        width, height = image.size
        head, half = round(0.09 * height), round(0.45 * height)
        moved = image.copy()
        if up:
            moved.paste(image.crop((0, head, width, height - half)), (0, head + half))
            moved.paste(new.crop((0, height - half, width, height)), (0, head))
        else:
            moved.paste(image.crop((0, head + half, width, height)), (0, head))
            moved.paste(new.crop((0, head, width, head + half)), (0, height - half))
        return _saved(moved)


def _saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
