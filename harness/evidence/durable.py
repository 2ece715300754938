"""Writes that are on the disk when they return: the difference between evidence and hope."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from harness.errors import BundleError


def write(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` whole or not at all: temporary file, fsync, rename. Raises ``BundleError``."""
    _replace(path, content)
    _sync(path.parent)


def write_all(files: Mapping[Path, bytes]) -> None:
    """Put each file whole or not at all; the names are durable together, at the end. Raises ``BundleError``."""
    for path, content in files.items():
        _replace(path, content)
    for folder in sorted({path.parent for path in files}):
        _sync(folder)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error}") from error


def _sync(folder: Path) -> None:
    try:
        sync_folder(folder)
    except OSError as error:
        raise BundleError(f"{folder}: cannot be written: {error}") from error


def remove(path: Path) -> None:
    """Remove a file for good. Raises ``BundleError``."""
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise BundleError(f"{path}: cannot be removed: {error}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class LineLog:
    """A file that only grows, one line at a time, each line on the disk before ``append`` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._torn = False
        try:
            self._file: BinaryIO = path.open("ab", buffering=0)
        except OSError as error:
            raise BundleError(f"{path}: cannot be opened: {error}") from error

    def append(self, line: bytes) -> None:
        """Write ``line`` and a newline. Raises ``BundleError``, and from then on always: nothing follows a tear."""
        if self._torn:
            raise BundleError(f"{self._path}: an earlier line could not be written")
        self._torn = True
        try:
            rest = memoryview(line + b"\n")
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise BundleError(f"{self._path}: cannot be written: {error}") from error
        self._torn = False

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> LineLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
