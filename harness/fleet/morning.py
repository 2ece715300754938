"""Writes down a closed night for persons and for machines, from the ledger alone, whenever it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from harness.baseline import Change, ChangeKind, Standing, Subject
from harness.clock import Clock
from harness.evidence import durable
from harness.evidence.codec import dump_page
from harness.evidence.layout import REPORT
from harness.fleet.across_nights import AcrossChange
from harness.fleet.canary import trusted
from harness.fleet.drift import Drift, drifted
from harness.fleet.due import DueOptions, due
from harness.fleet.ledger import Ledger
from harness.fleet.ledger_apps import across, known_until, listed
from harness.fleet.ledger_devices import UNUSED_ROWS, canaries, last_noted, quarantined, stopped
from harness.model import AcrossFinding
from harness.report.night import NightPage, grouped, night_page
from harness.report.night_pictures import NightPictures
from harness.report.night_views import DeadlineOf, DeviceTonight, DriftTold, NightFacts
from harness.rules import ALL_RULES

FORMAT: Final = 1
SUMMARY: Final = "night.json"
_BEIJING: Final = timezone(timedelta(hours=8))
_PROGRESS: Final = ("waiting", "leased", "done", "failed", "not_run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """Where a night is written down, and the dates that go in beside it."""

    evidence_dir: Path
    due: DueOptions = field(default_factory=DueOptions)


def facts_of(ledger: Ledger, night: str) -> NightFacts | None:
    """Return a closed night, its devices included; ``None`` where it is not there or was never compared."""
    facts = ledger.facts(night)
    if facts is None:
        return None
    drift = drifted(known_until(ledger, facts.previous), listed(ledger, night))
    return replace(
        facts,
        devices=_devices(ledger, night),
        drift=tuple(DriftTold(**asdict(one)) for one in drift),
        across=tuple((change.kind, change.finding) for change in across(ledger, night)),
        problems=tuple(last_noted(ledger, night, UNUSED_ROWS).get("lines", ())),
        stopped=stopped(ledger, night) if any(told.progress == "not_run" for told in facts.apps) else "",
    )


def _devices(ledger: Ledger, night: str) -> tuple[DeviceTonight, ...]:
    out, seen = quarantined(ledger, night), canaries(ledger, night)
    return tuple(
        DeviceTonight(
            device=device,
            trusted=trusted(seen.get(device, ())),
            canaries=tuple((c.moment, c.reason, c.detail) for c in seen.get(device, ())),
            quarantined=out[device].reason if device in out else "",
            detail=out[device].detail if device in out else "",
        )
        for device in sorted({*seen, *out})
    )


def write_morning(facts: NightFacts, morning: Morning, clock: Clock) -> Path:
    """Write the report of a night and its summary into the night's folder; return the page."""
    folder = morning.evidence_dir / facts.night
    folder.mkdir(parents=True, exist_ok=True)
    dates = due([told.app for told in facts.apps], morning.due)
    made = clock.wall()
    today = made.astimezone(_BEIJING).date()
    page = NightPage(facts=facts, rules=ALL_RULES, due=dates, made=made, today=today)
    index = folder / REPORT
    durable.write(index, night_page(page, NightPictures(morning.evidence_dir, folder)))
    durable.write(folder / SUMMARY, dump_page(summary_of(facts, dates, today)))
    return index


def summary_of(facts: NightFacts, dates: Sequence[DeadlineOf] = (), today: date | None = None) -> dict[str, Any]:
    """Return a night for machines: counts, changes and gaps; ``format`` says which shape.

    ``counts`` are those of the report's first page; ``unseen_open`` are known findings that nobody could look at.
    """
    counts = facts.trend[-1]
    standings = [tracked.standing for tracked in facts.tracked.values()]
    kinds = {kind: len(changes) for kind, changes in grouped(facts.changes).items()}
    unseen = [c for c in facts.changes if c.kind is ChangeKind.UNSEEN]
    known = [c for c in unseen if c.standing in {Standing.OPEN, Standing.FIXED_PENDING}]
    return {
        "format": FORMAT,
        "night": facts.night,
        "previous": facts.previous,
        "began": facts.began,
        "ended": facts.ended,
        "incomplete": facts.incomplete,
        "apps": {name: counts.apps.get(name, 0) for name in _PROGRESS},
        "coverage": {"reached": counts.reached, "expected": counts.expected},
        "counts": {
            **{
                kind: kinds.get(kind, 0)
                for kind in ("new", "regressed", "worse", "fixed", "fixed_pending", "closed_scope")
            },
            "open": standings.count(Standing.OPEN),
            "unseen": len(unseen),
            "unseen_open": len(known),
        },
        "rows_without_result": facts.rows_without_result,
        "stopped": facts.stopped,
        "rows_not_used": list(facts.problems),
        "held": [_named(subject) for subject, tracked in sorted(facts.tracked.items()) if tracked.held],
        "devices": [
            {
                **_plain(one),
                "canaries": [{"moment": m, "reason": why, **dict(detail)} for m, why, detail in one.canaries],
            }
            for one in facts.devices
        ],
        "drift": [asdict(one) for one in facts.drift],
        "across": [_together(kind, finding) for kind, finding in facts.across],
        "changes": told_changes(facts.changes),
        "deadlines": [_due(one, today) for one in dates],
    }


def told_drift(drift: Sequence[Drift]) -> list[dict[str, Any]]:
    """Return for machines what differs from the filed list and from what was known, in the order of the list."""
    return [asdict(one) for one in drift]


def told_across(changes: Sequence[AcrossChange]) -> list[dict[str, Any]]:
    """Return for machines what several apps together show, and what became of it."""
    return [_together(change.kind, change.finding) for change in changes]


def _together(kind: str, finding: AcrossFinding) -> dict[str, Any]:
    return {
        "kind": kind,
        "rule": finding.rule,
        "verdict": finding.verdict,
        "reason": finding.reason,
        "data": dict(finding.data),
        "packages": sorted({share.package for share in finding.shares}),
        "fingerprint": finding.fingerprint,
    }


def told_changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes for machines, in the order of the subjects."""
    return [_told(change) for change in changes]


def _plain(device: DeviceTonight) -> dict[str, Any]:
    return {name: getattr(device, name) for name in DeviceTonight.__dataclass_fields__}


def _named(subject: Subject) -> dict[str, str]:
    return {"package": subject.package, "entry": subject.entry, "rule": subject.rule}


def _told(change: Change) -> dict[str, Any]:
    return {
        **_named(change.subject),
        "kind": change.kind,
        "sight": change.sight,
        "standing": change.standing,
        "reason": change.reason,
        "worse": change.worse,
        "causes": list(change.causes),
        "verdict": change.tonight.verdict if change.tonight else None,
        "last_seen": change.before.night if change.before else "",
        "bundle_before": change.before.bundle if change.before else "",
        "bundle_tonight": change.tonight.bundle if change.tonight else "",
    }


def _due(one: DeadlineOf, today: date | None) -> dict[str, Any]:
    deadline = one.deadline
    return {
        "case": one.case,
        "apps": list(one.apps),
        "id": deadline.period.id,
        "from": deadline.trigger_date.isoformat(),
        "due": deadline.rolled.isoformat() if deadline.rolled else None,
        "reason": deadline.reason,
        "overdue_days": deadline.overdue_days(today) if today else 0,
    }
