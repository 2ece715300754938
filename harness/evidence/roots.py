"""The ledger of bundle roots: one hash-chained line per sealed bundle, kept beside the runs and handed to the reviewer.

The only thing that shows a bundle which the key's own holder issued a second time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from harness.errors import BundleError
from harness.evidence import codec, durable
from harness.evidence.layout import FIRST_PREV, sha256

_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One line: a bundle and the SHA-256 of the statement that was signed for it. ``prev`` chains the lines."""

    seq: int
    at: datetime
    bundle: str
    run: str
    statement_sha256: str
    prev: str


class Ledger:
    """The ledger while it is held: nobody else reads its end or adds to it. Made by ``held``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _lines(_drop_torn(path))
        self._roots = _roots(self._lines, str(path))

    @property
    def head(self) -> str:
        """Return the SHA-256 of the last line, zeros for an empty ledger."""
        return sha256(self._lines[-1]) if self._lines else FIRST_PREV

    def add(self, bundle: str, run: str, statement_sha256: str, *, at: datetime) -> None:
        """Put one more line on the disk. Raises ``BundleError``."""
        root = Root(
            seq=len(self._lines), at=at, bundle=bundle, run=run, statement_sha256=statement_sha256, prev=self.head
        )
        line = codec.dump_line(root)
        with durable.LineLog(self._path) as log:
            log.append(line)
        self._lines.append(line)


@contextmanager
def held(path: Path) -> Iterator[Ledger]:
    """Hold the ledger at ``path``, made where there is none. Raises ``BundleError`` for one whose chain is broken."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield Ledger(path)
    except OSError as error:
        raise BundleError(f"{path}: cannot be used: {error}") from error


def read_roots(path: Path) -> tuple[Root, ...]:
    """Return every line of a ledger. Raises ``BundleError`` for a broken chain or a line that does not fit."""
    raw = _raw(path)
    if raw and not raw.endswith(b"\n"):
        raise BundleError(f"{path}: its last line is torn")
    return _roots(_lines(raw), str(path))


def _roots(lines: list[bytes], where: str) -> tuple[Root, ...]:
    roots = []
    head = FIRST_PREV
    for number, line in enumerate(lines):
        at = f"{where}: line {number + 1}"
        root = codec.from_json(Root, codec.parse(line, member=at), member=at)
        if (root.seq, root.prev) != (number, head):
            raise BundleError(f"{at}: the chain is broken before it")
        roots.append(root)
        head = sha256(line)
    return tuple(roots)


def _lines(raw: bytes) -> list[bytes]:
    return raw.split(b"\n")[:-1]


def _raw(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BundleError(f"{path}: is larger than {_MOST_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error}") from error


def _drop_torn(path: Path) -> bytes:
    """Return the whole lines of a ledger; what a crash left of a line that was never acknowledged is cut off."""
    if not path.exists():
        return b""
    raw = _raw(path)
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) != len(raw):
        os.truncate(path, len(whole))
    return whole
