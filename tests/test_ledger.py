"""The ledger of nights: nothing expected vanishes, a lease has one holder, and what came late is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import URL

from harness.baseline import ChangeKind, Look, Sight, Standing, Subject, Tracked, compare, sight_of
from harness.clock import Clock, SystemClock
from harness.errors import BadInput, LedgerError
from harness.fleet.canary import Canary
from harness.fleet.drift import Build
from harness.fleet.ledger import EXPECTED, Artifact, Claim, Ledger, Progress, Result, ledger_url
from harness.fleet.ledger_apps import attempts_of, bundles_of, known_until, last_tried, listed, store_build
from harness.fleet.ledger_devices import (
    Quarantine,
    add_canary,
    brought_something,
    canaries,
    lift_quarantine,
    quarantine,
    quarantined,
    stop,
    stopped,
    trust,
)
from harness.fleet.ledger_tables import METADATA
from harness.model import CheckpointReach, FiledApp, PackageName, Reach, Rule, RuleId, ScreenKey, Verdict
from harness.rules import ALL_RULES
from tests.ledger_databases import BACKENDS, fresh_database, postgresql, postgresql_bin

RULES = ALL_RULES[:3]
APPS = tuple(FiledApp(package=PackageName(f"cn.gov.a{n}"), name=f"应用{n}") for n in range(3))
MATRIX: dict[FiledApp, tuple[Rule, ...]] = dict.fromkeys(APPS, RULES)
LEASE_S = 60.0


class SetClock:
    """A clock that is set, for leases that run out without waiting."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.now

    def monotonic_s(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(0.0, seconds))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    found = postgresql_bin()
    if found is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgresql(found) as url:
        yield url


@pytest.fixture(params=BACKENDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "账本 ledger.sqlite")
    url: str = request.getfixturevalue("cluster")
    return fresh_database(url, f"t{abs(hash(request.node.name)) % 10**9}")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def ledger(address: str, clock: SetClock) -> Iterator[Ledger]:
    opened = Ledger(ledger_url(address), clock)
    yield opened
    opened.close()


def _look(claim: Claim, verdict: Verdict = Verdict.FOUND, **more: object) -> Look:
    plain = Look(night=claim.night, verdict=verdict, reason="said", screens=frozenset({ScreenKey("home")}))
    return replace(plain, **more)  # type: ignore[arg-type]


def _result(claim: Claim, verdict: Verdict = Verdict.FOUND) -> Result:
    return Result(
        looks={rule.id: _look(claim, verdict) for rule in RULES},
        reaches={r.id: [CheckpointReach(checkpoint=c.id, reach=Reach.REACHED) for c in r.checkpoints] for r in RULES},
        device="emulator-5554",
        bundle="EB-1",
        artifacts=(Artifact(path="screens/1.png", sha256="0" * 64, size_bytes=9, mime="image/png"),),
    )


def _begun(ledger: Ledger, night: str = "n1") -> None:
    assert ledger.begin(night, "f" * 64, "r1", MATRIX)


def _claimed(ledger: Ledger, worker: str = "w1", night: str = "n1") -> Claim:
    claim = ledger.claim(night, worker, LEASE_S)
    assert claim is not None
    return claim


def test_the_revisions_make_the_tables_that_the_ledger_uses(address: str, ledger: Ledger) -> None:
    engine = create_engine(ledger_url(address))
    made = inspect(engine)
    for table in METADATA.tables.values():
        assert {c["name"] for c in made.get_columns(table.name)} == {c.name for c in table.columns}
    engine.dispose()


def test_the_whole_matrix_is_there_before_anything_is_walked(ledger: Ledger) -> None:
    _begun(ledger)
    looks = ledger.looks("n1").looks
    assert set(looks) == {Subject(package=a.package, entry="", rule=r.id) for a in APPS for r in RULES}
    assert {(x.verdict, x.reach, x.reason) for x in looks.values()} == {(None, Reach.NOT_RUN, EXPECTED)}
    assert ledger.progress("n1") == Progress(waiting=3, leased=0, done=0, failed=0, not_run=0)


def test_a_night_begun_again_goes_on_and_one_with_another_list_is_refused(ledger: Ledger) -> None:
    _begun(ledger)
    assert not ledger.begin("n1", "f" * 64, "r1", MATRIX)
    with pytest.raises(BadInput, match="is not that night's list"):
        ledger.begin("n1", "e" * 64, "r1", MATRIX)


def test_what_was_delivered_is_read_back_and_a_second_delivery_changes_nothing(ledger: Ledger) -> None:
    _begun(ledger)
    claim = _claimed(ledger)
    assert ledger.deliver(claim, _result(claim))
    assert ledger.deliver(claim, _result(claim, Verdict.CLEAR))
    look = ledger.looks("n1").looks[Subject(package=claim.app.package, entry="", rule=RULES[0].id)]
    assert look == _look(claim)
    assert ledger.looks("n1").coverage == {claim.app.package: 1.0}
    assert ledger.progress("n1").done == 1


