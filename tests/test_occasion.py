"""A look at another hour, or on the other kind of day, proves no absence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.baseline import ChangeKind, Comparison, Look, NightLooks, Sight, Standing, Subject, Tracked, compare
from harness.calendar import WorkingCalendar
from harness.model import PackageName, RuleId, Verdict
from harness.occasion import Day, Occasion, occasion_of, unlike
from harness.report.night import why
from harness.report.phrases import Phrases
from tests.night_scenes import BAD, GOOD, apps, held, night_of

SUBJECT = Subject(package=PackageName("cn.gov.example"), entry="", rule=RuleId("mandatory-check-in"))
PACKAGE = WorkingCalendar()
FRIDAY_EVENING = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # 22:00 in Beijing
Told = tuple[str, Verdict, datetime]


def _nights(*told: Told, calendar: WorkingCalendar = PACKAGE) -> list[Comparison]:
    """Compare one night after the other."""
    known: dict[Subject, Tracked] = {}
    results = []
    for name, verdict, began in told:
        looks = NightLooks(night=name, looks={SUBJECT: Look(night=name, verdict=verdict, began=began)})
        results.append(compare(known, None, looks, calendar=calendar))
        known = dict(results[-1].tracked)
    return results


def _said(result: Comparison) -> tuple[ChangeKind, Sight, str]:
    (change,) = result.changes
    return change.kind, change.sight, change.reason


@pytest.mark.parametrize(
    ("wall", "day", "hour"),
    [
        (FRIDAY_EVENING, Day.WORKED, 22),
        (FRIDAY_EVENING + timedelta(hours=2), Day.REST, 0),  # Saturday has begun in Beijing
        (datetime(2026, 10, 9, 16, 30, tzinfo=UTC), Day.WORKED, 0),  # a Saturday that is worked for the holidays
        (datetime(2026, 10, 1, 1, 0, tzinfo=UTC), Day.REST, 9),  # a Thursday, National Day
        (datetime(2027, 1, 4, 1, 0, tzinfo=UTC), Day.UNKNOWN, 9),
    ],
)
def test_an_occasion_is_told_in_beijing_time_by_the_days_that_are_worked(wall: datetime, day: Day, hour: int) -> None:
    assert occasion_of(wall, PACKAGE) == Occasion(day=day, hour=hour)


def test_a_table_of_ones_own_tells_the_days_of_a_year_without_data() -> None:
    told = WorkingCalendar(added={date(2027, 1, 4): True})
    assert occasion_of(datetime(2027, 1, 4, 1, 0, tzinfo=UTC), told) == Occasion(day=Day.WORKED, hour=9)


def _at(hour: int, day: Day = Day.WORKED) -> Occasion:
    return Occasion(day=day, hour=hour)


@pytest.mark.parametrize(
    ("tonight", "seen_on", "reason"),
    [
        (_at(8), (), ""),
        (_at(9), (_at(8),), ""),
        (_at(10), (_at(8),), "sight-other-hours"),
        (_at(0), (_at(23),), ""),
        (_at(23), (_at(0),), ""),
        (_at(20), (_at(8), _at(21)), ""),
        (_at(8), (_at(8, Day.REST),), "sight-other-kind-of-day"),
        (_at(22), (_at(22, Day.REST), _at(8)), "sight-other-hours"),
        (_at(8, Day.UNKNOWN), (_at(8),), "sight-day-unknown"),
        (_at(8), (_at(8, Day.UNKNOWN),), "sight-day-unknown"),
        (_at(8), (_at(8, Day.UNKNOWN), _at(8)), ""),
    ],
)
def test_only_the_same_kind_of_day_within_an_hour_says_something(
    tonight: Occasion, seen_on: tuple[Occasion, ...], reason: str
) -> None:
    assert unlike(tonight, seen_on) == reason


def test_nights_at_another_hour_leave_a_finding_open_and_say_why() -> None:
    morning = FRIDAY_EVENING - timedelta(hours=13, minutes=30)  # 8:30 on the same Friday
    evenings = [FRIDAY_EVENING + timedelta(days=days) for days in (3, 4, 5)]
    results = _nights(("n1", Verdict.FOUND, morning), *((f"n{n}", Verdict.CLEAR, at) for n, at in enumerate(evenings)))
    assert [_said(r) for r in results[1:]] == [(ChangeKind.UNSEEN, Sight.NOT_REACHED, "sight-other-hours")] * 3
    assert results[-1].tracked[SUBJECT].standing is Standing.OPEN
    (change,) = results[-1].changes
    assert why(change, Phrases()).endswith("（看到它是在工作日 8 时）")


def test_what_was_seen_on_either_kind_of_day_is_fixed_by_nights_on_one() -> None:
    saturday, monday = FRIDAY_EVENING + timedelta(days=1), FRIDAY_EVENING + timedelta(days=3)
    results = _nights(
        ("fri", Verdict.FOUND, FRIDAY_EVENING),
        ("sat", Verdict.FOUND, saturday),
        ("mon", Verdict.CLEAR, monday),
        ("tue", Verdict.CLEAR, monday + timedelta(days=1)),
    )
    assert [_said(r)[0] for r in results[2:]] == [ChangeKind.FIXED_PENDING, ChangeKind.FIXED]


def test_what_went_missing_at_an_hour_and_came_back_at_another_is_not_looked_for_at_the_first() -> None:
    monday = FRIDAY_EVENING + timedelta(days=3)
    results = _nights(
        ("fri", Verdict.FOUND, FRIDAY_EVENING),
        ("mon", Verdict.CLEAR, monday),
        ("tue", Verdict.FOUND, monday + timedelta(hours=11)),  # at nine in the morning
        ("tue evening", Verdict.CLEAR, monday + timedelta(days=1)),
    )
    assert _said(results[-1]) == (ChangeKind.UNSEEN, Sight.NOT_REACHED, "sight-other-hours")


def test_a_look_that_tells_no_time_is_judged_as_before() -> None:
    seen = Look(night="n1", verdict=Verdict.FOUND)
    known = compare({}, None, NightLooks(night="n1", looks={SUBJECT: seen})).tracked
    clear = replace(seen, night="n2", verdict=Verdict.CLEAR, began=FRIDAY_EVENING)
    tonight = compare(known, None, NightLooks(night="n2", looks={SUBJECT: clear}))
    assert _said(tonight)[0] is ChangeKind.FIXED_PENDING


def test_a_night_at_another_hour_proves_nothing_though_it_saw_every_page(tmp_path: Path) -> None:
    looks = {"n1": BAD, "n2": {**GOOD, "hours_later": 12}, "n3": {**GOOD, "hours_later": 24}, "n4": GOOD}
    kinds = {}
    for day, (name, does) in enumerate(looks.items(), 1):
        result = held(tmp_path, night_of(tmp_path, name, apps("a")), {"a": does}, day=day)
        kinds[name] = [
            (c.kind, c.reason if c.kind is ChangeKind.UNSEEN else "")
            for c in result.comparison.changes
            if c.subject.rule == "points-ranking"
        ]
        (told,) = [t for s, t in result.comparison.tracked.items() if s.rule == "points-ranking"]
        assert told.seen_on == {Occasion(day=Day.WORKED, hour=9)}  # the walk with the board was on a Friday morning
    assert kinds == {
        "n1": [(ChangeKind.NEW, "")],
        "n2": [(ChangeKind.UNSEEN, "sight-other-hours")],
        "n3": [(ChangeKind.UNSEEN, "sight-other-kind-of-day")],
        "n4": [(ChangeKind.FIXED_PENDING, "")],
    }


_NIGHT = st.tuples(st.sampled_from([Verdict.FOUND, Verdict.CLEAR]), st.integers(0, 6), st.sampled_from([8, 9, 10, 22]))
_WITHOUT_HOLIDAYS = datetime(2026, 6, 21, 16, 0, tzinfo=UTC)  # ten weeks from Monday 22 June, midnight in Beijing


@given(st.lists(_NIGHT, min_size=1, max_size=10))
def test_only_looks_like_the_last_run_of_sights_prove_anything(nights: list[tuple[Verdict, int, int]]) -> None:
    told = [
        (f"n{week}", verdict, _WITHOUT_HOLIDAYS + timedelta(weeks=week, days=day, hours=hour))
        for week, (verdict, day, hour) in enumerate(nights)
    ]
    run: list[tuple[bool, int]] = []
    proofs = 0
    for (verdict, day, hour), result in zip(nights, _nights(*told), strict=True):
        if verdict is Verdict.FOUND:
            run, proofs = ([] if proofs else run) + [(day >= 5, hour)], 0
        elif any(rest == (day >= 5) and abs(hour - seen) <= 1 for rest, seen in run):
            proofs += 1
        wanted = (Standing.OPEN, Standing.FIXED_PENDING, Standing.FIXED)[min(2, proofs)] if run else Standing.NONE
        assert result.tracked[SUBJECT].standing is wanted
