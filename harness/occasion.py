"""When a look was taken, as far as an app may tell one time from another. Pure.

A button for checking in may be there from eight to nine on working days only; a look at another hour, or on the other
kind of day, says nothing of it. What is there on one weekday or one day of the month only is not told apart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from harness.calendar import NoCalendarData, WorkingCalendar

_BEIJING: Final = timezone(timedelta(hours=8))
_NEAR_HOURS: Final = 1
OTHER_HOURS: Final = "sight-other-hours"
OTHER_DAY: Final = "sight-other-kind-of-day"
UNKNOWN_DAY: Final = "sight-day-unknown"


class Day(StrEnum):
    """Whether a day is worked, make-up days and statutory holidays counted."""

    WORKED = "worked"
    REST = "rest"
    UNKNOWN = "unknown"  # the calendar has no data for its year


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Occasion:
    """A kind of day and an hour, 0 to 23, both in Beijing time."""

    day: Day
    hour: int


def occasion_of(wall: datetime, calendar: WorkingCalendar) -> Occasion:
    """Return the occasion of an instant; ``wall`` has a time zone."""
    there = wall.astimezone(_BEIJING)
    try:
        day = Day.WORKED if calendar.is_worked(there.date()) else Day.REST
    except NoCalendarData:
        day = Day.UNKNOWN
    return Occasion(day=day, hour=there.hour)


def unlike(occasion: Occasion, seen_on: Collection[Occasion]) -> str:
    """Return why a look says nothing of what was seen on these occasions (a message key), empty where it does.

    It does where one of them was the same kind of day within an hour of it. Nothing is asked of no occasion at all.
    """
    if not seen_on:
        return ""
    days = {seen.day for seen in seen_on}
    if occasion.day is Day.UNKNOWN or days == {Day.UNKNOWN}:
        return UNKNOWN_DAY
    if occasion.day not in days:
        return OTHER_DAY
    apart = [(occasion.hour - seen.hour) % 24 for seen in seen_on if seen.day is occasion.day]
    return "" if any(min(hours, 24 - hours) <= _NEAR_HOURS for hours in apart) else OTHER_HOURS
