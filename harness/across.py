"""Judges several apps together: the walks of a night against the rules across apps. Pure, deterministic.

What it finds stands beside the findings of each app and never in them: no app alone has done it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from harness.model import AcrossFinding, AcrossOutcome, AcrossRule, AppShare, EvidenceRef, Walk

FINGERPRINT_VERSION: Final = "fpx1"


def judge_across(walks: Sequence[Walk], rules: Sequence[AcrossRule]) -> tuple[AcrossFinding, ...]:
    """Return what each rule finds in the walks together, in the order of the rules; at least one finding a rule."""
    return tuple(_finding(rule, outcome, walks) for rule in rules for outcome in rule.compare(walks))


def _finding(rule: AcrossRule, outcome: AcrossOutcome, walks: Sequence[Walk]) -> AcrossFinding:
    packages = sorted(
        {str(w.app.package) for w in walks} if not outcome.shares else {s.package for s in outcome.shares}
    )
    parts = (FINGERPRINT_VERSION, str(rule.id), *packages, *sorted(outcome.signs))
    mark = f"{FINGERPRINT_VERSION}:{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:32]}"
    return AcrossFinding(
        id=f"X-{rule.id}-{hashlib.sha256(mark.encode()).hexdigest()[:10]}",
        rule=rule.id,
        verdict=outcome.verdict,
        reason=str(outcome.reason),
        data=tuple(sorted(outcome.data)),
        severity=rule.severity,
        shares=tuple(_with_evidence(share, walks) for share in outcome.shares),
        fingerprint=mark,
    )


def _with_evidence(share: AppShare, walks: Sequence[Walk]) -> AppShare:
    """Return the share with a reference for each mark: the content it rests on, and the step that led there."""
    refs = []
    for walk in walks:
        if walk.app.package != share.package:
            continue
        by_id = {o.id: o for o in walk.observations}
        made_by = {s.after: s.seq for s in reversed(walk.steps) if s.after is not None}
        refs = [
            EvidenceRef(
                role=mark.role,
                observation=mark.observation,
                png_sha256=by_id[mark.observation].png_sha256,
                xml_sha256=by_id[mark.observation].xml_sha256,
                step=made_by.get(mark.observation),
                box=mark.box,
                text=mark.text,
                why=str(mark.why),
            )
            for mark in share.marks
            if mark.observation in by_id
        ]
        if refs:
            break
    return replace(share, evidence=tuple(refs))
