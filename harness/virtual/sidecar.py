"""What a host's filesystem cannot keep for the device: modes, device times and links, in a journal of lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """One path's permission bits, modification time (seconds since the epoch) and link target, if a link."""

    mode: int
    mtime: int
    target: str | None = None


class Sidecar:
    """The records by device path; every change is one line at the end of the journal, compacted on opening."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._meta: dict[str, Meta] = {}
        self._load()

    def find(self, where: str) -> Meta | None:
        """Return the record of a path, None where the host's own facts stand."""
        return self._meta.get(where)

    def below(self, where: str) -> tuple[str, ...]:
        """Return the recorded paths inside a folder, at any depth."""
        prefix = where.rstrip("/") + "/"
        return tuple(path for path in self._meta if path.startswith(prefix))

    def set_default(self, where: str, meta: Meta) -> None:
        """Record what a new device has, for this run only."""
        self._meta.setdefault(where, meta)

    def record(self, where: str, meta: Meta) -> None:
        """Keep a record."""
        self._meta[where] = meta
        self._append([where, meta.mode, meta.mtime, meta.target])

    def forget(self, where: str) -> None:
        """Drop a record, if there is one."""
        if self._meta.pop(where, None) is not None:
            self._append([where, None, None, None])

    def _append(self, line: list[str | int | None]) -> None:
        with self._journal.open("a", encoding="ascii", newline="\n") as journal:
            journal.write(json.dumps(line) + "\n")

    def _load(self) -> None:
        for where, mode, mtime, target in self._lines():
            if mode is None:
                self._meta.pop(where, None)
            else:
                self._meta[where] = Meta(mode=mode, mtime=mtime, target=target)
        compacted = self._journal.with_suffix(".new")
        with compacted.open("w", encoding="ascii", newline="\n") as journal:
            for where, meta in self._meta.items():
                journal.write(json.dumps([where, meta.mode, meta.mtime, meta.target]) + "\n")
        compacted.replace(self._journal)

    def _lines(self) -> Iterator[tuple[str, int | None, int, str | None]]:
        if not self._journal.exists():
            return
        for line in self._journal.read_text(encoding="ascii").splitlines():
            try:
                where, mode, mtime, target = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was killed: the file keeps its default mode
            yield where, mode, mtime, target
