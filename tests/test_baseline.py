"""Night over night: only having looked moves a finding, and every sequence of nights keeps to that."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.baseline import (
    LOOKED,
    ChangeKind,
    Look,
    NightLooks,
    Sight,
    Standing,
    Subject,
    Tracked,
    advance,
    best_of,
    compare,
    migrated,
    sight_of,
    why_it_changed,
)
from harness.model import CheckpointId, PackageName, Reach, RuleId, ScreenKey, Verdict

SUBJECT = Subject(package=PackageName("cn.gov.example"), entry="", rule=RuleId("points-ranking"))
UNSEEN = tuple(s for s in Sight if s not in LOOKED and s is not Sight.OUT_OF_SCOPE)
BOARD = ScreenKey("board")
KEYS = frozenset(ScreenKey(k) for k in ("home", "mine", "points", "board"))
PLACES = frozenset({CheckpointId("home"), CheckpointId("mine")})


def _look(verdict: Verdict | None, night: str = "n1", **more: object) -> Look:
    plain = Look(night=night, verdict=verdict, screen=BOARD, screens=KEYS, places=PLACES, app_version="1 (1)")
    return replace(plain, **more)  # type: ignore[arg-type]


SEEN, CLEAR = _look(Verdict.FOUND), _look(Verdict.CLEAR, screen=None)


def _night(name: str, *looks: tuple[Subject, Look], coverage: float = 1.0) -> NightLooks:
    return NightLooks(night=name, looks={s: replace(x, night=name) for s, x in looks}, coverage={"app": coverage})


def _stands(nights: tuple[Sight, ...]) -> Standing:
    """Return where a finding stands after these nights, told from all of them instead of from one to the next."""
    if Sight.SEEN not in nights:
        return Standing.NONE
    since = nights[len(nights) - nights[::-1].index(Sight.SEEN) :]
    if Sight.OUT_OF_SCOPE in since:
        return Standing.CLOSED_SCOPE
    return (Standing.OPEN, Standing.FIXED_PENDING, Standing.FIXED)[min(2, since.count(Sight.ABSENT))]


def _adds(before: Standing, sight: Sight, after: Standing) -> ChangeKind | None:
    """Return what a night adds: the first sight, what came back or went on, each move, and what it could not see."""
    if sight is Sight.SEEN:
        gone = {Standing.FIXED: ChangeKind.REGRESSED, Standing.CLOSED_SCOPE: ChangeKind.REGRESSED}
        return {Standing.NONE: ChangeKind.NEW, **gone}.get(before, ChangeKind.PERSISTING)
    if sight in UNSEEN:
        return ChangeKind.UNSEEN
    return None if after is before else ChangeKind(after)


def test_over_every_six_nights_only_two_proofs_since_the_last_sight_make_it_fixed() -> None:
    checked = 0
    for sights in itertools.product(Sight, repeat=6):
        standing = Standing.NONE
        for number, sight in enumerate(sights, 1):
            before = standing
            standing, kind = advance(before, sight)
            assert standing is _stands(sights[:number])
            assert kind is _adds(before, sight, standing)
            checked += 1
    assert checked == 6 * len(Sight) ** 6


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("sight", UNSEEN)
def test_a_night_that_could_not_look_changes_no_standing_and_says_so(standing: Standing, sight: Sight) -> None:
    assert advance(standing, sight) == (standing, ChangeKind.UNSEEN)


def test_two_nights_that_looked_make_it_fixed_and_both_pictures_are_kept() -> None:
    known: dict[Subject, Tracked] = {}
    kinds = []
    for number, look in enumerate((SEEN, SEEN, CLEAR, CLEAR, CLEAR, SEEN), 1):
        result = compare(known, None, _night(f"n{number}", (SUBJECT, look)))
        known = dict(result.tracked)
        kinds.append([c.kind for c in result.changes])
        if result.of_kind(ChangeKind.FIXED):
            held = known[SUBJECT]
            assert held.last_seen is not None
            assert (held.last_seen.night, [p.night for p in held.proofs]) == ("n2", ["n3", "n4"])
    assert kinds == [
        [ChangeKind.NEW],
        [ChangeKind.PERSISTING],
        [ChangeKind.FIXED_PENDING],
        [ChangeKind.FIXED],
        [],
        [ChangeKind.REGRESSED],
    ]


@pytest.mark.parametrize(
    ("look", "sight", "reason"),
    [
        (None, Sight.ERROR, "sight-no-row"),
        (_look(None, reach=Reach.BLOCKED, reason="blocked-login"), Sight.BLOCKED, "blocked-login"),
        (_look(None, reach=Reach.NOT_RUN, reason="night-budget"), Sight.NOT_RUN, "night-budget"),
        (_look(None, reach=Reach.ERROR), Sight.ERROR, "sight-no-verdict"),
        (_look(Verdict.INCONCLUSIVE, reason="coverage-gap"), Sight.NOT_REACHED, "coverage-gap"),
        (_look(Verdict.INCONCLUSIVE, reach=Reach.BLOCKED, reason="login"), Sight.BLOCKED, "login"),
        (_look(Verdict.ERROR, reason="rule-died"), Sight.ERROR, "rule-died"),
        (_look(Verdict.CLEAR, trusted=False), Sight.NOT_REACHED, "sight-canary-not-green"),
        (_look(Verdict.CLEAR, account="other"), Sight.NOT_REACHED, "sight-other-account"),
        (_look(Verdict.CLEAR, screens=frozenset({ScreenKey("new")})), Sight.NOT_REACHED, "sight-app-looks-different"),
        (
            _look(Verdict.CLEAR, screens=KEYS - {BOARD}, places=frozenset()),
            Sight.NOT_REACHED,
            "sight-places-not-reached",
        ),
        (_look(Verdict.CLEAR, screens=KEYS - {BOARD}), Sight.ABSENT, ""),
        (_look(Verdict.CLEAR), Sight.ABSENT, ""),
        (_look(Verdict.PRESENT, trusted=False, account="other"), Sight.SEEN, ""),
        (_look(Verdict.FOUND, trusted=False, accuses=True), Sight.NOT_REACHED, "sight-canary-accused"),
    ],
)
def test_clear_is_absence_only_with_all_that_proves_it(look: Look | None, sight: Sight, reason: str) -> None:
    known = Tracked(subject=SUBJECT, standing=Standing.OPEN, last_seen=SEEN)
    assert sight_of(look, known) == (sight, reason)


def test_a_subject_without_a_row_tonight_is_an_error_and_stays_open() -> None:
    first = compare({}, None, _night("n1", (SUBJECT, SEEN)))
    second = compare(first.tracked, None, _night("n2"))
    assert [(c.kind, c.sight) for c in second.changes] == [(ChangeKind.UNSEEN, Sight.ERROR)]
    assert second.tracked[SUBJECT].standing is Standing.OPEN
    assert second.tracked[SUBJECT].unseen_since == "n2"


def test_a_night_that_covered_less_proves_no_absence() -> None:
    first = _night("n1", (SUBJECT, SEEN), coverage=0.9)
    known = compare({}, None, first).tracked
    less = compare(known, first, _night("n2", (SUBJECT, CLEAR), coverage=0.7))
    assert less.incomplete
    assert [c.kind for c in less.changes] == [ChangeKind.UNSEEN]
    enough = compare(known, first, _night("n2", (SUBJECT, CLEAR), coverage=0.85))
    assert [c.kind for c in enough.changes] == [ChangeKind.FIXED_PENDING]


def test_many_gone_at_once_stay_pending_until_a_person_has_looked() -> None:
    subjects = [replace(SUBJECT, rule=RuleId(f"r{n}")) for n in range(6)]
    known = compare({}, None, _night("n1", *((s, SEEN) for s in subjects))).tracked
    gone = [(s, CLEAR if n < 3 else SEEN) for n, s in enumerate(subjects)]
    second = compare(known, None, _night("n2", *gone))
    assert second.held == tuple(subjects[:3])
    third = compare(second.tracked, None, _night("n3", *gone), looked_at={subjects[0]})
    assert [c.subject for c in third.of_kind(ChangeKind.FIXED)] == [subjects[0]]
    assert third.held == tuple(subjects[1:3])
    fourth = compare(third.tracked, None, _night("n4", *((s, SEEN) for s in subjects)))
    assert fourth.held == ()


def test_a_stronger_verdict_is_told_as_worse_and_a_new_version_as_a_cause() -> None:
    known = compare({}, None, _night("n1", (SUBJECT, _look(Verdict.PRESENT)))).tracked
    changed = compare(
        known, None, _night("n2", (SUBJECT, _look(Verdict.FOUND, app_version="2 (2)", rules_edition="b")))
    )
    (change,) = changed.changes
    assert (change.kind, change.worse) == (ChangeKind.PERSISTING, True)
    assert change.causes == ("cause-app-version", "cause-rules-edition")


def test_what_comes_and_goes_is_intermittent() -> None:
    known: dict[Subject, Tracked] = {}
    for number, look in enumerate((SEEN, CLEAR, SEEN), 1):
        known = dict(compare(known, None, _night(f"n{number}", (SUBJECT, look))).tracked)
    assert known[SUBJECT].intermittent


def test_a_later_attempt_that_saw_nothing_does_not_undo_one_that_saw() -> None:
    attempts = [_look(Verdict.PRESENT, "a"), _look(Verdict.FOUND, "b"), _look(Verdict.CLEAR, "c"), _look(None, "d")]
    assert best_of(attempts).night == "b"
    assert best_of([attempts[3], attempts[2]]).night == "c"
    with pytest.raises(ValueError, match="no attempt"):
        best_of([])


def test_old_evidence_judged_today_tells_the_rule_from_the_app() -> None:
    found, clear = Verdict.FOUND, Verdict.CLEAR
    assert why_it_changed(found, clear, clear) == ("cause-rule-changed",)
    assert why_it_changed(found, found, clear) == ("cause-app-changed",)
    assert why_it_changed(found, clear, found) == ("cause-rule-changed", "cause-app-changed")
    assert why_it_changed(found, found, found) == ()


def test_a_renamed_rule_keeps_its_history() -> None:
    known = compare({}, None, _night("n1", (SUBJECT, SEEN))).tracked
    moved = migrated(known.values(), {SUBJECT.rule: RuleId("ranking")})
    (subject,) = moved
    assert subject.rule == "ranking"
    assert moved[subject].standing is Standing.OPEN


@given(st.lists(st.sampled_from(sorted(Sight)), min_size=1, max_size=12))
def test_a_second_run_of_the_same_night_shows_no_other_standing(sights: list[Sight]) -> None:
    standing = Standing.NONE
    for sight in sights:
        standing, _ = advance(standing, sight)
    again, kind = advance(standing, Sight.SEEN)
    assert advance(again, Sight.SEEN) == (again, ChangeKind.PERSISTING)
    assert kind is not None
