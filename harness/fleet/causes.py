"""Tells whether the app or the rules made a difference: judges the evidence of the night before with today's rules."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from harness.baseline import Change, ChangeKind, Comparison, NightLooks, why_it_changed
from harness.errors import BundleError
from harness.evidence.bundle import open_bundle
from harness.judge import judge
from harness.model import RuleId, Verdict
from harness.rules import ALL_RULES

LOG: Final = logging.getLogger(__name__)
_EDITION: Final = "cause-rules-edition"
_MOVES: Final = frozenset({ChangeKind.NEW, ChangeKind.REGRESSED, ChangeKind.FIXED_PENDING, ChangeKind.FIXED})


def with_causes(comparison: Comparison, last: NightLooks | None, evidence_dir: Path) -> Comparison:
    """Return the comparison with what moved (app, rule, both) wherever a verdict is another one under other rules.

    Old evidence that is gone or cannot be read leaves it at "another edition of the rules".
    """

    @cache
    def judged_today(bundle: str) -> dict[RuleId, Verdict]:
        try:
            with open_bundle(evidence_dir / bundle) as stored:
                walk = stored.walk
        except BundleError as error:
            LOG.warning("old evidence cannot be judged again", extra={"bundle": bundle, "why": str(error)})
            return {}
        return {finding.rule: finding.verdict for finding in judge(walk, ALL_RULES).findings}

    def told(change: Change) -> Change:
        then = change.before or (last.looks.get(change.subject) if last is not None else None)
        tonight = change.tonight
        if not (change.kind in _MOVES or change.worse) or then is None or tonight is None:
            return change
        if then.verdict is None or tonight.verdict is None or then.rules_edition == tonight.rules_edition:
            return change
        today = judged_today(then.bundle).get(change.subject.rule) if then.bundle else None
        moved = (_EDITION,) if today is None else why_it_changed(then.verdict, today, tonight.verdict)
        return replace(change, causes=(*(cause for cause in change.causes if cause != _EDITION), *moved))

    return replace(comparison, changes=tuple(told(change) for change in comparison.changes))
