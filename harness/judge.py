"""Judges a walk: observations and probe runs of one app against the rules, one finding per rule. Pure, deterministic.

Nothing here looks at a device: the same walk and the same rules give the same findings, byte for byte. A probe is
judged by replaying it: its generator is fed what was recorded, and where it asks for another action than the one that
was taken, the old evidence does not answer today's question. Where the record ends early, the probe is told so and may
say what it had measured.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.coverage import coverage_of, of_the_app
from harness.entry import inside, lost_its_way
from harness.model import (
    Action,
    Actor,
    Audience,
    Back,
    Coverage,
    Datum,
    EntryKind,
    EvidenceRef,
    FiledApp,
    Finding,
    Judgement,
    Mark,
    Observation,
    ObservationId,
    Outcome,
    ProbeRun,
    Reach,
    Role,
    Rule,
    RuleId,
    ScreenKey,
    Severity,
    Step,
    Tap,
    Verdict,
    Walk,
)
from harness.rules.concluding import BETWEEN_SCREENS, CUT_SHORT, ONE_TAP, WALL, ProbeCut

FINGERPRINT_VERSION: Final = "fp1"
PROBE_CUT: Final = "probe-cut"
PROBE_DIVERGED: Final = "probe-diverged"
_STANDS_WHEN_CUT: Final = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED, Verdict.PRESENT)
_MILDER: Final = {
    Severity.S1: Severity.S2,
    Severity.S2: Severity.S3,
    Severity.S3: Severity.S4,
    Severity.S4: Severity.S4,
}


def judge(walk: Walk, rules: Sequence[Rule]) -> Judgement:
    """Return one finding per rule, in the order of the rules, and the coverage each rests on."""
    findings = []
    coverages = []
    seen = _outcomes(walk, rules)
    if any(WALL in outcome.signs for outcomes in seen.values() for outcome in outcomes):
        # Behind the wall nothing was looked at: what was not seen there must not become clear.
        walk = replace(walk, finished=False, stopped_by=walk.stopped_by or "blocked-check-in-wall")
    for rule in rules:
        coverage = coverage_of(walk, rule)
        outcome = rule.conclude(seen[rule.id], coverage)
        outcome = rule.of_row(outcome, walk.app) if rule.of_row is not None else outcome
        findings.append(_finding(walk, rule, outcome, coverage))
        coverages.append((rule.id, coverage))
    return Judgement(findings=tuple(findings), coverage=tuple(coverages))


def outcomes_for(observation: Observation, rules: Sequence[Rule]) -> tuple[tuple[RuleId, Outcome], ...]:
    """Return what each rule says of a single screen, without coverage and without a probe."""
    return tuple((rule.id, rule.detect(observation)) for rule in rules)


def replay(rule: Rule, run: ProbeRun, observations: Mapping[ObservationId, Observation]) -> Outcome:
    """Return what a recorded probe run shows when the rule's probe is fed with it.

    A run that the probe would have made differently is ``inconclusive``; one that was cut short is at most ``present``,
    by what it had measured before.
    """
    start = observations.get(run.start)
    if rule.probe is None or start is None:
        return _no_answer(run, start, PROBE_DIVERGED, ())
    generator = rule.probe(start)
    received: Observation | None = None
    for index in range(len(run.exchanges) + 1):
        try:
            wanted = next(generator) if received is None else generator.send(received)
        except StopIteration as end:
            if index < len(run.exchanges):
                return _no_answer(run, start, PROBE_DIVERGED, (("step", index + 1),))
            outcome = end.value
            assert isinstance(outcome, Outcome)
            return outcome
        if index == len(run.exchanges):
            break
        taken, after = run.exchanges[index]
        if wanted != taken or after not in observations:
            generator.close()
            return _no_answer(run, start, PROBE_DIVERGED, (("step", index + 1),))
        received = observations[after]
    reason = run.cut.reason if run.cut is not None else "probe-unfinished"
    cut: tuple[tuple[str, Datum], ...] = (("why", reason), ("step", len(run.exchanges)))
    measured = _told_of_the_cut(generator)
    if received is not None and measured is not None and measured.verdict in _STANDS_WHEN_CUT:
        return _cut_short(measured, rule.detect(start), cut)
    return _no_answer(run, start, PROBE_CUT, cut)


def _told_of_the_cut(generator: Generator[Action, Observation, Outcome]) -> Outcome | None:
    """Return what a probe makes of what it has measured, ``None`` where that is nothing yet."""
    try:
        generator.throw(ProbeCut())
    except StopIteration as end:
        return end.value if isinstance(end.value, Outcome) else None
    except ProbeCut:
        return None
    finally:
        generator.close()
    return None


def _cut_short(measured: Outcome, start: Outcome, cut: tuple[tuple[str, Datum], ...]) -> Outcome:
    """Return what a run had shown before it was cut: ``present``, without the signs that only a whole run proves."""
    return replace(
        measured,
        verdict=Verdict.PRESENT,
        reason=CUT_SHORT,
        data=tuple(sorted({**dict(measured.data), **dict(cut)}.items())),
        signs=measured.signs & (start.signs | {WALL}),
        markers=measured.markers & start.markers,
    )


def entry_path(walk: Walk, target: ObservationId | None) -> tuple[str, ...]:
    """Return the labels pressed on the shortest known way from the walk's first screen to ``target``."""
    by_id = {o.id: o for o in walk.observations}
    if target is None or target not in by_id or not walk.observations:
        return ()
    start = of_the_app(walk)[:1] or walk.observations[:1]
    shown = inside(walk)
    within = {key: o for key, o in by_id.items() if key in shown}
    goal = by_id[target].screen
    ways = (step for step in walk.steps if step.actor is not Actor.PROBE and not isinstance(step.action, Back))
    way = _shortest(_edges(ways, within), start[0].screen, goal)
    # A screen that only a probe or Back led to has no better way to be told than the one that was gone.
    return way if way is not None else _shortest(_edges(walk.steps, by_id), start[0].screen, goal) or ()


