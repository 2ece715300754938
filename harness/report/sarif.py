"""Exports a result as SARIF 2.1.0, which code-scanning services read: one run for each app, one result for each rule.

Every verdict has its ``kind`` there: what could not be looked at is ``open``, what a person has to look at ``review``;
only ``clear`` is ``pass``. Pictures are named by their place in the bundle and their digest, not by a path here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.evidence import durable, layout
from harness.model import RuleId, Severity, Verdict
from harness.report.exporting import Means
from harness.report.phrases import Phrases
from harness.report.shots import Shot
from harness.report.views import AppResult, FindingView, RuleView, RunResult
from harness.wording import visible

NAME = "findings.sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BUNDLE = "BUNDLE"
_KINDS: Mapping[Verdict, str] = {
    Verdict.FOUND: "fail",
    Verdict.FOUND_EXEMPTION_CLAIMED: "review",
    Verdict.PRESENT: "review",
    Verdict.INCONCLUSIVE: "open",
    Verdict.ERROR: "open",
    Verdict.CLEAR: "pass",
    Verdict.NOT_APPLICABLE: "notApplicable",
}
_LEVELS: Mapping[Severity, str] = {
    Severity.S1: "error",
    Severity.S2: "error",
    Severity.S3: "warning",
    Severity.S4: "note",
}


def write_sarif(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write ``findings.sarif`` beside the first page."""
    path = means.out / NAME
    values = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(app, run.rules) for app in run.apps]}
    durable.write(path, json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8") + b"\n")
    return (path,)


def _run(app: AppResult, rules: tuple[RuleView, ...]) -> dict[str, Any]:
    digests = dict.fromkeys(shot.sha256 for finding in app.findings for shot in finding.shots if shot.sha256)
    places = {digest: place for place, digest in enumerate(digests)}
    order = {rule.id: place for place, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "android-compliance-harness",
                "version": app.made_by,
                "language": "zh-CN",
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": f"{app.package}/{app.bundle}"},
        "language": "zh-CN",
        "originalUriBaseIds": {_BUNDLE: {"description": _text(f"{Phrases().say('report-bundle')} {app.bundle}")}},
        "invocations": [
            {
                "executionSuccessful": app.complete,
                "startTimeUtc": _utc(app.began),
                "endTimeUtc": _utc(app.ended),
                "exitCodeDescription": visible(app.how_it_ended),
                "toolExecutionNotifications": [{"level": "warning", "message": _text(gap)} for gap in _gaps(app)],
            }
        ],
        "artifacts": [_artifact(digest) for digest in places],
        "results": [_result(app, finding, order, places) for finding in app.findings],
        "properties": {
            "package": app.package,
            "app": visible(app.name),
            "appVersion": visible(app.version),
            "unit": visible(app.unit),
            "payloadSha256": app.payload_sha256,
            "integrity": app.vetting.answer if app.vetting else None,
        },
    }


def _rule(rule: RuleView) -> dict[str, Any]:
    first = rule.clauses[0]
    link = {"helpUri": first.url} if first.url else {}
    return {
        "id": rule.id,
        "shortDescription": _text(rule.name),
        "fullDescription": _text(f"{first.source}：{first.quote}"),
        "help": _text("\n".join((first.confidence, *rule.limits))),
        "defaultConfiguration": {"level": _LEVELS[rule.rank]},
        **link,
    }


def _result(
    app: AppResult, finding: FindingView, order: Mapping[RuleId, int], places: Mapping[str, int]
) -> dict[str, Any]:
    found = finding.verdict is Verdict.FOUND
    known = {"ruleIndex": order[finding.rule]} if finding.rule in order else {}
    logical = [
        {
            "name": visible(finding.entry[-1] if finding.entry else app.name),
            "fullyQualifiedName": visible("/".join((app.package, *finding.entry))),
            "kind": "module",
        }
    ]
    shots = [shot for shot in finding.shots if shot.sha256]
    place = {"physicalLocation": {"artifactLocation": _location(shots[0], places)}} if shots else {}
    return {
        "ruleId": finding.rule,
        **known,
        "kind": _KINDS[finding.verdict],
        "level": _LEVELS[finding.rank] if found else "none",
        "message": _text(f"{finding.word}：{finding.statement}"),
        "locations": [{**place, "logicalLocations": logical}],
        "partialFingerprints": {"harness/v1": finding.fingerprint},
        "attachments": [_attachment(shot, places) for shot in shots],
        "properties": {
            "verdict": finding.verdict.value,
            "severity": finding.rank.value,
            "finding": finding.id,
            "page": f"{app.href}#{finding.anchor}",
        },
    }


def _attachment(shot: Shot, places: Mapping[str, int]) -> dict[str, Any]:
    boxes = [
        {
            "left": round(mark.left * shot.width_px / 100),
            "top": round(mark.top * shot.height_px / 100),
            "right": round((mark.left + mark.width) * shot.width_px / 100),
            "bottom": round((mark.top + mark.height) * shot.height_px / 100),
            "message": _text(f"{mark.text} {mark.why}".strip() or shot.observation),
        }
        for mark in shot.marks
        if mark.box
    ]
    about = _text(" ".join(filter(None, (shot.role, shot.caption, shot.at, shot.observation))))
    return {"description": about, "artifactLocation": _location(shot, places), "rectangles": boxes}


def _artifact(digest: str) -> dict[str, Any]:
    where = {"uri": layout.shot_member(digest), "uriBaseId": _BUNDLE}
    return {"location": where, "hashes": {"sha-256": digest}, "mimeType": "image/png", "roles": ["attachment"]}


def _location(shot: Shot, places: Mapping[str, int]) -> dict[str, Any]:
    digest = shot.sha256 or ""
    return {"uri": layout.shot_member(digest), "uriBaseId": _BUNDLE, "index": places[digest]}


def _gaps(app: AppResult) -> tuple[str, ...]:
    """Return what was not seen: gaps, and every place that was not reached."""
    missed = [
        f"{view.name}：{row.name} {row.word} {row.reason}".rstrip()
        for view in app.coverage
        for row in view.rows
        if row.proof is None
    ]
    return (*app.gaps, *missed)


def _text(text: str) -> dict[str, str]:
    return {"text": visible(text)}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
