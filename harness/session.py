"""The composition root, the only module that knows all others: device, eyes, walker, judge and evidence meet here."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import getpass
import hashlib
import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from harness import machine
from harness.clock import Clock, SystemClock
from harness.device import changes, pool, wire
from harness.device.android import AndroidDevice
from harness.device.installing import recorded, refuse_other_file
from harness.device.pair import Pair
from harness.device.recorder import Film
from harness.discretion import Discretion, SecretTyping, Withholding
from harness.errors import ActionRefused, BadInput, BundleError, DeviceError, DeviceUnreachable
from harness.evidence import redact
from harness.evidence.bundle import BundleWriter, StoredBundle, WalkStart, open_bundle
from harness.evidence.layout import RUN, WalkEnd, bundle_name
from harness.evidence.redact import Shared
from harness.evidence.seal import Sealing
from harness.evidence.signers import signer_at
from harness.explore import Scope
from harness.grouping import groups
from harness.judge import judge, outcomes_for
from harness.machine import find_cjk_font_file
from harness.model import (
    AcrossFinding,
    AppIdentity,
    Device,
    EntryKind,
    FiledApp,
    Finding,
    Frame,
    Judgement,
    Moment,
    Observation,
    ObservationId,
    Outcome,
    Recorder,
    Verdict,
    Walk,
)
from harness.perceive import Template, frame_from_image, load_templates, observe
from harness.perceive.engines import OCR, ocr_engines
from harness.report.allure import write_allure
from harness.report.exporting import Export, Means
from harness.report.gather import gather
from harness.report.html import bundle_pages, write_html
from harness.report.junit import write_junit
from harness.report.look import Look, RuleOutcome, drawn_look
from harness.report.pdf import write_pdf
from harness.report.phrases import Phrases
from harness.report.sarif import write_sarif
from harness.report.xlsx import write_xlsx
from harness.rules import ALL_RULES, PICTURES, rules_edition
from harness.tour import Tour, Visit
from harness.visiting import enter, login_of, refuse_unwalkable
from harness.walk import Walker

FILM = ("auto", "on", "off")
TYPING = ("plain", "helper")
# The views of one result by the names that `harness report --format` takes: one file in report/, one line here.
EXPORTS: Mapping[str, Export] = {
    "html": write_html,
    "pdf": write_pdf,
    "xlsx": write_xlsx,
    "junit": write_junit,
    "sarif": write_sarif,
    "allure": write_allure,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run may use and spend. Seconds are the device's; ``device_wait_s`` is the host's.

    ``operator`` is who runs it, as the evidence names him; empty for the account that it runs under. ``film`` says
    whether probes are filmed: ``auto`` films what is not embedded, because an embedded device is told that time passes.
    ``typing`` says whether a keyboard may be installed for fields that take text in no other way.
    """

    evidence_dir: Path
    adb: tuple[str, int]
    serials: tuple[str, ...] = ()
    steps: int = 200
    seconds: float = 900.0
    device_wait_s: float = 600.0
    ocr: str = OCR[0]
    sealing: Sealing | None = None
    operator: str = ""
    film: str = FILM[0]
    typing: str = TYPING[0]
    flows: Path | None = None  # the folder of log-in flows, ``<package>.py``
    companion: str = ""  # the serial of a second device, for probes that log in on two; walked on by nobody
    run: str = field(default_factory=lambda: run_name(SystemClock()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One app, walked and judged; the bundle holds everything."""

    app: FiledApp
    identity: AppIdentity
    bundle: Path
    judgement: Judgement
    stopped_by: str


def run_name(clock: Clock) -> str:
    """Return a name for a run that sorts by time and does not collide."""
    return f"{clock.wall():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def login_name() -> str:
    """Return the name of the account that this runs under, empty where the system has none for it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no entry for the user, as in many a container
        return ""


def adb_address(given: str = "", *, source: str = "--adb-server") -> tuple[str, int]:
    """Return the adb server's host and port: as given, else from the environment adb itself reads, else its default.

    Raises ``BadInput`` that names ``source``, where the address was given, or the variable that is wrong.
    """
    if given:
        host, _, port = given.rpartition(":")
        if not host or not port.isdigit():
            raise BadInput(source=source, place=given, problem="is not HOST:PORT", mend="write 127.0.0.1:5037")
        return host, int(port)
    wrong = os.environ.get(machine.ADB_PORT_VARIABLE, "")
    if wrong and not wrong.isdigit():
        mend = f"unset {machine.ADB_PORT_VARIABLE}"
        raise BadInput(source=machine.ADB_PORT_VARIABLE, place=wrong, problem="is not a port number", mend=mend)
    return machine.adb_server_address(os.environ)


# --- one app on one device


@functools.cache
def icon_templates() -> tuple[Template, ...]:
    """Return the icons that the rules bring with them."""
    return load_templates(PICTURES)


@contextlib.contextmanager
def leased(settings: Settings) -> Iterator[str]:
    """Hold one device exclusively and yield its serial. Raises ``DeviceUnreachable`` where there is none."""
    with pool.lease(_candidates(settings), wait_s=settings.device_wait_s) as serial:
        yield serial


def _candidates(settings: Settings) -> tuple[str, ...]:
    """Return the serials that may be leased: of those wished for the ready ones; where none is, opening one tells."""
    try:
        states = dict(_listed(settings.adb))
    except DeviceUnreachable:
        if not settings.serials:
            raise
        return settings.serials  # opening a device starts the adb server
    ready = tuple(serial for serial, state in states.items() if state == "device" and serial != settings.companion)
    if not settings.serials:
        return pool.without_doubles(ready)
    wished = pool.without_doubles(settings.serials)
    return tuple(serial for serial in wished if serial in ready) or wished


def _listed(adb: tuple[str, int]) -> tuple[tuple[str, str], ...]:
    """Return serial and state of what the adb server lists. Raises ``DeviceUnreachable`` that names the mend."""
    try:
        return wire.listed(adb)
    except DeviceUnreachable as error:
        mend = "start one with `adb start-server`, or ask `harness doctor`"
        raise DeviceUnreachable(f"no adb server answers; {mend}", serial=error.serial) from error


@contextlib.contextmanager
def opened(serial: str, settings: Settings) -> Iterator[AndroidDevice]:
    """Connect to a device; it is let go of at the end of the block."""
    device = AndroidDevice(
        serial, adb=settings.adb, clock=SystemClock(), may_install_keyboard=settings.typing == "helper"
    )
    try:
        yield device
    finally:
        device.close()


@contextlib.contextmanager
def recording(
    device: AndroidDevice | Pair,
    app: FiledApp,
    settings: Settings,
    discretion: Discretion | None = None,
    retest_of: str = "",
) -> Iterator[tuple[Walker, BundleWriter]]:
    """Yield a walker for an app and the bundle it records into, which ``discretion`` keeps the account out of."""
    engines = ocr_engines(settings.ocr)
    clock = device.clock
    info = device.describe()
    start = WalkStart(
        app=app,
        identity=device.identify(app.package),
        device=info,
        engines=tuple(engine.name for engine in engines),
        began=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()),
        run=settings.run,
        rules=rules_edition(),
        operator=settings.operator or login_name(),
        boot_id=machine.boot_id(os.environ),
        filmed=settings.film == "on" or (settings.film == "auto" and not info.is_virtual),
        retest_of=retest_of,
    )

    def perceive(frame: Frame, id: ObservationId) -> Observation:  # noqa: A002
        return observe(frame, id=id, engines=engines, templates=icon_templates())

    with _writer(settings, start, clock) as writer:
        hands: Device = device if discretion is None else SecretTyping(device, discretion)
        recorder: Recorder = writer if discretion is None else Withholding(writer, discretion)
        yield Walker(hands, perceive=perceive, recorder=recorder, clock=clock), writer


def _writer(settings: Settings, start: WalkStart, clock: Clock) -> BundleWriter:
    """Return the writer of the next bundle of this name: a case can have several apps, an app several walks."""
    root = settings.evidence_dir / settings.run
    with _held(settings, "numbering"):
        names = ((seq, bundle_name(start.app, start.run, seq)) for seq in itertools.count(1))
        seq = next(seq for seq, name in names if not (root / name).exists())
        return BundleWriter(root, dataclasses.replace(start, seq=seq), clock=clock, sealing=settings.sealing)


@contextlib.contextmanager
def _held(settings: Settings, name: str) -> Iterator[Path]:
    """Keep other processes of this run out of the block; yield the folder of what they share."""
    shared = settings.evidence_dir / settings.run / ".run"
    shared.mkdir(parents=True, exist_ok=True)
    with FileLock(shared / f"{name}.lock"):
        yield shared


def inspect(app: FiledApp, serial: str, settings: Settings, filed_from: Path | None = None) -> Inspection:
    """Walk one app on one device, judge what was gathered, and leave a bundle with its report.

    ``filed_from`` is the folder that paths of the filed list start from. Raises ``DeviceError`` where the walk could
    not begin; once begun, it ends in a bundle.
    """
    refuse_unwalkable(app)
    login = login_of(app, settings.flows)
    with opened(serial, settings) as device, _companion(app, settings, filed_from) as companion:
        install(device, app, filed_from)
        seen = Pair(device, companion) if companion is not None else device
        with recording(seen, app, settings, login.discretion if login else None) as (walker, writer):
            scope = Scope(package=app.package, steps=settings.steps, seconds=settings.seconds)
            rules = ALL_RULES
            if writer.filmed:
                film = Film(serial, adb=settings.adb, clock=device.clock, keep=writer.recording)
                rules = tuple(film.filmed(rule) for rule in ALL_RULES)
            end = Tour(walker, scope, rules, device.clock, Visit(app=app, login=login)).run()
            writer.walk_ended(
                WalkEnd(
                    ended=walker.now(),
                    finished=end.finished,
                    untried=end.untried,
                    cut_pages=end.cut_pages,
                    loops=end.loops,
                    stopped_by=end.stopped_by,
                )
            )
            return finished(writer)


@contextlib.contextmanager
def _companion(app: FiledApp, settings: Settings, filed_from: Path | None) -> Iterator[AndroidDevice | None]:
    """Yield the leased second device with the app on it; ``None`` where there is none, or no account to log in with."""
    if not settings.companion or login_of(app, settings.flows) is None:
        yield None
        return
    with (
        pool.lease((settings.companion,), wait_s=settings.device_wait_s) as serial,
        opened(serial, settings) as companion,
    ):
        install(companion, app, filed_from)
        yield companion


def inspect_once(app: FiledApp, settings: Settings, filed_from: Path | None = None) -> Inspection:
    """Walk one app on a leased device, unless a process of this run has; return what that walk gave.

    Raises ``DeviceError`` and ``BadInput`` as ``leased`` and ``inspect`` do; a walk that could not begin is not kept.
    """
    refuse_unwalkable(app)  # before a device is waited for
    name = hashlib.sha256(f"{app.package}\n{app.entry}".encode()).hexdigest()[:16]
    with _held(settings, name) as shared:
        done = shared / f"{name}.bundle"
        if done.exists():
            return stored_inspection(shared.parent / done.read_text(encoding="utf-8"))
        with leased(settings) as serial:
            inspection = inspect(app, serial, settings, filed_from)
        done.write_text(inspection.bundle.name, encoding="utf-8", newline="\n")
        return inspection


@contextlib.contextmanager
def scenario(
    device: AndroidDevice, app: FiledApp, settings: Settings, filed_from: Path | None = None
) -> Iterator[Walker]:
    """Yield a walker for a script of one's own; what it saw is judged and left as a whole bundle of its own."""
    refuse_unwalkable(app)
    install(device, app, filed_from)
    with recording(device, app, settings) as (walker, writer):
        try:
            if app.entry_kind is not EntryKind.APP:
                enter(walker, app, device)
            yield walker
        finally:
            writer.walk_ended(WalkEnd(ended=walker.now(), finished=False, untried=0, stopped_by="scenario-ended"))
            finished(writer)


def finished(writer: BundleWriter) -> Inspection:
    """Judge an ended walk and make its bundle whole."""
    # Judged from what was written, not from memory: the same reading serves `harness judge` for ever.
    with open_bundle(writer.path) as stored:
        judgement = judge(stored.walk, ALL_RULES)
        pages = bundle_pages(stored, judgement, ALL_RULES)
        walk = stored.walk
    return _inspection(walk, writer.finish(judgement, pages, walk=walk), judgement)


def _inspection(walk: Walk, bundle: Path, judgement: Judgement) -> Inspection:
    return Inspection(
        app=walk.app, identity=walk.identity, bundle=bundle, judgement=judgement, stopped_by=walk.stopped_by
    )


def stored_inspection(bundle: Path) -> Inspection:
    """Return what a whole bundle holds. Raises ``BundleError``."""
    with open_bundle(bundle) as stored:
        if stored.judgement is None:
            raise BundleError(f"{bundle}: was never judged")
        return _inspection(stored.walk, stored.path, stored.judgement)


def bundles_of_run(settings: Settings) -> tuple[Path, ...]:
    """Return the bundles of a run, unfinished ones included, by name."""
    return tuple(sorted(run.parent.parent for run in (settings.evidence_dir / settings.run).glob(f"*/{RUN}")))


def install(device: AndroidDevice, app: FiledApp, filed_from: Path | None) -> None:
    """Install the filed list's file where the app is missing; an installed app is looked at as it is."""
    try:
        device.apk_path(app.package)
        return
    except ActionRefused:  # any other error has not looked whether it is there
        if not app.apk or "://" in app.apk:
            raise
    path = (filed_from or Path()) / app.apk
    record = recorded(device.shell, device.serial, app.package, device.clock.wall())
    if path.is_dir():
        from harness.virtual.app_archive import pack_app

        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder) / f"{app.package}.apk"
            packed.write_bytes(pack_app(path))
            with record:
                device.install(packed)
    elif path.is_file():
        refuse_other_file(path, app.apk_sha256, device.serial)
        with record:
            device.install(path)
    else:
        raise BadInput(
            source="filed list",
            place=f"row {app.row}, {app.package}",
            problem=f"{path} does not exist",
            mend="correct the path or install the app before",
        )


