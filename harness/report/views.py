"""What a view of a result is given: final words, links, and nothing left to decide. Values only.

Nothing is left out because it is empty: a place that was not reached is a row like one that was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.model import AcrossFinding, Reach, RuleId, Severity, Verdict
from harness.report.mapview import MapView
from harness.report.probes import ProbeView
from harness.report.shots import Shot
from harness.report.vetting import VettingView


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A label and its value, as in a table of facts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRow:
    """One checkpoint: its name, what became of it, why, and the picture that proves a reach."""

    name: str
    reach: Reach
    word: str
    reason: str
    proof: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """What one rule could look at."""

    rule: RuleId
    name: str
    rows: tuple[ReachRow, ...]

    def count(self, *reaches: Reach) -> int:
        return sum(row.reach in reaches for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseView:
    """A sentence being enforced, and how far it is confirmed."""

    source: str
    quote: str
    confidence: str
    confirmed: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule that was looked for, whether or not it was found."""

    id: RuleId
    name: str
    rank: Severity
    clauses: tuple[ClauseView, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A word of some kind that was seen, and on which pictures."""

    word: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionView:
    """What is claimed, and by whom; whether it holds is asked, never answered."""

    on_screen: str
    filed: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """Everything about one rule in one app."""

    anchor: str
    id: str
    fingerprint: str
    rule: RuleId
    name: str
    verdict: Verdict
    word: str
    severity: str  # in words
    rank: Severity
    statement: str
    control_run: str
    has_place: bool
    markers: tuple[str, ...]
    entry: tuple[str, ...]
    clauses: tuple[ClauseView, ...]
    shots: tuple[Shot, ...]
    probes: tuple[ProbeView, ...]
    exemption: ExemptionView | None
    lookalikes: tuple[Seen, ...]
    voluntary: tuple[Seen, ...]
    limits: tuple[str, ...]
    to_decide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """A button that was not pressed, and why."""

    number: int
    label: str
    danger: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of the walk."""

    number: int
    at: str
    actor: str
    action: str
    why: str
    problem: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppResult:
    """One app, one walk: everything its page shows."""

    bundle: str
    folder: str  # within the report, that links of this app start from; empty for the bundle's own page
    vetting: VettingView | None  # of the whole bundle; its own page is made before there is one
    name: str
    package: str
    unit: str  # the sponsor, as filed; empty where nothing is filed
    version: str
    unfinished: bool
    cover: tuple[Row, ...]
    made_by: str  # the harness's version when the bundle was made
    how_it_ended: str
    began: datetime
    ended: datetime
    complete: bool
    walked: tuple[Row, ...]
    coverage: tuple[CoverageView, ...]
    gaps: tuple[str, ...]
    map: MapView
    findings: tuple[FindingView, ...]
    refusals: tuple[RefusalRow, ...]
    refusal_shots: tuple[Shot, ...]
    subject: tuple[Row, ...]
    conditions: tuple[Row, ...]
    steps: tuple[StepRow, ...]

    @property
    def href(self) -> str:
        """The page of this app, from the report's folder."""
        return f"{self.folder}/index.html" if self.folder else ""

    @property
    def payload_sha256(self) -> str | None:
        return None if self.vetting is None else self.vetting.payload_sha256

    @property
    def reached(self) -> int:
        return sum(view.count(Reach.REACHED) for view in self.coverage)

    @property
    def without_entry(self) -> int:
        return sum(view.count(Reach.OUT_OF_SCOPE) for view in self.coverage)

    @property
    def missed(self) -> int:
        return sum(len(view.rows) for view in self.coverage) - self.reached - self.without_entry

    def finding(self, rule: RuleId) -> FindingView | None:
        return next((finding for finding in self.findings if finding.rule == rule), None)

    def count(self, verdict: Verdict) -> int:
        return sum(finding.verdict is verdict for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A picture that shows part of a finding across apps; ``href`` starts from the report's folder."""

    observation: str
    sha256: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossShare:
    """What one app adds to a finding across apps."""

    package: str
    name: str
    unit: str
    level: str
    subject: str
    items: tuple[str, ...]
    href: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossView:
    """What several apps show together; no app alone has done it."""

    id: str
    fingerprint: str
    rule: RuleId
    name: str
    verdict: Verdict
    word: str
    rank: Severity
    statement: str
    clauses: tuple[ClauseView, ...]
    limits: tuple[str, ...]
    shares: tuple[AcrossShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Several apps of one run; ``across`` is what they show together, ``judged_across`` the same for machines."""

    made: datetime
    rules: tuple[RuleView, ...]
    apps: tuple[AppResult, ...]
    across: tuple[AcrossView, ...] = ()
    judged_across: tuple[AcrossFinding, ...] = ()