def fingerprint(rule: RuleId, app: FiledApp, signs: Sequence[str]) -> str:
    """Return the identity of a finding across nights: rule, package and function, nothing that varies."""
    # Several mini-programs share a host, several pages a browser: each is an app of its own.
    part = () if app.entry_kind is EntryKind.APP else (str(app.entry_kind), app.entry)
    parts = (FINGERPRINT_VERSION, str(rule), str(app.package), *part, *sorted(signs))
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{FINGERPRINT_VERSION}:{digest[:32]}"


# --- outcomes --------------------------------------------------------------------------------------------------


def _outcomes(walk: Walk, rules: Sequence[Rule]) -> Mapping[RuleId, tuple[Outcome, ...]]:
    """Return what each rule says of the screens, then of its probes."""
    by_id = {o.id: o for o in walk.observations}
    replayed = {rule.id: _replayed(walk, rule, by_id) for rule in rules}
    static: dict[RuleId, list[Outcome]] = {rule.id: [] for rule in rules}
    # Screen by screen, for all rules ask the same of a screen first and only then their own.
    for observation in of_the_app(walk):
        for rule in rules:
            if observation.id not in replayed[rule.id][1]:
                static[rule.id].append(rule.detect(observation))
    ways = _one_tap(walk, by_id)
    return {
        rule.id: tuple(_with_ways(outcome, ways) for outcome in (*static[rule.id], *replayed[rule.id][0]))
        for rule in rules
    }


def _replayed(
    walk: Walk, rule: Rule, by_id: Mapping[ObservationId, Observation]
) -> tuple[tuple[Outcome, ...], frozenset[ObservationId]]:
    """Return what the rule's probe runs show, and the screens half-way that they have judged themselves."""
    shown = inside(walk)
    probed: set[ObservationId] = set()
    outcomes = []
    for run in walk.probe_runs:
        if run.rule != rule.id:
            continue
        outcome = replay(rule, run, by_id)
        if walk.app.entry_kind is not EntryKind.APP and lost_its_way(run, shown):
            outcome = _no_answer(run, by_id.get(run.start), PROBE_DIVERGED, (("step", len(run.exchanges)),))
        outcomes.append(outcome)
        if outcome.reason not in {PROBE_CUT, CUT_SHORT, PROBE_DIVERGED}:
            # The probe has judged what it saw; its screens half-way are not screens of their own.
            probed |= {after for _, after in run.exchanges}
    return tuple(outcomes), frozenset(probed)


def _one_tap(walk: Walk, by_id: Mapping[ObservationId, Observation]) -> Mapping[ScreenKey, frozenset[ScreenKey]]:
    """Return from each screen of the app the screens that one press led to."""
    ways: dict[ScreenKey, set[ScreenKey]] = {}
    for step in walk.steps:
        before, after = by_id.get(step.before or ObservationId("")), by_id.get(step.after or ObservationId(""))
        if isinstance(step.action, Tap) and step.gap is None and before is not None and after is not None:
            ways.setdefault(before.screen, set()).add(after.screen)
    return {screen: frozenset(led_to) for screen, led_to in ways.items()}


