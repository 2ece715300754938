"""Turns a stored observation into a case of a rule's corpus: persons under other names, the verdict as a person says.

Names get others of the same shape, digits of numbers that tell of somebody become zeros, so that a rule sees what it
saw; where it says something else of the redacted screen, nothing is written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.evidence import durable
from harness.evidence.masking import Pseudonyms, TextMask, counted
from harness.evidence.personal import names_on, people_on
from harness.model import Box, Channel, Coverage, Element, Observation, Outcome, Rule, Shape, Verdict, Word
from harness.rules.corpus import CASES, screen
from harness.wording import normalise

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# As the corpus is judged: a walk that looked everywhere.
_WALKED = Coverage(reaches=(), screens=1, steps=9, untried=0, finished=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """A case that was written. ``masked`` counts by kind what was put under another name."""

    path: Path
    verdict: Verdict
    masked: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a person says of a case: its name, why it is one, and the verdict where today's is not the right one."""

    name: str
    why: str
    verdict: Verdict | None = None
    lookalike: bool = False


def promote(observation: Observation, rule: Rule, telling: Telling, folder: Path = CASES) -> Promoted:
    """Write ``<name>.json`` and ``<name>.expected.json`` below the rule's folder; return what was written.

    Raises ``BadInput`` for a name that is none or taken, and where redaction or the corpus' form changes the verdict.
    """
    if not _NAME.fullmatch(telling.name):
        raise _bad(telling.name, "is not a case's name", "write small letters, digits and hyphens")
    path = folder / str(rule.id) / f"{telling.name}.json"
    if path.exists():
        raise _bad(str(path), "is there already", "choose another name")
    mask = TextMask(sorted(names_on(observation)), Pseudonyms())
    raw = stored_screen(redacted(observation, mask))
    before, after = _said(rule, observation), _said(rule, screen(raw))
    if (before.verdict, before.reason) != (after.verdict, after.reason):
        of_case = f"{after.verdict} ({after.reason})"
        problem = f"the rule says {before.verdict} ({before.reason}) of it and {of_case} of the case"
        raise _bad(observation.id, problem, "write this case by hand")
    verdict = telling.verdict or after.verdict
    expected = {
        "verdict": str(verdict),
        "markers": sorted(str(marker) for marker in after.markers) if verdict is after.verdict else [],
        "lookalike": telling.lookalike,
        "why": telling.why,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.write(path.with_suffix(".expected.json"), _page(expected))
    durable.write(path, _page({"screens": [raw]}))
    return Promoted(path=path, verdict=verdict, masked=counted(mask.counts))


def redacted(observation: Observation, mask: TextMask) -> Observation:
    """Return an observation with persons under other names, words and nodes alike."""
    people = people_on(observation)
    changed: Observation = mask.value(observation)
    words = []
    for index, (old, new) in enumerate(zip(observation.words, changed.words, strict=True)):
        text = mask.text(old.text, people[index]) if index in people else new.text
        words.append(_with_text(new, text))
    by_element = {element: word.text for word in words for element in word.elements}
    elements = tuple(_element_with(e, by_element.get(n)) for n, e in enumerate(changed.elements))
    return replace(changed, words=tuple(words), elements=elements)


def stored_screen(observation: Observation) -> dict[str, Any]:
    """Return a screen in the corpus' form; what has the ordinary value is left out."""
    raw: dict[str, Any] = {"screen": observation.screen, "size": list(observation.size_px)}
    if observation.page is not None:
        raw |= {"package": observation.page.package, "activity": observation.page.activity}
    kept = [n for n, element in enumerate(observation.elements) if element.parent is not None or element.text]
    place = {element: at + 1 for at, element in enumerate(kept)}  # the corpus puts a root before them
    raw["nodes"] = [_node(observation.elements[n], place) for n in kept]
    raw["read"] = [
        {"text": word.text, "box": _edges(word.box), "confidence": word.confidence}
        for word in sorted(observation.words, key=lambda word: word.spans)  # in the order they were read
        if word.channels == frozenset({Channel.OCR})
    ]
    raw["shapes"] = [_shape(shape) for shape in observation.shapes]
    raw["opaque"] = [_edges(box) for box in observation.opaque]
    raw["gaps"] = [{"channel": str(gap.channel), "reason": gap.reason} for gap in observation.gaps]
    raw["toasts"] = list(observation.toasts)
    raw |= {"moving": observation.moving, "engines": bool(observation.engines)}
    return {key: value for key, value in raw.items() if value not in ([], False, "")}


def _node(element: Element, place: dict[int, int]) -> dict[str, Any]:
    node: dict[str, Any] = {"box": _edges(element.box), "class": element.class_name}
    node |= {"text": element.text, "desc": element.desc, "hint": element.hint, "id": element.resource_id}
    node |= {"clickable": element.clickable, "checkable": element.checkable, "selected": element.selected}
    left = {key: value for key, value in node.items() if value not in ("", False)}
    parent = place.get(element.parent, 0) if element.parent is not None else 0
    left |= {"parent": parent} if parent else {}
    return left if element.enabled else {**left, "enabled": False}


def _shape(shape: Shape) -> dict[str, Any]:
    told = {"kind": str(shape.kind), "box": _edges(shape.box), "match_ratio": shape.match_ratio, "method": shape.method}
    told |= {"name": shape.name} if shape.name else {}
    return told if shape.fill_ratio is None else {**told, "fill_ratio": shape.fill_ratio}


def _said(rule: Rule, observation: Observation) -> Outcome:
    return rule.conclude([rule.detect(observation)], _WALKED)


def _with_text(word: Word, text: str) -> Word:
    return word if word.text == text else replace(word, text=text, norm=normalise(text))


def _element_with(element: Element, text: str | None) -> Element:
    if text is None or text in (element.text, element.desc):
        return element
    return replace(element, text=text) if element.text else replace(element, desc=text)


def _edges(box: Box) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]


def _page(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _bad(place: str, problem: str, mend: str) -> BadInput:
    return BadInput(source="promote", place=place, problem=problem, mend=mend)
