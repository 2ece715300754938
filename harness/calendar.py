"""Counts working days and computes deadlines. Pure; a year without data is refused, never guessed.

The start day is not counted, the last day is; a period in months ends on the day of the same number. Where the last day
is a day of rest, the ``rolled`` date is the next working day (this is how the Civil Code counts; that it holds for an
administrative deadline too is an interpretation, so both dates are given). Working days are Monday to Friday without
the statutory holidays, with the make-up days. Data: the package ``chinesecalendar``; a table of one's own can add days.
"""

from __future__ import annotations

import calendar as gregorian
import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Final

import chinese_calendar

from harness.errors import BadInput

_ONE_DAY: Final = timedelta(days=1)
_TABLE_MAX_BYTES: Final = 1_000_000


class NoCalendarData(BadInput):
    """Whether a day is a working day is not known: the holidays of its year are in no table."""

    def __init__(self, day: date) -> None:
        super().__init__(
            source="calendar",
            place=day.isoformat(),
            problem="no holiday data for this year",
            mend="update the package chinesecalendar, or give --calendar FILE (date,workday) for the whole year",
        )
        self.day = day


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Which days are worked. ``added`` wins over the package: days told by a table of one's own."""

    added: Mapping[date, bool] = field(default_factory=dict)

    @property
    def edition(self) -> str:
        """What the dates rest on: the package with its version, and how many days were added."""
        name = f"chinesecalendar {version('chinesecalendar')}"
        return f"{name} + {len(self.added)} days" if self.added else name

    def is_worked(self, day: date) -> bool:
        """Return whether ``day`` is a working day. Raises ``NoCalendarData``."""
        told = self.added.get(day)
        if told is not None:
            return told
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError as error:
            raise NoCalendarData(day) from error

    def after(self, start: date, days: int) -> date:
        """Return the ``days``-th working day after ``start``, which is not counted. Raises ``NoCalendarData``."""
        return self._walk(start, days, _ONE_DAY)

    def before(self, end: date, days: int) -> date:
        """Return the ``days``-th working day before ``end``, which is not counted. Raises ``NoCalendarData``."""
        return self._walk(end, days, -_ONE_DAY)

    def rolled(self, day: date) -> date:
        """Return ``day``, or the next working day where it is a day of rest. Raises ``NoCalendarData``."""
        while not self.is_worked(day):
            day += _ONE_DAY
        return day

    def _walk(self, day: date, days: int, step: timedelta) -> date:
        if days < 1:
            raise BadInput(source="calendar", place=str(days), problem="is no number of days", mend="write 1 or more")
        while days:
            day += step
            days -= self.is_worked(day)
        return day


def read_calendar(path: Path) -> WorkingCalendar:
    """Return the calendar with the days of a CSV ``date,workday`` (2027-01-01,0). Raises ``BadInput`` with the line."""
    mend = "write one day per line: 2027-01-01,0 for a day of rest, 2027-01-02,1 for a working day"
    try:
        if path.stat().st_size > _TABLE_MAX_BYTES:
            raise BadInput(source=str(path), place="file", problem="is too large for a calendar", mend=mend)
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(source=str(path), place="file", problem=str(error), mend=mend) from error
    added: dict[date, bool] = {}
    for number, line in enumerate(lines, 1):
        if not line or line[0].startswith("#") or (number == 1 and line[0].strip().lower() == "date"):
            continue
        try:
            day, worked = date.fromisoformat(line[0].strip()), {"0": False, "1": True}[line[1].strip()]
        except (ValueError, KeyError, IndexError) as error:
            place = f"line {number}"
            raise BadInput(source=str(path), place=place, problem=f"cannot read {line!r}", mend=mend) from error
        added[day] = worked
    return WorkingCalendar(added=added)


def months_after(start: date, months: int) -> date:
    """Return the day of the same number ``months`` later, the last of the month where that has no such day."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = gregorian.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


class Unit(StrEnum):
    """How a period is counted."""

    WORKING_DAYS = "working-days"
    WORKING_DAYS_BEFORE = "working-days-before"  # the act has to come this long before the trigger
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period of the rules: from which event, how long, and how sure the number is.

    ``length`` is ``None`` where the text found does not show the number: it is configured, never assumed.
    ``confidence`` is A to D or U, as the regulation notes tag their sources. ``id`` is also the message key's tail.
    """

    id: str
    trigger: str
    unit: Unit
    length: int | None
    confidence: str


# 国办函〔2026〕12号; the numbers of T3, T7 and T8 are not readable in any copy found.
PERIODS: Final = (
    Period(id="T2", trigger="issued", unit=Unit.MONTHS, length=6, confidence="D"),
    Period(id="T3", trigger="submitted", unit=Unit.WORKING_DAYS, length=None, confidence="U"),
    Period(id="T4", trigger="received", unit=Unit.WORKING_DAYS, length=20, confidence="D"),
    Period(id="T6", trigger="feedback", unit=Unit.WORKING_DAYS, length=10, confidence="D"),
    Period(id="T7", trigger="change", unit=Unit.WORKING_DAYS_BEFORE, length=None, confidence="U"),
    Period(id="T8", trigger="offline", unit=Unit.WORKING_DAYS, length=None, confidence="U"),
)
ISSUED: Final = date(2026, 1, 25)  # of 国办函〔2026〕12号
TRIGGERS: Final = tuple(dict.fromkeys(period.trigger for period in PERIODS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When something is due. ``strict`` and ``rolled`` are ``None`` together with a ``reason`` (a message key)."""

    period: Period
    trigger_date: date
    length: int | None
    strict: date | None
    rolled: date | None
    reason: str = ""

    def overdue_days(self, today: date) -> int:
        """Return the calendar days past the rolled date, 0 where it is not past or not known."""
        return max(0, (today - self.rolled).days) if self.rolled is not None else 0


def deadlines(
    events: Mapping[str, date], calendar: WorkingCalendar, lengths: Mapping[str, int] | None = None
) -> tuple[Deadline, ...]:
    """Return the deadlines that follow from ``events`` (trigger name to date), in the order of ``PERIODS``.

    ``lengths`` gives by id the periods whose number is unconfirmed, and overrides none that is known.
    """
    due = []
    for period in PERIODS:
        start = events.get(period.trigger)
        if start is None:
            continue
        length = period.length if period.length is not None else (lengths or {}).get(period.id)
        due.append(_deadline(period, start, length, calendar))
    return tuple(due)


def _deadline(period: Period, start: date, length: int | None, calendar: WorkingCalendar) -> Deadline:
    strict = rolled = None
    reason = "" if length is not None else "deadline-length-unconfirmed"
    if length is not None:
        try:
            if period.unit is Unit.MONTHS:
                strict = months_after(start, length)
                rolled = calendar.rolled(strict)
            elif period.unit is Unit.WORKING_DAYS:
                strict = rolled = calendar.after(start, length)
            else:
                strict = rolled = calendar.before(start, length)
        except NoCalendarData:
            strict = rolled = None
            reason = "deadline-no-calendar"
    return Deadline(period=period, trigger_date=start, length=length, strict=strict, rolled=rolled, reason=reason)
