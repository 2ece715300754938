"""Prints what each rule finds, misses and invents, beside a search for its keywords.

``python -m benchmarks.detect [--bundles DIR] [--screens DIR]``; what is counted how: see the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detect_presses import print_presses
from benchmarks.detect_screens import print_screens
from harness.demo import DEMO, UNNAMED
from harness.entry import inside
from harness.evidence.bundle import open_bundle
from harness.judge import judge
from harness.model import Observation, Rule, Verdict
from harness.rules import ALL_RULES
from harness.rules.corpus import WALKED, cases_of

POSITIVE = frozenset({Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT})
# What is absent, out of date or not filed shows on no page: these are judged by the app alone.
OF_A_WHOLE_APP = frozenset(
    {"missing-complaint-channel", "missing-sponsor-filing-number", "zombie-app", "unfiled-required-use"}
)
_Z = 1.959964  # 95 %, two-sided


@dataclass(slots=True)
class Tally:
    """What was said of a number of samples, beside what is so."""

    hits: int = 0
    invented: int = 0
    missed: int = 0
    rest: int = 0
    wrong_found: int = 0

    def add(self, *, said: bool, so: bool) -> None:
        """Count one sample."""
        self.hits += said and so
        self.invented += said and not so
        self.missed += so and not said
        self.rest += not so and not said

    @property
    def precision(self) -> str:
        """Precision with its 95 % bounds (Wilson)."""
        return _share(self.hits, self.hits + self.invented)

    @property
    def recall(self) -> str:
        """Recall with its 95 % bounds (Wilson)."""
        return _share(self.hits, self.hits + self.missed)

    def plus(self, other: Tally) -> Tally:
        """Return the sum of both."""
        return Tally(
            hits=self.hits + other.hits,
            invented=self.invented + other.invented,
            missed=self.missed + other.missed,
            rest=self.rest + other.rest,
            wrong_found=self.wrong_found + other.wrong_found,
        )


def _share(part: int, whole: int) -> str:
    if not whole:
        return "      -         "
    share = part / whole
    middle = (share + _Z**2 / (2 * whole)) / (1 + _Z**2 / whole)
    half = _Z / (1 + _Z**2 / whole) * math.sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    return f"{share:.3f} [{max(0.0, middle - half):.2f},{min(1.0, middle + half):.2f}]"


def says_a_keyword(rule: Rule, observation: Observation) -> bool:
    """Return what the plainest detector says: any word of the rule's lexicon stands anywhere on the screen."""
    return any(must in word.norm for must in rule.lexicon.must for word in observation.words)


def print_corpus() -> None:
    """Print per rule what the stored cases give, ours beside the keywords."""
    print("cases of the corpus (a case is one app's screens; positive: found, exemption claimed, present)")
    print(f"{'rule':32} cases  hard  wrong found   ours precision     recall             keywords precision recall")
    total, words_total, hard_total, exact_total, cases_total = Tally(), Tally(), 0, 0, 0
    for rule in ALL_RULES:
        ours, keywords, hard = Tally(), Tally(), 0
        cases = cases_of(rule.id)
        for case in cases:
            verdict = rule.conclude([rule.detect(screen) for screen in case.screens], case.coverage).verdict
            so = case.verdict in POSITIVE
            hard += not so
            ours.add(said=verdict in POSITIVE, so=so)
            ours.wrong_found += verdict is Verdict.FOUND and case.verdict != Verdict.FOUND
            exact_total += verdict == case.verdict
            keywords.add(said=any(says_a_keyword(rule, screen) for screen in case.screens), so=so)
        print(
            f"{rule.id:32} {len(cases):5} {hard:5} {ours.wrong_found:12}   {ours.precision}  {ours.recall}   "
            f"{keywords.precision}  {keywords.recall}"
        )
        total, words_total = total.plus(ours), words_total.plus(keywords)
        hard_total += hard
        cases_total += len(cases)
    print(
        f"{'all':32} {cases_total:5} {hard_total:5} {total.wrong_found:12}   {total.precision}  {total.recall}   "
        f"{words_total.precision}  {words_total.recall}"
    )
    print(f"exactly the expected verdict: {exact_total}/{cases_total}\n")


