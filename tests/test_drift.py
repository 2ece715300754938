"""Whether an app is still the one that was filed and looked at, and what several apps show together, is told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.across import judge_across
from harness.fleet.across_nights import AcrossChange, AcrossKind, across_changes
from harness.fleet.drift import NOBODY, Build, DriftKind, Listed, drifted, news
from harness.fleet.ledger import Ledger, ledger_url
from harness.fleet.ledger_apps import known_until, store_build
from harness.fleet.morning import summary_of
from harness.fleet.night import between
from harness.messages import catalogue
from harness.model import EntryKind, FiledApp, PackageName, Verdict
from harness.rules import ACROSS_RULES
from harness.rules.duplicate_form_cross_app import RULE
from tests.night_scenes import GOOD, HOME, MINE, ROOT, NightClock, apps, held, night_of
from tests.test_across import GENERIC, HOUSEHOLD, _form, _walk

APP = FiledApp(package=PackageName("cn.gov.a"), name="甲", sponsor_unit="市局", apk_sha256="f" * 64)
KEY = (APP.package, "")
BUILD = Build(installed=True, version="1.0 (1)", apk_sha256="f" * 64, signer_sha256="5" * 64)


def _met(build: Build | None, app: FiledApp = APP) -> Listed:
    return Listed(apps={(app.package, app.entry): app}, builds={} if build is None else {(app.package, ""): build})


def _kinds(before: Listed, tonight: Listed) -> list[DriftKind]:
    return [drift.kind for drift in drifted(before, tonight)]


def test_the_same_app_as_ever_has_no_drift_and_neither_has_one_that_nobody_could_ask() -> None:
    assert _kinds(_met(BUILD), _met(BUILD)) == []
    assert _kinds(NOBODY, _met(BUILD)) == []
    assert _kinds(_met(BUILD), _met(None)) == []


@pytest.mark.parametrize(
    ("tonight", "kinds"),
    [
        (Build(installed=False), [DriftKind.MISSING]),
        (replace(BUILD, version="2.0 (2)"), [DriftKind.OTHER_VERSION]),
        (replace(BUILD, apk_sha256="e" * 64), [DriftKind.OTHER_BUILD, DriftKind.NOT_AS_FILED]),
        (replace(BUILD, signer_sha256="6" * 64), [DriftKind.OTHER_SIGNER]),
        (replace(BUILD, signer_sha256=""), []),
        (replace(BUILD, version=""), []),
    ],
)
def test_each_difference_of_a_build_is_a_result_of_its_own(tonight: Build, kinds: list[DriftKind]) -> None:
    assert _kinds(_met(BUILD), _met(tonight)) == kinds


def test_an_app_that_comes_back_is_compared_with_what_was_there_before_it_went() -> None:
    gone = replace(BUILD, installed=False)
    assert _kinds(_met(gone), _met(replace(BUILD, signer_sha256="6" * 64))) == [DriftKind.BACK, DriftKind.OTHER_SIGNER]
    (missing,) = drifted(_met(gone), _met(Build(installed=False)))
    assert missing.known
    assert news((missing,)) == ()


def test_another_name_or_package_of_the_same_filing_is_told() -> None:
    assert _kinds(_met(BUILD), _met(BUILD, replace(APP, name="新甲"))) == [DriftKind.RENAMED]
    moved = replace(APP, package=PackageName("cn.gov.b"))
    (drift,) = drifted(_met(BUILD), _met(None, moved))
    assert (drift.kind, drift.was, drift.now) == (DriftKind.MOVED, "cn.gov.a", "cn.gov.b")
    other = replace(moved, filing_number="2")
    assert _kinds(_met(BUILD, replace(APP, filing_number="1")), _met(None, other)) == []


def test_the_build_of_a_browser_is_not_the_page_s() -> None:
    page = replace(APP, entry_kind=EntryKind.H5)
    assert _kinds(_met(BUILD, page), _met(replace(BUILD, version="9 (9)"), page)) == []


def test_every_kind_has_its_words() -> None:
    wanted = {f"drift-{kind}" for kind in DriftKind} | {f"across-{kind}" for kind in AcrossKind}
    assert wanted <= set(catalogue("zh_CN"))
    assert wanted <= set(catalogue("en"))


# --- several apps together


SHARED = [_form("家庭情况采集", HOUSEHOLD)]
OVERLAP = [_walk("a", *SHARED), _walk("b", *SHARED)]


def test_a_part_of_each_walk_is_enough_to_compare_apps() -> None:
    generic = _walk("c", _form("登记", GENERIC), *(_form("说明", (), index=n) for n in (2, 3)))
    for walks in (OVERLAP, [*OVERLAP, generic], [OVERLAP[0], generic]):
        for rule in ACROSS_RULES:
            parts = [rule.part(walk) for walk in walks]
            assert judge_across(parts, [rule]) == judge_across(walks, [rule])
    assert len(RULE.part(generic).observations) < len(generic.observations)


def test_what_several_apps_show_is_gone_only_where_all_of_them_were_looked_at() -> None:
    (found,) = [f for f in judge_across(OVERLAP, ACROSS_RULES) if f.verdict is Verdict.PRESENT]
    both = {"cn.example.a", "cn.example.b"}
    first = across_changes((), [found], both)
    assert [c.kind for c in first] == [AcrossKind.NEW]
    assert [c.kind for c in across_changes(first, [replace(found, fingerprint="fpx1:other")], both)] == [
        AcrossKind.PERSISTING
    ]
    unseen = across_changes(first, [], {"cn.example.a"})
    assert [c.kind for c in unseen] == [AcrossKind.UNSEEN]
    assert [c.kind for c in across_changes(unseen, [found], both)] == [AcrossKind.PERSISTING]
    gone = across_changes(unseen, [], both)
    assert gone == (AcrossChange(kind=AcrossKind.GONE, finding=found),)
    assert across_changes(gone, [], both) == ()


# --- in a night


def _nodes(title: str) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [300, 150, 700, 208]}]
    for n, label in enumerate(HOUSEHOLD):
        top = 430 + 110 * n
        nodes.append({"text": label, "box": [60, top, 60 + 42 * len(label), top + 58]})
        nodes.append({"class": "android.widget.EditText", "hint": "请输入", "box": [460, top - 8, 1020, top + 66]})
    return {"screen": title, "nodes": nodes}


def test_a_night_tells_drift_and_what_apps_show_together_and_the_next_night_what_became_of_it(tmp_path: Path) -> None:
    form = {"screens": [HOME, MINE, _nodes("家庭情况采集")]}
    both = tuple(replace(app, sponsor_unit=f"示例市{app.name}局") for app in apps("a", "b"))
    first = held(tmp_path, night_of(tmp_path, "n1", both), {"a": form, "b": form}, day=1)
    assert [change.kind for change in first.across] == [AcrossKind.NEW]
    second = held(tmp_path, night_of(tmp_path, "n2", both), {"a": form, "b": {**GOOD, "version": "2"}}, day=2)
    assert [(drift.package, drift.kind) for drift in second.drift] == [("cn.gov.demo.b", DriftKind.OTHER_VERSION)]
    assert [change.kind for change in second.across] == [AcrossKind.GONE]
    summary = json.loads(json.dumps(summary_of(second.facts)))
    schema = json.loads((ROOT / "harness" / "schemas" / "night.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(summary, schema)
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.sqlite")), NightClock(3))
    found, back = (between(ledger, first, "n2", tmp_path / "evidence") for first in ("n1", "n2"))
    assert found is not None
    assert back is not None
    assert (found.drift, found.across) == (second.drift, second.across)
    assert (back.drift, back.across) == ((), ())
    assert known_until(ledger, "n1").builds["cn.gov.demo.b", ""].version == "1.0 (1)"
    ledger.close()


def test_having_met_an_app_wins_over_another_device_that_had_it_not(tmp_path: Path) -> None:
    ledger = Ledger(ledger_url(str(tmp_path / "l.sqlite")), NightClock(1))
    ledger.begin("n1", "0" * 64, "e", {APP: ()})
    claim = ledger.claim("n1", "w", 60.0)
    assert claim is not None
    for build in (Build(installed=False), BUILD, Build(installed=False)):
        store_build(ledger, claim, build)
    assert known_until(ledger, "n1").builds == {KEY: BUILD}
    ledger.close()


def test_a_night_that_was_not_told_the_signer_does_not_forget_it(tmp_path: Path) -> None:
    clock = NightClock(1)
    ledger = Ledger(ledger_url(str(tmp_path / "l.sqlite")), clock)
    for night, build in (("n1", BUILD), ("n2", Build(installed=True, version="2.0 (2)"))):
        ledger.begin(night, "0" * 64, "e", {APP: ()})
        claim = ledger.claim(night, "w", 60.0)
        assert claim is not None
        store_build(ledger, claim, build)
        clock.sleep(86_400)
    assert known_until(ledger, "n2").builds == {KEY: replace(BUILD, version="2.0 (2)")}
    ledger.close()
