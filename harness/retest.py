"""Goes to the screens of a bundle again on a device: composes session and replay for ``harness replay``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import session
from harness.appmap import Place, app_map
from harness.errors import BadInput
from harness.evidence.bundle import BundleWriter, open_bundle
from harness.evidence.layout import WalkEnd
from harness.judge import judge
from harness.model import FiledApp, Observation, ObservationId, PackageName, Rule, RuleId, ScreenKey, Verdict, Walk
from harness.replay import Divergence, Retest, Retracer, Trip, retests, to_test
from harness.retrace import very_screen
from harness.rules import ALL_RULES
from harness.tour import Visit
from harness.visiting import login_of
from harness.walk import Walker


@dataclass(frozen=True, slots=True, kw_only=True)
class Retested:
    """What a re-test of a bundle's findings said, and the bundle that shows it."""

    app: FiledApp
    retests: tuple[Retest, ...]
    bundle: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisited:
    """What became of the way to one screen of a bundle, ``number`` on its map, and the bundle that shows it."""

    app: FiledApp
    number: int
    place: Place
    trip: Trip
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
class ScreenFact:
    """One screen's answer; ``number`` is that of the recorded map, ``seen`` the look in the new bundle."""

    screen: ScreenKey
    number: int
    title: str
    reached: bool
    seen: ObservationId | None = None
    lost: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetestFacts:
    """What ``harness replay --json`` prints; ``bundle`` is the name of the one that shows the way.

    ``screens`` has the one that was asked for by ``--screen``; then nothing is said of findings.
    """

    format: int = 1
    package: PackageName
    bundle: str
    retests: tuple[RetestFact, ...]
    screens: tuple[ScreenFact, ...] = ()


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


def screen_facts(done: Revisited) -> RetestFacts:
    """Return the way to a screen as it is printed for machines."""
    seen = done.trip.seen
    told = ScreenFact(
        screen=done.place.screen,
        number=done.number,
        title=done.place.title,
        reached=seen is not None,
        seen=seen.id if seen is not None else None,
        lost=done.trip.lost,
    )
    return RetestFacts(package=done.app.package, bundle=done.bundle.name, retests=(), screens=(told,))


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
    with _retracing(recorded, name, serial, settings, rules) as (retracer, writer, walker):
        trips = [(finding, retracer.trips(finding)) for finding in chosen]
        writer.walk_ended(_end(walker))
        with open_bundle(writer.path) as stored:
            tested = retests(stored.walk, rules, trips)
        return Retested(app=recorded.app, retests=tested, bundle=session.finished(writer).bundle)


def revisit(bundle: Path, serial: str, settings: session.Settings, wanted: str) -> Revisited:
    """Go to one screen of a bundle again and stay there; leave a bundle of the way.

    ``wanted`` is the screen's key, its number on the map, or the id of a look at it. Nothing is probed. Raises
    ``BadInput`` where the bundle has no such screen, ``BundleError``, and ``DeviceError`` where the app could not be
    looked at.
    """
    with open_bundle(bundle) as stored:
        recorded, name = stored.walk, stored.name
    number, place, target = _screen(recorded, wanted, source=str(bundle))
    with _retracing(recorded, name, serial, settings, ()) as (retracer, writer, walker):
        trip = retracer.go(very_screen(recorded, target))
        writer.walk_ended(_end(walker))
        gone = session.finished(writer).bundle
    return Revisited(app=recorded.app, number=number, place=place, trip=trip, bundle=gone)


def _screen(walk: Walk, wanted: str, *, source: str) -> tuple[int, Place, Observation]:
    """Return a screen's number on the map, its place there, and the look to go to. Raises ``BadInput``."""
    by_id = {observation.id: observation for observation in walk.observations}
    places = app_map(walk).places
    for number, place in enumerate(places, 1):
        if wanted in {place.screen, str(number)}:
            return number, place, by_id[place.observation]
        look = by_id.get(ObservationId(wanted))
        if look is not None and look.screen == place.screen:
            return number, place, look
    mend = "give its number on the report's map, its key as coverage.json has it, or the id of a look at it (o0001)"
    raise BadInput(source=source, place=wanted, problem=f"none of the {len(places)} screens of this bundle", mend=mend)


@contextlib.contextmanager
def _retracing(
    recorded: Walk, name: str, serial: str, settings: session.Settings, rules: Sequence[Rule]
) -> Iterator[tuple[Retracer, BundleWriter, Walker]]:
    """Yield what goes the ways of a recorded walk again, and the bundle that the way is recorded into."""
    app = recorded.app
    login = login_of(app, settings.flows)
    with session.opened(serial, settings) as device:
        session.install(device, app, None)
        with session.recording(device, app, settings, login.discretion if login else None, name) as (walker, writer):
            yield Retracer(walker, Visit(app=app, login=login), recorded, rules, device.clock), writer, walker


def _end(walker: Walker) -> WalkEnd:
    return WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="replay-ended")
