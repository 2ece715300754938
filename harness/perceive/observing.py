"""The whole of looking: one frame in, one observation out. Reads no clock and no device."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.grouping import MOST_OF_A_SCREEN
from harness.model import Box, Channel, Element, Frame, Gap, Observation, ObservationId, OcrEngine
from harness.perceive.hierarchy import read_hierarchy
from harness.perceive.ocr import Reading, read_regions
from harness.perceive.opaque import SYSTEM_BARS, opaque_regions, silent_parts
from harness.perceive.pictures import Picture, Template, UnreadablePicture, decode, is_black, is_blank, light_grid
from harness.perceive.screens import screen_key
from harness.perceive.shapes import shapes_in
from harness.perceive.words import words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The picture, or the gap that says why there is none."""

    picture: Picture | None
    gaps: tuple[Gap, ...] = ()


def observe(
    frame: Frame,
    *,
    id: ObservationId,  # noqa: A002
    engines: Sequence[OcrEngine] = (),
    templates: Sequence[Template] = (),
) -> Observation:
    """Return everything that can be perceived in ``frame``; what could not be looked at is in ``gaps``.

    Pixels are read, and looked at for shapes and the icons of ``templates``, only where the hierarchy is silent;
    ``engines`` of the observation is empty when nothing had to be read. Never raises for what a device handed over.
    """
    elements, gaps = _elements(frame)
    seen = _look(frame)
    gaps += seen.gaps
    opaque = _opaque(elements, seen.picture, size_px=frame.size_px)
    reading = _read(frame, opaque, seen, engines)
    words = words_of(elements, reading.spans)
    light = light_grid(seen.picture) if opaque and seen.picture is not None else ""
    return Observation(
        id=id,
        size_px=frame.size_px,
        page=frame.page,
        screen=screen_key(frame.page, elements, words, opaque, light),
        at=replace(frame.began, device_wall=frame.began.device_wall or frame.ended.device_wall),
        elements=elements,
        spans=reading.spans,
        words=words,
        opaque=opaque,
        gaps=_distinct(frame.gaps, (*gaps, *reading.gaps)),
        engines=reading.engines,
        moving=frame.moving,
        png_sha256=None if frame.png is None else hashlib.sha256(frame.png).hexdigest(),
        xml_sha256=None if frame.xml is None else hashlib.sha256(frame.xml).hexdigest(),
        toasts=frame.toasts,
        companion=frame.companion,
        shapes=() if seen.picture is None or frame.png is None else shapes_in(frame.png, opaque, templates),
    )


def _elements(frame: Frame) -> tuple[tuple[Element, ...], tuple[Gap, ...]]:
    result = read_hierarchy(frame.xml, size_px=frame.size_px)
    if isinstance(result, Gap):
        return (), (result,)
    foreign = frame.page is not None and frame.page.package != SYSTEM_BARS
    if foreign and all(element.package == SYSTEM_BARS for element in result):
        reason = "hierarchy-of-system-bars-only"
        return result, (Gap(channel=Channel.HIERARCHY, reason=reason, detail=f"{len(result)} nodes"),)
    return result, ()


def _look(frame: Frame) -> _Seen:
    """Return the decoded picture; black is a gap, because a secure window and a broken capture look like it."""
    if frame.png is None:
        return _Seen(picture=None, gaps=(Gap(channel=Channel.PICTURE, reason="picture-absent"),))
    try:
        picture = decode(frame.png)
    except UnreadablePicture as error:
        gap = Gap(channel=Channel.PICTURE, reason="picture-unreadable", detail=str(error)[:300])
        return _Seen(picture=None, gaps=(gap,))
    if picture.size_px != frame.size_px:
        detail = f"{picture.size_px} but the screen is {frame.size_px}"
        return _Seen(picture=None, gaps=(Gap(channel=Channel.PICTURE, reason="picture-size-differs", detail=detail),))
    if is_black(picture):
        return _Seen(picture=None, gaps=(Gap(channel=Channel.PICTURE, reason="black-frame"),))
    return _Seen(picture=picture)


def _opaque(elements: tuple[Element, ...], picture: Picture | None, *, size_px: tuple[int, int]) -> tuple[Box, ...]:
    """Return the silent regions without what the hierarchy does know, and without blank ground.

    Most of a screen on which nothing at all is shown is no ground: a page that has not come, most likely.
    """
    found: list[Box] = []
    for region in opaque_regions(elements, size_px=size_px):
        parts = silent_parts(region, elements=elements, size_px=size_px)
        bare = parts == (region,) and region.area_px >= MOST_OF_A_SCREEN * size_px[0] * size_px[1]
        shown = [part for part in parts if bare or picture is None or not is_blank(picture, part)]
        found.extend(shown)
    return tuple(sorted(set(found), key=lambda b: (b.top, b.left, b.bottom, b.right)))


def _read(frame: Frame, opaque: Sequence[Box], seen: _Seen, engines: Sequence[OcrEngine]) -> Reading:
    if not opaque:
        return Reading()
    if seen.picture is None or frame.png is None:
        reason = seen.gaps[0].reason if seen.gaps else "picture-absent"
        return Reading(gaps=(Gap(channel=Channel.OCR, reason=reason, detail=f"{len(opaque)} silent regions"),))
    return read_regions(frame.png, opaque, engines)


def _distinct(told: Sequence[Gap], found: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the device's gaps, then those found here for channels of which the device said nothing."""
    channels = {gap.channel for gap in told}
    return tuple(dict.fromkeys((*told, *(gap for gap in found if gap.channel not in channels))))
