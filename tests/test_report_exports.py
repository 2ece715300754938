"""Exports for machines: what could not be looked at never reads as passed, and every verdict keeps its meaning."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from harness import session
from harness.evidence import layout
from harness.model import Verdict
from harness.report.allure import write_allure
from harness.report.exporting import Means
from harness.report.gather import gather
from harness.report.html import bundle_pages
from harness.report.junit import write_junit
from harness.report.sarif import write_sarif
from harness.report.views import RunResult
from harness.rules import ALL_RULES
from tests.evidence_walks import CHECK_IN, GATE, START, write_study

HOSTILE = '<x a="1">&amp;]]>\x00\x1b\ufffe\u202e{{7*7}}'
GATHERED = tuple[RunResult, Path]


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> GATHERED:
    root = tmp_path_factory.mktemp("run")
    study = write_study(root, pages=lambda b, j: bundle_pages(b, j, ALL_RULES))
    return gather([study], root / "r", ALL_RULES, made=START), study


def with_verdict(run: RunResult, verdict: Verdict) -> RunResult:
    """Return the run with one app whose one finding has this verdict, and text that means harm."""
    (app,) = run.apps
    finding = next(f for f in app.findings if f.rule == GATE)
    changed = dataclasses.replace(finding, verdict=verdict, statement=HOSTILE, entry=(HOSTILE,))
    return dataclasses.replace(
        run, apps=(dataclasses.replace(app, name=HOSTILE, findings=(changed,), gaps=(HOSTILE,)),)
    )


# --- JUnit -----------------------------------------------------------------------------------------------------


def junit(run: RunResult, out: Path) -> etree._Element:
    (path,) = write_junit(run, Means(out=out))
    return etree.fromstring(path.read_bytes())


def test_junit_counts_what_it_holds_and_has_a_case_for_every_rule(gathered: GATHERED, tmp_path: Path) -> None:
    run, _ = gathered
    (suite,) = junit(run, tmp_path)
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [rule.id for rule in ALL_RULES]
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in cases)
    assert int(suite.get("tests", "")) == len(cases)
    (failure,) = (case.find("failure") for case in cases if case.get("name") == GATE)
    assert failure is not None
    assert "从 0:16 拖动进度条到 1:21" in failure.get("message", "")
    properties = {p.get("name"): p.get("value") for p in suite.iterfind("properties/property")}
    assert properties["not_reached"] == "1"
    assert properties["complete"] == "false"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_junit_passes_what_is_clear_and_nothing_else(gathered: GATHERED, tmp_path: Path, verdict: Verdict) -> None:
    (suite,) = junit(with_verdict(gathered[0], verdict), tmp_path)
    passed = {
        case.get("name")
        for case in suite.findall("testcase")
        if not any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
    }
    assert passed == ({GATE} if verdict is Verdict.CLEAR else set())


# --- SARIF -----------------------------------------------------------------------------------------------------


def sarif(run: RunResult, out: Path) -> dict[str, Any]:
    (path,) = write_sarif(run, Means(out=out))
    values = json.loads(path.read_bytes())
    assert isinstance(values, dict)
    return values


def test_sarif_has_the_structure_that_the_standard_asks_for(gathered: GATHERED, tmp_path: Path) -> None:
    run, study = gathered
    log = sarif(run, tmp_path)
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    driver = one["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == [rule.id for rule in ALL_RULES]
    assert len(set(ids)) == len(ids)
    for result in one["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["kind"] in {"pass", "open", "informational", "notApplicable", "review", "fail"}
        assert result["level"] in {"none", "note", "warning", "error"}
        assert (result["kind"] == "fail") or result["level"] == "none"  # 3.27.10
        assert result["partialFingerprints"]
        for attachment in result["attachments"]:
            where = attachment["artifactLocation"]
            artifact = one["artifacts"][where["index"]]
            assert artifact["location"]["uri"] == where["uri"]
            assert artifact["hashes"]["sha-256"] == layout.sha256((study / where["uri"]).read_bytes())
            assert where["uriBaseId"] in one["originalUriBaseIds"]
            for box in attachment["rectangles"]:
                assert 0 <= box["left"] < box["right"] <= 1080
                assert 0 <= box["top"] < box["bottom"] <= 2400
    (invocation,) = one["invocations"]
    assert invocation["executionSuccessful"] is False
    assert any("签到页面 未看到" in note["message"]["text"] for note in invocation["toolExecutionNotifications"])
    for moment in (invocation["startTimeUtc"], invocation["endTimeUtc"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        (Verdict.FOUND, "fail"),
        (Verdict.FOUND_EXEMPTION_CLAIMED, "review"),
        (Verdict.PRESENT, "review"),
        (Verdict.INCONCLUSIVE, "open"),
        (Verdict.ERROR, "open"),
        (Verdict.CLEAR, "pass"),
        (Verdict.NOT_APPLICABLE, "notApplicable"),
    ],
)
def test_sarif_keeps_the_meaning_of_a_verdict(gathered: GATHERED, tmp_path: Path, verdict: Verdict, kind: str) -> None:
    (result,) = sarif(with_verdict(gathered[0], verdict), tmp_path)["runs"][0]["results"]
    assert result["kind"] == kind
    assert result["properties"]["verdict"] == verdict.value
    assert "\u202e" not in json.dumps(result, ensure_ascii=False)


# --- Allure ----------------------------------------------------------------------------------------------------


def allure(run: RunResult, out: Path) -> tuple[Path, list[dict[str, Any]]]:
    (folder,) = write_allure(run, Means(out=out))
    return folder, [json.loads(path.read_bytes()) for path in sorted(folder.glob("*-result.json"))]


def test_allure_has_a_result_for_each_finding_and_every_picture_it_names(gathered: GATHERED) -> None:
    run, study = gathered
    for _ in range(2):  # a second report replaces the first
        folder, results = allure(run, study.parent / "r")
        assert {one["fullName"] for one in results} == {f"{run.apps[0].package}.{f.rule}" for f in run.apps[0].findings}
        assert len({one["historyId"] for one in results}) == len(results)
        named = [a for one in results for a in one.get("attachments", [])]
        named += [a for one in results for step in one.get("steps", []) for a in step.get("attachments", [])]
        assert len(named) > 10
        assert {path.name for path in folder.iterdir() if path.suffix != ".json"} == {a["source"] for a in named}
    gate = next(one for one in results if one["fullName"].endswith(GATE))
    assert gate["status"] == "failed"
    check_in = next(one for one in results if one["fullName"].endswith(CHECK_IN))
    assert check_in["status"] == "unknown"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_allure_passes_what_is_clear_and_nothing_else(gathered: GATHERED, verdict: Verdict) -> None:
    run, study = gathered
    _, (result,) = allure(with_verdict(run, verdict), study.parent / "r")
    assert (result["status"] == "passed") is (verdict is Verdict.CLEAR)


# --- the list of exports ---------------------------------------------------------------------------------------


def test_every_export_is_made_from_one_result_and_names_what_it_wrote(gathered: GATHERED, tmp_path: Path) -> None:
    _, study = gathered
    formats = [name for name in session.EXPORTS if name != "pdf"]
    written = session.report_on([study], tmp_path, formats)
    assert [path.name for path in written] == [
        "index.html",
        "findings.xlsx",
        "junit.xml",
        "findings.sarif",
        "allure-results",
    ]
    assert all(path.exists() for path in written)
