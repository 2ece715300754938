"""A night keeps its time, its disk and its promises: what was cut off says so and comes first the next time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.fleet.attempt import work_on_next
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.ledger_apps import last_tried
from harness.fleet.night import close_night, summary_of
from harness.fleet.plan import longest_waiting_first
from tests.night_scenes import GOOD, NightClock, apps, held, night_of


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
    assert summary_of(result)["stopped"] == "night-time-over"
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
