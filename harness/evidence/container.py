"""A folder or a zip as a set of members, refused where its names or sizes are not what a bundle has.

Nothing is ever extracted: a zip is read as a stream, and only after all of its names and sizes were looked at.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from harness.errors import BundleError
from harness.evidence.layout import FOLDERS, SEAL_FOLDERS, SHARED_FOLDERS

_CHUNK_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_RESERVED = re.compile(r"(?i:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?")
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER_BYTES = 30
_MOST_BETWEEN_BYTES = 96
_MOST_ENTRY_BYTES = 1024  # of a zip's directory, per member; names are shorter, and nothing else belongs there
_END_RECORD_BYTES = 22
_END_RECORD = b"PK\x05\x06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a bundle may be at most; sizes in bytes. ``ratio`` is unpacked to packed, of members above 1 MiB."""

    members: int = 20_000
    name_chars: int = 200
    member_bytes: int = 1 << 30
    total_bytes: int = 8 << 30
    ratio: int = 200
    text_bytes: int = 256 << 20
    picture_pixels: int = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is not as it has to be. ``key`` is a message key."""

    key: str
    member: str = ""
    detail: str = ""


class Container(Protocol):
    """Members by path relative to the bundle's root, ``/`` between parts."""

    name: str
    sizes: Mapping[str, int]
    problems: tuple[Problem, ...]

    def chunks(self, member: str) -> Iterator[bytes]:
        """Yield a member's bytes; raises ``BundleError`` where they cannot be had whole."""
        ...


def read(container: Container, member: str, *, limits: Limits | None = None) -> bytes:
    """Return all bytes of one text member. Raises ``BundleError`` where it is absent, too large or unreadable."""
    size = container.sizes.get(member)
    most = (limits or Limits()).text_bytes
    if size is None:
        raise BundleError(f"{container.name}: {member}: is not there")
    if size > most:
        raise BundleError(f"{container.name}: {member}: {size} bytes, at most {most} are read")
    return b"".join(container.chunks(member))


@contextmanager
def open_container(path: Path, *, limits: Limits | None = None) -> Iterator[Container]:
    """Open a bundle for reading; its ``problems`` say what is wrong with names and sizes.

    Raises ``BundleError`` when nothing can be said at all: no such file, no permission.
    """
    most = limits or Limits()
    if path.is_symlink():
        raise BundleError(f"{path}: is a symbolic link; name the bundle itself")
    if path.is_dir():
        yield _Folder(path, most)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise BundleError(f"{path}: cannot be opened: {error}") from error
    with file:
        yield _Zip(path, file, most)


class _Folder:
    """A bundle as a folder."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self.name = root.name
        self._root = root
        sizes: dict[str, int] = {}
        problems: list[Problem] = []
        pending = [""]
        while pending:
            here = pending.pop()
            for entry in self._entries(here):
                name = f"{here}{entry.name}"
                if entry.is_symlink():
                    problems.append(Problem(key="evidence-not-a-file", member=name, detail="symbolic link"))
                elif entry.is_dir(follow_symlinks=False):
                    problems.extend(_folder_problems(name))
                    pending.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    sizes[name] = entry.stat(follow_symlinks=False).st_size
                else:
                    problems.append(Problem(key="evidence-not-a-file", member=name, detail="special file"))
        self.sizes: Mapping[str, int] = dict(sorted(sizes.items()))
        self.problems = (*problems, *_name_problems(list(sizes), limits), *_size_problems(sizes, limits))

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise BundleError(f"{self._root}: {folder}: cannot be listed: {error}") from error

    def chunks(self, member: str) -> Iterator[bytes]:
        try:
            with (self._root / member).open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise BundleError(f"{self.name}: {member}: cannot be read: {error}") from error


class _Zip:
    """A bundle as a zip, with or without the bundle's folder as its only top."""

    def __init__(self, path: Path, file: BinaryIO, limits: Limits) -> None:
        self.name = path.stem
        self.sizes: Mapping[str, int] = {}
        self._infos: dict[str, zipfile.ZipInfo] = {}
        if problem := _directory_problem(file, limits):
            self.problems: tuple[Problem, ...] = (problem,)
            return
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            self.problems = (Problem(key="evidence-zip-broken", detail=str(error)),)
            return
        infos = self._zip.infolist()
        if len(infos) > limits.members:
            self.problems = (Problem(key="evidence-too-many", detail=str(len(infos))),)
            return
        # orig_filename is what the archive says; filename is what Python made of it.
        prefix = _common_folder([info.orig_filename for info in infos])
        problems = [problem for info in infos for problem in _entry_problems(info, limits)]
        problems += _span_problems(self._zip, file)
        entries = [(info.orig_filename[len(prefix) :], info) for info in infos]
        files = [(name, info) for name, info in entries if name and not name.endswith("/")]
        if prefix:
            self.name = prefix.rstrip("/")
            problems += _name_problems([self.name], limits)
        problems += _name_problems([name for name, _ in files], limits)
        # A zip may name its folders or leave them to be told from the files' names.
        folders = _folders_of([name for name, _ in entries], limits)
        problems += [problem for folder in sorted(folders) for problem in _folder_problems(folder)]
        self._infos = dict(sorted(files, key=lambda item: item[0]))
        self.sizes = {name: info.file_size for name, info in self._infos.items()}
        self.problems = (*problems, *_size_problems(self.sizes, limits))

    def chunks(self, member: str) -> Iterator[bytes]:
        left = self.sizes[member]
        try:
            with self._zip.open(self._infos[member]) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    left -= len(chunk)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise BundleError(f"{self.name}: {member}: cannot be read: {error}") from error
        if left != 0:
            raise BundleError(f"{self.name}: {member}: its size is not what the zip says")


