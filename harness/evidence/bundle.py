"""Writes a walk while it happens, and reads it again: as a walk to be judged, as evidence to be shown.

A crash at any moment leaves a folder that opens and says that it is unfinished; nothing in it is lost but a torn line.
"""

from __future__ import annotations

import platform
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path, PurePosixPath
from types import TracebackType

from harness.appmap import app_map
from harness.clock import Clock
from harness.errors import BundleError
from harness.evidence import bag, codec, durable, layout
from harness.evidence.container import Container, Limits, open_container, read
from harness.evidence.content import unsafe_picture
from harness.evidence.crate import crate
from harness.evidence.events import Trail, read_facts, read_trail
from harness.evidence.layout import (
    Asked,
    Body,
    Capture,
    CaseFacts,
    CoverageFacts,
    DeviceFacts,
    Digest,
    Ended,
    Event,
    EventType,
    FindingsFacts,
    Members,
    RunFacts,
    SubjectFacts,
    WalkEnd,
    sha256,
)
from harness.evidence.seal import Sealing, begin_time, seal
from harness.messages import text
from harness.model import (
    AppIdentity,
    DeviceInfo,
    FiledApp,
    Frame,
    Judgement,
    Moment,
    Observation,
    ObservationId,
    ProbeRun,
    Recording,
    Refusal,
    Step,
    Walk,
)

_STOPPED_BY_CRASH = "walk-cut-short"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStart:
    """What is known before the first step. ``run`` names the night or run, ``seq`` the bundle within it."""

    app: FiledApp
    identity: AppIdentity
    device: DeviceInfo
    engines: tuple[str, ...]
    began: Moment
    run: str
    seq: int = 1
    seed: int = 0
    rules: str = ""
    operator: str = ""
    boot_id: str = ""
    filmed: bool = False
    retest_of: str = ""


