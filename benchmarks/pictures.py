"""Prints how well and how fast icons are found, beside Airtest's matchers where their Python is given.

``python -m benchmarks.pictures``; what is measured how is told in the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.icon_scenes import (
    BASE_PX,
    SIZE_PX,
    IconSet,
    Placed,
    Scene,
    icon_free,
    mdi_icons,
    own_icons,
    scene,
)
from harness.perceive.pictures import IconMatch, Template, find_icons, template_of_outline
from harness.perceive.pictures.outline import Outline, drawn_outline

# Thresholds and weights were set on the tune seeds; what is reported of them is reported of the test seeds.
SEEDS = {"tune": 1_000, "test": 900_000}
GOALS = {"hit": 0.95, "alike": 0.01, "p95_px": 4.0, "ms": 100.0}
_NEAR = 0.3  # of the glyph's side: what counts as the same place
_BANDS = ((0.5, 0.71), (0.71, 1.0), (1.0, 1.41), (1.41, 2.01))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """One icon that is shown, and what was found of it: match ratio (0 where nothing) and distance in pixels."""

    placed: Placed
    match_ratio: float
    error_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one pass over the scenes gave. ``alike`` and ``absent`` tell of each icon that is not shown whether it was
    found all the same: with a look-alike on the screen, and without."""

    shown: tuple[Sought, ...]
    alike: tuple[bool, ...]
    absent: tuple[bool, ...]

    @property
    def hits(self) -> list[Sought]:
        return [one for one in self.shown if one.match_ratio > 0]


def templates_of(icons: IconSet) -> tuple[Template, ...]:
    """Return the templates of the wanted icons, made for a screen of our width."""
    return tuple(
        template_of_outline(outline, name=name, side_px=_glyph_side_px(outline), capture_width_px=SIZE_PX[0])
        for name, outline in icons.wanted.items()
    )


def _glyph_side_px(outline: Outline) -> float:
    rows, columns = np.nonzero(drawn_outline(outline, 10 * BASE_PX) > 96)
    return (max(int(np.ptp(rows)), int(np.ptp(columns))) + 1) / 10


def measure(icons: IconSet, templates: Sequence[Template], seeds: Sequence[int]) -> Tally:
    """Return hits, errors and false finds over the scenes of the seeds."""
    shown: list[Sought] = []
    alike: list[bool] = []
    absent: list[bool] = []
    for seed in seeds:
        drawn = scene(icons, seed)
        found = find_icons(drawn.pixels, templates)
        names = {one.name for one in drawn.placed}
        shown.extend(_sought(one, found) for one in drawn.placed)
        for template in templates:
            if template.name not in names:
                false = any(match.name == template.name for match in found)
                (alike if template.name in drawn.alike else absent).append(false)
    return Tally(shown=tuple(shown), alike=tuple(alike), absent=tuple(absent))


def _sought(placed: Placed, found: Sequence[IconMatch]) -> Sought:
    near = [(match, _apart_px(placed, *match.box.centre_px)) for match in found if match.name == placed.name]
    near = [(match, apart) for match, apart in near if apart <= _NEAR * placed.box.width_px]
    if not near:
        return Sought(placed=placed, match_ratio=0.0, error_px=math.inf)
    match, apart = max(near, key=lambda pair: pair[0].match_ratio)
    return Sought(placed=placed, match_ratio=match.match_ratio, error_px=apart)


def _apart_px(placed: Placed, x: float, y: float) -> float:
    return math.hypot((placed.box.left + placed.box.right) / 2 - x, (placed.box.top + placed.box.bottom) / 2 - y)