def test_an_app_whose_walk_was_cut_is_given_again_while_attempts_are_left(ledger: Ledger) -> None:
    _begun(ledger)
    given = [_claimed(ledger) for _ in APPS]
    cut = given[0]
    assert ledger.deliver(cut, replace(_result(cut, Verdict.INCONCLUSIVE), cut="device-lost"), most_attempts=2)
    assert ledger.progress("n1").waiting == 1
    again = _claimed(ledger)
    assert again.app == cut.app
    assert ledger.deliver(again, replace(_result(again), cut="device-lost"), most_attempts=2)
    assert (ledger.progress("n1").waiting, ledger.progress("n1").done) == (0, 1)
    look = ledger.looks("n1").looks[Subject(package=cut.app.package, entry="", rule=RULES[0].id)]
    assert look.verdict is Verdict.FOUND


def test_each_app_is_given_to_one_worker_only_and_then_nothing_is_left(ledger: Ledger) -> None:
    _begun(ledger)
    given = [_claimed(ledger, f"w{n}").app.package for n in range(3)]
    assert sorted(given) == [app.package for app in APPS]
    assert ledger.claim("n1", "w9", LEASE_S) is None


def _as_in_a_process_of_its_own(address: str, number: int) -> URL:
    """Return the address so that it is opened once more: what has the same one shares a process's connections."""
    url = ledger_url(address)
    own = {"timeout": f"{30 + number}"} if url.get_backend_name() == "sqlite" else {"application_name": f"w{number}"}
    return url.update_query_dict(own)


def _claimed_together(address: str, clock: Clock) -> list[str]:
    """Let a worker for each app claim one at the same moment and hold it until all have one; return their packages."""
    got: list[str] = []
    together, all_have_one = threading.Barrier(len(APPS)), threading.Barrier(len(APPS))

    def work(number: int) -> None:
        own = Ledger(_as_in_a_process_of_its_own(address, number), clock)
        together.wait(timeout=60)
        claim = _claimed(own, f"w{number}")
        all_have_one.wait(timeout=60)
        own.deliver(claim, _result(claim))
        got.append(claim.app.package)
        own.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(len(APPS))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    return sorted(got)


def test_workers_that_claim_at_the_same_moment_get_different_apps(address: str, clock: SetClock) -> None:
    first = Ledger(ledger_url(address), clock)
    _begun(first)
    assert _claimed_together(address, clock) == [app.package for app in APPS]
    first.close()


def test_a_server_with_a_single_connection_is_enough_for_many_workers_that_walk(cluster: str, clock: SetClock) -> None:
    address = fresh_database(cluster, "narrow")
    first = Ledger(ledger_url(address), clock)
    _begun(first)
    with first.transaction() as db:
        db.execute(text("DROP ROLE IF EXISTS narrow"))
        db.execute(text("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1"))
        db.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO narrow"))
        db.execute(text("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO narrow"))
    assert _claimed_together(address.replace("harness@", "narrow@"), SystemClock()) == [app.package for app in APPS]
    assert first.progress("n1").done == len(APPS)
    first.close()


def test_who_has_a_ledger_open_twice_has_it_until_the_second_is_closed(address: str, clock: SetClock) -> None:
    first, second = Ledger(ledger_url(address), clock), Ledger(ledger_url(address), clock)
    _begun(first)
    first.close()
    assert second.progress("n1").waiting == len(APPS)
    second.close()


def test_a_lease_that_ran_out_goes_to_another_and_what_the_first_saw_is_kept(ledger: Ledger, clock: SetClock) -> None:
    _begun(ledger)
    others = [_claimed(ledger), _claimed(ledger)]
    slow = _claimed(ledger, "slow")
    clock.sleep(LEASE_S / 2)
    assert all(ledger.extend(claim, LEASE_S * 2) for claim in others)
    clock.sleep(LEASE_S)
    again = _claimed(ledger, "quick")
    assert (again.app, again.number, again.fence) == (slow.app, 2, slow.fence + 1)
    assert not ledger.extend(slow, LEASE_S)
    assert ledger.deliver(again, _result(again, Verdict.CLEAR))
    assert not ledger.deliver(slow, _result(slow, Verdict.FOUND))
    subject = Subject(package=slow.app.package, entry="", rule=RULES[0].id)
    assert ledger.looks("n1").looks[subject].verdict is Verdict.FOUND  # having seen wins
    assert ledger.progress("n1").done == 1


