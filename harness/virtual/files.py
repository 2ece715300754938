"""The device's filesystem: a host folder that stands for ``/``, with modes, times and links in a sidecar.

Host folders differ (Windows knows no modes, no ``:`` in names, and links need rights), so only names and
bytes are the host's; mode, modification time (device clock) and link target are lines of a journal beside the
tree. Paths are device paths; a path never leaves the root, because ``..`` and links are resolved here and
never by the host. Errors are the ``OSError`` a kernel gives (``errno`` set, ``filename`` the device path), so
``strerror`` is what a shell prints. Names that differ in case alone meet where the host ignores case.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from harness.virtual.file_names import device_name, host_name
from harness.virtual.sidecar import Meta, Sidecar

MAX_FILE_BYTES = 1 << 30
MAX_TOTAL_BYTES = 4 << 30
MIN_HOST_FREE_BYTES = 128 << 20
_MAX_LINKS = 40
_MAX_NAME_BYTES = 255
_NULL = "/dev/null"
_WRITABLE = ("/data", "/sdcard", "/storage", "/mnt", "/cache", "/dev")
_FOLDERS = (
    "/data/app",
    "/data/local/tmp",
    "/data/misc",
    "/dev",
    "/cache",
    "/mnt",
    "/proc",
    "/sdcard/Android/data",
    "/sdcard/DCIM",
    "/sdcard/Download",
    "/sdcard/Movies",
    "/sdcard/Pictures",
    "/storage/emulated",
    "/storage/self",
    "/system/app",
    "/system/bin",
    "/system/etc",
    "/vendor",
)
_LINKS = (
    ("/storage/emulated/0", "/sdcard"),
    ("/storage/self/primary", "/sdcard"),
    ("/mnt/sdcard", "/sdcard"),
    ("/bin", "/system/bin"),
    ("/etc", "/system/etc"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What ``stat`` tells: mode with type bits, size in bytes, mtime in seconds since the epoch."""

    mode: int
    size: int
    mtime: int
    target: str | None = None  # of a symbolic link

    @property
    def is_dir(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchFile:
    """A file that is still arriving."""

    path: Path
    file: BinaryIO

    def write(self, data: bytes) -> None:
        """Add to the end."""
        self.file.write(data)

    def tell(self) -> int:
        """Return how many bytes have arrived."""
        return self.file.tell()

    def content(self) -> bytes:
        """Return everything that has arrived."""
        self.file.flush()
        return self.path.read_bytes()


class DeviceFiles:
    """One device's tree under ``data_dir / "files"``; every method takes device paths.

    ``now`` gives seconds since the epoch on the device's clock. Relative paths count from ``/``.
    """

    def __init__(self, data_dir: Path, *, now: Callable[[], float]) -> None:
        self._root = data_dir / "files"
        self._scratch = data_dir / "scratch"
        self._now = now
        self._root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)  # halves of files that a last run did not finish
        self._scratch.mkdir()
        self._meta = Sidecar(data_dir / "files.jsonl")
        for folder in _FOLDERS:
            self._host(folder).mkdir(parents=True, exist_ok=True)
            self._meta.set_default(folder, Meta(mode=0o755, mtime=int(now())))
        for path, target in _LINKS:
            self._meta.set_default(path, Meta(mode=0o777, mtime=int(now()), target=target))
        self.is_full = False  # as a mishap
        self._used_bytes = sum(entry.stat().st_size for entry in self._root.rglob("*") if entry.is_file())

    # looking

    def exists(self, path: str) -> bool:
        """Return whether something is there, links followed; a path that cannot be walked is not there."""
        return self._found(path) is not None

    def is_dir(self, path: str) -> bool:
        """Return whether a folder is there, links followed."""
        found = self._found(path)
        return found is not None and found.is_dir

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """Return mode, size and time of ``path``; with ``follow=False`` of the link itself."""
        where = self.real_path(path, follow=follow)
        if where == _NULL:
            return FileStat(mode=stat.S_IFCHR | 0o666, size=0, mtime=0)
        meta = self._meta.find(where)
        if meta is not None and meta.target is not None:
            size = len(meta.target.encode("utf-8", "surrogateescape"))
            return FileStat(mode=stat.S_IFLNK | meta.mode, size=size, mtime=meta.mtime, target=meta.target)
        with _as_device_error(path):
            host = self._host(where).stat()
        folder = stat.S_ISDIR(host.st_mode)
        kind, mode = (stat.S_IFDIR, 0o755) if folder else (stat.S_IFREG, 0o644)
        return FileStat(
            mode=kind | (meta.mode if meta else mode),
            size=4096 if folder else host.st_size,
            mtime=meta.mtime if meta else int(host.st_mtime),
        )

    def listdir(self, path: str) -> tuple[str, ...]:
        """Return the names in a folder, sorted, without ``.`` and ``..``."""
        where = self.real_path(path)
        with _as_device_error(path):
            if not self._host(where).is_dir():
                code = errno.ENOTDIR if self._host(where).exists() else errno.ENOENT
                raise OSError(code, os.strerror(code))
            names = {device_name(entry.name) for entry in self._host(where).iterdir()}
        prefix = where.rstrip("/") + "/"
        inside = (path[len(prefix) :] for path in self._meta.below(where) if self._is_link(path))
        names.update(name for name in inside if "/" not in name)
        return tuple(sorted(names))

    def real_path(self, path: str, *, follow: bool = True) -> str:
        """Return the absolute device path without ``.``, ``..`` and links; its last part need not exist."""
        if "\0" in path:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        todo, done, links = deque(path.split("/")), list[str](), 0
        while todo:
            part = todo.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            if len(part.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
            done.append(part)
            meta = self._meta.find("/" + "/".join(done))
            if meta is None or meta.target is None or not (follow or any(todo)):
                continue
            links += 1
            if links > _MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            todo.extendleft(reversed(meta.target.split("/")))
            done = [] if meta.target.startswith("/") else done[:-1]
        return "/" + "/".join(done)

    def host_path(self, path: str) -> Path:
        """Return the host file that holds the bytes; for reading by whoever needs a real file."""
        return self._host(self.real_path(path))

    # reading and writing

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        with self.open(path) as file:
            return file.read()

    def open(self, path: str) -> BinaryIO:
        """Return a file opened for reading; the caller closes it."""
        where = self.real_path(path)
        with _as_device_error(path):
            if where == _NULL:
                return open(os.devnull, "rb")
            self._refuse_folder(where)
            return self._host(where).open("rb")

    def write(self, path: str, data: bytes) -> None:
        """Replace a file's content; a new file has mode 0644, an old one keeps its mode."""
        where = self._writable(path)
        if where == _NULL:
            return
        with _as_device_error(path):
            self._refuse_folder(where)
            before = self._size(where)
            self._reserve(len(data) - before)
            self._host(where).write_bytes(data)
        self._used_bytes += len(data) - before
        self._touch(where)

    def append(self, path: str, data: bytes) -> None:
        """Add to the end of a file, making it where absent."""
        where = self._writable(path)
        if where == _NULL:
            return
        with _as_device_error(path):
            self._refuse_folder(where)
            self._reserve(len(data))
            with self._host(where).open("ab") as file:
                file.write(data)
        self._used_bytes += len(data)
        self._touch(where)

    @contextmanager
    def scratch_file(self) -> Iterator[ScratchFile]:
        """Open a place outside the tree for a file that arrives in parts; ``adopt`` puts it into the tree."""
        handle, name = tempfile.mkstemp(dir=self._scratch)
        os.close(handle)
        try:
            with open(name, "wb") as file:
                yield ScratchFile(path=Path(name), file=file)
        finally:
            Path(name).unlink(missing_ok=True)

    def adopt(self, scratch: ScratchFile, path: str, *, mode: int, mtime: int) -> None:
        """Move what ``scratch_file`` collected to ``path`` with these permission bits and this time."""
        where = self._writable(path)
        size = scratch.tell()
        scratch.file.close()
        if where == _NULL:
            return
        with _as_device_error(path):
            self._refuse_folder(where)
            before = self._size(where)
            self._reserve(size - before)
            scratch.path.replace(self._host(where))
        self._used_bytes += size - before
        self._meta.record(where, Meta(mode=mode & 0o7777, mtime=mtime))

    def room_for(self, size: int) -> bool:
        """Return whether ``size`` more bytes may be stored."""
        free = shutil.disk_usage(self._root).free
        return not self.is_full and self._used_bytes + size <= MAX_TOTAL_BYTES and free - size >= MIN_HOST_FREE_BYTES

    # changing the tree

    def mkdir(self, path: str, *, parents: bool = False) -> None:
        """Make a folder; with ``parents`` also the missing ones above, and an existing folder is no error."""
        where = self._writable(path)
        if parents and self.is_dir(where):
            return
        with _as_device_error(path):
            self._host(where).mkdir(parents=parents)
        self._meta.record(where, Meta(mode=0o755, mtime=int(self._now())))

    def symlink(self, path: str, target: str) -> None:
        """Make ``path`` a symbolic link to ``target``, replacing a file or link that is there."""
        where = self._writable(path, follow=False)
        with _as_device_error(path):
            self._refuse_folder(where)
            if not self._host(where).parent.is_dir():
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            self._used_bytes -= self._size(where)
            self._host(where).unlink(missing_ok=True)
        self._meta.record(where, Meta(mode=0o777, mtime=int(self._now()), target=target))

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Remove a file or link; a folder only with ``recursive``, and then with all that is in it."""
        where = self._writable(path, follow=False)
        found = self.stat(where, follow=False)
        with _as_device_error(path):
            if where in _WRITABLE or where == _NULL:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            if not found.is_dir:
                self._used_bytes -= self._size(where)
                self._host(where).unlink(missing_ok=found.is_link)
            elif recursive:
                for name in self.listdir(where):
                    self.remove(f"{where}/{name}", recursive=True)
                self._host(where).rmdir()
            else:
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        self._meta.forget(where)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        where = self._writable(path, follow=False)
        with _as_device_error(path):
            if self.listdir(where):
                raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
            self._host(where).rmdir()
        self._meta.forget(where)

    def rename(self, old: str, new: str) -> None:
        """Move a file, link or folder to ``new``, replacing a file that is there."""
        source, goal = self._writable(old, follow=False), self._writable(new, follow=False)
        if source == goal:
            return
        found = self.stat(source, follow=False)
        with _as_device_error(new):
            if goal.startswith(source + "/"):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            if self._found(goal) is not None:
                self.remove(goal)
            if not self._host(goal).parent.is_dir():
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            if not found.is_link:
                self._host(source).rename(self._host(goal))
        for path in (source, *self._meta.below(source)):
            meta = self._meta.find(path)
            if meta is not None:
                self._meta.forget(path)
                self._meta.record(goal + path[len(source) :], meta)

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        where, found = self._writable(path), self.stat(path)
        self._meta.record(where, Meta(mode=mode & 0o7777, mtime=found.mtime))

    def set_mtime(self, path: str, mtime: float) -> None:
        """Set the time of modification, seconds since the epoch."""
        where, found = self._writable(path), self.stat(path)
        self._meta.record(where, Meta(mode=stat.S_IMODE(found.mode), mtime=int(mtime)))

    # the host's side

    def _host(self, where: str) -> Path:
        return self._root.joinpath(*(host_name(part) for part in where.split("/") if part))

    def _found(self, path: str) -> FileStat | None:
        try:
            return self.stat(path)
        except OSError:
            return None

    def _size(self, where: str) -> int:
        try:
            return self._host(where).stat().st_size
        except FileNotFoundError:
            return 0

    def _writable(self, path: str, *, follow: bool = True) -> str:
        where = self.real_path(path, follow=follow)
        if not any(where == top or where.startswith(top + "/") for top in _WRITABLE):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return where

    def _refuse_folder(self, where: str) -> None:
        # Windows calls this "permission denied"; a device says what it is.
        if self._host(where).is_dir():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))

    def _reserve(self, size: int) -> None:
        if size > 0 and not self.room_for(size):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_link(self, where: str) -> bool:
        meta = self._meta.find(where)
        return meta is not None and meta.target is not None

    def _touch(self, where: str) -> None:
        meta = self._meta.find(where) or Meta(mode=0o644, mtime=0)
        self._meta.record(where, replace(meta, mtime=int(self._now())))


@contextmanager
def _as_device_error(path: str) -> Iterator[None]:
    """Give host errors the device path, so that no host folder shows up in a shell's message."""
    try:
        yield
    except OSError as error:
        code = error.errno or errno.EIO
        raise OSError(code, os.strerror(code), path) from error
