"""The stored values read again: the chain of the log checked, every line bound to what it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import BundleError
from harness.evidence import codec, layout
from harness.evidence.bag import Running
from harness.evidence.container import Container, read
from harness.evidence.layout import BODIES, Capture, Ended, Event, EventType, WalkEnd, sha256
from harness.evidence.migrate import migrated
from harness.model import Moment, Observation, ProbeRun, Recording, Refusal, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Everything that was recorded, in order. ``end`` is ``None`` where the walk was cut short."""

    events: tuple[Event, ...]
    observations: tuple[Observation, ...]
    head: str  # SHA-256 of the last event's line

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(event.body for event in self.events if isinstance(event.body, Step))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(event.body for event in self.events if isinstance(event.body, Refusal))

    @property
    def probe_runs(self) -> tuple[ProbeRun, ...]:
        return tuple(event.body for event in self.events if isinstance(event.body, ProbeRun))

    @property
    def recordings(self) -> tuple[Recording, ...]:
        return tuple(event.body for event in self.events if isinstance(event.body, Recording))

    @property
    def captures(self) -> tuple[Capture, ...]:
        return tuple(event.body for event in self.events if isinstance(event.body, Capture))

    @property
    def end(self) -> WalkEnd | None:
        ends = [event.body.walk for event in self.events if isinstance(event.body, Ended)]
        return ends[0] if ends else None

    @property
    def last(self) -> Moment:
        return self.events[-1].at


def read_trail(container: Container, *, torn_ok: bool) -> Trail:
    """Return the log of a bundle. Raises ``BundleError`` for a broken chain or order, or a line that does not fit.

    ``torn_ok`` is for an unfinished bundle: a last line that was not written whole is dropped, and an observation whose
    event was not written any more is left out.
    """
    stored = _stored_format(container)
    log = _lines(container, layout.EVENTS, torn_ok=torn_ok)
    events = _events(log, f"{container.name}: {layout.EVENTS}", stored)
    lines = _lines(container, layout.OBSERVATIONS, torn_ok=torn_ok)
    captures = [event.body for event in events if isinstance(event.body, Capture)]
    where = f"{container.name}: {layout.OBSERVATIONS}"
    spare = len(lines) - len(captures)
    if spare < 0 or spare > (1 if torn_ok else 0):
        raise BundleError(f"{where}: {len(lines)} lines for {len(captures)} captures")
    observations = tuple(
        _observation(line, capture, f"{where}: line {number}", stored)
        for number, (line, capture) in enumerate(zip(lines, captures, strict=False), start=1)
    )
    if len({observation.id for observation in observations}) != len(observations):
        raise BundleError(f"{where}: an observation is there twice")
    _check_end(events, lines, where=where, torn_ok=torn_ok)
    return Trail(events=events, observations=observations, head=sha256(log[-1]))


def read_facts(container: Container, member: str, cls: type[T]) -> T:
    """Return one of the bundle's JSON values, brought to today's form. Raises ``BundleError`` for an unknown format."""
    where = f"{container.name}: {member}"
    value = codec.parse(read(container, member), member=where)
    found = value.get("format") if isinstance(value, dict) else None
    if type(found) is not int:
        raise BundleError(f"{where}: format {found!r} is not one")
    return codec.from_json(cls, migrated(member, value, found), member=where)


def _stored_format(container: Container) -> int:
    """Return the format that a bundle was written in: its lines have none of their own. Raises ``BundleError``."""
    value = codec.parse(read(container, layout.RUN), member=layout.RUN)
    found = value.get("format") if isinstance(value, dict) else None
    if type(found) is not int:
        raise BundleError(f"{container.name}: {layout.RUN}: format {found!r} is not one")
    return found


def _lines(container: Container, member: str, *, torn_ok: bool) -> list[bytes]:
    raw = read(container, member)
    lines = raw.split(b"\n")
    if lines.pop() and not torn_ok:
        raise BundleError(f"{container.name}: {member}: its last line is torn")
    return lines


def _events(lines: Sequence[bytes], where: str, stored: int) -> tuple[Event, ...]:
    events = []
    head = layout.FIRST_PREV
    for number, line in enumerate(lines):
        at = f"{where}: line {number + 1}"
        event = _event(line, at, stored)
        if event.seq != number:
            raise BundleError(f"{at}: seq is {event.seq}, not {number}")
        if event.prev != head:
            raise BundleError(f"{at}: the chain is broken before it")
        events.append(event)
        head = sha256(line)
    if not events or events[0].type is not EventType.BEGIN:
        raise BundleError(f"{where}: does not begin")
    return tuple(events)


def _event(line: bytes, where: str, stored: int) -> Event:
    """Return one event; the type of its body follows from its ``type``."""
    value = migrated(layout.EVENTS, codec.parse(line, member=where), stored)
    if not isinstance(value, dict) or value.keys() != {"seq", "type", "at", "prev", "body"}:
        raise BundleError(f"{where}: is not an event")
    seq, prev = value["seq"], value["prev"]
    if type(seq) is not int or not isinstance(prev, str):
        raise BundleError(f"{where}: is not an event")
    kind = codec.from_json(EventType, value["type"], member=where, at=".type")
    return Event(
        seq=seq,
        type=kind,
        at=codec.from_json(Moment, value["at"], member=where, at=".at"),
        prev=prev,
        body=codec.from_json(BODIES[kind], value["body"], member=where, at=".body"),
    )


def _observation(line: bytes, capture: Capture, where: str, stored: int) -> Observation:
    if sha256(line) != capture.perceived_sha256:
        raise BundleError(f"{where}: is not what was recorded for {capture.observation}")
    value = migrated(layout.OBSERVATIONS, codec.parse(line, member=where), stored)
    observation = codec.from_json(Observation, value, member=where)
    digests = (observation.id, observation.png_sha256, observation.xml_sha256)
    if digests != (capture.observation, capture.png_sha256, capture.xml_sha256):
        raise BundleError(f"{where}: does not belong to {capture.observation}")
    return observation


def _check_end(events: tuple[Event, ...], lines: Sequence[bytes], *, where: str, torn_ok: bool) -> None:
    kinds = [event.type for event in events]
    whole = [EventType.END, EventType.JUDGED]
    tail = [kind for kind in kinds if kind in whole]
    if kinds[len(kinds) - len(tail) :] != tail or tail != whole[: len(tail)] or kinds.count(EventType.BEGIN) != 1:
        raise BundleError(f"{where}: the log goes on after its end")
    if not torn_ok and tail != whole:
        raise BundleError(f"{where}: the log has no end")
    digest = Running()
    for line in lines:
        digest.add(line)
    for event in events:
        if isinstance(event.body, Ended) and event.body.observations_sha256 != digest.sha256:
            raise BundleError(f"{where}: is not what the log ended with")
