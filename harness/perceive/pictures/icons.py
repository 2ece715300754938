"""Finds icons of unknown size and colour on a screen: coarse correlation, alignment, then likeness of ink. Pure.

1. The screen is scaled so that at each of several sizes the template's canvas is 8 px, and correlated with all
   templates at once in the frequency domain, two templates per transform. Either sign counts.
2. The best places are compared at 24 px with the template moved and stretched, then followed to a fraction of a pixel
   at 48 px by Gauss-Newton steps.
3. What stands there is judged by colour (``likeness.py``): that tells a closed lock from an open one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from harness.model import Box
from harness.perceive.pictures.decode import Colour, Grey
from harness.perceive.pictures.likeness import likeness
from harness.perceive.pictures.templates import CANVAS_RATIO, COARSE_PX, FINE_PX, MIDDLE_PX, Plane, Template

METHOD = "correlation+ink"
LEAST_RATIO = 0.8
_SCALES = (0.5, 2.0)
_SCALE_STEP = 1.22
_COARSE_LEAST = 0.56
_COARSE_SPREAD = 5.0  # grey levels (standard deviation) below which a window is ground
_PER_LEVEL = 10
_PER_TEMPLATE = 20
_HEADS = 2
_TALLEST = 2.6  # times the width; what is higher is searched in parts
_MIDDLE_LEAST = 0.78
_FINE_LEAST = 0.84
_FOLLOW_STEPS = 3
_STRIDE = 2.5  # fine pixels that one step may move by
_AROUND = np.ones((5, 5), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class IconMatch:
    """An icon that was found: ``match_ratio`` 0 to 1, ``scale`` against the size expected on this screen."""

    name: str
    box: Box
    match_ratio: float
    scale: float
    method: str = METHOD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a canvas may lie, in device pixels: centre and side; ``fit`` is the correlation there."""

    x: float
    y: float
    side: float
    fit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    """A screen at full, half and quarter size, grey and in colour."""

    grey: tuple[Grey, ...]
    colour: tuple[Colour, ...]

    def level_for(self, side_px: float, pixels: int) -> int:
        """Return which size to take samples from, so that neighbouring samples are about a pixel apart."""
        return min(len(self.grey) - 1, max(0, round(math.log2(max(1e-6, side_px / pixels)))))


def find_icons(
    pixels: Colour,
    templates: Sequence[Template],
    *,
    scales: tuple[float, float] = _SCALES,
    least_ratio: float = LEAST_RATIO,
) -> tuple[IconMatch, ...]:
    """Return where the templates are seen on a screen, best first, at most one template at a place.

    ``scales`` is the range of sizes against that of the template's capture; a known density makes it narrow and the
    search quick. Matches below ``least_ratio`` are left out.
    """
    if not templates or min(pixels.shape[:2]) < 2 * COARSE_PX:
        return ()
    height_px, width_px = pixels.shape[:2]
    if height_px > _TALLEST * width_px:
        return _in_bands(pixels, templates, scales, least_ratio)
    screen = _screen(pixels)
    matches = []
    for template, places in zip(templates, _coarse(screen, templates, scales), strict=True):
        found = _judged(screen, template, places)
        expected = template.side_px * width_px / template.capture_width_px
        for place, ratio in found:
            scale = place.side / CANVAS_RATIO / expected
            if ratio >= least_ratio and scales[0] * 0.85 <= scale <= scales[1] * 1.15:
                matches.append(
                    IconMatch(
                        name=template.name,
                        box=_box(place, template),
                        match_ratio=round(ratio, 4),
                        scale=round(scale, 3),
                    )
                )
    return _best(matches)


