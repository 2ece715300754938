"""Makes the one result object that every view renders: what was looked at, what was seen, where, on which clause. Pure.

Texts are final words of one language; links are relative to the page. Nothing here decides anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.appmap import app_map
from harness.evidence.bundle import StoredBundle
from harness.model import (
    Box,
    Clause,
    Coverage,
    EntryKind,
    Finding,
    Judgement,
    NextDay,
    ObservationId,
    Rule,
    RuleId,
    Verdict,
    Walk,
)
from harness.report.mapview import map_view
from harness.report.phrases import Phrases, apart_s, at_device, at_host
from harness.report.probes import probes_of
from harness.report.shots import Gallery, Shot, shots_of
from harness.report.vetting import VettingView
from harness.report.views import (
    AppResult,
    ClauseView,
    CoverageView,
    ExemptionView,
    FindingView,
    ReachRow,
    RefusalRow,
    Row,
    RuleView,
    Seen,
    StepRow,
)

# The order in which a reviewer wants to read: what asks for a decision first.
VERDICT_ORDER = (
    Verdict.FOUND,
    Verdict.FOUND_EXEMPTION_CLAIMED,
    Verdict.PRESENT,
    Verdict.INCONCLUSIVE,
    Verdict.ERROR,
    Verdict.CLEAR,
    Verdict.NOT_APPLICABLE,
)
DECIDED_BY_A_PERSON = frozenset(VERDICT_ORDER[:4])
_LOOKALIKES_SHOWN = 8
_EXEMPTION = "exemption"
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One bundle to show: what was judged of it, and the folder in the report that its links start from.

    ``unfinished`` is an argument because a bundle's own page is made just before the bundle is complete.
    """

    bundle: StoredBundle
    judgement: Judgement
    unfinished: bool
    folder: str = ""
    vetting: VettingView | None = None


def app_result(source: Source, rules: Sequence[Rule], gallery: Gallery, phrases: Phrases) -> AppResult:
    """Return the result of one bundle; rules that are not known any more are shown by their id."""
    walk = source.bundle.walk
    known = {rule.id: rule for rule in rules}
    order = {rule.id: place for place, rule in enumerate(rules)}
    findings = sorted(
        source.judgement.findings,
        key=lambda f: (VERDICT_ORDER.index(f.verdict), order.get(f.rule, len(order)), f.id),
    )
    coverage = tuple(_coverage(rule, c, known, gallery, phrases) for rule, c in source.judgement.coverage)
    return AppResult(
        bundle=source.bundle.name,
        folder=source.folder,
        vetting=source.vetting,
        name=walk.app.name or walk.identity.package,
        package=walk.app.package,
        unit=walk.app.sponsor_unit,
        version=_version(walk),
        unfinished=source.unfinished,
        cover=_cover(walk, phrases),
        made_by=source.bundle.run.harness_version,
        how_it_ended=phrases.say(walk.stopped_by) if walk.stopped_by else phrases.say("report-walk-finished"),
        began=walk.began.wall,
        ended=walk.ended.wall,
        complete=walk.finished and not source.unfinished,
        walked=_walked(walk, phrases),
        coverage=coverage,
        gaps=_gaps(walk, phrases),
        map=map_view(app_map(walk), gallery, phrases),
        findings=tuple(_finding(f, known.get(f.rule), walk, gallery, phrases) for f in findings),
        refusals=tuple(
            RefusalRow(
                number=number,
                label=refusal.label,
                danger=phrases.say(refusal.danger),
                href=gallery.original(refusal.observation),
            )
            for number, refusal in enumerate(walk.refusals, start=1)
        ),
        refusal_shots=_refusal_shots(walk, gallery),
        subject=_subject(walk, phrases),
        conditions=_conditions(source.bundle, phrases),
        steps=_steps(walk, gallery, phrases),
    )


def verdict_word(verdict: Verdict, phrases: Phrases) -> str:
    return phrases.say(f"report-verdict-{verdict}")


def rule_name(rule_id: RuleId, rule: Rule | None, phrases: Phrases) -> str:
    if rule is None:
        return rule_id
    return rule.name_zh if phrases.language == "zh_CN" else rule.name_en


def rule_view(rule: Rule, phrases: Phrases) -> RuleView:
    """Return what is told of a rule by itself."""
    return RuleView(
        id=rule.id,
        name=rule_name(rule.id, rule, phrases),
        rank=rule.severity,
        clauses=_clauses(rule, phrases),
        limits=tuple(phrases.say(key) for key in rule.known_limits),
    )


