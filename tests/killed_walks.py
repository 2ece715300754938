"""Replayed walks that are killed while they record and sign: forked from one process, so that a kill costs a walk.

Run as ``python -m tests.killed_walks FOLDER KEY KILLS``. The first line printed is, for every number of steps, what the
rules find by then; every further line is one killed process: its folder, and what it had announced.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.clock import SystemClock
from harness.evidence import layout
from harness.evidence.bundle import BundleWriter, open_bundle, read_bundle
from harness.evidence.seal import Sealing, sealing_for
from harness.judge import judge
from harness.model import Actor, Back, Judgement, Observation, ObservationId, Recording, Refusal, Step, Verdict, Walk
from harness.rules import ALL_RULES
from harness.rules.corpus import CASES, read_case
from tests.evidence_walks import BOARD, HOME, MINE, PACKAGE, Hands, app, frame_of, player, start_of
from tests.seal_fixtures import HostClock

SEEN = ("points-ranking/people-table", "points-quota/tasks-with-quota-and-appraisal", "quiz-pass-mark/pass-or-be-named")
PICTURES = (HOME, MINE, BOARD, player(12), player(50), player(90))
FINISHED = "finished"
MP4 = b"\x00\x00\x00\x18ftypmp42"


def screens() -> tuple[Observation, ...]:
    """Return screens of the rules' own cases as one app's; what is found in them is known."""
    seen = [screen for name in SEEN for screen in read_case(CASES / f"{name}.json").screens]
    return tuple(
        replace(screen, id=ObservationId(f"o{number:04d}"), page=screen.page and replace(screen.page, package=PACKAGE))
        for number, screen in enumerate([*seen, *seen], start=1)
    )


def found(walk: Walk) -> list[str]:
    """Return the rules that find something in a walk."""
    return [f.rule for f in judge(walk, ALL_RULES).findings if f.verdict is Verdict.FOUND]


def record(root: Path, by: Sealing | None, run: str) -> Iterator[str]:
    """Record one walk and make its bundle whole; yield its name, each step once it is recorded, and the end."""
    with BundleWriter(root, start_of(app(), run=run), clock=HostClock(), sealing=by) as writer:
        yield writer.name
        hands = Hands(writer)
        for observation, drawn in zip(screens(), itertools.cycle(PICTURES), strict=False):
            began = hands.moment()
            frame = frame_of(drawn, began)
            known = hands.observations[-1].id if hands.observations else None
            seen = replace(
                observation,
                png_sha256=layout.sha256(frame.png or b""),
                xml_sha256=layout.sha256(frame.xml or b""),
                size_px=frame.size_px,
            )
            writer.observation(seen, frame)
            hands.observations.append(seen)
            box = PICTURES[0].rows[0][1]
            writer.refusal(
                Refusal(seq=len(hands.observations), observation=seen.id, label="x", box=box, danger="danger-logout")
            )
            hands.steps += 1
            writer.step(
                Step(
                    seq=hands.steps,
                    actor=Actor.EXPLORE,
                    action=Back(),
                    why="try",
                    before=known,
                    after=seen.id,
                    began=began,
                    ended=hands.moment(),
                )
            )
            film = MP4 + bytes([hands.steps]) * 50_000
            writer.recording(
                Recording(
                    rule=ALL_RULES[0].id,
                    number=hands.steps,
                    began=began,
                    ended=hands.moment(),
                    sha256=layout.sha256(film),
                    size_bytes=len(film),
                ),
                film,
            )
            yield str(hands.steps)
        writer.walk_ended(hands.end())
        writer.finish(_judged(writer.path), {"index.html": b"<!doctype html>"})
    yield FINISHED


def _judged(path: Path) -> Judgement:
    with open_bundle(path) as bundle:
        return judge(bundle.walk, ALL_RULES)


def _known(folder: Path) -> dict[str, list[str]]:
    """Return what is found by the number of steps recorded, from a walk that nobody disturbs."""
    known: dict[str, list[str]] = {"0": []}
    steps = record(folder, None, "known")
    path = folder / next(steps)
    for step in steps:
        known[step] = found(read_bundle(path))
    return known


def _killed(folder: Path, key: Path, after_s: float) -> list[list[str]]:
    """Let a process record one bundle after the other, kill it, and return what it had announced of each."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            by = sealing_for(folder, key)
            for number in itertools.count():
                for said in record(folder / "runs", by, f"r{number}"):
                    os.write(theirs, f"{said}\n".encode())
        finally:
            os._exit(1)
    os.close(theirs)
    clock = SystemClock()
    until = clock.monotonic_s() + after_s
    told = b""
    while (left_s := until - clock.monotonic_s()) > 0:
        if select.select([ours], [], [], left_s)[0]:
            told += os.read(ours, 1 << 16) or sys.exit("a walk failed by itself")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while rest := os.read(ours, 1 << 16):
        told += rest
    os.close(ours)
    bundles: list[list[str]] = []
    for said in told.decode().split():
        if said.startswith("EB-"):
            bundles.append([])
        bundles[-1].append(said)
    return bundles


def _say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


def main() -> None:
    folder, key, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    _say(_known(folder / "known"))
    clock = SystemClock()
    began_s = clock.monotonic_s()
    list(record(folder / "timed" / "runs", sealing_for(folder / "timed", key), "timed"))
    whole_s = clock.monotonic_s() - began_s
    for seed in range(kills):
        # A little longer than one bundle takes: the beginning of the next one is a moment too.
        told = _killed(folder / str(seed), key, random.Random(seed).uniform(0.0, 1.3 * whole_s))
        _say({"folder": str(seed), "told": told})


if __name__ == "__main__":
    main()