def statement(finding: Finding | Outcome | AcrossFinding) -> str:
    """Return what a finding or an outcome says, in Chinese."""
    return Phrases().statement(finding)


def known_fingerprints(folder: Path) -> frozenset[str]:
    """Return the fingerprints of everything found in the bundles below a folder. Raises ``BundleError``."""
    found: set[str] = set()
    for run in sorted(folder.rglob("data/run.json")):
        with open_bundle(run.parent.parent) as bundle:
            if bundle.judgement is not None:
                found.update(f.fingerprint for f in bundle.judgement.findings if f.verdict is Verdict.FOUND)
    return frozenset(found)


def device_rows(adb: tuple[str, int]) -> list[dict[str, str]]:
    """Return serial, state, Android version, ABI, resolution, lease and changes of every device the adb server lists.

    Where a device does not answer, ``problem`` says so and what it would have told is empty.
    """
    rows = []
    for serial, state in _listed(adb):
        row = {"serial": serial, "state": state}
        row |= dict.fromkeys(("android", "abi", "resolution", "lease", "changes", "problem"), "")
        if state == "device":
            command = "getprop ro.build.version.release; getprop ro.product.cpu.abi; wm size"
            row["lease"] = "taken" if pool.is_taken(serial) else "free"
            try:
                release, abi, *sizes = [*wire.shell(adb, serial, command).splitlines(), "", ""][:4]
                made = changes.made(functools.partial(wire.shell, adb, serial))
            except DeviceError as error:
                row["problem"] = str(error)
            else:
                row |= {"android": release, "abi": abi, "resolution": " ".join(sizes).strip().rpartition(" ")[2]}
                row["changes"] = ", ".join(change.label for change in made)
        rows.append(row)
    return rows


