"""What binds the parts of a bundle to each other: findings to captures, captures to files, files to the log. Pure.

Digests alone do not: two pictures swapped between findings, with every manifest made anew, still have right digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.evidence import layout
from harness.evidence.container import Problem
from harness.evidence.events import Trail
from harness.evidence.layout import Capture, CaseFacts, CoverageFacts, EventType, Members, RunFacts, SubjectFacts
from harness.model import EvidenceRef, Finding, Judgement, ObservationId

_BEGUN = frozenset({layout.RUN, layout.SUBJECT, layout.DEVICE, layout.CASE})
_TIMED = frozenset({layout.START, layout.START_STAMP})  # only where a time-stamp was asked for
_JUDGED = frozenset({layout.COVERAGE, layout.FINDINGS})
_TOLD = frozenset({layout.CRATE})  # not yet in the first bundles

Digests = Mapping[str, str]  # of the bytes that are there, by member


def unbound_files(trail: Trail, digests: Digests, *, unfinished: bool) -> Iterator[Problem]:
    """Yield every file that is not what the log says, that the log does not know, or that is not there.

    ``unfinished`` allows for what a kill leaves of the look that was being recorded: a picture and a hierarchy, whole
    or not, that were written before the event which names them.
    """
    fixed = {EventType.BEGIN: _BEGUN | (_TIMED & digests.keys()), EventType.JUDGED: _JUDGED | (_TOLD & digests.keys())}
    for event in trail.events:
        if isinstance(event.body, Members):
            named = {digest.member: digest.sha256 for digest in event.body.members}
            if named.keys() != fixed[event.type]:
                yield Problem(key="evidence-log-members", member=layout.EVENTS, detail=str(event.seq))
            for member, digest in named.items():
                if digests.get(member) != digest:
                    yield Problem(key="evidence-not-as-logged", member=member, detail=str(event.seq))
    known = _artifacts(trail)
    for member, digest in known.items():
        if member not in digests:
            yield Problem(key="evidence-missing", member=member)
        elif digests[member] != digest:
            yield Problem(key="evidence-digest-differs", member=member)
    for folder in (layout.SHOTS, layout.UI, layout.RECORDINGS):
        strays = [member for member in digests if member.startswith(f"{folder}/") and member not in known]
        if not unfinished or len(strays) > 1:
            yield from (Problem(key="evidence-not-in-log", member=member) for member in strays)


def unbound_steps(trail: Trail) -> Iterator[Problem]:
    """Yield every step, refusal or probe run that names an observation which was never recorded."""
    seen = {capture.observation for capture in trail.captures}
    named: list[tuple[str, ObservationId | None]] = []
    for step in trail.steps:
        named += [(f"step {step.seq}", step.before), (f"step {step.seq}", step.after)]
    named += [(f"refusal {refusal.seq}", refusal.observation) for refusal in trail.refusals]
    for number, run in enumerate(trail.probe_runs, start=1):
        name = f"probe run {number}"
        named += [(name, run.start), *((name, observation) for _, observation in run.exchanges)]
    for name, observation in named:
        if observation is not None and observation not in seen:
            yield Problem(key="evidence-unknown-observation", member=layout.EVENTS, detail=f"{name}: {observation}")
    numbers = [step.seq for step in trail.steps]
    if len(set(numbers)) != len(numbers) or numbers != sorted(numbers):
        yield Problem(key="evidence-steps-disorder", member=layout.EVENTS)


def unbound_findings(judgement: Judgement, trail: Trail, package: str) -> Iterator[Problem]:
    """Yield every finding whose evidence is not what was captured at the place in the log that it names."""
    captures = {capture.observation: capture for capture in trail.captures}
    ids = [finding.id for finding in judgement.findings]
    for twice in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield Problem(key="evidence-finding-twice", member=layout.FINDINGS, detail=twice)
    for finding in judgement.findings:
        if finding.package != package:
            yield _bad(finding, "evidence-other-app", finding.package)
        for ref in finding.evidence:
            yield from _unbound_ref(finding, ref, captures.get(ref.observation), trail)
        for measure in finding.measures:
            if measure.observation is not None and measure.observation not in captures:
                yield _bad(finding, "evidence-unknown-observation", measure.observation)


def unbound_places(coverage: CoverageFacts, trail: Trail) -> Iterator[Problem]:
    """Yield every screen of the map whose picture was never recorded as that screen."""
    screens = {capture.observation: capture.screen for capture in trail.captures}
    for place in coverage.map.places:
        if screens.get(place.observation) != place.screen:
            yield Problem(key="evidence-unknown-observation", member=layout.COVERAGE, detail=str(place.observation))


def differing_facts(
    run: RunFacts, subject: SubjectFacts, case: CaseFacts, coverage: CoverageFacts, judgement: Judgement
) -> Iterator[Problem]:
    """Yield where two parts tell the same fact differently."""
    if coverage.rules != judgement.coverage:
        yield Problem(key="evidence-facts-differ", member=layout.COVERAGE, detail="rules")
    if (case.case_id, case.package) != (subject.app.case_id, subject.app.package):
        yield Problem(key="evidence-facts-differ", member=layout.CASE, detail="case_id, package")
    if run.bundle != layout.bundle_name(subject.app, run.run, run.seq):
        yield Problem(key="evidence-facts-differ", member=layout.RUN, detail="bundle")


def _unbound_ref(finding: Finding, ref: EvidenceRef, capture: Capture | None, trail: Trail) -> Iterator[Problem]:
    if capture is None:
        yield _bad(finding, "evidence-unknown-observation", ref.observation)
        return
    if (ref.png_sha256, ref.xml_sha256) != (capture.png_sha256, capture.xml_sha256):
        yield _bad(finding, "evidence-ref-differs", ref.observation)
    if ref.step is not None:
        steps = [step for step in trail.steps if step.seq == ref.step]
        if not steps or ref.observation not in (steps[0].before, steps[0].after):
            yield _bad(finding, "evidence-ref-step", f"{ref.observation}, step {ref.step}")
    if ref.box is not None and (ref.box.right > capture.size_px[0] or ref.box.bottom > capture.size_px[1]):
        yield _bad(finding, "evidence-ref-box", ref.observation)


def _artifacts(trail: Trail) -> dict[str, str]:
    captures = trail.captures
    shots = {layout.shot_member(c.png_sha256): c.png_sha256 for c in captures if c.png_sha256 is not None}
    ui = {layout.ui_member(c.xml_sha256): c.xml_sha256 for c in captures if c.xml_sha256 is not None}
    films = {layout.recording_member(r.sha256): r.sha256 for r in trail.recordings if r.sha256 is not None}
    return {**shots, **ui, **films}


def _bad(finding: Finding, key: str, detail: str) -> Problem:
    return Problem(key=key, member=layout.FINDINGS, detail=f"{finding.id}: {detail}")
