"""A night keeps its time, its disk and its promises: what was cut off says so and comes first the next time."""

from __future__ import annotations

import http.server
import json
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Answer
from sqlalchemy import select

from harness.baseline import ChangeKind, Look, NightLooks, Subject, compare
from harness.cli.held import held as held_command
from harness.cli.night import exit_status
from harness.errors import BadInput
from harness.evidence.case_log import log_path
from harness.fleet.attempt import work_on_next
from harness.fleet.filed import read_filed_list, write_filed_list
from harness.fleet.ledger import Ledger, Result, ledger_url
from harness.fleet.ledger_apps import bundles_of, last_tried
from harness.fleet.ledger_devices import Quarantine, lift_quarantine, quarantine, taken_up_again
from harness.fleet.ledger_tables import EVENT
from harness.fleet.morning import summary_of
from harness.fleet.night import NightResult, close_night
from harness.fleet.notify import tell
from harness.fleet.plan import NightOptions, longest_waiting_first, plan_night
from harness.fleet.retention import drop_old_evidence
from harness.model import Verdict
from harness.rules import ALL_RULES
from tests.night_scenes import BAD, GOOD, NightClock, apps, held, night_of


def test_apps_cut_off_by_the_time_say_so_and_come_first_the_next_night(tmp_path: Path) -> None:
    listed, clock = apps("a", "b", "c"), NightClock(1)
    night = night_of(tmp_path, "n1", listed, ("d1",))
    order = replace(night.order, device="d1", most_attempts=1, until_s=clock.wall().timestamp() + 3600)
    ledger = Ledger(ledger_url(order.ledger), clock)
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(listed, night.rules))
    assert work_on_next(order, "w", clock) == "cn.gov.demo.a"
    clock.sleep(3600)
    assert work_on_next(order, "w", clock) == ""
    result = close_night(night, ledger)
    assert (result.progress.failed, result.progress.not_run) == (1, 2)
    assert summary_of(result.facts)["stopped"] == "night-time-over"
    cut = {s.package for s, look in result.looks.looks.items() if look.reason == "night-time-over"}
    assert cut == {"cn.gov.demo.b", "cn.gov.demo.c"}
    assert [app.name for app in longest_waiting_first(listed, last_tried(ledger))] == ["b", "c", "a"]
    ledger.close()


def test_an_app_that_fails_every_night_does_not_push_the_others_back(tmp_path: Path) -> None:
    listed = apps("fails", "b")
    held(tmp_path, night_of(tmp_path, "n1", listed, ("d1",)), {"b": GOOD}, day=1)
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.sqlite")), NightClock(2))
    assert longest_waiting_first(listed, last_tried(ledger)) == listed
    ledger.close()


def test_with_the_disk_all_but_full_nothing_is_begun_and_it_is_said(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    result = held(tmp_path, replace(night, order=replace(night.order, min_free_bytes=1 << 60)), {"a": GOOD})
    assert {look.reason for look in result.looks.looks.values()} == {"night-disk-full"}
    assert result.stopped == "night-disk-full"
    again = held(tmp_path, night, {"a": GOOD})
    assert again.progress.done == 0  # the night was closed; nothing is begun in it any more


def test_a_night_that_lost_its_last_device_is_gone_on_with_and_done_again_is_nothing(tmp_path: Path) -> None:
    listed, where, clock = tmp_path / "filed.csv", str(tmp_path / "ledger.sqlite"), NightClock(1)
    write_filed_list(apps("a", "b"), listed)
    night = replace(
        night_of(tmp_path, "n1", apps("a", "b"), ("d1",)), list_sha256=read_filed_list(listed).source_sha256
    )
    ledger = Ledger(ledger_url(where), clock)
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))

    def look(verdict: Verdict) -> NightResult:
        claim = ledger.claim("n1", "w", 60.0)
        assert claim is not None
        looks = {rule.id: Look(night="n1", verdict=verdict, reason="said") for rule in ALL_RULES}
        ledger.deliver(claim, Result(looks=looks, reaches={}, device="d1"))
        return close_night(night, ledger)

    quarantine(ledger, "n1", Quarantine(device="d1", reason="sick-unreachable"))
    lost = look(Verdict.FOUND)
    assert (lost.progress.done, lost.progress.not_run, ledger.broken_off(night.list_sha256)) == (1, 1, "")
    options = NightOptions(evidence_dir=tmp_path, ledger=where, servers=(("127.0.0.1", 1),), offered=("d1",))
    assert plan_night(listed, options, ledger, clock, resume=True).id == "n1"
    assert ledger.progress("n1").waiting == 1
    lift_quarantine(ledger, "n1")
    whole = look(Verdict.CLEAR)
    assert (whole.progress.done, whole.facts.rows_without_result) == (2, 0)
    assert [len(told.attempts) for told in whole.facts.apps] == [1, 1]
    new = whole.comparison.of_kind(ChangeKind.NEW)
    assert [c.subject for c in new] == [c.subject for c in lost.comparison.of_kind(ChangeKind.NEW)]
    assert {c.subject.package for c in new} == {"cn.gov.demo.a"}
    with pytest.raises(BadInput, match="no night of this list is open"):  # nothing is left to be done in it
        plan_night(listed, options, ledger, clock, resume=True)
    ledger.close()


