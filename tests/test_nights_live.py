"""Two nights over twelve apps on three embedded devices: the comparison names what changed, and nothing else.

Takes many minutes, so it is not part of the ordinary run: ``pytest -m nights``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.baseline import ChangeKind, Sight, Subject
from harness.calendar import WorkingCalendar
from harness.clock import SystemClock
from harness.device.adb_server import private_server
from harness.fleet.dispatch import DaskDispatcher, Done
from harness.fleet.filed import write_filed_list
from harness.fleet.ledger import Ledger, Progress, ledger_url
from harness.fleet.morning import Morning, summary_of, write_morning
from harness.fleet.night import NightResult, between, changed, run_night
from harness.fleet.plan import NightOptions, plan_night
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.night_apps import FIRST, NAMES, RANKING, SECOND, WITHDRAWN, Shown, filed, write_app
from tests.night_scenes import NightClock

pytestmark = pytest.mark.nights
DEVICES = 3
# Worked, whenever the tests run: at the end of a week, in a year that no calendar knows yet.
DAYS = [(datetime.now(UTC) + timedelta(days=days)).date() for days in range(-1, 3)]


def _tell(done: Done, progress: Progress) -> None:
    sys.stderr.write(f"{done} {progress}\n")


@pytest.fixture
def devices() -> Iterator[tuple[tuple[DeviceHandle, ...], tuple[str, int]]]:
    with private_server(SystemClock()) as adb, VirtualDevices(count=DEVICES) as running:
        running.connect(adb)
        yield running.devices, adb


def _install(devices: tuple[DeviceHandle, ...], folder: Path, shown: Mapping[str, Shown]) -> None:
    for name, shows in shown.items():
        source = write_app(folder, name, shows)
        for device in devices:
            device.uninstall(filed(name).package)
            device.install(source)


def _hold(tmp_path: Path, adb: tuple[str, int], day: int, names: tuple[str, ...]) -> NightResult:
    listed = tmp_path / f"filed-{day}.csv"
    write_filed_list([filed(name) for name in names], listed)
    clock = NightClock(day)
    options = NightOptions(
        evidence_dir=tmp_path / "evidence",
        ledger=str(tmp_path / "nights.sqlite"),
        servers=(adb,),
        walk_s=600.0,
        deadline_s=1200.0,
        canaries=False,
    )
    ledger = Ledger(ledger_url(options.ledger), clock)
    try:
        planned = plan_night(listed, options, ledger, clock, resume=False)
        calendar = WorkingCalendar(added=dict.fromkeys(DAYS, True))
        night = replace(planned, id=f"n{day}", order=replace(planned.order, night=f"n{day}"), calendar=calendar)
        result = run_night(night, ledger, DaskDispatcher(), _tell)
        page = write_morning(result.facts, Morning(evidence_dir=options.evidence_dir), clock)
        sys.stderr.write(f"{page}\n")
        return result
    finally:
        ledger.close()


def test_the_second_night_names_what_changed_and_nothing_else(
    tmp_path: Path, devices: tuple[tuple[DeviceHandle, ...], tuple[str, int]]
) -> None:
    handles, adb = devices
    _install(handles, tmp_path / "apps", FIRST)
    first = _hold(tmp_path, adb, 1, NAMES)
    assert first.progress.done == len(NAMES)
    ranked = {c.subject.package for c in first.comparison.of_kind(ChangeKind.NEW) if c.subject.rule == RANKING}
    assert ranked == {filed(name).package for name, shown in FIRST.items() if shown.board}

    _install(handles, tmp_path / "apps", SECOND)
    for device in handles:
        device.set_clock(device.now() + timedelta(days=1))
    second = _hold(tmp_path, adb, 2, tuple(name for name in NAMES if name != WITHDRAWN))
    told = {(c.subject.package, c.subject.rule, c.kind) for c in changed(second.comparison.changes)}
    expected = {
        (filed("app01").package, RANKING, ChangeKind.FIXED_PENDING),
        (filed("app02").package, RANKING, ChangeKind.FIXED_PENDING),
        (filed("app03").package, RANKING, ChangeKind.NEW),
        *((s.package, s.rule, ChangeKind.CLOSED_SCOPE) for s in _open(first) if s.package == filed(WITHDRAWN).package),
    }
    assert told == expected
    gaps = {
        (c.subject.package, c.sight, c.reason if c.sight is Sight.NOT_REACHED else "")
        for c in second.comparison.of_kind(ChangeKind.UNSEEN)
        if c.subject.rule == RANKING
    }
    assert gaps == {
        (filed("app04").package, Sight.BLOCKED, ""),
        (filed("app05").package, Sight.NOT_REACHED, "sight-app-looks-different"),
    }
    assert second.comparison.of_kind(ChangeKind.FIXED) == ()

    again = _hold(tmp_path, adb, 2, tuple(name for name in NAMES if name != WITHDRAWN))
    assert summary_of(again.facts) == summary_of(second.facts)
    ledger = Ledger(ledger_url(str(tmp_path / "nights.sqlite")), NightClock(2))
    diff = between(ledger, "n1", "n2", tmp_path / "evidence")
    ledger.close()
    assert diff is not None
    assert {(c.subject.package, c.subject.rule, c.kind) for c in changed(diff.comparison.changes)} == expected


def _open(result: NightResult) -> frozenset[Subject]:
    return frozenset(c.subject for c in result.comparison.of_kind(ChangeKind.NEW))
