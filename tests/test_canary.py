"""Canaries: a device that does not see what is there proves nothing by what it did not see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import session
from harness.baseline import ChangeKind, Sight, Standing
from harness.fleet.canary import AFTER, BEFORE, NOT_OPENED, WATCHED, Canary, judged, look_at_canaries, trusted
from harness.fleet.morning import summary_of
from harness.model import FiledApp, RuleId, Verdict
from harness.virtual.server import DeviceHandle, VirtualDevices
from tests.night_scenes import BAD, CHECK_IN, GOOD, apps, held, night_of, with_canaries
from tests.virtual_fixtures import adb_binaries, adb_server

FOUND = dict.fromkeys(WATCHED, Verdict.FOUND)
CLEAR = dict.fromkeys(WATCHED, Verdict.CLEAR)
RANKING = "points-ranking"
GREEN = {"canary-bad": {"screens": [*BAD["screens"], CHECK_IN]}, "canary-good": GOOD}


def test_both_sets_judged_right_are_green() -> None:
    assert judged(BEFORE, bad=FOUND, good=CLEAR).green


@pytest.mark.parametrize("watched", WATCHED)
@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.FOUND])
def test_what_is_there_and_not_found_is_red_and_not_having_looked_is_told_apart(
    watched: RuleId, verdict: Verdict
) -> None:
    canary = judged(BEFORE, bad={**FOUND, watched: verdict}, good=CLEAR)
    looked = verdict in {Verdict.CLEAR, Verdict.PRESENT}
    assert (canary.reason, canary.detail) == ("canary-missed" if looked else "canary-unread", (("rules", watched),))


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.FOUND, "canary-accused"),
        (Verdict.PRESENT, "canary-accused"),
        (Verdict.INCONCLUSIVE, "canary-unread"),
        (Verdict.ERROR, "canary-unread"),
    ],
)
def test_what_is_not_there_must_be_clear_and_not_merely_unseen(verdict: Verdict, reason: str) -> None:
    assert judged(AFTER, bad=FOUND, good={**CLEAR, WATCHED[1]: verdict}).reason == reason


@pytest.mark.parametrize("bad", [CLEAR, {**FOUND, WATCHED[0]: Verdict.INCONCLUSIVE}])
def test_a_device_that_accuses_and_misses_or_could_not_read_too_is_named_as_one_that_accuses(
    bad: dict[RuleId, Verdict],
) -> None:
    told = judged(AFTER, bad=bad, good={**CLEAR, WATCHED[1]: Verdict.FOUND_EXEMPTION_CLAIMED})
    assert (told.reason, told.detail) == ("canary-accused", (("rules", WATCHED[1]),))


def test_only_a_share_between_green_canaries_is_trusted() -> None:
    before, after = Canary(moment=BEFORE), Canary(moment=AFTER)
    red = Canary(moment=AFTER, reason=NOT_OPENED)
    assert trusted((before, after))
    assert trusted((before, after, before, after))
    for share in [(), (before,), (after,), (before, red), (before, red, before, after)]:
        assert not trusted(share), share


def _points(result: Any) -> tuple[ChangeKind, Sight, str]:
    (change,) = [c for c in result.comparison.changes if c.subject.rule == RANKING]
    return change.kind, change.sight, change.reason


def test_nothing_becomes_fixed_on_a_device_whose_canary_was_red_and_the_summary_says_so(tmp_path: Path) -> None:
    def night(name: str, day: int, world: dict[str, Any]) -> Any:
        return held(tmp_path, with_canaries(night_of(tmp_path, name, apps("a"), ("d1",))), world, day=day)

    night("n1", 1, {"a": BAD, **GREEN})
    red = night("n2", 2, {"a": GOOD, **GREEN, "canary-bad": GOOD})
    assert _points(red) == (ChangeKind.UNSEEN, Sight.NOT_REACHED, "sight-canary-not-green")
    (device,) = summary_of(red.facts)["devices"]
    assert (device["device"], device["trusted"]) == ("d1", False)
    assert [c["reason"] for c in device["canaries"]] == ["canary-missed"] * 2
    green = night("n3", 3, {"a": GOOD, **GREEN})
    assert _points(green)[0] is ChangeKind.FIXED_PENDING  # the first proof: the red night gave none
    assert summary_of(green.facts)["devices"][0]["trusted"]


def test_a_finding_of_a_device_with_a_red_canary_says_so(tmp_path: Path) -> None:
    night = with_canaries(night_of(tmp_path, "n1", apps("a"), ("d1",)))
    result = held(tmp_path, night, {"a": BAD, **GREEN, "canary-bad": GOOD})
    (change,) = [c for c in result.comparison.changes if c.subject.rule == RANKING]
    assert (change.kind, change.causes) == (ChangeKind.NEW, ("cause-canary-not-green",))


def test_what_a_device_finds_that_accuses_the_good_pages_too_is_no_finding_of_the_night(tmp_path: Path) -> None:
    def night(name: str, day: int, world: dict[str, Any]) -> Any:
        return held(tmp_path, with_canaries(night_of(tmp_path, name, apps("a"), ("d1",))), world, day=day)

    accuses = {"a": BAD, **GREEN, "canary-good": BAD}
    assert _points(night("n1", 1, accuses)) == (ChangeKind.UNSEEN, Sight.NOT_REACHED, "sight-canary-accused")
    assert _points(night("n2", 2, {"a": BAD, **GREEN}))[0] is ChangeKind.NEW
    again = night("n3", 3, accuses)
    assert _points(again)[:2] == (ChangeKind.UNSEEN, Sight.NOT_REACHED)
    (standing,) = [t.standing for s, t in again.comparison.tracked.items() if s.rule == RANKING]
    assert standing is Standing.OPEN


def test_pages_that_leave_no_bundle_are_tried_again_and_then_told_as_not_opened(tmp_path: Path) -> None:
    night = with_canaries(night_of(tmp_path, "n1", apps("a"), ("d1",)))
    result = held(tmp_path, night, {"a": GOOD, "canary-good": GOOD})
    assert {c.reason for c in result.canaries["d1"]} == {NOT_OPENED}
    walked = (tmp_path / "walked.txt").read_text(encoding="utf-8").split()
    assert walked == ["canary-bad"] * 2 + ["cn.gov.demo.a"] + ["canary-bad"] * 2


def test_a_device_that_found_nothing_left_to_do_has_no_canaries(tmp_path: Path) -> None:
    night = with_canaries(night_of(tmp_path, "n1", apps("a"), ("d1", "d2")))
    assert set(held(tmp_path, night, {"a": GOOD, **GREEN}).canaries) == {"d1"}


@pytest.fixture(scope="module")
def virtual() -> Iterator[DeviceHandle]:
    with VirtualDevices() as devices:
        yield devices.devices[0]


@pytest.mark.slow
def test_the_pages_are_judged_right_through_adb_reverse_in_the_device_s_own_browser(
    virtual: DeviceHandle, tmp_path: Path
) -> None:
    with adb_server(adb_binaries()[0], tmp_path / "home") as server:
        server.connect(virtual.serial)
        adb = ("127.0.0.1", server.port)
        settings = session.Settings(evidence_dir=tmp_path / "evidence", adb=adb, seconds=120.0)

        def look(app: FiledApp) -> dict[RuleId, Verdict]:
            walked = session.inspect(app, virtual.serial, settings)
            return {finding.rule: finding.verdict for finding in walked.judgement.findings}

        canary = look_at_canaries(BEFORE, virtual.serial, adb, look)
        assert canary == Canary(moment=BEFORE)
        assert server.client(virtual.serial).reverse_list() == []