class BundleWriter:
    """The recorder of one walk: everything is on the disk when a call returns. Used by one thread.

    Raises ``BundleError`` when the disk does not take it. ``with`` closes the files; only ``finish`` makes it whole.
    With ``sealing`` a time-stamp is asked for before the first event, and the whole bundle is signed.
    """

    def __init__(self, root: Path, start: WalkStart, *, clock: Clock, sealing: Sealing | None = None) -> None:
        self._clock = clock
        self._sealing = sealing
        self._start = start
        self._subject = SubjectFacts(app=start.app, identity=start.identity)
        self.name = layout.bundle_name(start.app, start.run, start.seq)
        self.path = root / self.name
        self._head = layout.FIRST_PREV
        self._events = 0
        self._seen: set[ObservationId] = set()
        self._lines = bag.Running()
        self._walk_ended: WalkEnd | None = None
        # Made beside its place and moved there whole: a folder with a bundle's name always has a beginning.
        part = root / f".{self.name}.{uuid.uuid4().hex[:8]}"
        try:
            part.mkdir(parents=True)
            self._begin(part)
            if self.path.exists():
                raise BundleError(f"{self.path}: is there already")
            part.rename(self.path)
            durable.sync_folder(root)
        except OSError as error:
            raise BundleError(f"{self.path}: cannot be created: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._observation_log = durable.LineLog(self.path / layout.OBSERVATIONS)
        self._event_log = durable.LineLog(self.path / layout.EVENTS)

    @property
    def filmed(self) -> bool:
        """Return whether probes are to be filmed, as it is written in the bundle."""
        return self._start.filmed

    def observation(self, observation: Observation, frame: Frame) -> None:
        """Store one look: the device's bytes as they came, what was perceived, and the event that binds them."""
        if observation.id in self._seen:
            raise BundleError(f"{self.name}: {observation.id}: was recorded before")
        png = self._artifact(frame.png, layout.shot_member)
        xml = self._artifact(frame.xml, layout.ui_member)
        if (observation.png_sha256, observation.xml_sha256) != (png, xml):
            raise BundleError(f"{self.name}: {observation.id}: its digests are not those of the frame")
        line = codec.dump_line(observation)
        self._observation_log.append(line)
        self._lines.add(line)
        self._seen.add(observation.id)
        capture = Capture(
            observation=observation.id,
            screen=observation.screen,
            page=observation.page,
            size_px=observation.size_px,
            began=frame.began,
            ended=frame.ended,
            moving=observation.moving,
            gaps=observation.gaps,
            png_sha256=png,
            xml_sha256=xml,
            perceived_sha256=sha256(line),
        )
        self._log(EventType.OBSERVATION, capture)

    def step(self, step: Step) -> None:
        self._log(EventType.STEP, step)

    def refusal(self, refusal: Refusal) -> None:
        self._log(EventType.REFUSAL, refusal)

    def probe_run(self, run: ProbeRun) -> None:
        self._log(EventType.PROBE_RUN, run)

    def recording(self, recording: Recording, content: bytes | None) -> None:
        """Store one segment of film, or that there is none."""
        if recording.sha256 != self._artifact(content, layout.recording_member):
            raise BundleError(f"{self.name}: film {recording.number} of {recording.rule}: its digest is not the film's")
        self._log(EventType.RECORDING, recording)

    def walk_ended(self, end: WalkEnd) -> None:
        """Record how the walk ended; after this the bundle can be read and judged, and nothing more is recorded."""
        body = Ended(walk=end, observations=len(self._seen), observations_sha256=self._lines.sha256)
        self._log(EventType.END, body)
        self._walk_ended = end

    def finish(
        self, judgement: Judgement, pages: Mapping[str, bytes] | None = None, *, walk: Walk | None = None
    ) -> Path:
        """Write findings, coverage, report pages and the BagIt manifests; return the bundle's folder.

        ``pages`` are ``index.html`` and files below ``data/derived``. ``walk`` is what the caller has read back from
        this bundle; without it that is read here. Raises ``BundleError`` before ``walk_ended``.
        """
        if self._walk_ended is None:
            raise BundleError(f"{self.name}: the walk has not ended")
        if walk is None:
            with open_bundle(self.path) as stored:  # what was written, not what was meant to be
                walk = stored.walk
        coverage = CoverageFacts(walk=self._walk_ended, rules=judgement.coverage, map=app_map(walk))
        told = crate(self._run, self._subject, self._start.device, self._walk_ended)
        judged = (
            _put(self.path, layout.COVERAGE, codec.dump_page(coverage)),
            _put(self.path, layout.FINDINGS, judgement_json(judgement)),
            _put(self.path, layout.CRATE, told),
        )
        self._log(EventType.JUDGED, Members(members=judged))
        self.close()
        for name in pages or {}:
            if name != layout.REPORT and str(PurePosixPath(name).parent) != layout.DERIVED:
                raise BundleError(f"{self.name}: {name}: a report page does not go there")
        durable.write_all({self.path / name: content for name, content in (pages or {}).items()})
        _put(self.path, layout.README, _text("README.txt"))
        bag.close_bag(self.path, made=self._clock.wall())
        if self._sealing is not None:  # before the marker goes: what was to be signed is unfinished until it is
            seal(self.path, self._sealing, self._clock)
        durable.remove(self.path / layout.UNFINISHED)
        return self.path

    def close(self) -> None:
        """Close the logs; safe to call twice."""
        self._observation_log.close()
        self._event_log.close()

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run_facts(self, start_stamp: Asked | None) -> RunFacts:
        return RunFacts(
            bundle=self.name,
            run=self._start.run,
            seq=self._start.seq,
            began=self._start.began,
            seed=self._start.seed,
            engines=self._start.engines,
            harness_version=_version(),
            python=platform.python_version(),
            platform=platform.platform(),
            rules=self._start.rules,
            start_stamp=start_stamp,
            operator=self._start.operator,
            boot_id=self._start.boot_id,
            filmed=self._start.filmed,
            retest_of=self._start.retest_of,
        )

    def _begin(self, folder: Path) -> None:
        """Write what is known before the first step, and the first event that fixes it."""
        durable.write(folder / layout.UNFINISHED, _text("UNFINISHED.txt"))
        for name in layout.FOLDERS:
            (folder / name).mkdir()
        start = self._start
        asked = begin_time(folder, self._sealing, (self.name, start.run), self._clock) if self._sealing else None
        stamped = [folder / member for member in (layout.START, layout.START_STAMP) if (folder / member).exists()]
        self._run = self._run_facts(asked)
        facts = {
            layout.RUN: self._run,
            layout.SUBJECT: self._subject,
            layout.DEVICE: DeviceFacts(device=start.device),
            layout.CASE: CaseFacts(case_id=start.app.case_id, package=start.app.package),
        }
        begun = [_put(folder, member, codec.dump_page(value)) for member, value in facts.items()]
        begun += [Digest(member=f"{layout.TIME}/{path.name}", sha256=sha256(path.read_bytes())) for path in stamped]
        for name, schema in schema_files().items():
            _put(folder, f"{layout.SCHEMA}/{name}", schema)
        durable.write(folder / layout.OBSERVATIONS, b"")
        line = self._next_line(EventType.BEGIN, Members(members=tuple(begun)))
        durable.write(folder / layout.EVENTS, line + b"\n")

    def _log(self, kind: EventType, body: Body) -> None:
        if self._walk_ended is not None and kind is not EventType.JUDGED:
            raise BundleError(f"{self.name}: the walk has ended, no {kind} can follow")
        self._event_log.append(self._next_line(kind, body))

    def _next_line(self, kind: EventType, body: Body) -> bytes:
        at = Moment(wall=self._clock.wall(), mono_s=self._clock.monotonic_s())
        line = codec.dump_line(Event(seq=self._events, type=kind, at=at, prev=self._head, body=body))
        self._events += 1
        self._head = sha256(line)
        return line

    def _artifact(self, content: bytes | None, member_of: bag.MemberOf) -> str | None:
        if content is None:
            return None
        digest = sha256(content)
        path = self.path / member_of(digest)
        if not path.exists():
            durable.write(path, content)
        return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBundle:
    """A bundle as it was read. ``judgement`` is ``None`` and ``unfinished`` true where the run was cut short."""

    name: str
    path: Path
    run: RunFacts
    case: CaseFacts
    walk: Walk
    judgement: Judgement | None
    unfinished: bool
    container: Container
    recordings: tuple[Recording, ...] = ()

    def shot(self, digest: str) -> bytes:
        """Return a screenshot's original bytes, checked against their digest. Raises ``BundleError``."""
        member = layout.shot_member(digest)
        content = read(self.container, member)
        if sha256(content) != digest:
            raise BundleError(f"{self.name}: {member}: its bytes are not those that were recorded")
        return content


@contextmanager
def open_bundle(path: Path, *, limits: Limits | None = None) -> Iterator[StoredBundle]:
    """Open a bundle, folder or zip, for judging and reporting. Raises ``BundleError`` where it does not hold together.

    This is not ``verify``: names, sizes and ratios, the pixels that pictures tell, the event chain and what was
    perceived are checked; a picture's digest when it is asked for.
    """
    with open_container(path, limits=limits) as container:
        first = container.problems[0] if container.problems else unsafe_picture(container, limits or Limits())
        if first is not None:
            raise BundleError(f"{path}: {text(first.key)}: {first.member} {first.detail}".rstrip())
        if layout.WITHHELD in container.sizes:
            raise BundleError(f"{path}: is a shared copy, its originals are withheld; open {layout.SHARED}/index.html")
        unfinished = layout.UNFINISHED in container.sizes
        run = read_facts(container, layout.RUN, RunFacts)
        subject = read_facts(container, layout.SUBJECT, SubjectFacts)
        trail = read_trail(container, torn_ok=unfinished)
        judgement = None
        if not unfinished:
            judgement = read_facts(container, layout.FINDINGS, FindingsFacts).judgement
        yield StoredBundle(
            name=run.bundle,
            path=path,
            run=run,
            case=read_facts(container, layout.CASE, CaseFacts),
            walk=_walk(run, subject, read_facts(container, layout.DEVICE, DeviceFacts), trail),
            judgement=judgement,
            unfinished=unfinished,
            container=container,
            recordings=trail.recordings,
        )


def read_bundle(path: Path) -> Walk:
    """Return the walk of a bundle, folder or zip. Raises ``BundleError``.

    The walk of an unfinished bundle ends with its last event, not finished, stopped by ``walk-cut-short``.
    """
    with open_bundle(path) as bundle:
        return bundle.walk


def stored_judgement(path: Path) -> Judgement | None:
    """Return what was judged when the bundle was made, ``None`` for an unfinished one. Raises ``BundleError``."""
    with open_bundle(path) as bundle:
        return bundle.judgement


def judgement_json(judgement: Judgement) -> bytes:
    """Return the one byte form of a judgement; ``findings.json`` and ``harness judge`` write the same."""
    return codec.dump_page(FindingsFacts(judgement=judgement))


def schema_files() -> Mapping[str, bytes]:
    """Return the JSON Schemas of a bundle's parts by file name."""
    folder = resources.files("harness") / "schemas"
    return {name: (folder / name).read_bytes() for name in layout.SCHEMA_NAMES}


def _walk(run: RunFacts, subject: SubjectFacts, device: DeviceFacts, trail: Trail) -> Walk:
    end = trail.end or WalkEnd(ended=trail.last, finished=False, untried=0, stopped_by=_STOPPED_BY_CRASH)
    return Walk(
        app=subject.app,
        identity=subject.identity,
        device=device.device,
        engines=run.engines,
        observations=trail.observations,
        steps=trail.steps,
        refusals=trail.refusals,
        probe_runs=trail.probe_runs,
        began=run.began,
        ended=end.ended,
        finished=end.finished,
        untried=end.untried,
        cut_pages=end.cut_pages,
        loops=end.loops,
        stopped_by=end.stopped_by,
        seed=run.seed,
    )


def _put(folder: Path, member: str, content: bytes) -> Digest:
    durable.write(folder / member, content)
    return Digest(member=member, sha256=sha256(content))


def _text(name: str) -> bytes:
    """Return a text for people with the byte order mark and line ends that old editors need."""
    text = (resources.files(__package__) / "texts" / name).read_text(encoding="utf-8")
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8")


def _version() -> str:
    try:
        return metadata.version("android-compliance-harness")
    except metadata.PackageNotFoundError:
        return "unknown"
