"""Exports a result as JUnit XML, which continuous integration reads: one suite for each app, one case for each rule.

JUnit knows passed, failed, error and skipped. ``clear`` alone is passed; ``found`` failed; ``error`` is an error; what
a person has to look at, what could not be looked at and what does not apply are skipped, each with its statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.evidence import durable
from harness.model import Verdict
from harness.report.exporting import Means
from harness.report.phrases import Phrases
from harness.report.views import AppResult, FindingView, RuleView, RunResult
from harness.wording import visible

NAME = "junit.xml"
_TAGS: Mapping[Verdict, str] = {
    Verdict.FOUND: "failure",
    Verdict.FOUND_EXEMPTION_CLAIMED: "skipped",
    Verdict.PRESENT: "skipped",
    Verdict.INCONCLUSIVE: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.ERROR: "error",
}


def write_junit(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write ``junit.xml`` beside the first page."""
    root = ET.Element("testsuites", name="harness")
    for app in run.apps:
        root.append(_suite(app, run))
    ET.indent(root)
    path = means.out / NAME
    durable.write(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return (path,)


def _suite(app: AppResult, run: RunResult) -> ET.Element:
    cases = [_case(app, rule, app.finding(rule.id)) for rule in run.rules]
    counts = Counter(child.tag for case in cases for child in case)
    suite = ET.Element(
        "testsuite",
        name=_said(app.package),
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=f"{(app.ended - app.began).total_seconds():.3f}",
        timestamp=app.began.strftime("%Y-%m-%dT%H:%M:%S"),
    )
    facts = {
        "app": app.name,
        "version": app.version,
        "unit": app.unit,
        "bundle": app.bundle,
        "payload_sha256": app.payload_sha256 or "",
        "integrity": app.vetting.answer if app.vetting else "",
        "reached": str(app.reached),
        "not_reached": str(app.missed),
        "no_entry": str(app.without_entry),
        "ended": app.how_it_ended,
        "complete": "true" if app.complete else "false",
        **{f"gap_{number}": gap for number, gap in enumerate(app.gaps, start=1)},
    }
    suite.append(_properties(facts))
    suite.extend(cases)
    return suite


def _case(app: AppResult, rule: RuleView, finding: FindingView | None) -> ET.Element:
    case = ET.Element("testcase", classname=_said(app.package), name=rule.id, time="0")
    if finding is None:
        ET.SubElement(case, "skipped", message=Phrases().say("report-verdict-none"))
        return case
    facts = {
        "verdict": finding.verdict.value,
        "severity": finding.rank.value,
        "finding": finding.id,
        "fingerprint": finding.fingerprint,
        "page": f"{app.href}#{finding.anchor}",
    }
    case.append(_properties(facts))
    if tag := _TAGS.get(finding.verdict):
        said = f"{finding.word}：{finding.statement}"
        told = ET.SubElement(case, tag, message=_said(said))
        if tag != "skipped":
            told.set("type", finding.verdict.value)
            lines = [said, *(f"{shot.observation} sha256:{shot.sha256}" for shot in finding.shots), facts["page"]]
            told.text = _said("\n".join(lines))
    return case


def _properties(facts: Mapping[str, str]) -> ET.Element:
    element = ET.Element("properties")
    for name, value in facts.items():
        ET.SubElement(element, "property", name=name, value=_said(value))
    return element


def _said(text: str) -> str:
    """Return text that XML can hold: it has no way to write most control characters."""
    return visible(text).replace("\ufffe", "[U+FFFE]").replace("\uffff", "[U+FFFF]")