def print_crossed() -> None:
    """Print how often a rule speaks up on a case that was stored for another rule: for a person to look at."""
    said: dict[str, list[str]] = {}
    for rule in ALL_RULES:
        for other in ALL_RULES:
            if other is rule:
                continue
            for case in cases_of(other.id):
                verdict = rule.conclude([rule.detect(screen) for screen in case.screens], WALKED).verdict
                if verdict in {Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED} and case.lookalike:
                    said.setdefault(str(rule.id), []).append(f"{other.id}/{case.name}")
    print("found on a look-alike of another rule (each may be right; look at it):")
    for name, cases in said.items():
        print(f"  {name}: {', '.join(cases)}")
    print("  none\n" if not said else "")


def print_demo(bundles: Iterable[Path]) -> None:
    """Print per rule what the demo apps' screens and the apps as a whole give, beside their truths."""
    screens = {str(rule.id): (Tally(), Tally()) for rule in ALL_RULES}
    apps = {str(rule.id): Tally() for rule in ALL_RULES}
    wrong: list[str] = []
    apart: list[str] = []
    walked = 0
    for bundle in bundles:
        with open_bundle(bundle) as stored:
            walk = stored.walk
        truth_file = DEMO / "apps" / str(walk.app.package) / "truth.json"
        if not truth_file.exists():
            print(f"{bundle.name}: no demo app, left out")
            continue
        walked += 1
        truth = {item["rule"]: item for item in json.loads(truth_file.read_text(encoding="utf-8"))["findings"]}
        findings = {str(f.rule): f for f in judge(walk, ALL_RULES).findings}
        within = inside(walk)
        pages: dict[str, list[Observation]] = {}
        for observation in {o.screen: o for o in walk.observations if o.id in within}.values():
            pages.setdefault(observation.page.activity if observation.page else "", []).append(observation)
        for rule in ALL_RULES:
            item = truth.get(str(rule.id), {"verdict": "clear", "accept": UNNAMED, "screens": []})
            verdict = findings[str(rule.id)].verdict
            apps[str(rule.id)].add(said=verdict in POSITIVE, so=item["verdict"] in POSITIVE)
            apps[str(rule.id)].wrong_found += verdict is Verdict.FOUND and Verdict.FOUND not in item["accept"]
            if verdict not in item["accept"]:
                wrong.append(f"{walk.app.package} {rule.id}: {verdict}, truth {item['verdict']}")
            if str(rule.id) in OF_A_WHOLE_APP:
                continue
            for page, looks in pages.items():
                shown = item["verdict"] in POSITIVE and any(page.endswith(name) for name in item["screens"])
                said = {rule.detect(observation).verdict for observation in looks}
                ours, keywords = screens[str(rule.id)]
                ours.add(said=bool(said & POSITIVE), so=shown)
                ours.wrong_found += Verdict.FOUND in said and item["verdict"] not in POSITIVE
                keywords.add(said=any(says_a_keyword(rule, o) for o in looks), so=shown)
                if bool(said & POSITIVE) != shown:
                    apart.append(f"{walk.app.package} {rule.id} {page}: truth {int(shown)}, seen {int(not shown)}")
    print(f"demo apps: {walked} walks; pages as the truths name them, apps by their findings")
    print(f"{'rule':32} screens: ours precision  recall             keywords precision recall          app: hits wrong")
    for name, (ours, keywords) in screens.items():
        app = apps[name]
        print(
            f"{name:32} {ours.precision}  {ours.recall}   {keywords.precision}  {keywords.recall}   "
            f"{app.hits}/{app.hits + app.missed}  {app.wrong_found + app.invented}"
        )
    whole, words = Tally(), Tally()
    for ours, keywords in screens.values():
        whole, words = whole.plus(ours), words.plus(keywords)
    print(f"{'all':32} {whole.precision}  {whole.recall}   {words.precision}  {words.recall}")
    print(f"page level: not as the truth says: {len(apart)}")
    for line in apart:
        print(f"  {line}")
    print(f"app level: not as the truth says: {len(wrong)}")
    for line in wrong:
        print(f"  {line}")
    print()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all tables that the given folders allow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect", description=__doc__)
    parser.add_argument("--bundles", type=Path, nargs="*", default=[], help="folders of bundles of the demo apps")
    parser.add_argument("--screens", type=Path, help="folder of labelled screens with an index.json")
    options = parser.parse_args(arguments)
    print_corpus()
    print_crossed()
    found = sorted({manifest.parent for folder in options.bundles for manifest in folder.rglob("bagit.txt")})
    if found:
        print_demo(found)
        print_presses(found)
    else:
        print("demo apps: not looked at; run `harness demo --all --evidence-dir DIR`, then give --bundles DIR\n")
    if options.screens:
        print_screens(options.screens)
    else:
        print("labelled screens: not looked at; give --screens DIR")


if __name__ == "__main__":
    main()
