"""Working days and deadlines: the worked examples of the regulation notes, and what is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from harness.calendar import ISSUED, NoCalendarData, WorkingCalendar, deadlines, months_after, read_calendar
from harness.errors import BadInput

PACKAGE = WorkingCalendar()
# start day excluded; what each start gives after 3, 5, 10, 15 and 20 working days
EXAMPLES = {
    "2026-01-25": ("01-28", "01-30", "02-06", "02-13", "02-27"),
    "2026-01-26": ("01-29", "02-02", "02-09", "02-14", "02-28"),
    "2026-02-10": ("02-13", "02-24", "03-02", "03-09", "03-16"),
    "2026-03-02": ("03-05", "03-09", "03-16", "03-23", "03-30"),
    "2026-04-30": ("05-08", "05-11", "05-18", "05-25", "06-01"),
    "2026-07-24": ("07-29", "07-31", "08-07", "08-14", "08-21"),
    "2026-09-24": ("09-30", "10-09", "10-15", "10-22", "10-29"),
    "2026-09-30": ("10-10", "10-13", "10-20", "10-27", "11-03"),
    "2026-11-20": ("11-25", "11-27", "12-04", "12-11", "12-18"),
    "2026-11-23": ("11-26", "11-30", "12-07", "12-14", "12-21"),
}


@pytest.mark.parametrize("start", EXAMPLES)
def test_working_days_after_a_start_are_those_of_the_worked_examples(start: str) -> None:
    counted = [PACKAGE.after(date.fromisoformat(start), days) for days in (3, 5, 10, 15, 20)]
    assert counted == [date.fromisoformat(f"2026-{day}") for day in EXAMPLES[start]]


@pytest.mark.parametrize(
    ("end", "days", "due"),
    [("2026-12-31", 20, "2026-12-03"), ("2026-12-31", 10, "2026-12-17"), ("2026-10-12", 20, "2026-09-08")],
)
def test_working_days_before_an_end_are_those_of_the_worked_examples(end: str, days: int, due: str) -> None:
    assert PACKAGE.before(date.fromisoformat(end), days) == date.fromisoformat(due)


def test_a_year_without_data_is_refused_by_name_and_not_guessed() -> None:
    with pytest.raises(NoCalendarData, match=r"2027-01-01.*no holiday data.*--calendar") as refused:
        PACKAGE.after(date(2026, 12, 31), 1)
    assert refused.value.day == date(2027, 1, 1)


def test_days_of_ones_own_table_win_over_the_package(tmp_path: Path) -> None:
    table = tmp_path / "节假日.csv"
    table.write_text("date,workday\n# 2027\n2027-01-01,0\n2027-01-04,1\n2026-12-31,0\n", encoding="utf-8-sig")
    calendar = read_calendar(table)
    assert not calendar.is_worked(date(2026, 12, 31))
    assert calendar.is_worked(date(2027, 1, 4))
    assert "3 days" in calendar.edition
    with pytest.raises(NoCalendarData, match="2027-01-02"):
        calendar.after(date(2026, 12, 31), 1)


@pytest.mark.parametrize("line", ["2027-13-01,0", "2027-01-01,yes", "2027-01-01", "明天,1"])
def test_a_bad_line_of_a_calendar_is_named_with_its_mend(tmp_path: Path, line: str) -> None:
    table = tmp_path / "days.csv"
    table.write_text(f"date,workday\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"days\.csv: line 2: cannot read.*write one day per line"):
        read_calendar(table)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [("2026-01-25", 6, "2026-07-25"), ("2026-08-31", 6, "2027-02-28"), ("2026-01-31", 1, "2026-02-28")],
)
def test_months_end_on_the_day_of_the_same_number_or_the_last(start: str, months: int, due: str) -> None:
    assert months_after(date.fromisoformat(start), months) == date.fromisoformat(due)


def test_the_filing_deadline_is_given_strict_and_rolled() -> None:
    (filing,) = deadlines({"issued": ISSUED}, PACKAGE)
    assert (filing.period.id, filing.strict, filing.rolled) == ("T2", date(2026, 7, 25), date(2026, 7, 27))
    assert filing.overdue_days(date(2026, 7, 27)) == 0
    assert filing.overdue_days(date(2026, 11, 21)) == 117


def test_a_period_whose_number_is_unconfirmed_has_no_date_until_it_is_given() -> None:
    events = {"submitted": date(2026, 9, 24), "received": date(2026, 9, 24), "feedback": date(2026, 9, 24)}
    bare = {d.period.id: d for d in deadlines(events, PACKAGE)}
    assert (bare["T3"].rolled, bare["T3"].reason) == (None, "deadline-length-unconfirmed")
    assert (bare["T4"].rolled, bare["T6"].rolled) == (date(2026, 10, 29), date(2026, 10, 15))
    told = {d.period.id: d for d in deadlines(events, PACKAGE, {"T3": 5, "T4": 1})}
    assert told["T3"].rolled == date(2026, 10, 9)
    assert told["T4"].rolled == date(2026, 10, 29)  # what is known is not overridden


def test_a_deadline_in_a_year_without_data_says_so_instead_of_a_date() -> None:
    (due,) = deadlines({"feedback": date(2026, 12, 30)}, PACKAGE)
    assert (due.strict, due.rolled, due.reason) == (None, None, "deadline-no-calendar")


@given(st.dates(date(2020, 1, 1), date(2025, 12, 1)), st.integers(1, 15))
def test_counting_back_from_a_working_day_undoes_counting_on(start: date, days: int) -> None:
    due = PACKAGE.after(start, days)
    assert PACKAGE.is_worked(due)
    between = [start + timedelta(n) for n in range(1, (due - start).days + 1)]
    assert sum(PACKAGE.is_worked(day) for day in between) == days
    if PACKAGE.is_worked(start):
        assert PACKAGE.before(due, days) == start


def test_the_command_tells_every_date_and_says_where_it_cannot() -> None:
    from harness.cli import group

    asked = [
        "case",
        "deadlines",
        "--on",
        "received=2026-09-24",
        "--on",
        "submitted=2026-09-24",
        "--today",
        "2026-11-21",
    ]
    told = CliRunner().invoke(group, asked)
    assert told.exit_code == 2
    assert "2026-07-27（不顺延为 2026-07-25），已逾期 117 天" in told.output
    assert "2026-10-29" in told.output
    assert "条文中的天数未能核实" in told.output
    complete = CliRunner().invoke(group, [*asked, "--period", "T3=5", "--json"])
    assert complete.exit_code == 0
    schema = resources.files("harness").joinpath("schemas/deadlines.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(json.loads(complete.output), json.loads(schema))
    assert {d["id"]: d["rolled"] for d in json.loads(complete.output)["deadlines"]}["T3"] == "2026-10-09"


@pytest.mark.parametrize("wrong", [["--on", "found=2026-01-01"], ["--on", "received=24.9."], ["--period", "T4=3"]])
def test_the_command_refuses_what_it_does_not_know(wrong: list[str]) -> None:
    from harness.cli import group

    told = CliRunner().invoke(group, ["case", "deadlines", *wrong])
    assert isinstance(told.exception, BadInput)
