"""A night while it runs: what each device is at, what was found, how long it takes; plain lines without a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.baseline import Look
from harness.cli.watching import Watching, shown
from harness.errors import LedgerError
from harness.evidence.bundle import BundleWriter
from harness.fleet.dispatch import Done
from harness.fleet.ledger import Ledger, Result, ledger_url
from harness.fleet.underway import UnderWay, found_in, under_way
from harness.model import FiledApp, PackageName, RuleId, Verdict
from harness.rules import ALL_RULES
from tests.evidence_walks import TickingClock, start_of, walk_study
from tests.test_night_report import SetClock

RULES = ALL_RULES[:2]
APPS = tuple(FiledApp(package=PackageName(f"cn.gov.a{n}"), name=f"应用{n}[bold]") for n in range(4))


@pytest.fixture
def half_way(tmp_path: Path) -> tuple[Ledger, SetClock]:
    """A night of four apps: one found in 60 s, one under way for 20 s with a bundle that is being written."""
    clock = SetClock()
    ledger = Ledger(ledger_url(str(tmp_path / "nights.sqlite")), clock)
    ledger.begin("N1", "f" * 64, "r1", dict.fromkeys(APPS, RULES))
    claim = ledger.claim("N1", "d1", 600.0)
    assert claim is not None
    clock.sleep(60)
    look = Look(night="N1", verdict=Verdict.FOUND, reason="said")
    ledger.deliver(claim, Result(looks={RuleId(RULES[0].id): look}, reaches={}, device="d1"))
    claim = ledger.claim("N1", "d2", 600.0)
    assert claim is not None
    clock.sleep(20)
    folder = tmp_path / "evidence" / "N1" / f"a{claim.attempt:06d}"
    with BundleWriter(folder / "r1", start_of(claim.app), clock=TickingClock()) as writer:
        walk_study(writer)
    return ledger, clock


def _now(tmp_path: Path, half_way: tuple[Ledger, SetClock]) -> UnderWay:
    ledger, clock = half_way
    return under_way(ledger, "N1", tmp_path / "evidence", clock.wall())


def test_the_view_tells_devices_screens_findings_and_the_time_left(
    tmp_path: Path, half_way: tuple[Ledger, SetClock]
) -> None:
    now = _now(tmp_path, half_way)
    assert now.left_s == 3 * 60.0
    assert [(one.device, one.app, one.since_s) for one in now.at_work] == [("d2", "应用1[bold]", 20.0)]
    assert [(one.app, one.rule) for one in now.found] == [("应用0[bold]", RULES[0].id)]
    for width in (60, 120):
        out = io.StringIO()
        Console(file=out, width=width, force_terminal=False).print(shown("N1", now))
        lines = out.getvalue().splitlines()
        assert max(len(line) for line in lines) <= width
        told = "".join(lines)
        assert all(said in told for said in ("1/4", "0:03:00", "d2", "应用1[bold]", "0:20", RULES[0].name_zh))


def test_the_screen_that_is_being_walked_and_the_last_step_are_told(
    tmp_path: Path, half_way: tuple[Ledger, SetClock]
) -> None:
    (one,) = _now(tmp_path, half_way).at_work
    assert one.screen
    assert one.step is not None
    assert one.step.seq > 1
    ledger, clock = half_way
    plain = under_way(ledger, "N1", None, clock.wall())
    assert replace(plain, at_work=(one,)) == _now(tmp_path, half_way)


def test_without_a_terminal_each_task_and_each_finding_is_one_plain_line(
    tmp_path: Path, half_way: tuple[Ledger, SetClock]
) -> None:
    now = _now(tmp_path, half_way)
    out = io.StringIO()
    ledger, _clock = half_way
    console = Console(file=out, width=80)
    with Watching(console, "N1", lambda: now, lambda package: found_in(ledger, "N1", package)) as tell:
        for _ in range(2):
            tell(Done(device="d1", package="cn.gov.a0"), now.progress)
        tell(Done(device="d2", package="", died="night-worker-lost"), now.progress)
        tell(Done(device="d2", package=""), now.progress)
    lines = out.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines if line.startswith("[")] == ["[1/4] d1", "[1/4] d1", "[1/4] d2"]
    assert sum(RULES[0].name_zh in line for line in lines) == 1
    assert found_in(ledger, "N1", "cn.gov.a1") == ()
    assert "\x1b" not in out.getvalue()


def test_what_a_slow_device_found_is_told_after_the_quick_ones(
    tmp_path: Path, half_way: tuple[Ledger, SetClock]
) -> None:
    ledger, _clock = half_way
    slow, quick = ledger.claim("N1", "d3", 600.0), ledger.claim("N1", "d4", 600.0)
    assert slow is not None
    assert quick is not None
    out = io.StringIO()
    now = _now(tmp_path, half_way)
    console = Console(file=out, width=80)
    with Watching(console, "N1", lambda: now, lambda package: found_in(ledger, "N1", package)) as tell:
        for claim in (quick, slow):
            look = Look(night="N1", verdict=Verdict.FOUND, reason="said")
            ledger.deliver(claim, Result(looks={RuleId(RULES[1].id): look}, reaches={}, device="d3"))
            tell(Done(device="d3", package=claim.app.package), ledger.progress("N1"))
    found = [line for line in out.getvalue().splitlines() if RULES[1].name_zh in line]
    assert [app.name in line for app, line in zip((quick.app, slow.app), found, strict=True)] == [True, True]


def test_on_a_terminal_a_ledger_that_is_away_leaves_what_was_seen_last(
    tmp_path: Path, half_way: tuple[Ledger, SetClock]
) -> None:
    looks: list[UnderWay] = [_now(tmp_path, half_way)]

    def look() -> UnderWay:
        if not looks:
            raise LedgerError("database is locked")
        return looks.pop()

    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    with Watching(console, "N1", look, lambda _package: ()):
        pass
    assert "应用1[bold]" in out.getvalue()
