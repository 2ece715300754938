"""Counts where ``ScreenKey`` errs: one screen under two keys, two screens under one.

``python -m benchmarks.explore_keys --screens DIR`` looks at stored pictures of real screens, by pixels alone: any two
are different screens, and each is the same as itself with another clock in its status bar, stored as JPEG again.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.explore_watch import IN_THE_WAY
from harness.clock import SystemClock
from harness.model import Moment, ObservationId
from harness.perceive import frame_from_image, observe
from harness.perceive.engines import OCR, ocr_engines

_STATUS_BAR_RATIO = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How many pairs of sights there were of one screen and of two, and how many of each the key got wrong."""

    same: int
    split: int
    different: int
    merged: int


def pairs_of(sights: Iterable[tuple[str, str]]) -> Pairs:
    """Return the pairs among sights of known screens: what it was, and the key it was given.

    Repeated sights of one screen under one key count once, so that a screen often seen weighs no more than others.
    """
    distinct = sorted({(truth, key) for truth, key in sights if truth and not truth.startswith(IN_THE_WAY)})
    truths = {truth for truth, _ in distinct}
    counted = list(combinations(distinct, 2))
    split = sum(1 for one, other in counted if one[0] == other[0])
    different = [(one, other) for one, other in counted if one[0] != other[0]]
    merged = sum(1 for one, other in different if one[1] == other[1])
    # A screen known by one key is one pair that was got right: it was seen again under the same key.
    return Pairs(same=len(truths) + split, split=split, different=len(different), merged=merged)


def show_pairs(name: str, pairs: Sequence[Pairs]) -> None:
    """Print both error rates over several lots of pairs."""
    same, split = sum(p.same for p in pairs), sum(p.split for p in pairs)
    different, merged = sum(p.different for p in pairs), sum(p.merged for p in pairs)
    print(
        f"screen keys, {name}: one screen under two keys {split} of {same} pairs ({100 * split / max(1, same):.1f} %), "
        f"two screens under one key {merged} of {different} ({100 * merged / max(1, different):.2f} %)"
    )


def stored_sights(folder: Path) -> list[tuple[str, str]]:
    """Return file names and keys of the pictures in a folder, each as it is and as another moment shows it."""
    engines = ocr_engines(OCR[0])
    moment = Moment(wall=SystemClock().wall(), mono_s=0.0)
    sights = []
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(p for p in folder.iterdir() if p.suffix in (".png", ".jpg", ".jpeg")):
            for image in (path, _later(path, Path(scratch))):
                frame = frame_from_image(image, at=moment)
                seen = observe(frame, id=ObservationId("o0001"), engines=engines)
                sights.append((path.name, str(seen.screen)))
    return sights


def _later(path: Path, scratch: Path) -> Path:
    """Return the picture with another clock in its status bar, stored as JPEG."""
    with Image.open(path) as image:
        later = image.convert("RGB")
    height = max(8, round(_STATUS_BAR_RATIO * later.height))
    ImageDraw.Draw(later).rectangle((0, 0, later.width // 4, height), fill=later.getpixel((later.width // 2, 2)))
    stored = scratch / f"{path.stem}.jpg"
    later.save(stored, "JPEG", quality=80)
    return stored


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explore_keys", description=__doc__)
    parser.add_argument("--screens", type=Path, required=True, help="a folder with pictures of different screens")
    given = parser.parse_args()
    show_pairs(str(given.screens.name), [pairs_of(stored_sights(given.screens))])


if __name__ == "__main__":
    main()
