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
_TURNS = 3
_KNOWN = 5


@dataclass(slots=True, kw_only=True)
class Again:
    """Times of one kind of second look and of the full reads of the same screens, and how many differed in text."""

    again_s: list[float] = field(default_factory=list)
    full_s: list[float] = field(default_factory=list)
    different: int = 0

    def add(self, again_s: float, full_s: float, *, same: bool) -> None:
        self.again_s.append(again_s)
        self.full_s.append(full_s)
        self.different += not same

    def of_all(self) -> float:
        """Return the time of all second looks as a part of all full reads' time."""
        return sum(self.again_s) / sum(self.full_s)

    def median(self) -> float:
        return statistics.median(again / full for again, full in zip(self.again_s, self.full_s, strict=True))


def print_reuse(shown: Sequence[TruthScreen]) -> None:
    """Print what each kind costs over the 1080 px screens, in parts of their full reads.

    A goal holds for the time of all looks together: how much one half of one page holds is chance.
    """
    engine, fresh = PpocrEngine(), PpocrEngine()
    engine.warm_up()
    fresh.warm_up()
    looks = {name: Again() for name in GOALS}
    of_width = [screen for screen in shown if 1078 <= screen.size_px[0] <= 1082]
    for screen, other in zip(of_width, [*of_width[1:], *of_width[:1]], strict=True):
        # Tops of pages hold more text than bottoms: once down and once up, half of the text comes in on average.
        scrolled = [_scrolled(screen.png, other.png, up=up) for up in (False, True)]
        _look_again(screen, scrolled, (engine, fresh), looks)
    print("second looks at 1080 px, of our own full read:")
    for name, look in looks.items():
        goal = f"goal {GOALS[name]:.2f}" if GOALS[name] or name == "hierarchy knows all" else "no goal"
        differ = "same text" if not look.different else f"TEXT DIFFERS on {look.different}"
        parts = f"{look.of_all():.3f} (median {look.median():.3f}, {goal})"
        print(f"  {name:<26} {parts}, {differ}, {len(look.full_s)} looks")


def _look_again(
    screen: TruthScreen, scrolled: Sequence[bytes], engines: tuple[PpocrEngine, PpocrEngine], looks: dict[str, Again]
) -> None:
    engine, fresh = engines

    def timed(name: str, png: bytes, before: Callable[[], object], boxes: Sequence[Box] | None = None) -> None:
        """Time a full read and then the look at all or at known boxes, in turns; other work only ever adds."""
        full_s, again_s, same = [], [], True
        for _ in range(_TURNS):
            seconds, expected = _full(fresh, png)
            full_s.append(seconds)
            before()
            began_s = time.perf_counter()
            got = engine.read(png, None) if boxes is None else engine.read_lines(png, boxes)
            again_s.append(time.perf_counter() - began_s)
            same = same and got == tuple(span for span in expected if boxes is None or span.box in boxes)
        looks[name].add(min(again_s), min(full_s), same=same)

    def read_before() -> tuple[Span, ...]:
        engine.forget()
        return engine.read(screen.png, None)

    def decoded_before() -> None:
        engine.forget()
        engine.find_lines(screen.png, [Box(left=0, top=0, right=1, bottom=1)])  # decodes, reads nothing

    timed("identical frame", bytes(bytearray(screen.png)), read_before)  # a capture of its own, of the same bytes
    timed("ticking timer", _with_clock(screen.png), read_before)
    if first := read_before():
        # The box's line must not be remembered, its picture may be: that is what "known box" means within a frame.
        # Five lines of each page: the one in its middle is as often a paragraph's.
        for part in range(_KNOWN):
            known = [first[(2 * part + 1) * len(first) // (2 * _KNOWN)].box]
            timed("one known box", screen.png, decoded_before, known)
        timed("one known box, new frame", screen.png, engine.forget, known)
    for png in scrolled:
        timed("half-screen scroll", png, read_before)
    _all_known(screen, fresh, looks["hierarchy knows all"])


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
    look.add(float(counting.asked), 1.0, same=True)


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