def _finding(finding: Finding, rule: Rule | None, walk: Walk, gallery: Gallery, phrases: Phrases) -> FindingView:
    claimed = finding.verdict is Verdict.FOUND_EXEMPTION_CLAIMED or any(n == _EXEMPTION for n, _ in finding.data)
    return FindingView(
        anchor=f"r-{finding.rule}",
        id=finding.id,
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        name=rule_name(finding.rule, rule, phrases),
        verdict=finding.verdict,
        word=verdict_word(finding.verdict, phrases),
        severity=phrases.say(f"report-severity-{finding.severity}"),
        rank=finding.severity,
        statement=phrases.statement(finding),
        control_run=_control_run(finding, phrases),
        has_place=bool(finding.entry) or finding.screen is not None,
        markers=tuple(phrases.say(f"report-marker-{marker}") for marker in finding.markers),
        entry=finding.entry,
        clauses=() if rule is None else _clauses(rule, phrases),
        shots=shots_of(finding, walk, gallery, phrases),
        probes=probes_of(finding, walk, gallery, phrases),
        exemption=_exemption(finding, walk) if claimed else None,
        lookalikes=() if rule is None else _seen(rule.lexicon.lookalike, gallery),
        voluntary=() if rule is None else _seen(rule.lexicon.voluntary, gallery),
        limits=() if rule is None else tuple(phrases.say(key) for key in rule.known_limits),
        to_decide=finding.verdict in DECIDED_BY_A_PERSON,
    )


def _control_run(finding: Finding, phrases: Phrases) -> str:
    """Return what the same operation did where nothing had to be held back, empty where that was not tried."""
    found = dict(finding.data).get("control_run")
    return "" if found is None else phrases.say(f"report-control-{found}")


def _exemption(finding: Finding, walk: Walk) -> ExemptionView:
    on_screen = next((str(value) for name, value in finding.data if name == _EXEMPTION), "")
    return ExemptionView(on_screen=on_screen, filed=walk.app.exemption_claimed, basis=walk.app.exemption_basis)


def _clauses(rule: Rule, phrases: Phrases) -> tuple[ClauseView, ...]:
    return tuple(clause_view(clause, phrases) for clause in (rule.clause, *rule.also))


def clause_view(clause: Clause, phrases: Phrases) -> ClauseView:
    """Return what is told of one sentence."""
    return ClauseView(
        source=phrases.clause_source(clause),
        quote=clause.quote,
        confidence=phrases.confidence(clause),
        confirmed=clause.confidence == "A" and bool(clause.article_no),
        url=clause.url,
    )


def _seen(words: Sequence[str], gallery: Gallery) -> tuple[Seen, ...]:
    """Return which of these words were on screen anywhere in the walk, with up to three places each."""
    places: dict[str, list[ObservationId]] = {}
    for observation, text in gallery.written.items():
        for word in words:
            if word in text:
                places.setdefault(word, []).append(observation)
    return tuple(
        Seen(word=word, places=tuple(href for o in found[:3] if (href := gallery.original(o)) is not None))
        for word, found in list(places.items())[:_LOOKALIKES_SHOWN]
    )


def _coverage(
    rule_id: RuleId, coverage: Coverage, rules: Mapping[RuleId, Rule], gallery: Gallery, phrases: Phrases
) -> CoverageView:
    rows = tuple(
        ReachRow(
            name=phrases.checkpoint(reach.checkpoint),
            reach=reach.reach,
            word=phrases.say(f"report-reach-{reach.reach}"),
            reason=phrases.say(reach.reason) if reach.reason else "",
            proof=gallery.original(reach.observation) if reach.observation is not None else None,
        )
        for reach in coverage.reaches
    )
    return CoverageView(rule=rule_id, name=rule_name(rule_id, rules.get(rule_id), phrases), rows=rows)


