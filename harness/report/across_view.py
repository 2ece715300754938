"""What several apps show together, for the first page of a report: findings of their own, with each app's evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.model import AcrossFinding, AcrossRule, AppShare, EvidenceRef
from harness.report.phrases import Phrases
from harness.report.result import clause_view, verdict_word
from harness.report.shots import Gallery
from harness.report.views import AcrossShare, AcrossView, Proof

Seen = Mapping[str, tuple[str, Gallery]]  # by package: the app's folder within the report, and its pictures


def across_views(
    findings: Sequence[AcrossFinding], rules: Sequence[AcrossRule], seen: Seen, phrases: Phrases
) -> tuple[AcrossView, ...]:
    """Return the findings across apps in words; links start from the report's folder."""
    by_id = {rule.id: rule for rule in rules}
    return tuple(_view(finding, by_id[finding.rule], seen, phrases) for finding in findings)


def _view(finding: AcrossFinding, rule: AcrossRule, seen: Seen, phrases: Phrases) -> AcrossView:
    return AcrossView(
        id=finding.id,
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        name=rule.name_zh if phrases.language == "zh_CN" else rule.name_en,
        verdict=finding.verdict,
        word=verdict_word(finding.verdict, phrases),
        rank=finding.severity,
        statement=phrases.statement(finding),
        clauses=tuple(clause_view(clause, phrases) for clause in (rule.clause, *rule.also)),
        limits=tuple(phrases.say(limit) for limit in rule.known_limits),
        shares=tuple(_share(share, seen) for share in finding.shares),
    )


def _share(share: AppShare, seen: Seen) -> AcrossShare:
    folder, gallery = seen[share.package]
    first: dict[str, EvidenceRef] = {}
    for ref in share.evidence:
        first.setdefault(ref.observation, ref)
    return AcrossShare(
        package=share.package,
        name=share.name,
        unit=share.sponsor_unit,
        level=share.level,
        subject=share.subject,
        items=share.items,
        href=f"{folder}/index.html",
        proofs=tuple(_proof(ref, folder, gallery) for ref in first.values()),
    )


def _proof(ref: EvidenceRef, folder: str, gallery: Gallery) -> Proof:
    original = gallery.original(ref.observation)
    return Proof(
        observation=ref.observation,
        sha256=ref.png_sha256 or ref.xml_sha256 or "",
        href=None if original is None else f"{folder}/{original}",
    )