def clean_devices(adb: tuple[str, int], serials: Sequence[str]) -> list[dict[str, str]]:
    """Take back what the harness changed on the devices, all ready ones where none is named.

    Return serial and change of each, and in ``problem`` what stood against it; a taken device is left alone.
    """
    ready = [serial for serial, state in _listed(adb) if state == "device"]
    cleaned = []
    for serial in serials or ready:
        shell = functools.partial(wire.shell, adb, serial)
        try:
            with pool.lease([serial], wait_s=0.0):
                done = changes.take_back(shell, serial, changes.made(shell))
        except DeviceError as error:
            cleaned.append({"serial": serial, "change": "", "problem": str(error)})
        else:
            cleaned += [{"serial": serial, "change": one.label, "problem": problem} for one, problem in done]
    return cleaned


def bundles_at(path: Path) -> tuple[Path, ...]:
    """Return the bundle at a path, or every bundle of a run's folder. Raises ``BadInput`` where there is none."""
    if path.is_file() or (path / RUN).is_file():
        return (path,)
    found = tuple(sorted(run.parent.parent for run in path.glob(f"*/{RUN}")))
    if not found:
        mend = "give a folder `EB-...` or its zip, or the folder of a run that holds some"
        raise BadInput(source=str(path), place="bundle", problem="is no evidence bundle", mend=mend)
    return found