def _gaps(walk: Walk, phrases: Phrases) -> tuple[str, ...]:
    """Return every different gap of the walk's looks and steps with how often it came, most frequent first."""
    looks = Counter((gap.channel, gap.reason) for o in walk.observations for gap in set(o.gaps))
    steps = Counter((step.gap.channel, step.gap.reason) for step in walk.steps if step.gap is not None)
    counted = [("report-gap-looks", len(walk.observations), looks), ("report-gap-steps", len(walk.steps), steps)]
    return tuple(
        phrases.say(
            key,
            channel=phrases.say(f"report-channel-{channel}"),
            reason=phrases.say(reason),
            count=count,
            all=most,
        )
        for key, most, counts in counted
        for (channel, reason), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _walked(walk: Walk, phrases: Phrases) -> tuple[Row, ...]:
    # A day that was let pass on the device's clock is nobody's time.
    jumped_s = _DAY_S * sum(isinstance(step.action, NextDay) and step.gap is None for step in walk.steps)
    minutes, seconds = divmod(max(0, round(walk.ended.mono_s - walk.began.mono_s - jumped_s)), 60)
    rows = (
        ("report-walk-screens", len({observation.screen for observation in walk.observations})),
        ("report-walk-looks", len(walk.observations)),
        ("report-walk-steps", len(walk.steps)),
        ("report-walk-untried", walk.untried),
        ("report-walk-cut-pages", walk.cut_pages),
        ("report-walk-loops", len(walk.loops)),
        ("report-walk-refusals", len(walk.refusals)),
        ("report-walk-lasted", phrases.say("report-minutes-seconds", minutes=minutes, seconds=seconds)),
    )
    return tuple(Row(label=phrases.say(key), value=str(value)) for key, value in rows)


def _subject(walk: Walk, phrases: Phrases) -> tuple[Row, ...]:
    app, identity = walk.app, walk.identity
    rows = (
        ("report-app-name", app.name),
        ("report-app-package", app.package),
        ("report-app-entry-kind", phrases.say(f"report-entry-{app.entry_kind}")),
        *([] if app.entry_kind is EntryKind.APP else [("report-app-entry", app.entry)]),
        ("report-app-version", _version(walk)),
        ("report-app-apk", identity.apk_sha256),
        ("report-app-signer", identity.signer_sha256),
        ("report-app-sponsor", app.sponsor_unit),
        ("report-app-user", app.user_unit),
        ("report-app-level", app.level),
        ("report-app-audience", phrases.say(f"report-audience-{app.audience}")),
        ("report-app-filing", app.filing_number),
        ("report-app-filed-functions", "、".join(app.filed_functions)),
        ("report-app-account", app.account),
        ("report-app-case", app.case_id),
    )
    return _rows(rows, phrases)


def _cover(walk: Walk, phrases: Phrases) -> tuple[Row, ...]:
    """Return what a reader has to know before anything else: what was looked at, for whom, when and on what."""
    app, device = walk.app, walk.device
    rows = (
        ("report-app-name", app.name),
        ("report-app-package", app.package),
        ("report-app-version", _version(walk)),
        ("report-app-sponsor", app.sponsor_unit),
        ("report-app-user", app.user_unit),
        ("report-app-filing", app.filing_number),
        ("report-app-case", app.case_id),
        ("report-began", at_host(walk.began)),
        ("report-ended", at_host(walk.ended)),
        ("report-device", f"{device.model} {device.serial}，Android {device.android_release}"),
    )
    return _rows(rows, phrases)


def _version(walk: Walk) -> str:
    identity = walk.identity
    return f"{identity.version_name}（{identity.version_code}）" if identity.version_code else identity.version_name


def _conditions(bundle: StoredBundle, phrases: Phrases) -> tuple[Row, ...]:
    walk, device = bundle.walk, bundle.walk.device
    apart = apart_s(walk.began)
    kind = phrases.say("report-device-virtual" if device.is_virtual else "report-device-other")
    rows = [
        ("report-device", f"{device.model} {device.serial}（{kind}）"),
        ("report-device-android", f"Android {device.android_release}（API {device.sdk}，{device.abi}）"),
        ("report-device-screen", f"{device.size_px[0]}×{device.size_px[1]}，{device.density_dpi} dpi"),
        ("report-device-build", device.build_fingerprint),
        *((f"report-fact-{name}", value) for name, value in device.facts),
        ("report-began", at_host(walk.began)),
        ("report-ended", at_host(walk.ended)),
        ("report-device-clock", at_device(walk.began)),
        ("report-clock-apart", "" if apart is None else phrases.say("report-seconds-ahead", seconds=f"{apart:+.1f}")),
        ("report-engines", "、".join(walk.engines)),
        ("report-harness", bundle.run.harness_version),
        ("report-host", f"{bundle.run.platform}，Python {bundle.run.python}"),
        ("report-seed", str(walk.seed)),
        ("report-run", bundle.run.run),
        ("report-operator", bundle.run.operator),
        ("report-host-boot", bundle.run.boot_id),
        ("report-films", _films(bundle, phrases)),
        *([("report-retest-of", bundle.run.retest_of)] if bundle.run.retest_of else []),
    ]
    return _rows(rows, phrases)


def _films(bundle: StoredBundle, phrases: Phrases) -> str:
    """Return how many segments of film there are of probes, and of how many there are none."""
    if not bundle.run.filmed:
        return phrases.say("report-not-filmed")
    missed = sum(recording.gap is not None for recording in bundle.recordings)
    return phrases.say("report-filmed", segments=len(bundle.recordings) - missed, missed=missed)


def _rows(pairs: Sequence[tuple[str, str]], phrases: Phrases) -> tuple[Row, ...]:
    """Return facts with their labels; what is not known says so instead of vanishing."""
    unknown = phrases.say("report-not-told")
    return tuple(
        Row(label=phrases.say(key).removeprefix("report-fact-"), value=value or unknown) for key, value in pairs
    )


def _refusal_shots(walk: Walk, gallery: Gallery) -> tuple[Shot, ...]:
    """Return one picture for each screen with buttons that were not pressed, numbered as in the list."""
    boxes: dict[ObservationId, dict[int, tuple[Box, str, str]]] = {}
    for number, refusal in enumerate(walk.refusals, start=1):
        boxes.setdefault(refusal.observation, {})[number] = (refusal.box, refusal.label, "")
    return tuple(gallery.shot(o, boxes=list(here.values()), numbers=list(here)) for o, here in boxes.items())


def _steps(walk: Walk, gallery: Gallery, phrases: Phrases) -> tuple[StepRow, ...]:
    return tuple(
        StepRow(
            number=step.seq,
            at=at_host(step.began)[11:],
            actor=phrases.say(f"report-actor-{step.actor}"),
            action=phrases.action(step.action),
            why=phrases.why(step.why),
            problem=phrases.gap(step.gap) if step.gap is not None else "",
            href=gallery.original(step.after) if step.after is not None else None,
        )
        for step in walk.steps
    )