def test_the_next_evening_a_new_night_is_due_and_no_old_one_is_taken_up(tmp_path: Path) -> None:
    night, clock = night_of(tmp_path, "n1", apps("a"), ("d1",)), NightClock(1)
    ledger = Ledger(ledger_url(night.order.ledger), clock)
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))
    quarantine(ledger, "n1", Quarantine(device="d1", reason="sick-unreachable"))
    close_night(night, ledger)
    assert taken_up_again(ledger, "1" * 64) == ""
    clock.sleep(13 * 3600)
    assert taken_up_again(ledger, night.list_sha256) == ""
    assert ledger.nights() == (("n1", True),)
    ledger.close()


def test_a_night_that_looked_at_nothing_is_an_error_whatever_fails_a_night(tmp_path: Path) -> None:
    night = night_of(tmp_path, "n1", apps("a"), ("d1",))
    full = held(tmp_path, replace(night, order=replace(night.order, min_free_bytes=1 << 60)), {"a": GOOD})
    assert [exit_status(full, fail_on) for fail_on in ("found", "new", "none")] == [2, 2, 2]
    again = replace(night_of(tmp_path, "n2", apps("a"), ("d1",)), problems=("第 7 行",))
    looked = held(tmp_path, again, {"a": BAD}, day=2)
    assert looked.facts.problems == ("第 7 行",)
    assert [exit_status(looked, fail_on) for fail_on in ("found", "new", "none")] == [1, 1, 0]


def test_new_fails_a_night_for_what_is_found_and_was_not_before(tmp_path: Path) -> None:
    night = held(tmp_path, night_of(tmp_path, "n1", apps("a"), ("d1",)), {"a": BAD})
    known = {s: replace(look, verdict=Verdict.PRESENT, night="n0") for s, look in night.looks.looks.items()}
    subject = next(s for s, look in night.looks.looks.items() if look.verdict is Verdict.FOUND)

    def status(before: Verdict, tonight: Verdict) -> int:
        first = compare({}, None, NightLooks(night="n0", looks={subject: replace(known[subject], verdict=before)}))
        looks = NightLooks(night="n1", looks={subject: replace(known[subject], verdict=tonight)})
        return exit_status(replace(night, comparison=compare(first.tracked, None, looks)), "new")

    assert status(Verdict.PRESENT, Verdict.FOUND) == 1  # worse than it was known
    assert status(Verdict.CLEAR, Verdict.FOUND) == 1
    assert status(Verdict.CLEAR, Verdict.PRESENT) == 0  # a function without a sign of compulsion
    assert status(Verdict.FOUND, Verdict.FOUND) == 0


def test_a_list_without_a_usable_row_is_refused_with_every_row_s_mend(tmp_path: Path) -> None:
    listed, where = tmp_path / "filed.csv", str(tmp_path / "nights.sqlite")
    listed.write_text("包名,应用名称\n坏,甲\ncn.gov.demo.a,\n", encoding="utf-8")
    ledger = Ledger(ledger_url(where), NightClock(1))
    options = NightOptions(evidence_dir=tmp_path, ledger=where, servers=(("127.0.0.1", 1),))
    with pytest.raises(BadInput, match=r"none can be used: 第 2 行.*第 3 行"):
        plan_night(listed, options, ledger, NightClock(1), resume=False)
    ledger.close()


# --- retention


def test_old_evidence_goes_but_for_cases_and_for_what_findings_rest_on_and_the_ledger_says_what_went(
    tmp_path: Path,
) -> None:
    listed = (*apps("found", "sent"), replace(apps("filed")[0], case_id="核查-7"))
    held(tmp_path, night_of(tmp_path, "n1", listed, ("d1",)), dict.fromkeys(("found", "sent", "filed"), BAD))
    for day in (2, 3):  # what was found is seen again, so n1 is no longer needed for it
        held(tmp_path, night_of(tmp_path, f"n{day}", listed, ("d1",)), {"found": BAD}, day=day)
    evidence = tmp_path / "evidence"
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.sqlite")), NightClock(4))
    log_path(evidence / bundles_of(ledger, "n1")["cn.gov.demo.sent", ""]).write_text("{}", encoding="utf-8")
    told = drop_old_evidence(ledger, evidence, keep=2)
    whose = {one.folder.name: one.reason for one in told if one.night == "n1"}
    assert {one.night for one in told} == {"n1"}
    assert sorted(whose.values()) == ["", "kept-case", "kept-listed-case"]
    left = {path.name for path in (evidence / "n1").iterdir()}
    assert left == {name for name, reason in whose.items() if reason}
    with ledger.transaction() as db:
        went = db.execute(select(EVENT.c.detail).where(EVENT.c.kind == "evidence-removed")).scalars().all()
    assert {one["folder"] for one in went} == {name for name, reason in whose.items() if not reason}
    assert all(len(digest) == 64 for one in went for digest in one["bundles"].values())
    assert drop_old_evidence(ledger, evidence, keep=0) == tuple(
        one for one in told if one.reason
    )  # two nights at least
    ledger.close()