def share(bundle: Path, out: Path) -> Shared:
    """Write the copy of a bundle that may be shared. Raises ``BadInput`` and ``BundleError``."""

    def pages(stored: StoredBundle, judgement: Judgement) -> Mapping[str, bytes]:
        return bundle_pages(stored, judgement, ALL_RULES)

    return redact.share(bundle, out, pages, SystemClock())


def report_on(
    bundles: Sequence[Path], out: Path, formats: Sequence[str] = (), *, sign_key: str = ""
) -> tuple[Path, ...]:
    """Write views of bundles as they were judged; one never judged is judged now. Return what to open.

    The pages come first, whatever else is asked for: the other views link to them and to their pictures. Raises
    ``BadInput`` for a key that cannot be used, or where this machine cannot make a view.
    """
    judged = {}
    for path in bundles:
        with open_bundle(path) as bundle:
            if bundle.judgement is None:
                judged[path] = judge(bundle.walk, ALL_RULES)
    signer = signer_at(sign_key, outside=tuple(path.parent for path in bundles)) if sign_key and formats else None
    means = Means(out=out, font=find_cjk_font_file(os.environ), signer=signer)
    run = gather(bundles, out, ALL_RULES, made=SystemClock().wall(), judgements=judged)
    return tuple(path for name in dict.fromkeys(("html", *formats)) for path in EXPORTS[name](run, means))


# --- one stored screen


def look(image: Path, xml: Path | None, ocr: str = OCR[0], *, annotate: Path | None = None) -> Look:
    """Perceive and judge one stored screen, drawn to ``annotate`` where given. Raises ``BadInput`` for no picture."""
    if annotate is not None and annotate.resolve() in (image.resolve(), xml and xml.resolve()):
        problem = "is what is looked at and would be drawn over"
        raise BadInput(source=str(annotate), place="--annotate", problem=problem, mend="give another file")
    clock = SystemClock()
    frame = frame_from_image(image, at=Moment(wall=clock.wall(), mono_s=clock.monotonic_s()), xml=xml)
    observation = observe(frame, id=ObservationId("o0001"), engines=ocr_engines(ocr), templates=icon_templates())
    outcomes = outcomes_for(observation, ALL_RULES)
    seen = Look(
        observation=observation,
        outcomes=tuple(RuleOutcome(rule=rule, statement=statement(said), outcome=said) for rule, said in outcomes),
        groups=groups(observation),
    )
    if annotate is not None and frame.png is not None:
        annotate.write_bytes(drawn_look(frame.png, seen, font=find_cjk_font_file(os.environ)))
    return seen
