"""What the plugin says: failure messages, JUnit properties, and the lines at the start and end of a run. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.messages import text
from harness.model import FiledApp, Finding, Role, Rule, Verdict
from harness.wording import visible

if TYPE_CHECKING:
    from harness.session import Inspection

Told = Mapping[str, str]  # the properties of one item

# Told of one by one at the end of a run, first things first; the others are only counted.
_NOTEWORTHY = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT)


def verdict_word(verdict: Verdict) -> str:
    """Return what a verdict is called."""
    return text(f"report-verdict-{verdict}")


def headline(finding: Finding, statement: str) -> str:
    """Return one line that says of which app and rule what was seen."""
    return visible(f"{finding.package} {finding.rule} {verdict_word(finding.verdict)}：{statement}")


def failure(inspection: Inspection, finding: Finding, statement: str) -> str:
    """Return what a reviewer needs to go and look: the bundle, the screen, the way there, and the words."""
    app, identity = inspection.app, inspection.identity
    shown = [ref for ref in finding.evidence if ref.role is Role.TRIGGER] or list(finding.evidence)
    words = "、".join(dict.fromkeys(ref.text for ref in shown if ref.text))
    entry = " → ".join((text("plugin-entry-start"), *finding.entry))
    pictures = [picture(inspection.bundle, ref.png_sha256) for ref in shown if ref.png_sha256]
    # The first lines are all that some readers of JUnit XML show.
    lines = (
        ("plugin-bundle", str(inspection.bundle)),
        ("plugin-screen", " ".join(filter(None, (finding.screen, shown[0].observation if shown else "")))),
        ("plugin-entry", entry if finding.screen else ""),
        ("plugin-words", words),
        ("plugin-picture", pictures[0] if pictures else ""),
        ("plugin-app", f"{app.name} {app.package} {identity.version_name} ({identity.version_code})"),
        ("plugin-case", app.case_id),
    )
    told = [f"  {text(key)}: {value}" for key, value in lines if value]
    return visible("\n".join([headline(finding, statement), *told]))


def picture(bundle: Path, png_sha256: str) -> str:
    """Return the path of a screenshot in a bundle's folder."""
    from harness.evidence.layout import shot_member

    return str(bundle / shot_member(png_sha256))


def properties_before(app: FiledApp, rule: Rule | None) -> dict[str, str]:
    """Return what is known of an item before it runs; also what a failed set-up is told with."""
    known = {"package": str(app.package), "app": app.name, "case": app.case_id}
    return {**known, "rule": str(rule.id)} if rule else known


def properties_after(inspection: Inspection, finding: Finding, statement: str) -> dict[str, str]:
    """Return what an item that was judged adds."""
    identity = inspection.identity
    return {
        "version": identity.version_name,
        "version_code": identity.version_code,
        "apk_sha256": identity.apk_sha256,
        "verdict": finding.verdict.value,
        "statement": visible(statement),
        "finding": finding.id,
        "fingerprint": finding.fingerprint,
        "bundle": str(inspection.bundle),
    }


def without_group(node_id: str) -> str:
    """Return a node id without the group that ``--dist loadgroup`` appends: named alike with and without workers."""
    head, mark, group = node_id.rpartition("]@")
    return f"{head}]" if mark and re.search(rf"\[{re.escape(group)}(-|$)", head) else node_id


def summary_lines(told: Mapping[str, Told], failed: Collection[str]) -> Iterator[str]:
    """Yield the verdicts of a run: how many of each, then every one worth a look. Both arguments go by node id."""
    counts = Counter(one["verdict"] for one in told.values() if "verdict" in one)
    each = [f"{verdict_word(verdict)} {verdict} {counts[verdict]}" for verdict in Verdict if counts[verdict]]
    if each:
        yield text("plugin-counted", [("counts", " · ".join(each))])
    for verdict in _NOTEWORTHY:
        for node_id, one in told.items():
            if one.get("verdict") == verdict:
                line = f"  {verdict_word(verdict)} {one['package']} {one.get('rule', '')}：{one.get('statement', '')}"
                counted = verdict is not Verdict.FOUND or node_id in failed
                yield line if counted else f"{line}（{text('plugin-not-counted')}）"
    # An app that could not be looked at says the same for every rule.
    errors = Counter(one.get("statement", "") for one in told.values() if one.get("verdict") == Verdict.ERROR)
    for statement, times in errors.items():
        yield f"  {verdict_word(Verdict.ERROR)} × {times}：{statement}"
    if counts[Verdict.FOUND]:
        yield text("plugin-human")