def times_ms(icons: IconSet, templates: Sequence[Template], seeds: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return milliseconds of one search for all templates, per screen: by the clock, and of all processors."""
    walls, works = [], []
    for seed in seeds:
        pixels = scene(icons, seed).pixels
        find_icons(pixels, templates)
        wall_s, work_s = time.perf_counter(), time.process_time()
        find_icons(pixels, templates)
        walls.append((time.perf_counter() - wall_s) * 1000)
        works.append((time.process_time() - work_s) * 1000)
    return walls, works


def peer(python: Path, icons: IconSet, seeds: Sequence[int]) -> tuple[str, dict[str, list[list[Any]]], list[Any]]:
    """Return Airtest's strategy, its finds and the truth of each job. Raises ``RuntimeError`` where it cannot run."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        jobs: list[dict[str, str]] = []
        truths: list[tuple[str, Placed | None]] = []
        for name, outline in icons.wanted.items():
            _saved(folder / f"{name}.png", _light_crop(outline))
        for seed in seeds:
            drawn = scene(icons, seed)
            _saved(folder / f"{seed}.png", drawn.pixels)
            for name, placed in _pairs(drawn):
                jobs.append({"screen": f"{seed}.png", "template": f"{name}.png"})
                truths.append((name, placed))
        (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
        script = Path(__file__).with_name("icon_peer.py")
        ran = subprocess.run([str(python), str(script), str(folder)], capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f"exit {ran.returncode}")
        told = json.loads(ran.stdout.splitlines()[-1])
        return "+".join(told["strategy"]), told["found"], truths


def _pairs(drawn: Scene) -> list[tuple[str, Placed | None]]:
    shown: list[tuple[str, Placed | None]] = [(one.name, one) for one in drawn.placed[:2]]
    return shown + [(name, None) for name in sorted(drawn.alike)[:2]]


def _light_crop(outline: Outline) -> np.ndarray[Any, Any]:
    """Return the icon as a person would cut it out of a light screen: dark on white, at scale 1."""
    share = drawn_outline(outline, BASE_PX).astype(np.float32)[:, :, None] / 255
    return np.asarray(250 * (1 - share) + 34 * share + np.zeros(3), dtype=np.uint8)


def _saved(path: Path, pixels: np.ndarray[Any, Any]) -> None:
    if not cv2.imwrite(str(path), pixels):
        raise RuntimeError(f"{path.name} could not be written")


# --- telling


def _rate(flags: Sequence[bool]) -> str:
    return f"{sum(flags)}/{len(flags)} = {sum(flags) / len(flags):6.1%}" if flags else "none"


def _goal(*, met: bool) -> str:
    return "met" if met else "MISSED"


def _tell(tally: Tally) -> None:
    hit = len(tally.hits) / len(tally.shown)
    print(f"hit rate              {_rate([o.match_ratio > 0 for o in tally.shown])}", end="")
    print(f"   (goal {GOALS['hit']:.0%}: {_goal(met=hit >= GOALS['hit'])})")
    groups: dict[str, list[bool]] = {}
    for one in tally.shown:
        band = next(f"scale {a:g}-{b:g}" for a, b in _BANDS if one.placed.scale < b)
        for name in ("covered" if one.placed.covered else "not covered", f"style {one.placed.style}", band):
            groups.setdefault(name, []).append(one.match_ratio > 0)
    for name, flags in sorted(groups.items()):
        print(f"  {name:<19} {_rate(flags)}")
    false = sum(tally.alike) / max(1, len(tally.alike))
    print(f"false among look-alikes {_rate(tally.alike)}   (goal {GOALS['alike']:.0%}: ", end="")
    print(f"{_goal(met=false <= GOALS['alike'])})")
    print(f"false, no look-alike  {_rate(tally.absent)}")
    errors = sorted(one.error_px for one in tally.hits)
    if errors:
        p95 = errors[min(len(errors) - 1, math.ceil(0.95 * len(errors)) - 1)]
        print(f"centre error          median {statistics.median(errors):.1f} px, p95 {p95:.1f} px", end="")
        print(f"   (goal {GOALS['p95_px']:g}: {_goal(met=p95 <= GOALS['p95_px'])})")


def _tell_peer(python: Path | None, icons: IconSet, seeds: Sequence[int], ours_ms: float) -> None:
    if python is None:
        print("Airtest: skipped, no --peer-python (a venv of its own with airtest 1.4.3)")
        return
    try:
        strategy, found, truths = peer(python, icons, seeds)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"Airtest: skipped, {error}")
        return
    print(f"Airtest, {len(seeds)} screens, one template at a time, threshold 0.7; default strategy is {strategy}")
    for name, rows in found.items():
        hit, false, taken = [], [], []
        for (_, placed), (_, confidence, x, y, ms) in zip(truths, rows, strict=True):
            taken.append(ms)
            if placed is None:
                false.append(confidence > 0)
            else:
                hit.append(confidence > 0 and _apart_px(placed, x, y) <= _NEAR * placed.box.width_px)
        print(f"  {name:<8} hit {_rate(hit)}, false among look-alikes {_rate(false)}, ", end="")
        print(f"{statistics.median(taken):7.1f} ms for one template")
        if name == "default":
            one_ms = statistics.median(taken)
            met = _goal(met=ours_ms < one_ms)
            print(f"  ours for all {len(icons.wanted)}: {ours_ms / one_ms:.2f} of that (goal < 1: {met})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--seeds", choices=sorted(SEEDS), default="test")
    parser.add_argument("--screens", type=int, default=100, help="screens with icons (default %(default)s)")
    parser.add_argument("--icon-free", type=int, default=200, help="screens without icons (default %(default)s)")
    parser.add_argument("--timed", type=int, default=20, help="screens to time on (default %(default)s)")
    parser.add_argument("--icons", type=Path, help="the svg folder of @mdi/svg; without it our own shapes are used")
    parser.add_argument("--peer-python", type=Path, help="Python of a venv with Airtest")
    parser.add_argument("--peer-screens", type=int, default=6, help="screens for Airtest (default %(default)s)")
    given = parser.parse_args()
    icons = own_icons() if given.icons is None else mdi_icons(given.icons)
    templates = templates_of(icons)
    first = SEEDS[given.seeds]
    print(f"{given.seeds} seeds, {len(templates)} templates, {given.screens} screens of {SIZE_PX[0]}x{SIZE_PX[1]}")
    _tell(measure(icons, templates, range(first, first + given.screens)))
    free = [bool(find_icons(icon_free(first + seed), templates)) for seed in range(given.icon_free)]
    print(f"icon-free screens     {_rate(free)} with a find   (goal 0: {_goal(met=not any(free))})")
    timed = range(first, first + given.timed)
    walls, works = times_ms(icons, templates, timed)
    ours_ms = statistics.median(walls)
    print(
        f"{len(templates)} templates at once  median {ours_ms:.1f} ms, best {min(walls):.1f}, of processors "
        f"{statistics.median(works):.1f}   (goal {GOALS['ms']:g}: {_goal(met=ours_ms <= GOALS['ms'])})"
    )
    _tell_peer(given.peer_python, icons, range(first, first + given.peer_screens), ours_ms)


if __name__ == "__main__":
    main()
