"""What is told between two nights that others lie between: what the nights made of it, proven by nothing less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.baseline import ChangeKind, Look, Subject, compare
from harness.cli.night import diff
from harness.errors import BadInput
from harness.fleet import attempt
from harness.fleet.ledger import Ledger, Result, ledger_url
from harness.fleet.night import between, changed
from harness.model import FiledApp, PackageName, Reach, RuleId, Verdict
from harness.rules import ALL_RULES
from tests.night_scenes import BAD, GOOD, NightClock, apps, held, night_of

RULE = ALL_RULES[0]
NIGHTS = ("n1", "n2", "n3", "n4")
# What each app shows on the four nights: f seen, c clear, b not come to.
STORY = {"back": "fcfc", "new": "cfbb", "repaired": "fccc", "same": "ffff", "walled": "fbbb"}


class Days:
    """A clock that stands still but for the nights."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.now

    def monotonic_s(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Yield a ledger of the four nights of the story."""
    clock = Days()
    held_in = Ledger(ledger_url(str(tmp_path / "nights.sqlite")), clock)
    verdicts = {"f": Verdict.FOUND, "c": Verdict.CLEAR, "b": Verdict.INCONCLUSIVE}
    matrix = {FiledApp(package=PackageName(f"cn.gov.{name}"), name=name): (RULE,) for name in STORY}
    for number, night in enumerate(NIGHTS):
        held_in.begin(night, "f" * 64, "r1", matrix)
        while (claim := held_in.claim(night, "w", 60.0)) is not None:
            verdict = verdicts[STORY[claim.app.name][number]]
            reach = Reach.BLOCKED if verdict is Verdict.INCONCLUSIVE else Reach.REACHED
            look = Look(night=night, verdict=verdict, reach=reach, reason="said")
            held_in.deliver(claim, Result(looks={RULE.id: look}, reaches={}))
        held_in.finalise(night)
        known, previous = held_in.known_before(night)
        last = held_in.looks(previous) if previous else None
        held_in.store_comparison(night, compare(known, last, held_in.looks(night)), previous)
        clock.sleep(86_400)
    yield held_in
    held_in.close()


def _kinds(ledger: Ledger, first: str, second: str, folder: Path) -> dict[str, ChangeKind]:
    found = between(ledger, first, second, folder)
    assert found is not None
    return {str(c.subject.package).removeprefix("cn.gov."): c.kind for c in found.comparison.changes}


def test_two_proofs_with_a_sight_between_them_make_nothing_fixed(ledger: Ledger, tmp_path: Path) -> None:
    assert _kinds(ledger, "n2", "n4", tmp_path)["back"] is ChangeKind.FIXED_PENDING


def test_what_came_or_was_repaired_between_two_nights_is_told(ledger: Ledger, tmp_path: Path) -> None:
    assert _kinds(ledger, "n1", "n4", tmp_path) == {
        "back": ChangeKind.FIXED_PENDING,
        "new": ChangeKind.NEW,
        "repaired": ChangeKind.FIXED,
        "same": ChangeKind.PERSISTING,
        "walled": ChangeKind.UNSEEN,
    }


def test_from_one_night_to_the_next_it_is_what_that_night_said(ledger: Ledger, tmp_path: Path) -> None:
    for first, second in pairwise(NIGHTS):
        facts, found = ledger.facts(second), between(ledger, first, second, tmp_path)
        assert facts is not None
        assert found is not None
        assert found.comparison.changes == facts.changes


def test_a_night_beside_itself_shows_no_change(ledger: Ledger, tmp_path: Path) -> None:
    for night in NIGHTS:
        found = between(ledger, night, night, tmp_path)
        assert found is not None
        assert changed(found.comparison.changes) == ()
        assert not found.some


def test_the_later_night_first_is_refused_and_the_exit_status_tells_some_from_none(
    ledger: Ledger, tmp_path: Path
) -> None:
    def run(first: str, second: str) -> object:
        result = CliRunner().invoke(diff, [first, second, "--evidence-dir", str(tmp_path)])
        return result.exception if isinstance(result.exception, BadInput) else result.exit_code

    assert (run("n1", "n2"), run("n3", "n3")) == (1, 0)
    assert "name the earlier one first" in str(run("n2", "n1"))


def test_between_nights_it_is_told_whether_the_app_or_the_rules_made_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking = Subject(package=PackageName("cn.gov.demo.a"), entry="", rule=RuleId("points-ranking"))
    with monkeypatch.context() as older:
        older.setattr(attempt, "rules_edition", lambda: "older")
        held(tmp_path, night_of(tmp_path, "n1", apps("a"), ("d1",)), {"a": BAD})
    held(tmp_path, night_of(tmp_path, "n2", apps("a"), ("d1",)), {"a": GOOD}, day=2)
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.sqlite")), NightClock(3))
    found = between(ledger, "n1", "n2", tmp_path / "evidence")
    ledger.close()
    assert found is not None
    causes = {c.subject: c.causes for c in found.comparison.changes if c.kind is ChangeKind.FIXED_PENDING}
    assert causes[ranking] == ("cause-app-changed",)
