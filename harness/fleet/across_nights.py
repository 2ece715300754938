"""What several apps together show, from one night to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.baseline import SEEN_VERDICTS
from harness.model import AcrossFinding, Verdict


class AcrossKind(StrEnum):
    """What a night adds to what was known of several apps; each is a message key with ``across-`` before it."""

    NEW = "new"
    PERSISTING = "persisting"
    GONE = "gone"  # all its apps were looked at, whole, and it was not there
    UNSEEN = "unseen"  # one of its apps could not be looked at whole; what was known stands


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossChange:
    """One finding over several apps, and what became of it."""

    kind: AcrossKind
    finding: AcrossFinding


def across_changes(
    before: Sequence[AcrossChange], tonight: Sequence[AcrossFinding], looked: Iterable[str]
) -> tuple[AcrossChange, ...]:
    """Return every finding of tonight and of before with what became of it; ``looked`` are the packages walked whole.

    What was gone before is not told again.
    """
    whole = set(looked)
    open_before = {_apps(c.finding): c.finding for c in before if c.kind is not AcrossKind.GONE and _seen(c.finding)}
    found = {_apps(finding): finding for finding in tonight if _seen(finding)}
    changes = [
        AcrossChange(kind=AcrossKind.PERSISTING if apps in open_before else AcrossKind.NEW, finding=finding)
        for apps, finding in found.items()
    ]
    for apps, finding in open_before.items():
        if apps not in found:
            changes.append(
                AcrossChange(kind=AcrossKind.GONE if set(apps[1]) <= whole else AcrossKind.UNSEEN, finding=finding)
            )
    changes += [
        AcrossChange(kind=AcrossKind.UNSEEN, finding=finding)
        for finding in tonight
        if finding.verdict is Verdict.INCONCLUSIVE
    ]
    return tuple(sorted(changes, key=lambda change: change.finding.id))


def _apps(finding: AcrossFinding) -> tuple[str, tuple[str, ...]]:
    """Return what stays the same of a finding when a form gets one field more: the rule and the apps."""
    return finding.rule, tuple(sorted({str(share.package) for share in finding.shares}))


def _seen(finding: AcrossFinding) -> bool:
    return finding.verdict in SEEN_VERDICTS
