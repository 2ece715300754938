"""A night over a filed list: each app is looked at once, whatever dies, and two nights tell what changed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.baseline import ChangeKind, Sight
from harness.errors import BadInput
from harness.fleet.attempt import work_on_next
from harness.fleet.dispatch import DaskDispatcher, Done
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.morning import summary_of
from harness.fleet.night import Night, NightResult, changed, run_night
from harness.model import FiledApp, Reach
from tests.night_scenes import BAD, GOOD, HOME, MINE, ROOT, InTurn, NightClock, apps, night_of


def _night(tmp_path: Path, name: str, listed: tuple[FiledApp, ...], devices: tuple[str, ...] = ("d1", "d2")) -> Night:
    command = (sys.executable, "-m", "tests.night_walks", "{list}", "{folder}", str(tmp_path / "world.json"))
    night = night_of(tmp_path, name, listed, devices)
    return replace(night, order=replace(night.order, command=command))


def _run(tmp_path: Path, night: Night, does: dict[str, Any], *, day: int = 1) -> NightResult:
    (tmp_path / "world.json").write_text(json.dumps({f"cn.gov.demo.{k}": v for k, v in does.items()}), encoding="utf-8")
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(day))
    try:
        return run_night(night, ledger, InTurn(), lambda _done, _progress: None)
    finally:
        ledger.close()


def _walked(tmp_path: Path) -> list[str]:
    return sorted((tmp_path / "walked.txt").read_text(encoding="utf-8").split())


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_every_app_is_walked_once_and_judged_from_its_bundle(tmp_path: Path) -> None:
    result = _run(tmp_path, _night(tmp_path, "n1", apps("a", "b", "c")), {"a": BAD, "b": GOOD, "c": GOOD})
    assert _walked(tmp_path) == ["cn.gov.demo.a", "cn.gov.demo.b", "cn.gov.demo.c"]
    assert (result.progress.done, result.facts.rows_without_result) == (3, 0)
    new = result.comparison.of_kind(ChangeKind.NEW)
    assert {(c.subject.package, c.subject.rule) for c in new} >= {("cn.gov.demo.a", "points-ranking")}
    assert {c.subject.package for c in new if c.subject.rule == "points-ranking"} == {"cn.gov.demo.a"}
    assert all((tmp_path / "evidence" / c.tonight.bundle / "bagit.txt").is_file() for c in new if c.tonight)


@pytest.mark.slow
def test_the_next_night_names_exactly_what_changed(tmp_path: Path) -> None:
    every = apps("repaired", "worse", "walled", "withdrawn", "same", "renamed")
    first = dict.fromkeys(("repaired", "walled", "withdrawn", "same", "renamed"), BAD) | {"worse": GOOD}
    _run(tmp_path, _night(tmp_path, "n1", every), first, day=1)
    other_app = {"screens": [{**HOME, "screen": "x"}, {**MINE, "screen": "y"}], "version": "2.0"}
    then = first | {
        "repaired": GOOD,
        "worse": BAD,
        "walled": {"screens": [HOME], "stopped": "blocked-login"},
        "renamed": other_app,
    }
    kinds = {}
    for day in (2, 3):
        listed = tuple(app for app in every if not app.package.endswith("withdrawn"))
        result = _run(tmp_path, _night(tmp_path, f"n{day}", listed), then, day=day)
        told = changed(result.comparison.changes)
        kinds[day] = {(c.subject.package.rsplit(".", 1)[1], c.kind) for c in told if c.subject.rule == "points-ranking"}
    assert kinds[2] == {
        ("repaired", ChangeKind.FIXED_PENDING),
        ("worse", ChangeKind.NEW),
        ("withdrawn", ChangeKind.CLOSED_SCOPE),
    }
    assert kinds[3] == {("repaired", ChangeKind.FIXED)}
    unseen = {
        c.subject.package.rsplit(".", 1)[1]: (c.sight, c.reason)
        for c in result.comparison.of_kind(ChangeKind.UNSEEN)
        if c.subject.rule == "points-ranking"
    }
    assert unseen["walled"][0] is Sight.BLOCKED
    assert unseen["renamed"] == (Sight.NOT_REACHED, "sight-app-looks-different")


def test_a_second_run_of_the_same_night_walks_nothing_again_and_changes_nothing(tmp_path: Path) -> None:
    night = _night(tmp_path, "n1", apps("a", "b"))
    once = summary_of(_run(tmp_path, night, {"a": BAD, "b": GOOD}).facts)
    again = summary_of(_run(tmp_path, night, {"a": GOOD, "b": GOOD}).facts)
    assert again == once
    schema = json.loads((ROOT / "harness" / "schemas" / "night.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(once, schema)
    assert len(_walked(tmp_path)) == 2


def test_a_walk_that_dies_is_tried_again_and_then_told_and_the_others_are_done(tmp_path: Path) -> None:
    result = _run(tmp_path, _night(tmp_path, "n1", apps("dead", "fine")), {"dead": {"dies": True}, "fine": GOOD})
    assert _walked(tmp_path).count("cn.gov.demo.dead") == 2
    assert (result.progress.done, result.progress.failed) == (1, 1)
    dead = [x for s, x in result.looks.looks.items() if s.package == "cn.gov.demo.dead"]
    assert {(x.verdict, x.reach, x.reason) for x in dead} == {(None, Reach.ERROR, "night-no-bundle")}


def test_an_app_whose_device_was_lost_is_looked_at_again_and_what_was_seen_counts(tmp_path: Path) -> None:
    """A device that fails in the middle of a walk leaves a whole bundle: taken as done, what was not seen was lost."""
    lost = {"stopped": "device-lost"}
    does = {"again": {**BAD, "first": lost}, "never": {**BAD, **lost}, "fine": GOOD}
    result = _run(tmp_path, _night(tmp_path, "n1", apps(*does)), does)
    assert Counter(_walked(tmp_path)) == {"cn.gov.demo.again": 2, "cn.gov.demo.never": 2, "cn.gov.demo.fine": 1}
    assert (result.progress.done, result.facts.rows_without_result) == (3, 0)
    new = [c.subject.package for c in result.comparison.of_kind(ChangeKind.NEW) if c.subject.rule == "points-ranking"]
    assert sorted(new) == ["cn.gov.demo.again", "cn.gov.demo.never"]
    assert {told.app.name: told.reason for told in result.facts.apps} == {
        "again": "",
        "never": "device-lost",
        "fine": "",
    }


def test_a_walk_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    night = _night(tmp_path, "n1", apps("hangs"), ("d1",))
    night = replace(night, order=replace(night.order, deadline_s=3.0, most_attempts=1))
    result = _run(tmp_path, night, {"hangs": {"hangs": True}})
    assert {x.reason for x in result.looks.looks.values()} == {"night-app-deadline"}


def test_what_a_dead_worker_held_is_waited_for_and_not_left_out(tmp_path: Path) -> None:
    night = _night(tmp_path, "n1", apps("a"), ("d1",))
    (tmp_path / "world.json").write_text(json.dumps({"cn.gov.demo.a": GOOD}), encoding="utf-8")
    clock = NightClock(1)
    ledger = Ledger(ledger_url(night.order.ledger), clock)
    ledger.begin(night.id, night.list_sha256, night.rules_edition, dict.fromkeys(night.apps, night.rules))
    assert ledger.claim(night.id, "dead", 120.0) is not None
    order = replace(night.order, device="d1")
    assert work_on_next(order, "resumed", clock) == "cn.gov.demo.a"
    assert ledger.progress(night.id).done == 1
    assert work_on_next(order, "resumed", clock) == ""
    ledger.close()


def test_a_night_without_a_device_is_an_error_that_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no device is connected.*harness virtual up"):
        _run(tmp_path, _night(tmp_path, "n1", apps("a"), ()), {})


def test_dask_gives_each_device_one_task_at_a_time_until_nothing_is_left(tmp_path: Path) -> None:
    night = _night(tmp_path, "n1", apps("a", "b", "c"))
    (tmp_path / "world.json").write_text(json.dumps({"cn.gov.demo.a": BAD}), encoding="utf-8")
    ledger = Ledger(ledger_url(night.order.ledger), NightClock(1))
    told: list[Done] = []
    result = run_night(night, ledger, DaskDispatcher(), lambda done, _progress: told.append(done))
    ledger.close()
    assert sorted(done.package for done in told if done.package) == [app.package for app in night.apps]
    assert {done.device for done in told} == {"d1", "d2"}
    assert [done.died for done in told if done.died] == []
    assert result.progress.done == 3
