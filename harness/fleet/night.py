"""One night over the filed list: write what is expected, keep every device busy, close the books, compare.

The ledger knows everything; what runs here may die at any moment and be started again with the same night.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from harness.across import judge_across
from harness.baseline import (
    Change,
    ChangeKind,
    Comparison,
    Look,
    NightLooks,
    Sight,
    Standing,
    Subject,
    Tracked,
    change_of,
    compare,
    migrated,
)
from harness.calendar import WorkingCalendar
from harness.errors import BadInput, BundleError
from harness.evidence.bundle import open_bundle
from harness.fleet.across_nights import AcrossChange, AcrossKind, across_changes
from harness.fleet.attempt import Order, work_on_next
from harness.fleet.canary import ACCUSED, Canary, trusted
from harness.fleet.causes import with_causes
from harness.fleet.dispatch import Dispatcher, Done
from harness.fleet.drift import Drift, drifted, news
from harness.fleet.ledger import Ledger, Progress
from harness.fleet.ledger_apps import across, bundles_of, known_until, listed, store_across
from harness.fleet.ledger_devices import (
    NO_DEVICE,
    UNUSED_ROWS,
    Quarantine,
    canaries,
    lift_quarantine,
    quarantine,
    quarantined,
    stopped,
    trust,
)
from harness.fleet.morning import facts_of
from harness.model import AcrossFinding, FiledApp, Reach, Rule, RuleId, Walk
from harness.report.night_views import NightFacts
from harness.rules import ACROSS_RULES, RENAMED_RULES

LOG: Final = logging.getLogger(__name__)
WITHDRAWN: Final = "app-withdrawn"
RETIRED: Final = "rule-retired"
OVER: Final = "night-over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a night is over. ``order`` is the work of one device, its ``device`` to be filled in for each, and its adb
    server where ``servers`` has one.
    """

    id: str
    apps: tuple[FiledApp, ...]
    rules: tuple[Rule, ...]
    list_sha256: str
    rules_edition: str
    devices: tuple[str, ...]
    order: Order
    servers: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()  # rows of the list that could not be used, as lines for people
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightResult:
    """What a night brought."""

    night: str
    progress: Progress
    comparison: Comparison
    looks: NightLooks
    facts: NightFacts
    canaries: Mapping[str, tuple[Canary, ...]]
    quarantined: Mapping[str, Quarantine]
    drift: tuple[Drift, ...]
    across: tuple[AcrossChange, ...]
    stopped: str = ""  # why apps were not begun any more; a message key


Tell = Callable[[Done, Progress], None]


def run_night(night: Night, ledger: Ledger, dispatcher: Dispatcher, tell: Tell) -> NightResult:
    """Look at every app that has not been looked at, then close the night and compare it.

    A night that was broken off goes on where it was. Raises ``DispatchError`` and ``LedgerError``; what was done by
    then is in the ledger.
    """
    begun = ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))
    if night.problems:
        ledger.note(night.id, UNUSED_ROWS, {"lines": list(night.problems)})
    if not begun and not ledger.progress(night.id).over:
        lift_quarantine(ledger, night.id)
    if not night.devices:
        raise BadInput(
            source="--serial",
            place="devices",
            problem="no device is connected",
            mend="connect one, or run `harness virtual up`",
        )
    orders = [
        replace(night.order, device=serial, night=night.id, adb=night.servers.get(serial, night.order.adb))
        for serial in night.devices
    ]
    for done in dispatcher.run(orders, work_on_next):
        if done.given_up:
            quarantine(ledger, night.id, Quarantine(device=done.device, reason=done.given_up, detail=done.detail))
        tell(done, ledger.progress(night.id))
    return close_night(night, ledger)


def close_night(night: Night, ledger: Ledger) -> NightResult:
    """Give every row without a result its reason, compare with what was known, and write both down."""
    out = quarantined(ledger, night.id)
    no_device = night.devices and set(night.devices) <= set(out)
    ledger.finalise(night.id, NO_DEVICE if no_device else stopped(ledger, night.id) or OVER)
    canaries_seen = canaries(ledger, night.id)
    if night.order.canaries:
        green = {device for device, seen in canaries_seen.items() if trusted(seen)}
        accusing = {device for device, seen in canaries_seen.items() if any(c.reason == ACCUSED for c in seen)}
        trust(ledger, night.id, green, accusing)
    known, previous = ledger.known_before(night.id)
    known = migrated(known.values(), RENAMED_RULES)
    tonight = with_what_left_the_list(ledger.looks(night.id), known, night)
    last = ledger.looks(previous) if previous else None
    comparison = compare(known, last, tonight, looked_at=ledger.looked_at(known), calendar=night.calendar)
    comparison = with_causes(comparison, last, Path(night.order.evidence_dir))
    together = across_changes(across(ledger, previous) if previous else (), *_judged_across(night, ledger, tonight))
    store_across(ledger, night.id, together)
    ledger.store_comparison(night.id, comparison, previous)  # closes the night, and so comes last
    progress = ledger.progress(night.id)
    facts = facts_of(ledger, night.id)
    assert facts is not None  # it was compared a moment ago
    return NightResult(
        night=night.id,
        progress=progress,
        comparison=comparison,
        looks=tonight,
        facts=facts,
        canaries=canaries_seen,
        quarantined=out,
        drift=drifted(known_until(ledger, previous), listed(ledger, night.id)),
        across=together,
        stopped=stopped(ledger, night.id) if progress.not_run else "",
    )


