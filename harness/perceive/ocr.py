"""Reading pixels with whatever engines there are: regions in, spans and gaps out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import EngineUnavailable
from harness.model import Box, Channel, Gap, OcrEngine, Span

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the engines read, in order of engine and place; ``engines`` names those that did."""

    spans: tuple[Span, ...] = ()
    gaps: tuple[Gap, ...] = ()
    engines: tuple[str, ...] = ()


def read_regions(png: bytes, regions: Sequence[Box], engines: Sequence[OcrEngine]) -> Reading:
    """Return what every engine reads inside ``regions``; an engine that cannot is a gap, as is having none."""
    if not engines:
        return Reading(gaps=(Gap(channel=Channel.OCR, reason="engine-unavailable", detail="no engine given"),))
    spans: list[Span] = []
    gaps: list[Gap] = []
    names: list[str] = []
    for engine in engines:
        try:
            spans.extend(engine.read(png, regions))
        except EngineUnavailable as error:
            _log.warning("OCR engine cannot read", extra={"engine": engine.name, "problem": error.problem})
            gaps.append(Gap(channel=Channel.OCR, reason="engine-unavailable", detail=str(error)[:300]))
        else:
            names.append(engine.name)
    return Reading(spans=tuple(spans), gaps=tuple(gaps), engines=tuple(names))
