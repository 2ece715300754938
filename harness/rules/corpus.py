"""Reads and writes the stored cases of a rule: screens as small JSON, beside what the rule has to say of them.

A case is a folder-free pair ``<name>.json`` and ``<name>.expected.json``. A screen lists ``nodes`` (hierarchy),
``read`` (text seen only in pixels) and ``shapes`` (what is drawn: ``{"kind": "icon", "name": "trophy", "box": [...]}``;
kinds are ``ShapeKind``, icons are named in ``pictures/README.md``); everything not given is as an ordinary node has it.
A screen is of 2026-01-25, or of ``day`` days later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from harness.model import (
    Box,
    Channel,
    CheckpointId,
    CheckpointReach,
    Coverage,
    Element,
    Gap,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    Page,
    Reach,
    ScreenKey,
    Shape,
    ShapeKind,
    Span,
    Word,
)
from harness.wording import normalise

CASES: Final = Path(__file__).parent / "cases"
WALKED: Final = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
_START: Final = datetime(2026, 1, 25, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Screens of one app and what a rule must say of them; ``lookalike`` marks a case that must not be accused."""

    name: str
    screens: tuple[Observation, ...]
    verdict: str
    markers: frozenset[str]
    lookalike: bool
    why: str
    coverage: Coverage = WALKED  # what of the app was looked at, where a case of absence says so


def cases_of(rule_id: str, folder: Path = CASES) -> tuple[Case, ...]:
    """Return the cases of one rule by name; a case without its expectation raises ``FileNotFoundError``."""
    files = sorted((folder / rule_id).glob("*.json"))
    return tuple(read_case(f) for f in files if not f.name.endswith(".expected.json"))


def read_case(path: Path) -> Case:
    """Return one case from ``<name>.json`` and ``<name>.expected.json`` beside it."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    screens = tuple(screen(raw, index=n) for n, raw in enumerate(stored["screens"], start=1))
    return Case(
        name=path.stem,
        screens=screens,
        verdict=expected["verdict"],
        markers=frozenset(expected.get("markers", ())),
        lookalike=bool(expected.get("lookalike", False)),
        why=expected["why"],
        coverage=_coverage(expected.get("reaches", {})),
    )


def _coverage(reaches: Mapping[str, str]) -> Coverage:
    """Return a finished walk in which these places became what is said of them."""
    reached = (CheckpointReach(checkpoint=CheckpointId(c), reach=Reach(r), reason="case") for c, r in reaches.items())
    return replace(WALKED, reaches=tuple(reached))


def screen(raw: Mapping[str, Any], *, index: int = 1, at_s: float | None = None) -> Observation:
    """Return the observation that a stored screen describes; ``at_s`` is its time on the walk's clock."""
    width_px, height_px = raw.get("size", (1080, 2400))
    mono_s = float(index if at_s is None else at_s)
    elements = [
        Element(
            parent=None,
            depth=0,
            class_name="android.widget.FrameLayout",
            package=raw.get("package", "cn.example.app"),
            box=Box(left=0, top=0, right=width_px, bottom=height_px),
        )
    ]
    words: list[Word] = []
    spans: list[Span] = []
    for node in raw.get("nodes", ()):
        element = _element(node, raw)
        elements.append(element)
        words.extend(_words(element, len(elements) - 1, clickable=element.clickable))
    for seen in raw.get("read", ()):
        box = _box(seen["box"])
        spans.append(Span(text=seen["text"], box=box, confidence=seen.get("confidence", 0.9), engine="case"))
        words.append(
            Word(
                text=seen["text"],
                norm=normalise(seen["text"]),
                box=box,
                channels=frozenset({Channel.OCR}),
                confidence=seen.get("confidence", 0.9),
                spans=(len(spans) - 1,),
            )
        )
    return Observation(
        id=ObservationId(f"o{index:04d}"),
        size_px=(width_px, height_px),
        page=Page(package=PackageName(raw.get("package", "cn.example.app")), activity=raw.get("activity", "")),
        screen=ScreenKey(raw.get("screen", f"screen-{index}")),
        at=Moment(
            wall=_START + timedelta(days=raw.get("day", 0), seconds=mono_s),
            mono_s=mono_s,
            device_wall=_START + timedelta(days=raw["device_day"]) if "device_day" in raw else None,
        ),
        elements=tuple(elements),
        spans=tuple(spans),
        words=tuple(sorted(words, key=lambda w: (w.box.top, w.box.left))),
        opaque=tuple(_box(b) for b in raw.get("opaque", ())),
        gaps=tuple(Gap(channel=Channel(g["channel"]), reason=g["reason"]) for g in raw.get("gaps", ())),
        engines=("case",) if raw.get("read") or raw.get("engines") else (),
        moving=bool(raw.get("moving", False)),
        png_sha256=raw.get("png_sha256"),
        xml_sha256=raw.get("xml_sha256"),
        toasts=tuple(raw.get("toasts", ())),
        shapes=tuple(_shape(drawn) for drawn in raw.get("shapes", ())),
    )


def _shape(drawn: Mapping[str, Any]) -> Shape:
    return Shape(
        kind=ShapeKind(drawn["kind"]),
        box=_box(drawn["box"]),
        match_ratio=drawn.get("match_ratio", 0.9),
        method="case",
        name=drawn.get("name", ""),
        fill_ratio=drawn.get("fill_ratio"),
    )


def _element(node: Mapping[str, Any], raw: Mapping[str, Any]) -> Element:
    return Element(
        parent=node.get("parent", 0),
        depth=1,
        class_name=node.get("class", "android.widget.TextView"),
        package=node.get("package", raw.get("package", "cn.example.app")),
        box=_box(node["box"]),
        text=node.get("text", ""),
        desc=node.get("desc", ""),
        resource_id=node.get("id", ""),
        hint=node.get("hint", ""),
        clickable=bool(node.get("clickable", False)),
        checkable=bool(node.get("checkable", False)),
        scrollable=bool(node.get("scrollable", False)),
        enabled=bool(node.get("enabled", True)),
        selected=bool(node.get("selected", False)),
    )


def _words(element: Element, index: int, *, clickable: bool) -> list[Word]:
    text = element.text or element.desc or element.hint
    if not text:
        return []
    return [
        Word(
            text=text,
            norm=normalise(text),
            box=element.box,
            channels=frozenset({Channel.HIERARCHY}),
            elements=(index,),
            clickable=clickable,
            enabled=element.enabled,
        )
    ]


def _box(edges: list[int]) -> Box:
    left, top, right, bottom = edges
    return Box(left=left, top=top, right=right, bottom=bottom)