def _judged_across(night: Night, ledger: Ledger, tonight: NightLooks) -> tuple[list[AcrossFinding], set[str]]:
    """Return what the apps of a night show together, and the packages of those that were looked at whole."""
    distrusted = {subject.package for subject, look in tonight.looks.items() if not look.trusted}
    parts: dict[RuleId, list[Walk]] = {rule.id: [] for rule in ACROSS_RULES}
    whole = set()
    for (package, _), bundle in bundles_of(ledger, night.id).items():
        try:
            with open_bundle(Path(night.order.evidence_dir) / bundle) as stored:
                walk = stored.walk
        except BundleError as error:
            LOG.warning("a bundle cannot be read again", extra={"bundle": bundle, "why": str(error)})
            continue
        if walk.finished and not walk.untried and package not in distrusted:
            whole.add(package)
        for rule in ACROSS_RULES:
            parts[rule.id].append(rule.part(walk))
    return [found for rule in ACROSS_RULES for found in judge_across(parts[rule.id], [rule])], whole


def with_what_left_the_list(tonight: NightLooks, known: Mapping[Subject, Tracked], night: Night) -> NightLooks:
    """Return the looks with a row for each known subject that nobody wanted looked at: an app or a rule that is gone.

    Without it such a subject would read as an error of the night.
    """
    listed = {(app.package, app.entry) for app in night.apps}
    rules = {rule.id for rule in night.rules}
    gone = {}
    for subject in known:
        if subject in tonight.looks:
            continue
        reason = WITHDRAWN if (subject.package, subject.entry) not in listed else RETIRED
        if reason == RETIRED and subject.rule in rules:
            continue
        gone[subject] = Look(night=night.id, verdict=None, reach=Reach.OUT_OF_SCOPE, reason=reason)
    return replace(tonight, looks={**tonight.looks, **gone})


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What changed from one night to another: findings, apps that are not what they were, several apps together."""

    comparison: Comparison
    drift: tuple[Drift, ...]
    across: tuple[AcrossChange, ...]

    @property
    def some(self) -> bool:
        """Whether a reader of two nights has anything to read."""
        quiet = {AcrossKind.PERSISTING, AcrossKind.UNSEEN}
        return bool(changed(self.comparison.changes) or self.drift or [c for c in self.across if c.kind not in quiet])


def between(ledger: Ledger, first: str, second: str, evidence_dir: Path) -> Between | None:
    """Return what changed from one night to a later one, ``None`` where one of them was never closed.

    Where findings stand is what the nights between have made of them: nothing is proven anew by leaving nights out.
    """
    known, after, facts = ledger.known_after(first), ledger.known_after(second), ledger.facts(second)
    if not known or not after or facts is None:
        return None
    now = {subject.rule for subject in after}
    known = migrated(known.values(), {old: new for old, new in RENAMED_RULES.items() if old not in now})
    told, looks = {change.subject: change for change in facts.changes}, ledger.looks(second)
    changes = []
    for subject, tracked in sorted(after.items()):
        before, change = known.get(subject, Tracked(subject=subject)), told.get(subject)
        kind = _moved(before, tracked, change)
        if kind is not None:
            seen = (change.sight, change.reason) if change is not None else (Sight.ABSENT, "")
            changes.append(change_of(before, looks.looks.get(subject), kind, seen, tracked.standing))
    comparison = Comparison(changes=tuple(changes), tracked=after, incomplete=facts.incomplete)
    before_across, tonight = across(ledger, first), across(ledger, second)
    met = [c.finding for c in tonight if c.kind is not AcrossKind.GONE and c.kind is not AcrossKind.UNSEEN]
    looked = {s.package for c in tonight if c.kind is AcrossKind.GONE for s in c.finding.shares}
    return Between(
        comparison=with_causes(comparison, ledger.looks(first), evidence_dir),
        drift=news(drifted(known_until(ledger, first), listed(ledger, second))),
        across=across_changes(before_across, met, looked),
    )


def _moved(before: Tracked, after: Tracked, told: Change | None) -> ChangeKind | None:
    """Return what became of a subject between two nights; ``told`` is what the later one said of it."""
    if before.standing is after.standing:
        # A night beside itself: what it has made of a finding is not made again.
        again = told is not None and before == after and told.kind not in {ChangeKind.PERSISTING, ChangeKind.UNSEEN}
        return None if told is None or again else told.kind
    if after.standing is Standing.OPEN:
        was_new, went_on = before.standing is Standing.NONE, before.standing is Standing.FIXED_PENDING
        return ChangeKind.NEW if was_new else ChangeKind.PERSISTING if went_on else ChangeKind.REGRESSED
    return ChangeKind(after.standing)


def changed(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that a reader of two nights asks for: what goes on, or could not be looked at, is left out."""
    quiet = {ChangeKind.PERSISTING, ChangeKind.UNSEEN}
    return tuple(change for change in changes if change.kind not in quiet or change.worse)
