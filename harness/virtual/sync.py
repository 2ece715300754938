"""The ``sync:`` service: STAT, LIST, SEND and RECV in both versions, any number of requests per stream.

A request is a four-letter id, a little endian length and a path. A refused transfer answers ``FAIL`` with the
kernel's words and leaves the stream usable; only nonsense ends it.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import struct
import zlib
from dataclasses import dataclass

from harness.virtual import files as device_files
from harness.virtual.adbd import Stream, StreamClosed
from harness.virtual.faults import Fault, Faults
from harness.virtual.files import DeviceFiles, FileStat

MAX_PATH_BYTES = 1024
MAX_DATA_BYTES = 64 << 10
_WRITE_BYTES = 256 << 10
_ID_LENGTH = struct.Struct("<4sI")
_STAT_1 = struct.Struct("<4s3I")
_STAT_2 = struct.Struct("<4sIQQIIIIQqqq")
_ENTRY_1 = struct.Struct("<4s4I")
_ENTRY_2 = struct.Struct("<4sIQQIIIIQqqqI")
_MODE_FLAGS = struct.Struct("<4sII")
_U32 = 0xFFFFFFFF

logger = logging.getLogger(__name__)


class _Refused(Exception):
    """A request that is answered with ``FAIL``."""


class _Broken(_Refused):
    """A request whose end cannot be found: ``FAIL``, and the stream is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncService:
    """Serves one device's files; ``serve`` answers a ``sync:`` stream."""

    files: DeviceFiles
    faults: Faults

    async def serve(self, stream: Stream) -> None:
        """Answer requests until the client quits, closes or sends an unknown one."""
        while not stream.closed:
            try:
                name, length = _ID_LENGTH.unpack(await stream.read_exactly(_ID_LENGTH.size))
            except StreamClosed:
                return
            if name == b"QUIT":
                return
            if length > MAX_PATH_BYTES:
                await stream.write(_fail("path too long"))
                return
            path = (await stream.read_exactly(length)).decode("utf-8", "surrogateescape")
            try:
                if not await self._answer(name, path, stream):
                    await stream.write(_fail(f"unknown command {name.hex()}"))
                    return
            except _Refused as refusal:
                await stream.write(_fail(str(refusal)))
                if isinstance(refusal, _Broken):
                    return

    async def _answer(self, name: bytes, path: str, stream: Stream) -> bool:
        match name:
            case b"STAT":
                await stream.write(self._stat_1(path))
            case b"STA2" | b"LST2":
                await stream.write(self._stat_2(name, path))
            case b"LIST":
                await stream.write(self._list(path, version=1))
            case b"LIS2":
                await stream.write(self._list(path, version=2))
            case b"SEND":
                path, _, mode = path.rpartition(",")
                await self._receive_file(stream, path, int(mode) if mode.isdigit() else 0o100644)
            case b"SND2":
                _, mode_2, flags = _MODE_FLAGS.unpack(await stream.read_exactly(_MODE_FLAGS.size))
                await self._receive_file(stream, path, mode_2, flags=flags)
            case b"RECV":
                await self._send_file(stream, path)
            case b"RCV2":
                _, flags = _ID_LENGTH.unpack(await stream.read_exactly(_ID_LENGTH.size))
                if flags:
                    raise _Refused("compression not supported")
                await self._send_file(stream, path)
            case _:
                return False
        return True

    # looking

    def _stat_1(self, path: str) -> bytes:
        try:
            found = self.files.stat(path, follow=False)
        except OSError:
            return _STAT_1.pack(b"STAT", 0, 0, 0)  # the old protocol has no other way to say why
        return _STAT_1.pack(b"STAT", found.mode, min(found.size, _U32), found.mtime & _U32)

    def _stat_2(self, name: bytes, path: str) -> bytes:
        try:
            found = self.files.stat(path, follow=name == b"STA2")
        except OSError as error:
            return _STAT_2.pack(name, _linux_errno(error), *[0] * 10)
        return _STAT_2.pack(name, 0, *_stat_2_fields(path, found))

    def _list(self, path: str, *, version: int) -> bytes:
        # A folder that cannot be listed is an empty list in this protocol, in both versions.
        end = _ENTRY_1.pack(b"DONE", 0, 0, 0, 0) if version == 1 else _ENTRY_2.pack(b"DONE", *[0] * 12)
        try:
            names = (".", "..", *self.files.listdir(path))
        except OSError:
            return end
        entries: list[bytes] = []
        for name in names:
            inner = f"{path.rstrip('/')}/{name}"
            raw = name.encode("utf-8", "surrogateescape")
            found = self.files.stat(inner, follow=False)
            if version == 1:
                head = _ENTRY_1.pack(b"DENT", found.mode, min(found.size, _U32), found.mtime & _U32, len(raw))
            else:
                head = _ENTRY_2.pack(b"DNT2", 0, *_stat_2_fields(inner, found), len(raw))
            entries.append(head + raw)
        return b"".join((*entries, end))

    # moving

    async def _receive_file(self, stream: Stream, path: str, mode: int, *, flags: int = 0) -> None:
        refusal = "compression not supported" if flags else None
        fault = self.faults.take(Fault.SYNC_FAIL)
        size = 0
        with self.files.scratch_file() as file:
            while True:
                name, length = _ID_LENGTH.unpack(await stream.read_exactly(_ID_LENGTH.size))
                if name == b"DONE":
                    break
                if name != b"DATA" or length > MAX_DATA_BYTES:
                    raise _Broken("invalid data message" if name != b"DATA" else "oversize data message")
                data = await stream.read_exactly(length)
                size += length
                if fault is not None:
                    refusal = "write failed: I/O error"
                elif size > device_files.MAX_FILE_BYTES:
                    refusal = f"file larger than {device_files.MAX_FILE_BYTES} bytes"
                elif not self.files.room_for(file.tell() + length):
                    refusal = "write failed: No space left on device"
                if refusal is None:  # after a refusal the rest is read and forgotten: the client reads last
                    file.write(data)
            if refusal is not None:
                raise _Refused(refusal)
            self._store(file, path, mode=mode, mtime=length)
        await stream.write(_ID_LENGTH.pack(b"OKAY", 0))

    def _store(self, file: device_files.ScratchFile, path: str, *, mode: int, mtime: int) -> None:
        try:
            self.files.mkdir(path.rpartition("/")[0] or "/data", parents=True)
            if stat.S_ISLNK(mode):
                self.files.symlink(path, file.content().rstrip(b"\0").decode("utf-8", "surrogateescape"))
            else:
                self.files.adopt(file, path, mode=mode, mtime=mtime)
        except OSError as error:
            raise _Refused(f"couldn't create file: {_words(error)}") from error

    async def _send_file(self, stream: Stream, path: str) -> None:
        fault = self.faults.take(Fault.SYNC_FAIL)
        try:
            file = self.files.open(path)
        except OSError as error:
            raise _Refused(f"open failed: {_words(error)}") from error
        with file:
            packed: list[bytes] = []
            while data := file.read(MAX_DATA_BYTES):
                packed += (_ID_LENGTH.pack(b"DATA", len(data)), data)
                if len(packed) * MAX_DATA_BYTES >= 2 * _WRITE_BYTES:
                    await stream.write(b"".join(packed))
                    packed.clear()
                if fault is not None:
                    await stream.write(b"".join(packed))
                    raise _Refused("read failed: I/O error")
            await stream.write(b"".join((*packed, _ID_LENGTH.pack(b"DONE", 0))))


def _stat_2_fields(path: str, found: FileStat) -> tuple[int, ...]:
    """Return device, inode, mode, links, user, group, size and the three times."""
    inode = zlib.crc32(path.encode("utf-8", "surrogateescape")) or 1
    times = (found.mtime,) * 3
    return (1, inode, found.mode, 1, 2000, 2000, found.size, *times)


def _fail(reason: str) -> bytes:
    raw = reason.encode("utf-8", "surrogateescape")
    return _ID_LENGTH.pack(b"FAIL", len(raw)) + raw


def _linux_errno(error: OSError) -> int:
    """Return the number a device gives; other hosts number some errors differently."""
    numbers = {errno.ENOENT: 2, errno.EACCES: 13, errno.ENOTDIR: 20, errno.EINVAL: 22}
    numbers |= {errno.EROFS: 30, errno.ENAMETOOLONG: 36, errno.ELOOP: 40}
    return numbers.get(error.errno or errno.EIO, 5)


def _words(error: OSError) -> str:
    return error.strerror or os.strerror(errno.EIO)
