"""What lies where in a bundle, and the values that are written only there. Pure.

EB-<case or package>-<run>-<seq>/
  bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt   BagIt 1.0
  README.txt index.html                                               for people
  UNFINISHED.txt                                                      only until the bundle is complete
  data/run.json subject.json device.json case.json                    written at the start
  data/events.jsonl                                                   hash-chained, one line per thing that happened
  data/observations.jsonl                                             what was perceived, one line per observation
  data/shots/<sha256>.png  data/ui/<sha256>.xml                       the device's own bytes
  data/recordings/<sha256>.mp4                                        film of probes, in segments
  data/derived/                                                       drawn or scaled from those
  data/coverage.json findings.json ro-crate-metadata.json             written at the end
  data/schema/                                                        JSON Schemas of all of the above
  data/time/start.json start.tsr                                      time-stamp from before the first step
  shared/                                                             only in a shared copy: see ``redact.py``
  signatures/                                                         the seal, made last, in no manifest:
    statement.dsse.json signer.pem signer-sm2.pem                     over the tag manifest; the keys are hints
    statement.tsr time-gap.json                                       over the signature, or why there is none
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from harness.appmap import AppMap
from harness.evidence.codec import FORMAT
from harness.model import (
    AcrossFinding,
    AppIdentity,
    Coverage,
    DeviceInfo,
    FiledApp,
    Gap,
    Judgement,
    Moment,
    ObservationId,
    PackageName,
    Page,
    ProbeRun,
    Recording,
    Refusal,
    RuleId,
    ScreenKey,
    Step,
)

RUN = "data/run.json"
SUBJECT = "data/subject.json"
DEVICE = "data/device.json"
CASE = "data/case.json"
COVERAGE = "data/coverage.json"
FINDINGS = "data/findings.json"
CRATE = "data/ro-crate-metadata.json"
EVENTS = "data/events.jsonl"
OBSERVATIONS = "data/observations.jsonl"
SHOTS = "data/shots"
UI = "data/ui"
RECORDINGS = "data/recordings"
DERIVED = "data/derived"
SCHEMA = "data/schema"
REPORT = "index.html"
ACROSS = "across.json"  # beside the report over several bundles
README = "README.txt"
UNFINISHED = "UNFINISHED.txt"
BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
TIME = "data/time"
START = "data/time/start.json"
START_STAMP = "data/time/start.tsr"
SIGNATURES = "signatures"
STATEMENT = "signatures/statement.dsse.json"
STATEMENT_STAMP = "signatures/statement.tsr"
SIGNER = "signatures/signer.pem"
SIGNER_SM2 = "signatures/signer-sm2.pem"
TIME_GAP = "signatures/time-gap.json"
SHARED = "shared"  # only in a copy that may be shared: masked derivatives, and what was withheld
WITHHELD = "shared/withheld.json"
MASKS = "shared/masks.json"
SHARED_MANIFEST = "shared/manifest-sha256.txt"
RUN_LOCK = ".run/numbering.lock"  # in a run's folder, beside its bundles
LEDGER = "roots.jsonl"  # beside the runs' folders, never in a bundle

FOLDERS = ("data", SHOTS, UI, RECORDINGS, DERIVED, SCHEMA)
SEAL_FOLDERS = (TIME, SIGNATURES)  # only in a bundle that was to be signed
SHARED_FOLDERS = (SHARED, f"{SHARED}/data", f"{SHARED}/{SHOTS}", f"{SHARED}/{DERIVED}")
SEAL_FILES = (STATEMENT, STATEMENT_STAMP, SIGNER, SIGNER_SM2, TIME_GAP)
TAG_FILES = (BAGIT, BAG_INFO, MANIFEST, README)  # TAG_MANIFEST lists them and the report
# What of a bundle tells of no person: all that a shared copy keeps of it.
SHAREABLE = frozenset(
    {
        BAGIT,
        BAG_INFO,
        MANIFEST,
        README,
        TAG_MANIFEST,
        RUN,
        SUBJECT,
        DEVICE,
        CASE,
        CRATE,
        START,
        START_STAMP,
        *SEAL_FILES,
    }
)
SHAREABLE_FOLDERS = (f"{SCHEMA}/",)
_PARTS = (
    "case",
    "coverage",
    "crate",
    "derived",
    "device",
    "event",
    "findings",
    "masks",
    "observation",
    "run",
    "start",
    "subject",
    "withheld",
)
_SEAL_PARTS = ("root", "seal", "time-gap")  # ``root`` is of the ledger, which lies beside the bundles
SCHEMA_NAMES = tuple(f"{part}.schema.json" for part in sorted((*_PARTS, *_SEAL_PARTS)))
BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
FIRST_PREV = "0" * 64

# Everything that may lie in the payload: a page or a script put there would be opened by whoever trusts the bundle.
_PAYLOAD = re.compile(
    r"data/(?:(?:run|subject|device|case|coverage|findings|ro-crate-metadata)\.json|(?:events|observations)\.jsonl"
    r"|shots/[0-9a-f]{64}\.png|ui/[0-9a-f]{64}\.xml|recordings/[0-9a-f]{64}\.mp4|derived/[\w.-]+\.(?:jpg|png|json)"
    r"|schema/[\w.-]+\.schema\.json|time/start\.(?:json|tsr))",
    re.ASCII,
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._]+")


class EventType(StrEnum):
    """What an event tells."""

    BEGIN = "begin"
    OBSERVATION = "observation"
    STEP = "step"
    REFUSAL = "refusal"
    PROBE_RUN = "probe-run"
    RECORDING = "recording"
    END = "end"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A time-stamping authority that was asked. ``problem`` is a message key, empty where it answered."""

    tsa: str
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Which run this is and what made it. ``engines`` read the pixels; ``seed`` fed the explorer.

    ``rules`` is the edition of the rule set; ``start_stamp`` is ``None`` where no time-stamp was wanted.
    ``operator`` ran it; ``boot_id`` is of the host, empty where it did not tell: monotonic times compare within one
    boot only. ``retest_of`` names the bundle whose findings were tested again, empty for a walk of its own.
    """

    format: int = FORMAT
    bundle: str
    run: str
    seq: int
    began: Moment
    seed: int
    engines: tuple[str, ...]
    harness_version: str
    python: str
    platform: str
    rules: str = ""
    start_stamp: Asked | None = None
    operator: str = ""
    boot_id: str = ""
    filmed: bool = False  # whether probes were to be filmed
    retest_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFacts:
    """What the first time-stamp is over: nobody could know ``nonce`` and ``previous`` earlier.

    ``previous`` is the last line of the ledger of roots, ``None`` where none is kept.
    """

    format: int = FORMAT
    bundle: str
    run: str
    nonce: str
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What the signature is about, besides the digest of the tag manifest: enough to tell when a part was taken away.

    ``findings`` counts them by verdict; ``previous`` is the line of the ledger before this bundle's.
    """

    format: int = FORMAT
    bundle: str
    run: str
    case_id: str
    package: str
    payload_sha256: str
    chain_head: str
    events: int
    findings: tuple[tuple[str, int], ...]
    engines: tuple[str, ...]
    rules: str
    harness_version: str
    created: datetime
    previous: str | None
    tsa: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGap:
    """Why a signature has no time-stamp."""

    format: int = FORMAT
    asked: Asked
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """What was looked at: the row of the filed list, and the build as the device tells it."""

    format: int = FORMAT
    app: FiledApp
    identity: AppIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """Which device looked."""

    format: int = FORMAT
    device: DeviceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The review case the bundle is for; empty until it is attached to one. Decisions are never stored here."""

    format: int = FORMAT
    case_id: str
    package: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkEnd:
    """How a walk ended. ``stopped_by`` is a message key, empty when nothing was left to try."""

    ended: Moment
    finished: bool
    untried: int
    cut_pages: int = 0  # pages that went on below what was scrolled to
    loops: tuple[ScreenKey, ...] = ()  # screens at which the same press led to ever more of the same
    stopped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """How the walk ended, what each rule could look at, and the map of what was seen; older bundles have no map."""

    format: int = FORMAT
    walk: WalkEnd
    rules: tuple[tuple[RuleId, Coverage], ...]
    map: AppMap = field(default_factory=AppMap)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsFacts:
    """What was judged when the bundle was made."""

    format: int = FORMAT
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One line of ``derived.json``: a picture, the original that it was made from, and how."""

    member: str
    derived_from: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedApp:
    """One app of several that were judged together."""

    package: PackageName
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFacts:
    """Several apps judged again, each by itself and all together; what they show together stands apart."""

    format: int = FORMAT
    apps: tuple[JudgedApp, ...]
    across: tuple[AcrossFinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossFacts:
    """What the apps of one run show together, beside the report over them."""

    format: int = FORMAT
    across: tuple[AcrossFinding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A member and the SHA-256 of its bytes."""

    member: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The body of ``begin`` and ``judged``: files that this event fixes."""

    members: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The body of ``observation``: when the device was looked at, and the digests of everything that came of it."""

    observation: ObservationId
    screen: ScreenKey
    page: Page | None
    size_px: tuple[int, int]
    began: Moment
    ended: Moment
    moving: bool
    gaps: tuple[Gap, ...]
    png_sha256: str | None
    xml_sha256: str | None
    perceived_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The body of ``end``."""

    walk: WalkEnd
    observations: int
    observations_sha256: str


Body = Members | Capture | Step | Refusal | ProbeRun | Recording | Ended

BODIES: Mapping[EventType, type[Any]] = {
    EventType.BEGIN: Members,
    EventType.OBSERVATION: Capture,
    EventType.STEP: Step,
    EventType.REFUSAL: Refusal,
    EventType.PROBE_RUN: ProbeRun,
    EventType.RECORDING: Recording,
    EventType.END: Ended,
    EventType.JUDGED: Members,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log. ``prev`` is the SHA-256 of the line before, without its newline."""

    seq: int
    type: EventType
    at: Moment
    prev: str
    body: Body


def sha256(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def shot_member(digest: str) -> str:
    return f"{SHOTS}/{digest}.png"


def ui_member(digest: str) -> str:
    return f"{UI}/{digest}.xml"


def recording_member(digest: str) -> str:
    return f"{RECORDINGS}/{digest}.mp4"


def belongs(member: str) -> bool:
    """Return whether a member of the payload is one that a bundle has."""
    return _PAYLOAD.fullmatch(member) is not None


def bundle_name(app: FiledApp, run: str, seq: int) -> str:
    """Return ``EB-<case or package>-<run>-<seq>`` in the letters that every file system takes."""
    about = _plain(app.case_id) or _plain(app.package) or "app"
    return f"EB-{about[:48]}-{_plain(run)[:32] or 'run'}-{seq:03d}"


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text).strip("._")
