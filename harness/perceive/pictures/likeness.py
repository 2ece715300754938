"""How much a patch of a screen looks like a template's ink on some ground, whatever the colours. Pure.

The template says where ink and where ground must be. The ink's colour is taken from the patch; the ground is a flat or
slanting colour where that fits, else what is around each pixel, so that gradients and photos are no trouble. Then every
pixel tells whether it is ink. An outline in place of a filled shape lacks ink inside, an open lock has ink where ground
must be: such errors come in clumps, and the worst clump counts beside the mean. Pixels that are like neither (a red dot
on a corner) say nothing, as long as they are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from harness.perceive.pictures.decode import Grey
from harness.perceive.pictures.templates import FINE_PX, Plane, Template

_LEAST_CONTRAST = 14.0  # grey levels between ink and ground
_CLUMP_SIGMA = 2.2  # pixels of 48
_GROUND_SIGMA = 3.5
_MOST_COVERED = 0.3  # of the ink
_FLAT_SHARE = 0.5  # of the ground that must be one slanting colour to be taken for one
_FLAT_TOLERANCE = 0.22  # of the contrast

_offset = (np.arange(FINE_PX, dtype=np.float32) - (FINE_PX - 1) / 2) / FINE_PX
_SLANT = np.stack([np.ones(FINE_PX * FINE_PX), np.tile(_offset, FINE_PX), np.repeat(_offset, FINE_PX)], axis=1).astype(
    np.float32
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a patch shows of a template, as parts: ink that lacks, ink too much, each as mean and as worst clump, the
    covered part of the ink, and the correlation of ink amounts."""

    lacking: float
    lacking_clump: float
    extra: float
    extra_clump: float
    covered: float
    fit: float


NOTHING_SEEN = Seen(lacking=1, lacking_clump=1, extra=1, extra_clump=1, covered=1, fit=0)


def likeness(patch: Plane, template: Template) -> float:
    """Return how like a 48 x 48 patch in colour is to the template, 0 to 1."""
    seen = compared(patch, template)
    clumps = 0.45 * seen.lacking_clump + 0.45 * seen.extra_clump
    ratio = seen.fit - 0.5 * seen.lacking - 0.5 * seen.extra - clumps - 0.3 * seen.covered
    return max(0.0, min(1.0, ratio))


def compared(patch: Plane, template: Template) -> Seen:
    """Return what the patch shows of the template."""
    colours = patch
    ink = np.median(colours[template.solid > 0], axis=0)
    ground, typical = _ground(colours, template, ink)
    contrast = ink - ground
    length = np.sqrt((contrast * contrast).sum(axis=2))
    usable = (length > _LEAST_CONTRAST).astype(np.float32)
    if float((usable * template.solid).sum()) < 0.6 * float(template.solid.sum()):
        return NOTHING_SEEN
    length = np.maximum(length, _LEAST_CONTRAST)
    away = colours - ground
    amount = (away * contrast).sum(axis=2) / (length * length)
    to_ground = np.sqrt((away * away).sum(axis=2)) / length
    beside = np.sqrt(np.maximum(to_ground * to_ground - amount * amount, 0))
    to_ink = np.sqrt(((colours - ink) ** 2).sum(axis=2)) / length
    neither = _from_outside(((beside > 0.25) & (to_ink > 0.3) & (to_ground > 0.3)).astype(np.uint8))
    strange = cv2.dilate(neither * template.solid, np.ones((3, 3), dtype=np.uint8))
    covered = float((strange * template.solid).sum()) / max(1.0, float(template.solid.sum()))
    if covered > _MOST_COVERED:  # a photo in place of ink, not something that lies on it
        strange = np.zeros_like(strange)
    told = 1 - cv2.dilate(strange, np.ones((3, 3), dtype=np.uint8))
    solid = template.solid * usable * told
    clear = template.clear * told
    lacking = np.minimum(to_ink, 1.0) * solid
    # Ground that looks like ink is judged by the contrast of the whole: around a hole that is missing there is none.
    overall = max(_LEAST_CONTRAST, float(np.sqrt(((ink - typical) ** 2).sum())))
    too_much = np.clip(1 - to_ink * length / (0.6 * overall), 0, 1) * clear
    return Seen(
        lacking=float(lacking.sum() / max(1.0, float(solid.sum()))),
        lacking_clump=_worst_clump(lacking, solid),
        extra=float(too_much.sum() / max(1.0, float(clear.sum()))),
        extra_clump=_worst_clump(too_much, clear),
        covered=covered,
        fit=_correlation(np.clip(amount, -0.3, 1.3), template.fine, solid + clear),
    )


def _from_outside(neither: Grey) -> Plane:
    """Return those pixels that hang together with the patch's border: a hole that shows a photo covers nothing."""
    count, labels = cv2.connectedComponents(neither, connectivity=8)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outside = np.zeros(count, dtype=np.float32)
    outside[border] = 1
    outside[0] = 0
    found: Plane = outside[labels]
    return found


def _ground(colours: Plane, template: Template, ink: Plane) -> tuple[Plane, Plane]:
    """Return the ground behind every pixel, and its typical colour."""
    clear = template.clear
    typical = np.median(colours[clear > 0], axis=0)
    tolerance = max(_LEAST_CONTRAST, _FLAT_TOLERANCE * float(np.linalg.norm(ink - typical)))
    flat = colours.reshape(-1, 3)
    inside = (clear.ravel() > 0) & (np.abs(flat - typical).max(axis=1) < 4 * tolerance)
    for _ in range(2):
        if inside.sum() < _FLAT_SHARE * clear.sum():
            break
        weighted = _SLANT * inside[:, None]
        slant = np.linalg.solve(weighted.T @ _SLANT + 1e-3 * np.eye(3), weighted.T @ flat)
        fitted = (_SLANT @ slant).astype(np.float32)
        inside = (clear.ravel() > 0) & (np.abs(flat - fitted).max(axis=1) < tolerance)
    else:
        if inside.sum() >= _FLAT_SHARE * clear.sum():
            return fitted.reshape(colours.shape), typical
    share = cv2.GaussianBlur(clear, (0, 0), _GROUND_SIGMA)[:, :, None]
    near = cv2.GaussianBlur(colours * clear[:, :, None], (0, 0), _GROUND_SIGMA) / np.maximum(share, 1e-3)
    known = np.clip(share / 0.05, 0, 1)
    return near * known + typical * (1 - known), typical


def _worst_clump(error: Plane, weight: Plane) -> float:
    share = cv2.GaussianBlur(weight, (0, 0), _CLUMP_SIGMA)
    mean = cv2.GaussianBlur(error, (0, 0), _CLUMP_SIGMA)
    return float((mean / np.maximum(share, 0.12)).max())


def _correlation(amount: Plane, wanted: Plane, weight: Plane) -> float:
    total = max(1.0, float(weight.sum()))
    one = (amount - (amount * weight).sum() / total) * weight
    other = (wanted - (wanted * weight).sum() / total) * weight
    return float((one * other).sum() / max(1e-6, float(np.linalg.norm(one) * np.linalg.norm(other))))