def _with_ways(outcome: Outcome, ways: Mapping[ScreenKey, frozenset[ScreenKey]]) -> Outcome:
    """Return an outcome that shows something together with the screens one press away from its own."""
    led_to = ways.get(outcome.screen) if outcome.screen is not None else None
    if not outcome.signs or not led_to:
        return outcome
    return replace(outcome, data=(*outcome.data, (ONE_TAP, "\n".join(sorted(led_to)))))


def _no_answer(run: ProbeRun, start: Observation | None, reason: str, data: tuple[tuple[str, Datum], ...]) -> Outcome:
    return Outcome(
        verdict=Verdict.INCONCLUSIVE,
        reason=reason,
        data=data,
        observation=run.start,
        screen=start.screen if start is not None else None,
        from_probe=True,
    )


# --- findings --------------------------------------------------------------------------------------------------


def _finding(walk: Walk, rule: Rule, outcome: Outcome, coverage: Coverage) -> Finding:
    mark = fingerprint(rule.id, walk.app, sorted(outcome.signs))
    data = {name: value for name, value in outcome.data if name not in BETWEEN_SCREENS}
    if walk.app.exemption_claimed and outcome.verdict in {Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED}:
        data["exemption_filed"] = walk.app.exemption_claimed
    return Finding(
        id=f"F-{rule.id}-{hashlib.sha256(mark.encode()).hexdigest()[:10]}",
        rule=rule.id,
        package=walk.app.package,
        verdict=outcome.verdict,
        reason=str(outcome.reason),
        data=tuple(sorted((str(k), str(v) if isinstance(v, str) else v) for k, v in data.items())),
        severity=_MILDER[rule.severity] if walk.app.audience is Audience.PUBLIC else rule.severity,
        markers=tuple(sorted(outcome.markers)),
        signs=tuple(sorted(str(s) for s in outcome.signs)),
        screen=outcome.screen,
        entry=entry_path(walk, outcome.observation),
        evidence=_evidence(walk, outcome, coverage),
        measures=outcome.measures,
        fingerprint=mark,
    )


def _evidence(walk: Walk, outcome: Outcome, coverage: Coverage) -> tuple[EvidenceRef, ...]:
    by_id = {o.id: o for o in walk.observations}
    made_by = {s.after: s.seq for s in reversed(walk.steps) if s.after is not None}
    refs = [_ref(by_id[m.observation], made_by, m) for m in outcome.marks if m.observation in by_id]
    if outcome.verdict in {Verdict.CLEAR, Verdict.INCONCLUSIVE} or not refs:
        # Absence rests on the places looked at, also where it is what is held against an app: each is shown.
        proofs = dict.fromkeys(r.observation for r in coverage.reaches if r.reach is Reach.REACHED)
        refs += [_ref(by_id[o], made_by) for o in proofs if o in by_id]
    return tuple(refs)


def _ref(observation: Observation, made_by: Mapping[ObservationId, int], mark: Mark | None = None) -> EvidenceRef:
    """Return the reference for a marked place, or for the whole screen as the proof of a reach."""
    return EvidenceRef(
        role=mark.role if mark else Role.CONTEXT,
        observation=observation.id,
        png_sha256=observation.png_sha256,
        xml_sha256=observation.xml_sha256,
        step=made_by.get(observation.id),
        box=mark.box if mark else None,
        text=mark.text if mark else "",
        why=str(mark.why) if mark else "checkpoint-reached",
    )


# --- the way there ---------------------------------------------------------------------------------------------

_Edges = dict[ScreenKey, list[tuple[str, ScreenKey]]]


def _edges(steps: Iterable[Step], by_id: Mapping[ObservationId, Observation]) -> _Edges:
    """Return from each screen the labels pressed and where they led; clearing a pop-up away has no label."""
    edges: _Edges = {}
    for step in steps:
        before, after = by_id.get(step.before or ObservationId("")), by_id.get(step.after or ObservationId(""))
        if before is None or after is None or before.screen == after.screen or before.companion or after.companion:
            continue
        pressed = isinstance(step.action, Tap) and step.actor is not Actor.POPUP
        label = step.action.label if pressed and isinstance(step.action, Tap) else ""
        edges.setdefault(before.screen, []).append((label, after.screen))
    return edges


def _shortest(edges: _Edges, start: ScreenKey, target: ScreenKey) -> tuple[str, ...] | None:
    """Return the labels along a breadth-first way; steps without a label add none. ``None`` where there is no way."""
    reached: dict[ScreenKey, tuple[str, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == target:
            return reached[at]
        for label, after in edges.get(at, ()):
            if after not in reached:
                reached[after] = (*reached[at], label) if label else reached[at]
                waiting.append(after)
    return None
