"""Whether the app or the rules made a difference is told by judging the old evidence with today's rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.baseline import Change, ChangeKind, Look, NightLooks, Subject, Tracked, compare
from harness.fleet import attempt, night
from harness.fleet.causes import with_causes
from harness.fleet.night import NightResult
from harness.model import PackageName, RuleId, Verdict
from tests.night_scenes import BAD, GOOD, apps, held, night_of

RANKING = Subject(package=PackageName("cn.gov.demo.a"), entry="", rule=RuleId("points-ranking"))
EDITION = "cause-rules-edition"
APP, RULE = "cause-app-changed", "cause-rule-changed"


def _ranking(result: NightResult) -> Change:
    (change,) = [c for c in result.comparison.changes if c.subject == RANKING]
    return change


def test_a_repair_under_a_new_edition_of_the_rules_is_told_to_be_the_app_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = apps("a")
    with monkeypatch.context() as older:
        older.setattr(attempt, "rules_edition", lambda: "older")
        held(tmp_path, night_of(tmp_path, "n1", listed), {"a": BAD})
    result = held(tmp_path, night_of(tmp_path, "n2", listed), {"a": GOOD}, day=2)
    assert (_ranking(result).kind, _ranking(result).causes) == (ChangeKind.FIXED_PENDING, (APP,))
    assert [c.causes for c in result.facts.changes if c.subject == RANKING] == [(APP,)]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Look]:
    """Return where evidence is, and what a night has of an app that shows a board."""
    folder = tmp_path_factory.mktemp("night")
    result = held(folder, night_of(folder, "n1", apps("a"), ("d1",)), {"a": BAD})
    return folder / "evidence", result.looks.looks[RANKING]


@pytest.mark.parametrize(
    ("then", "tonight", "moved"),
    [
        (Verdict.FOUND, Verdict.CLEAR, (APP,)),
        (Verdict.CLEAR, Verdict.FOUND, (RULE,)),
        (Verdict.PRESENT, Verdict.CLEAR, (RULE, APP)),
    ],
)
def test_what_moved_is_told_by_the_old_evidence_under_today_s_rules(
    look: tuple[Path, Look], then: Verdict, tonight: Verdict, moved: tuple[str, ...]
) -> None:
    evidence, seen = look
    old = replace(seen, night="n1", verdict=then, rules_edition="older")
    new = replace(seen, night="n2", verdict=tonight)
    last, now = NightLooks(night="n1", looks={RANKING: old}), NightLooks(night="n2", looks={RANKING: new})
    known = compare({}, None, last).tracked if then is not Verdict.CLEAR else {RANKING: Tracked(subject=RANKING)}
    (change,) = with_causes(compare(known, last, now), last, evidence).changes
    assert change.causes == moved


def test_old_evidence_that_is_gone_leaves_it_open_and_the_same_edition_says_nothing(look: tuple[Path, Look]) -> None:
    evidence, seen = look
    last = NightLooks(night="n1", looks={RANKING: replace(seen, rules_edition="older")})
    now = NightLooks(night="n2", looks={RANKING: replace(seen, verdict=Verdict.CLEAR)})
    compared = compare(compare({}, None, last).tracked, last, now)
    assert [c.causes for c in with_causes(compared, last, evidence / "nothing-here").changes] == [(EDITION,)]
    same = NightLooks(night="n1", looks={RANKING: seen})
    compared = compare(compare({}, None, same).tracked, same, now)
    assert [c.causes for c in with_causes(compared, same, evidence).changes] == [()]


def test_what_is_known_of_a_rule_goes_on_under_the_id_that_it_has_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = apps("a")
    held(tmp_path, night_of(tmp_path, "n1", listed), {"a": BAD})
    now = RuleId("group-chain-reply")
    monkeypatch.setattr(night, "RENAMED_RULES", {RANKING.rule: now})
    result = held(tmp_path, night_of(tmp_path, "n2", listed), {"a": BAD}, day=2)
    assert _ranking(result).kind is ChangeKind.NEW
    tracked = result.comparison.tracked[replace(RANKING, rule=now)]
    assert tracked.last_seen is not None
    assert tracked.last_seen.night == "n1"
