"""Tests the findings of a bundle again on a device: composes session and replay for ``harness replay``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import session
from harness.errors import BadInput
from harness.evidence.bundle import open_bundle
from harness.evidence.layout import WalkEnd
from harness.judge import judge
from harness.model import FiledApp, PackageName, RuleId, Verdict
from harness.replay import Divergence, Retest, Retracer, retests, to_test
from harness.rules import ALL_RULES
from harness.tour import Visit
from harness.visiting import login_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Retested:
    """What a re-test of a bundle's findings said, and the bundle that shows it."""

    app: FiledApp
    retests: tuple[Retest, ...]
    bundle: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RetestFact:
    """One finding's answer as ``harness replay --json`` prints it; ``lost`` is where today's app went another way."""

    finding: str
    rule: RuleId
    answer: str  # still-seen, no-longer-seen, could-not-tell
    was: Verdict
    now: Verdict
    reason: str = ""
    lost: tuple[Divergence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetestFacts:
    """What ``harness replay --json`` prints; ``bundle`` is the name of the one that shows the re-test."""

    format: int = 1
    package: PackageName
    bundle: str
    retests: tuple[RetestFact, ...]


def facts(done: Retested) -> RetestFacts:
    """Return a re-test as it is printed for machines."""
    told = tuple(
        RetestFact(
            finding=one.finding.id,
            rule=one.finding.rule,
            answer=one.answer.name.lower().replace("_", "-"),
            was=one.finding.verdict,
            now=one.now,
            reason=one.reason,
            lost=tuple(trip.lost for trip in one.trips if trip.lost is not None),
        )
        for one in done.retests
    )
    return RetestFacts(package=done.app.package, bundle=done.bundle.name, retests=told)


def retest(bundle: Path, serial: str, settings: session.Settings, wanted: str = "") -> Retested:
    """Go to the screens of a bundle's findings again and look; leave a bundle of the re-test.

    ``wanted`` is a finding's id, or empty for every one that says something is there. Raises ``BadInput`` where there
    is none, ``BundleError``, and ``DeviceError`` where the app could not be looked at.
    """
    with open_bundle(bundle) as stored:
        recorded, judgement, name = stored.walk, stored.judgement or judge(stored.walk, ALL_RULES), stored.name
    chosen = [finding for finding in to_test(judgement.findings) if not wanted or finding.id == wanted]
    rules = [rule for rule in ALL_RULES if rule.id in {finding.rule for finding in chosen}]
    if not chosen:
        there = ", ".join(finding.id for finding in to_test(judgement.findings)) or "none"
        raise BadInput(
            source=str(bundle), place=wanted or "findings", problem="nothing to test again", mend=f"findings: {there}"
        )
    app = recorded.app
    login = login_of(app, settings.flows)
    with session.opened(serial, settings) as device:
        session.install(device, app, None)
        with session.recording(device, app, settings, login.discretion if login else None, name) as (walker, writer):
            retracer = Retracer(walker, Visit(app=app, login=login), recorded, rules, device.clock)
            trips = [(finding, retracer.trips(finding)) for finding in chosen]
            writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="replay-ended"))
            with open_bundle(writer.path) as stored:
                tested = retests(stored.walk, rules, trips)
            return Retested(app=app, retests=tested, bundle=session.finished(writer).bundle)