def _in_bands(
    pixels: Colour, templates: Sequence[Template], scales: tuple[float, float], least_ratio: float
) -> tuple[IconMatch, ...]:
    """Return what is found in overlapping parts of a very high picture: memory stays that of a screen."""
    height_px, width_px = pixels.shape[:2]
    largest = max(t.side_px * width_px / t.capture_width_px for t in templates) * scales[1] * CANVAS_RATIO
    band_px = round(_TALLEST * width_px)
    step_px = max(band_px // 2, band_px - math.ceil(largest))
    found: list[IconMatch] = []
    for top in range(0, max(1, height_px - band_px + step_px), step_px):
        first = max(0, min(top, height_px - band_px))
        for match in find_icons(pixels[first : first + band_px], templates, scales=scales, least_ratio=least_ratio):
            box = match.box
            placed = Box(left=box.left, top=box.top + first, right=box.right, bottom=box.bottom + first)
            found.append(replace(match, box=placed))
    return _best(found)


def _screen(pixels: Colour) -> _Screen:
    colours = [pixels]
    for _ in range(2):
        size = max(1, colours[-1].shape[1] // 2), max(1, colours[-1].shape[0] // 2)
        colours.append(cv2.resize(colours[-1], size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False))
    greys = [cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False) for colour in colours]
    return _Screen(grey=tuple(greys), colour=tuple(colours))


def _box(place: _Place, template: Template) -> Box:
    side = place.side / CANVAS_RATIO
    half_width, half_height = side * template.shares[0] / 2, side * template.shares[1] / 2
    return Box(
        left=round(place.x - half_width),
        top=round(place.y - half_height),
        right=round(place.x + half_width),
        bottom=round(place.y + half_height),
    )


def _best(matches: Sequence[IconMatch]) -> tuple[IconMatch, ...]:
    """Return the matches, best first, without those that lie on a better one."""
    kept: list[IconMatch] = []
    for match in sorted(matches, key=lambda m: (-m.match_ratio, m.name, m.box)):
        if not any(_same_place(match.box, other.box) for other in kept):
            kept.append(match)
    return tuple(kept)


def _same_place(one: Box, other: Box) -> bool:
    common = one.overlap(other).area_px
    return common > 0.45 * min(one.area_px, other.area_px)


# --- coarse ----------------------------------------------------------------------------------------------------


def _coarse(screen: _Screen, templates: Sequence[Template], scales: tuple[float, float]) -> list[list[_Place]]:
    """Return for each template the places worth a closer look, best first."""
    width_px = screen.grey[0].shape[1]
    expected = [t.side_px * CANVAS_RATIO * width_px / t.capture_width_px for t in templates]
    steps = math.floor(math.log(min(expected) * scales[0] * 1.05) / math.log(_SCALE_STEP))
    steps = max(steps, math.ceil(math.log(COARSE_PX) / math.log(_SCALE_STEP)))  # smaller would have to be enlarged
    sides: list[float] = []
    while not sides or sides[-1] * _SCALE_STEP**0.5 < max(expected) * scales[1]:
        sides.append(_SCALE_STEP ** (steps + 0.5 + len(sides)))
    found: list[list[list[_Place]]] = [[] for _ in templates]
    for side in sides:
        near = [
            index
            for index, usual in enumerate(expected)
            if usual * scales[0] / _SCALE_STEP**0.5 <= side <= usual * scales[1] * _SCALE_STEP**0.5
        ]
        if not near:
            continue
        for index, some in zip(near, _level(screen, side, near, templates), strict=True):
            found[index].append(some)
    return [_spread(places) for places in found]


def _level(screen: _Screen, side_px: float, near: Sequence[int], templates: Sequence[Template]) -> list[list[_Place]]:
    """Return the best places of some templates at one size."""
    scale = COARSE_PX / side_px
    height, width = screen.grey[0].shape
    size = max(COARSE_PX, round(width * scale)), max(COARSE_PX, round(height * scale))
    source = screen.grey[min(2, max(0, math.floor(math.log2(max(1.0, side_px / COARSE_PX)))))]
    small = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    weight = _inverse_norm(small)
    spectrum = _spectrum(small)
    whole = spectrum.shape[:2]
    found: list[list[_Place]] = []
    for first in range(0, len(near), 2):
        pair = tuple(templates[index] for index in near[first : first + 2])
        product = cv2.mulSpectrums(_kernel(pair, whole), spectrum, 0)
        both = cv2.dft(product, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)
        last = COARSE_PX - 1
        for channel in range(len(pair)):
            fit = np.abs(both[last : size[1], last : size[0], channel]) * weight
            found.append(_peaks(fit, side_px, (width / size[0], height / size[1])))
    return found


@lru_cache(maxsize=128)  # 20 templates at all sizes of one screen, some 25 MB; a third of the time of a search
def _kernel(pair: tuple[Template, ...], whole: tuple[int, int]) -> Plane:
    """Return the spectrum of one or two templates, turned so that a product correlates."""
    kernel = np.zeros((*whole, 2), dtype=np.float32)
    for channel, template in enumerate(pair):
        kernel[:COARSE_PX, :COARSE_PX, channel] = template.coarse[::-1, ::-1]
    return cv2.dft(kernel, nonzeroRows=COARSE_PX).astype(np.float32, copy=False)


def _inverse_norm(small: Plane) -> Plane:
    """Return 1 by the length of each window's deviation from its mean; 0 where a window is ground."""
    last = COARSE_PX - 1
    window = (COARSE_PX, COARSE_PX)
    mean = cv2.boxFilter(small, cv2.CV_32F, window, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    square = cv2.sqrBoxFilter(small, cv2.CV_32F, window, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    height, width = small.shape
    variance = (square - mean * mean)[: height - last, : width - last]
    kept = variance > _COARSE_SPREAD**2
    return np.where(kept, 1 / (COARSE_PX * np.sqrt(np.maximum(variance, 1.0))), 0).astype(np.float32)


def _spectrum(small: Plane) -> Plane:
    whole = cv2.getOptimalDFTSize(small.shape[0]), cv2.getOptimalDFTSize(small.shape[1])
    padded = np.zeros(whole, dtype=np.float32)
    padded[: small.shape[0], : small.shape[1]] = small - float(small.mean())
    return cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT).astype(np.float32, copy=False)


def _peaks(fit: Plane, side_px: float, ratio: tuple[float, float]) -> list[_Place]:
    """Return the best local maxima of a correlation, best first."""
    flat = fit.ravel()
    hits = np.flatnonzero((fit >= cv2.dilate(fit, _AROUND)) & (fit > _COARSE_LEAST))
    hits = hits[np.argsort(-flat[hits], kind="stable")[:_PER_LEVEL]]
    rows, columns = np.divmod(hits, fit.shape[1])
    half = COARSE_PX / 2
    return [
        _Place(x=(column + half) * ratio[0], y=(row + half) * ratio[1], side=side_px, fit=value)
        for row, column, value in zip(rows.tolist(), columns.tolist(), flat[hits].tolist(), strict=True)
    ]


def _spread(levels: Sequence[Sequence[_Place]]) -> list[_Place]:
    """Return the best places, near ones of near size thinned out.

    The best of every size come first: at a size that is a little off, an icon may fit worse than text does elsewhere.
    """
    heads = [place for level in levels for place in level[:_HEADS]]
    tails = [place for level in levels for place in level[_HEADS:]]
    rest = [*sorted(heads, key=lambda p: -p.fit), *sorted(tails, key=lambda p: -p.fit)]
    kept: list[_Place] = []
    while rest and len(kept) < _PER_TEMPLATE:
        best, *rest = rest
        kept.append(best)
        reach, most, least = 0.15 * best.side, 1.3 * best.side, best.side / 1.3
        rest = [p for p in rest if abs(p.x - best.x) + abs(p.y - best.y) >= reach or not least < p.side < most]
    return kept


# --- close -----------------------------------------------------------------------------------------------------


def _judged(screen: _Screen, template: Template, places: Sequence[_Place]) -> list[tuple[_Place, float]]:
    """Return the places of one template that hold against a closer look, with their match ratio."""
    closer = [better for place in places if (better := _aligned(screen, template, place)).fit >= _MIDDLE_LEAST]
    found: list[tuple[_Place, float]] = []
    tried: list[_Place] = []
    for place in sorted(closer, key=lambda p: -p.fit):
        if any(math.hypot(place.x - p.x, place.y - p.y) < 0.25 * p.side for p in tried):
            continue
        tried.append(place)
        exact = _followed(screen, template, place)
        if exact.fit >= _FINE_LEAST:
            level = screen.level_for(exact.side, FINE_PX)
            patch = _patch(screen.colour[level], exact, FINE_PX, 2**level)
            found.append((exact, likeness(patch, template)))
    return found


def _patch(source: Grey | Colour, place: _Place, pixels: int, shrunk: int) -> Plane:
    """Return the square at a place, sampled to ``pixels``; ``source`` is the screen ``shrunk`` times smaller."""
    step = place.side / shrunk / pixels
    first = [c / shrunk - 0.5 - place.side / shrunk / 2 + step / 2 for c in (place.x, place.y)]
    warp = np.array([[step, 0, first[0]], [0, step, first[1]]], dtype=np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(source, warp, (pixels, pixels), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return patch.astype(np.float32, copy=False)


def _aligned(screen: _Screen, template: Template, place: _Place) -> _Place:
    """Return the place moved and stretched to where the template fits best."""
    level = screen.level_for(place.side, MIDDLE_PX)
    patch = _patch(screen.grey[level], place, MIDDLE_PX, 2**level).ravel()
    patch = patch - patch.mean()
    length = float(np.linalg.norm(patch))
    if length < 1:
        return _Place(x=place.x, y=place.y, side=place.side, fit=0)
    fits = np.abs(template.middle @ (patch / length))
    best = int(np.argmax(fits))
    right, down, stretch = template.moves[best].tolist()
    return _Place(
        x=place.x + right * place.side, y=place.y + down * place.side, side=place.side * stretch, fit=float(fits[best])
    )


def _followed(screen: _Screen, template: Template, place: _Place) -> _Place:
    """Return the place to a fraction of a pixel, ``fit`` measured at the fine size."""
    x, y, side = place.x, place.y, place.side
    for _ in range(_FOLLOW_STEPS):
        _ground, contrast, right, down, grow = (template.follow @ _greys(screen, x, y, side)).tolist()
        if abs(contrast) < 4:
            break
        # The template moved by d looks like template - slope x d, so the slopes' factors are what to move by.
        step = side / FINE_PX
        x -= max(-_STRIDE, min(_STRIDE, right / contrast)) * step
        y -= max(-_STRIDE, min(_STRIDE, down / contrast)) * step
        side *= 1 - max(-0.06, min(0.06, grow / contrast / FINE_PX))
    if math.hypot(x - place.x, y - place.y) > 0.12 * place.side or not 0.85 < side / place.side < 1.18:
        x, y, side = place.x, place.y, place.side
    patch = _greys(screen, x, y, side)
    patch -= patch.mean()
    fit = abs(float(template.fine_unit @ patch)) / max(1.0, float(np.linalg.norm(patch)))
    return _Place(x=x, y=y, side=side, fit=fit)


def _greys(screen: _Screen, x: float, y: float, side: float) -> Plane:
    level = screen.level_for(side, FINE_PX)
    here = _Place(x=x, y=y, side=side, fit=0)
    return _patch(screen.grey[level], here, FINE_PX, 2**level).ravel()