def test_a_finding_keeps_the_evidence_it_was_last_seen_in_whatever_its_age(tmp_path: Path) -> None:
    for day in (1, 2, 3, 4):
        night = night_of(tmp_path, f"n{day}", apps("a"), ("d1",))
        night = replace(night, order=replace(night.order, most_attempts=1))
        held(tmp_path, night, {"a": BAD} if day == 1 else {}, day=day)
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.sqlite")), NightClock(5))
    told = drop_old_evidence(ledger, tmp_path / "evidence", keep=2)
    assert [(one.night, one.reason) for one in told] == [("n1", "kept-finding"), ("n2", "")]
    assert len(list((tmp_path / "evidence" / "n1").glob("*/*/*/bagit.txt"))) == 1
    ledger.close()


# --- hooks


@contextmanager
def _server(status: int, got: list[bytes]) -> Iterator[str]:
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/night"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_command_and_a_web_address_get_the_summary(tmp_path: Path) -> None:
    summary: dict[str, Any] = {"format": 1, "night": "n1", "stopped": "磁盘"}
    code = f"import sys; open({str(tmp_path / 'got')!r}, 'wb').write(sys.stdin.buffer.read())"
    posted: list[bytes] = []
    with _server(204, posted) as url:
        assert tell([shlex.join([sys.executable, "-c", code]), url], summary) == ()
    assert json.loads((tmp_path / "got").read_bytes()) == summary
    assert [json.loads(body) for body in posted] == [summary]


def test_a_hook_that_fails_is_told_and_the_others_are_still_called() -> None:
    posted: list[bytes] = []
    with _server(500, posted) as url:
        failing = shlex.join([sys.executable, "-c", "import sys; sys.exit('no way')"])
        told = tell([failing, "/no/such/program", "", "http://127.0.0.1:1/x", url], {"format": 1})
    assert [
        word in line for word, line in zip(("no way", "No such file", "", "refused", "500"), told, strict=True)
    ] == [True] * 5
    assert len(posted) == 1


def test_a_hook_that_fails_is_named_without_what_may_be_a_token() -> None:
    for hook in ("http://user:s3cret@127.0.0.1:1/robot/s3cret?token=s3cret", "/no/such/program --token s3cret"):
        (line,) = tell([hook], {"format": 1})
        assert "s3cret" not in line
        assert "http://127.0.0.1:1：" in line or "/no/such/program" in line


# --- who has looked


def _held_night(ledger: Ledger) -> tuple[Subject, ...]:
    """Store a night after which six of an app's findings went absent at once; return them."""
    night = "n1"
    (app,) = apps("a")
    subjects = [Subject(package=app.package, entry="", rule=rule.id) for rule in ALL_RULES[:6]]
    ledger.begin(night, "0" * 64, "e", {app: ALL_RULES[:6]})
    seen = {s: Look(night="n0", verdict=Verdict.FOUND) for s in subjects}
    gone = {s: Look(night=night, verdict=Verdict.CLEAR) for s in subjects}
    first = compare({}, None, NightLooks(night="n0", looks=seen))
    ledger.finalise(night)
    ledger.store_comparison(night, compare(first.tracked, None, NightLooks(night=night, looks=gone)), "")
    return tuple(subjects)


def test_a_reviewer_says_what_was_looked_at_and_only_what_is_held(tmp_path: Path) -> None:
    where = tmp_path / "nights.sqlite"
    ledger = Ledger(ledger_url(str(where)), NightClock(1))
    subjects = _held_night(ledger)

    def run(*words: str) -> Answer:
        return CliRunner().invoke(held_command, ["--ledger", str(where), *words])

    listed = run()
    assert (listed.exit_code, listed.output.count("cn.gov.demo.a:")) == (0, 6)
    assert isinstance(run("cn.gov.other", "--looked-by", "审核员甲").exception, BadInput)
    assert run("cn.gov.demo.a").exit_code == 2
    done = run(f"cn.gov.demo.a:{subjects[0].rule}", "--looked-by", "审核员甲")
    assert done.exit_code == 0, done.output
    known = ledger.known_after("n1")
    assert ledger.looked_at(known) == {subjects[0]}
    again = NightLooks(night="n2", looks={s: Look(night="n2", verdict=Verdict.CLEAR) for s in subjects})
    kinds = {c.subject: c.kind for c in compare(known, None, again, looked_at=ledger.looked_at(known)).changes}
    assert kinds == {s: ChangeKind.FIXED if s == subjects[0] else ChangeKind.FIXED_PENDING for s in subjects}
    ledger.close()
