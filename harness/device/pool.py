"""Exclusive leases on devices: one process drives a device at a time, and a dead process's lease is free again."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import DeviceUnreachable

_EMULATOR = re.compile(r"emulator-(\d{1,5})", re.ASCII)


def lease_folder() -> Path:
    """Return the folder of lease files, the same for every process of this user on this machine."""
    return Path(tempfile.gettempdir()) / "harness-leases"


@contextlib.contextmanager
def lease(serials: Sequence[str], *, wait_s: float, folder: Path | None = None) -> Iterator[str]:
    """Hold the first of ``serials`` that becomes free within ``wait_s`` and yield it.

    The lock is the operating system's, so it ends with the process that holds it. Raises ``DeviceUnreachable`` when
    ``serials`` is empty or all stay taken.
    """
    if not serials:
        raise DeviceUnreachable("no device is connected; connect one or run `harness virtual up`", serial="-")
    place = folder or lease_folder()
    place.mkdir(parents=True, exist_ok=True)
    locks = {serial: FileLock(_lock_file(place, serial)) for serial in serials}
    taken = _first_free(locks, wait_s)
    if taken is None:
        raise DeviceUnreachable(f"another process holds {', '.join(serials)}", serial=serials[0])
    try:
        yield taken
    finally:
        locks[taken].release()


def is_taken(serial: str, *, folder: Path | None = None) -> bool:
    """Return whether some process holds the device at this moment."""
    path = _lock_file(folder or lease_folder(), serial)
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=0):
            return False
    except Timeout:
        return True


def without_doubles(serials: Sequence[str]) -> tuple[str, ...]:
    """Return the serials without those that name a device named before.

    adb lists what listens on an emulator's port as ``emulator-5554`` by itself, and once more as ``127.0.0.1:5555``
    where it was connected to; the number is the port less one.
    """
    kept: dict[str, str] = {}
    for serial in serials:
        kept.setdefault(_place(serial), serial)
    return tuple(kept.values())


def _place(serial: str) -> str:
    """Return one name for a device, whichever of its serials is given."""
    emulator = _EMULATOR.fullmatch(serial)
    if emulator:
        return f"127.0.0.1:{int(emulator[1]) + 1}"
    return serial.replace("localhost:", "127.0.0.1:")


def _lock_file(folder: Path, serial: str) -> Path:
    return folder / (re.sub(r"[^\w.-]", "_", _place(serial)) + ".lock")


def _first_free(locks: dict[str, FileLock], wait_s: float) -> str | None:
    for serial, lock in locks.items():
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0)
            return serial
    # All are taken: wait for the first, which is as good as any.
    serial = next(iter(locks))
    try:
        locks[serial].acquire(timeout=wait_s)
    except Timeout:
        return None
    return serial
