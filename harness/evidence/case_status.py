"""What became of a bundle after it was made: where it was delivered, what reviewers decided of each finding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import BundleError
from harness.evidence import case_log, codec, layout
from harness.evidence.case_log import Agreement, Decision, Delivered, agreement
from harness.evidence.container import open_container, read
from harness.evidence.events import read_facts
from harness.evidence.layout import FindingsFacts, RunFacts, sha256
from harness.evidence.shared import is_shared_copy
from harness.messages import text
from harness.model import RuleId, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingStatus:
    """A finding, and the last word of every reviewer about it."""

    finding: str
    rule: RuleId
    verdict: Verdict
    agreement: Agreement
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStatus:
    """A bundle, its deliveries and its findings. ``stale`` counts decisions about other content than it has now."""

    format: int = codec.FORMAT
    bundle: str
    payload_sha256: str
    deliveries: tuple[Delivered, ...]
    findings: tuple[FindingStatus, ...]
    stale: int


def case_status(bundle: Path) -> CaseStatus:
    """Return what is known of a bundle or a shared copy. Raises ``BundleError`` for one that cannot be read."""
    with open_container(bundle) as container:
        if container.problems:
            first = container.problems[0]
            raise BundleError(f"{bundle}: {text(first.key)}: {first.member} {first.detail}".rstrip())
        shared = f"{layout.SHARED}/" if is_shared_copy(container) else ""
        judgement = read_facts(container, f"{shared}{layout.FINDINGS}", FindingsFacts).judgement
        run = read_facts(container, layout.RUN, RunFacts)
        payload_sha256 = sha256(read(container, layout.MANIFEST))
    entries = case_log.read_log(case_log.log_path(bundle))
    findings = []
    for finding in judgement.findings:
        agreed, decisions = agreement(entries, finding.id, payload_sha256)
        findings.append(
            FindingStatus(
                finding=finding.id,
                rule=finding.rule,
                verdict=finding.verdict,
                agreement=agreed,
                decisions=tuple(decisions.values()),
            )
        )
    return CaseStatus(
        bundle=run.bundle,
        payload_sha256=payload_sha256,
        deliveries=tuple(entry.delivered for entry in entries if entry.delivered is not None),
        findings=tuple(findings),
        stale=sum(e.decision is not None and e.decision.payload_sha256 != payload_sha256 for e in entries),
    )
