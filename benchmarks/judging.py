"""Prints how long the whole catalogue takes to judge 200 observations again, and each rule's part of it.

``python -m benchmarks.judging BUNDLE ...``: the observations of the bundles, repeated or cut to 200.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.evidence.bundle import open_bundle
from harness.judge import judge
from harness.model import ObservationId, Walk
from harness.rules import ALL_RULES

GOAL_S = 5.0
WANTED = 200


def walk_of(bundles: Sequence[Path]) -> Walk:
    """Return one walk of ``WANTED`` observations with new ids; the steps and probes are those of the first bundle."""
    walks = []
    for bundle in bundles:
        with open_bundle(bundle) as stored:
            walks.append(stored.walk)
    first = walks[0]
    more = itertools.cycle([o for walk in walks for o in walk.observations])
    extra = [
        replace(next(more), id=ObservationId(f"x{number:04d}"))
        for number in range(max(0, WANTED - len(first.observations)))
    ]
    return replace(first, observations=(*first.observations, *extra)[:WANTED])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the whole time against the goal, then the rules by their part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    walk = walk_of(options.bundles)
    words = statistics.median(len(o.words) for o in walk.observations)
    whole = min(_seconds(walk, None) for _ in range(options.rounds))
    print(f"{len(walk.observations)} observations, {words:.0f} words in the middle one, {len(ALL_RULES)} rules")
    print(f"the whole catalogue: {whole:.2f} s, {whole / GOAL_S:.2f} of the limit of {GOAL_S:.0f} s (one core)")
    parts = {
        str(rule.id): min(_seconds(walk, index) for _ in range(options.rounds)) for index, rule in enumerate(ALL_RULES)
    }
    for name, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"  {name:32} {1000 * seconds:7.1f} ms  {1000 * seconds / len(walk.observations):6.2f} ms an observation")


def _seconds(walk: Walk, index: int | None) -> float:
    rules = ALL_RULES if index is None else ALL_RULES[index : index + 1]
    began_s = time.process_time()  # one thread that waits for nothing: other work on the machine does not count
    judge(walk, rules)
    return time.process_time() - began_s


if __name__ == "__main__":
    main()