def test_an_app_that_keeps_losing_its_worker_fails_and_the_others_go_on(ledger: Ledger, clock: SetClock) -> None:
    _begun(ledger)
    for claim in (_claimed(ledger), _claimed(ledger)):
        ledger.deliver(claim, _result(claim))
    for _ in range(3):
        _claimed(ledger)
        clock.sleep(LEASE_S + 1)
    assert ledger.claim("n1", "w", LEASE_S) is None
    assert ledger.progress("n1") == Progress(waiting=0, leased=0, done=2, failed=1, not_run=0)


@pytest.mark.parametrize(("again", "progress"), [(True, "waiting"), (False, "failed")])
def test_a_failed_attempt_is_tried_again_where_that_may_help(ledger: Ledger, again: bool, progress: str) -> None:  # noqa: FBT001
    _begun(ledger)
    claim = _claimed(ledger)
    ledger.fail(claim, "device-unreachable", again=again)
    assert getattr(ledger.progress("n1"), progress) == (3 if again else 1)


def test_in_the_morning_every_row_without_a_result_says_why(ledger: Ledger) -> None:
    _begun(ledger)
    done, failed = _claimed(ledger), _claimed(ledger)
    ledger.deliver(done, replace(_result(done), looks={RULES[0].id: _look(done)}))
    ledger.fail(failed, "install-refused", again=False)
    _claimed(ledger)
    assert ledger.finalise("n1") == 2 + 3 + 3
    rows = {(s.package, s.rule): (x.reach, x.reason) for s, x in ledger.looks("n1").looks.items()}
    left = next(a.package for a in APPS if a.package not in {done.app.package, failed.app.package})
    assert rows[done.app.package, RULES[0].id] == (Reach.REACHED, "said")
    assert rows[done.app.package, RULES[1].id] == (Reach.ERROR, "night-no-result")
    assert rows[failed.app.package, RULES[0].id] == (Reach.ERROR, "install-refused")
    assert rows[left, RULES[0].id] == (Reach.NOT_RUN, "night-over")
    assert ledger.progress("n1").over


def test_nights_are_compared_through_the_ledger_and_a_second_comparison_changes_nothing(
    ledger: Ledger, clock: SetClock
) -> None:
    for night, verdict in (("n1", Verdict.FOUND), ("n2", Verdict.CLEAR), ("n3", Verdict.CLEAR)):
        _begun(ledger, night)
        for _ in APPS:
            claim = _claimed(ledger, night=night)
            ledger.deliver(claim, _result(claim, verdict))
        ledger.finalise(night)
        for _ in range(2):
            before, last = ledger.known_before(night)
            compared = compare(before, ledger.looks(last) if last else None, ledger.looks(night), looked_at=_all())
            ledger.store_comparison(night, compared, last)
        clock.sleep(86_400)
    assert {c.kind for c in compared.changes} == {ChangeKind.FIXED}
    subject = Subject(package=APPS[0].package, entry="", rule=RULES[0].id)
    facts = ledger.facts("n3")
    assert facts is not None
    assert [(mark.night, mark.standing, mark.kind, mark.sight) for mark in facts.history[subject]] == [
        ("n1", Standing.OPEN, ChangeKind.NEW, Sight.SEEN),
        ("n2", Standing.FIXED_PENDING, ChangeKind.FIXED_PENDING, Sight.ABSENT),
        ("n3", Standing.FIXED, ChangeKind.FIXED, Sight.ABSENT),
    ]
    assert [counts.night for counts in facts.trend] == ["n1", "n2", "n3"]
    assert facts.changes == compared.changes
    assert facts.tracked == compared.tracked


def test_a_night_that_died_before_it_was_compared_is_still_open(ledger: Ledger) -> None:
    _begun(ledger)
    ledger.finalise("n1")
    assert ledger.broken_off("f" * 64) == "n1"
    assert ledger.facts("n1") is None
    ledger.store_comparison("n1", compare({}, None, ledger.looks("n1")), "")
    assert ledger.broken_off("f" * 64) == ""
    assert ledger.facts("n1") is not None


def test_a_look_counts_for_what_was_held_before_it_and_not_for_the_next_time(ledger: Ledger, clock: SetClock) -> None:
    looked, other = sorted(_all())[:2]

    def held_since(night: str) -> dict[Subject, Tracked]:
        return {s: Tracked(subject=s, held=True, held_since=night) for s in (looked, other)}

    _begun(ledger)
    clock.sleep(3600)
    ledger.look_at([looked], "审核员甲")
    assert ledger.looked_at(held_since("n1")) == {looked}
    clock.sleep(86_400)
    ledger.begin("n2", "0" * 64, "rules", MATRIX)
    assert ledger.looked_at(held_since("n2")) == frozenset()
    ledger.look_at([looked], "审核员乙")
    assert ledger.looked_at(held_since("n2")) == frozenset()  # in the very moment that the night began
    clock.sleep(1)
    ledger.look_at([looked], "审核员乙")
    assert ledger.looked_at(held_since("n2")) == {looked}
    assert ledger.looked_at({looked: Tracked(subject=looked)}) == frozenset()


