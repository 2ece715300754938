"""What is due in the morning: the dates that a person gave for cases and apps, counted by the calendar.

No date is in the list itself: when a case was received or material sent back is known to whoever handles it. One line
per event: ``case,event,date``, where the case is a case number or a package.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.calendar import ISSUED, TRIGGERS, Deadline, WorkingCalendar, deadlines
from harness.errors import BadInput
from harness.model import FiledApp
from harness.report.night_views import DeadlineOf

_MEND = (
    "write one event per line: case,event,date with a case number or package, " + ", ".join(TRIGGERS) + ", 2026-09-24"
)
DATES_GIVEN: Final = "dates-given"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueOptions:
    """What dates rest on: events by case, the calendar, and the lengths that no source confirms."""

    events: Mapping[str, Mapping[str, date]] = field(default_factory=dict)
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    lengths: Mapping[str, int] = field(default_factory=dict)


def read_events(path: Path) -> dict[str, dict[str, date]]:
    """Return the events of each case in a CSV ``case,event,date``. Raises ``BadInput`` with the line."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInput(source=str(path), place="file", problem="is too large for a list of events", mend=_MEND)
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(source=str(path), place="file", problem=str(error), mend=_MEND) from error
    events: dict[str, dict[str, date]] = {}
    for number, line in enumerate(lines, 1):
        if not line or (number == 1 and line[0].strip().lower() == "case"):
            continue
        try:
            case, event, day = (cell.strip() for cell in line[:3])
            if event not in TRIGGERS or not case:
                raise ValueError(event)
            events.setdefault(case, {})[event] = date.fromisoformat(day)
        except ValueError as error:
            place = f"line {number}"
            raise BadInput(source=str(path), place=place, problem=f"cannot read {line!r}", mend=_MEND) from error
    return events


def as_noted(options: DueOptions) -> dict[str, Any]:
    """Return the options as JSON, for the ledger: a report that is written again has the same dates."""
    return {
        "events": {c: {name: day.isoformat() for name, day in days.items()} for c, days in options.events.items()},
        "added": {day.isoformat(): worked for day, worked in options.calendar.added.items()},
        "lengths": dict(options.lengths),
    }


def from_noted(noted: Mapping[str, Any]) -> DueOptions:
    """Return the options that ``as_noted`` made JSON of; those of nothing are none."""
    events = {c: {n: date.fromisoformat(d) for n, d in days.items()} for c, days in noted.get("events", {}).items()}
    added = {date.fromisoformat(day): worked for day, worked in noted.get("added", {}).items()}
    return DueOptions(events=events, calendar=WorkingCalendar(added=added), lengths=noted.get("lengths", {}))


def due(apps: Sequence[FiledApp], options: DueOptions) -> tuple[DeadlineOf, ...]:
    """Return what is due, soonest first; what cannot be told comes before it.

    That an existing app has to be filed concerns those of the list that have no filing number.
    """
    unfiled = tuple(app.name for app in apps if not app.filing_number)
    told = [
        DeadlineOf(case="", deadline=one, apps=unfiled)
        for one in deadlines({"issued": ISSUED}, options.calendar, options.lengths)
    ]
    for case, events in options.events.items():
        meant = tuple(app.name for app in apps if case in {app.case_id, app.package})
        counted = deadlines(events, options.calendar, options.lengths)
        told += [DeadlineOf(case=case, deadline=one, apps=meant) for one in counted]
    return tuple(sorted(told, key=_when))


def _when(one: DeadlineOf) -> tuple[date, str, str]:
    deadline: Deadline = one.deadline
    return (deadline.rolled or date.min, one.case, deadline.period.id)
