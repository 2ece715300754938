"""Exports a result as a folder of Allure results. The only importer of ``allure_commons``, which is optional.

``passed`` is ``clear`` and nothing else; what a person has to look at and what could not be looked at are ``unknown``.
Attachments are the small pictures; their names tell the digests of the originals.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from harness.errors import BadInput
from harness.model import Severity, Verdict
from harness.report.exporting import Means
from harness.report.shots import Shot
from harness.report.views import AppResult, FindingView, RunResult
from harness.wording import visible

NAME = "allure-results"
_STATUSES: Mapping[Verdict, str] = {
    Verdict.FOUND: "failed",
    Verdict.FOUND_EXEMPTION_CLAIMED: "unknown",
    Verdict.PRESENT: "unknown",
    Verdict.INCONCLUSIVE: "unknown",
    Verdict.ERROR: "broken",
    Verdict.CLEAR: "passed",
    Verdict.NOT_APPLICABLE: "skipped",
}
_SEVERITIES: Mapping[Severity, str] = {
    Severity.S1: "critical",
    Severity.S2: "normal",
    Severity.S3: "minor",
    Severity.S4: "trivial",
}
_NAMES = uuid.UUID("5f1c1f0a-9b0c-5a55-8a55-2f6c9d1f7c11")  # of our own results: an app's rule keeps its history


def write_allure(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write the folder ``allure-results`` beside the first page; what was in it before is removed.

    Raises ``BadInput`` where allure-python-commons is not installed.
    """
    try:
        from allure_commons.logger import AllureFileLogger
    except ImportError as error:
        mend = "python -m pip install 'android-compliance-harness[allure]'"
        raise BadInput(source="Allure", place="allure-python-commons", problem="is not installed", mend=mend) from error
    folder = means.out / NAME
    untyped: Any = AllureFileLogger
    logger = untyped(folder, clean=True)
    laid: set[str] = set()

    def attach(app: AppResult, shot: Shot) -> Any:
        """Return a small picture as an attachment, copied once."""
        from allure_commons.model2 import Attachment

        source = f"{app.bundle}-{(shot.thumb or '').rsplit('/', 1)[1]}"
        if source not in laid:
            laid.add(source)
            logger.report_attached_file(means.out / app.folder / unquote(shot.thumb or ""), source)
        kind = "image/png" if source.endswith(".png") else "image/jpeg"
        return Attachment(name=f"{shot.observation} sha256:{shot.sha256}", source=source, type=kind)

    for app in run.apps:
        for finding in app.findings:
            logger.report_result(_result(app, finding, attach))
    return (folder,)


def _result(app: AppResult, finding: FindingView, attach: Any) -> Any:
    from allure_commons.model2 import Label, Link, Parameter, StatusDetails, TestResult, TestStepResult

    status = _STATUSES[finding.verdict]
    began, ended = (round(at.timestamp() * 1000) for at in (app.began, app.ended))
    identity = str(uuid.uuid5(_NAMES, f"{app.package} {finding.rule}"))
    labels = {
        "parentSuite": app.unit,
        "suite": app.name,
        "feature": finding.name,
        "package": app.package,
        "severity": _SEVERITIES[finding.rank],
        "framework": "harness",
    }
    shown = [probe for probe in finding.probes if probe.shown]
    steps = [
        TestStepResult(
            name=visible(f"{exchange.action} {'；'.join(exchange.readings)}".strip()),
            status="unknown",  # a step of a probe has no verdict of its own
            stage="finished",
            attachments=[attach(app, shot) for shot in (exchange.before, exchange.after) if shot.thumb],
        )
        for probe in shown
        for exchange in probe.exchanges
    ]
    return TestResult(
        uuid=str(uuid.uuid5(_NAMES, f"{app.bundle} {finding.rule}")),
        historyId=identity,
        testCaseId=identity,
        fullName=f"{app.package}.{finding.rule}",
        name=finding.name,
        status=status,
        stage="finished",
        statusDetails=StatusDetails(message=visible(f"{finding.word}：{finding.statement}")),
        description=visible("\n\n".join(f"{clause.source}：{clause.quote}" for clause in finding.clauses)),
        labels=[Label(name=name, value=visible(value)) for name, value in labels.items() if value],
        links=[Link(type="link", name=finding.id, url=clause.url) for clause in finding.clauses[:1] if clause.url],
        parameters=[
            Parameter(name="verdict", value=finding.verdict.value, excluded=True),
            Parameter(name="bundle", value=app.bundle, excluded=True),
            Parameter(name="payload_sha256", value=app.payload_sha256 or "", excluded=True),
        ],
        attachments=[attach(app, shot) for shot in finding.shots if shot.thumb],
        steps=steps,
        start=began,
        stop=ended,
    )