def test_a_row_that_nothing_came_for_is_no_absence(ledger: Ledger) -> None:
    _begun(ledger)
    ledger.finalise("n1")
    before, _ = ledger.known_before("n1")
    compared = compare(before, None, ledger.looks("n1"))
    assert {c.sight for c in compared.changes} == {Sight.NOT_RUN}
    subject = Subject(package=APPS[0].package, entry="", rule=RULES[0].id)
    assert sight_of(ledger.looks("n1").looks[subject], compared.tracked[subject])[0] is Sight.NOT_RUN


def test_what_is_known_of_devices_and_apps_is_read_back_as_it_was_written(ledger: Ledger, clock: SetClock) -> None:
    _begun(ledger)
    claim = _claimed(ledger)
    looks = {rule: replace(look, device="d1") for rule, look in _result(claim, Verdict.CLEAR).looks.items()}
    ledger.deliver(claim, replace(_result(claim, Verdict.CLEAR), looks=looks, device="d1", bundle="n1/a000001/r/b"))
    seen = (Canary(moment="before"), Canary(moment="after", reason="canary-missed", detail=(("rules", "r"),)))
    for canary in seen:
        add_canary(ledger, "n1", "d1", canary)
    assert canaries(ledger, "n1") == {"d1": seen}
    assert brought_something(ledger, "n1", "d1")
    assert not brought_something(ledger, "n1", "d2")
    for trusted in ([], ["d1"], []):
        trust(ledger, "n1", trusted)
        told = ledger.looks("n1").looks.values()
        assert {look.trusted for look in told if look.verdict is not None} == {bool(trusted)}
    sick = Quarantine(device="d2", reason="sick-storage", detail="3 MiB")
    quarantine(ledger, "n1", sick)
    quarantine(ledger, "n1", replace(sick, reason="sick-later"))
    assert quarantined(ledger, "n1") == {"d2": sick}
    lift_quarantine(ledger, "n1")
    assert quarantined(ledger, "n1") == {}
    assert stopped(ledger, "n1") == ""
    stop(ledger, "n1", "d1", "night-disk-full")
    assert stopped(ledger, "n1") == "night-disk-full"
    build = Build(installed=True, version="1 (1)", apk_sha256="a" * 64)
    store_build(ledger, claim, build)
    key = (claim.app.package, claim.app.entry)
    assert listed(ledger, "n1").builds == {key: build}
    clock.sleep(86_400)
    _begun(ledger, "n2")
    store_build(ledger, _claimed(ledger, night="n2"), Build(installed=False))
    assert known_until(ledger, "n2").builds == {key: replace(build, installed=False)}
    assert known_until(ledger, "n1").builds == {key: build}
    assert last_tried(ledger)[key] == "2026-11-21T22:00:00.000+00:00"
    assert bundles_of(ledger, "n1") == {key: "n1/a000001/r/b"}
    assert list(attempts_of(ledger, "n1").values()) == [key]


def test_a_ledger_of_an_earlier_revision_is_brought_up_and_keeps_its_rows(tmp_path: Path, clock: SetClock) -> None:
    url = ledger_url(str(tmp_path / "old.sqlite"))
    ledger = Ledger(url, clock)
    _begun(ledger)
    ledger.close()
    engine = create_engine(url)
    with engine.begin() as db:  # as the first revision left it
        for table in ("canary", "quarantine", "build", "across"):
            db.execute(text(f"DROP TABLE {table}"))
        db.execute(text("DROP INDEX ix_look_night_verdict_attempt"))
        db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    ledger = Ledger(url, clock)
    assert len(ledger.looks("n1").looks) == len(APPS) * len(RULES)
    assert canaries(ledger, "n1") == {}
    ledger.close()


def test_an_address_that_is_none_is_named_with_its_mend() -> None:
    with pytest.raises(BadInput, match=r"--ledger: nonsense://: .*postgresql\+psycopg://user@host/database"):
        ledger_url("nonsense://")


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(LedgerError, match=r"postgresql.*127\.0\.0\.1:1/") as refused:
        Ledger(ledger_url("postgresql+psycopg://me:secret@127.0.0.1:1/nights"), SetClock())
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("包名,应用名称\n" * 100, encoding="utf-8")
    with pytest.raises(LedgerError, match=r"list\.csv: file is not a database"):
        Ledger(ledger_url(str(tmp_path / "list.csv")), SetClock())


def _all() -> frozenset[Subject]:
    return frozenset(Subject(package=a.package, entry="", rule=RuleId(r.id)) for a in APPS for r in RULES)
