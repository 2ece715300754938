"""What happened to a bundle after it was made: one hash-chained file beside it, never inside it.

Deliveries are written by the harness, decisions by a person's command alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.errors import BundleError
from harness.evidence import codec, durable
from harness.evidence.layout import FIRST_PREV, sha256

_MOST_BYTES = 64 << 20


class Decided(StrEnum):
    """What a reviewer says of a finding; the words are those of the case file."""

    UPHELD = "认定"
    NOT_UPHELD = "不认定"
    OPEN = "待核"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file that was delivered to a case. ``receipt`` is the other side's answer, ``confirmed`` its digest's."""

    case: str
    place: str
    file: str
    sha256: str
    size_bytes: int
    confirmed: bool
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one reviewer decided about one finding of the bundle with this payload hash."""

    finding: str
    decided: Decided
    reviewer: str
    reason: str
    payload_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log. ``prev`` is the line before's SHA-256; it tells either of a delivery or of a decision."""

    format: int = codec.FORMAT
    seq: int
    at: datetime
    prev: str
    delivered: Delivered | None = None
    decision: Decision | None = None


class Agreement(StrEnum):
    """What the reviewers' last words about a finding come to; each is a message key with ``decision-`` before it."""

    NONE = "none"
    ONE = "one"  # a second reviewer has not spoken
    AGREED = "agreed"
    DIVIDED = "divided"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises ``BundleError``."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error}") from error


def log_path(bundle: Path) -> Path:
    """Return where the log of a bundle lies: beside it, under its name."""
    name = bundle.name.removesuffix(".zip")
    return bundle.absolute().with_name(f"{name}.case.jsonl")


def read_log(path: Path) -> tuple[Entry, ...]:
    """Return every entry, none where there is no log. Raises ``BundleError`` for a broken chain."""
    if not path.exists():
        return ()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BundleError(f"{path}: is larger than {_MOST_BYTES} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error}") from error
    entries = []
    head = FIRST_PREV
    for number, line in enumerate(raw.split(b"\n")[:-1]):  # what a crash left of a last line was never acknowledged
        at = f"{path}: line {number + 1}"
        entry = codec.from_json(Entry, codec.parse(line, member=at), member=at)
        if (entry.seq, entry.prev) != (number, head):
            raise BundleError(f"{at}: the chain is broken before it")
        entries.append(entry)
        head = sha256(line)
    return tuple(entries)


def add(path: Path, at: datetime, body: Delivered | Decision) -> None:
    """Put one more entry on the disk. Raises ``BundleError``."""
    with _held(path):
        known = read_log(path)
        if path.exists():
            _drop_torn(path)
        head = sha256(path.read_bytes().split(b"\n")[-2]) if known else FIRST_PREV
        told: Mapping[str, Any] = {"delivered": body} if isinstance(body, Delivered) else {"decision": body}
        with durable.LineLog(path) as log:
            log.append(codec.dump_line(Entry(seq=len(known), at=at, prev=head, **told)))


def agreement(entries: tuple[Entry, ...], finding: str, payload_sha256: str) -> tuple[Agreement, dict[str, Decision]]:
    """Return what the last word of every reviewer about a finding of this very bundle comes to, and these words."""
    told = [entry.decision for entry in entries if entry.decision is not None]
    last = {one.reviewer: one for one in told if one.finding == finding and one.payload_sha256 == payload_sha256}
    if not last:
        return Agreement.NONE, last
    if len(last) == 1:
        return Agreement.ONE, last
    return Agreement.AGREED if len({one.decided for one in last.values()}) == 1 else Agreement.DIVIDED, last


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with FileLock(path.with_name(f".{path.name}.lock")):
        yield


def _drop_torn(path: Path) -> None:
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) != len(raw):
        durable.write(path, whole)