def _directory_problem(file: BinaryIO, limits: Limits) -> Problem | None:
    """Return what is wrong with the size of a zip's directory, looked at before Python reads all of it into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_RECORD_BYTES))
    record = file.read(_END_RECORD_BYTES)
    directory = int.from_bytes(record[12:16], "little") if record.startswith(_END_RECORD) else 0
    if directory > limits.members * _MOST_ENTRY_BYTES:
        return Problem(key="evidence-too-many", detail=f"a directory of {directory} bytes")
    return None


def _folders_of(names: list[str], limits: Limits) -> set[str]:
    """Return the folders that entries name or lie in; a name that is too long is refused and not taken apart."""
    short = {name for name in names if len(name) <= limits.name_chars}
    return {name.rsplit("/", depth)[0] for name in short for depth in range(1, name.count("/") + 1)}


def _folder_problems(name: str) -> list[Problem]:
    if name in (*FOLDERS, *SEAL_FOLDERS, *SHARED_FOLDERS) or not name:
        return []
    return [Problem(key="evidence-strange-folder", member=name)]


def _name_problems(names: list[str], limits: Limits) -> list[Problem]:
    problems = []
    if len(names) > limits.members:
        problems.append(Problem(key="evidence-too-many", detail=str(len(names))))
    problems += [
        Problem(key="evidence-name-unsafe", member=name[: limits.name_chars])
        for name in names
        if not _is_safe(name, limits)
    ]
    for name, count in Counter(names).items():
        if count > 1:
            problems.append(Problem(key="evidence-name-twice", member=name))
    folded = Counter(name.casefold() for name in set(names))
    problems += [Problem(key="evidence-name-collides", member=n) for n in names if folded[n.casefold()] > 1]
    folders = _folders_of(names, limits)
    problems += [Problem(key="evidence-name-collides", member=n) for n in names if n in folders]
    return problems


def _is_safe(name: str, limits: Limits) -> bool:
    return len(name) <= limits.name_chars and all(
        _NAME.fullmatch(part) is not None and not part.endswith(".") and _RESERVED.fullmatch(part) is None
        for part in name.split("/")
    )


def _size_problems(sizes: Mapping[str, int], limits: Limits) -> list[Problem]:
    problems = [
        Problem(key="evidence-too-large", member=name, detail=str(size))
        for name, size in sizes.items()
        if size > limits.member_bytes
    ]
    if (total := sum(sizes.values())) > limits.total_bytes:
        problems.append(Problem(key="evidence-too-large", detail=str(total)))
    return problems


def _entry_problems(info: zipfile.ZipInfo, limits: Limits) -> Iterator[Problem]:
    """Yield what is wrong with one entry's header."""
    name = info.orig_filename
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode) if info.create_system == 3 else 0
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield Problem(key="evidence-not-a-file", member=name, detail=f"mode {mode:o}")
    if info.flag_bits & 0x1:
        yield Problem(key="evidence-zip-encrypted", member=name)
    if info.compress_type not in _ZIP_METHODS:
        yield Problem(key="evidence-zip-method", member=name, detail=str(info.compress_type))
    if info.file_size > (1 << 20) and info.file_size > limits.ratio * max(1, info.compress_size):
        detail = f"{info.file_size}:{info.compress_size}"
        yield Problem(key="evidence-zip-bomb", member=name, detail=detail)
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        yield Problem(key="evidence-size-lies", member=name)


def _span_problems(archive: zipfile.ZipFile, file: BinaryIO) -> Iterator[Problem]:
    """Yield where the archive holds bytes that belong to no entry, or to two: prefixes, overlaps, tails."""
    spans = sorted(
        (info.header_offset, info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size, info.orig_filename)
        for info in archive.infolist()
    )
    if spans and spans[0][0] != 0:
        yield Problem(key="evidence-zip-hidden", detail=f"{spans[0][0]} bytes before the first entry")
    for (_, end, name), (start, _, _) in itertools.pairwise([*spans, (archive.start_dir, 0, "")]):
        # Between two entries lie the name, its extra fields and perhaps a data descriptor; nothing else has room.
        between = start - end - len(name.encode("utf-8"))
        if between < 0:
            yield Problem(key="evidence-zip-overlap", member=name)
        elif between > _MOST_BETWEEN_BYTES:
            yield Problem(key="evidence-zip-hidden", member=name, detail=f"{between} bytes after it")
    if archive.comment:
        yield Problem(key="evidence-zip-hidden", detail=f"a comment of {len(archive.comment)} bytes")
    file.seek(-_END_RECORD_BYTES, os.SEEK_END)
    if file.read(4) != _END_RECORD:
        yield Problem(key="evidence-zip-hidden", detail="bytes after the last record")


def _common_folder(names: list[str]) -> str:
    """Return ``X/`` when everything lies in one folder X that is not the payload itself."""
    tops = {name.split("/", 1)[0] for name in names if "/" in name}
    if len(tops) != 1 or any("/" not in name for name in names) or tops == {"data"}:
        return ""
    return f"{tops.pop()}/"
