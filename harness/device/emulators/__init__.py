"""Emulators of this host: what is installed, what runs, start, wait for boot, stop, reset. One file per maker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.clock import Clock, deadline
from harness.device.emulators.ldplayer import LdPlayer
from harness.device.emulators.mumu import MuMu
from harness.device.emulators.redroid import Redroid
from harness.device.emulators.running import Emulator, Run, windows_folders
from harness.device.emulators.sdk import AndroidSdk
from harness.errors import DeviceTimeout, DeviceUnreachable

Maker = AndroidSdk | LdPlayer | MuMu | Redroid
MAKERS: Final = (AndroidSdk, LdPlayer, MuMu, Redroid)
BOOT_S: Final = 300.0
STOP_S: Final = 90.0
_POLL_S: Final = 2.0
_ADB_NAMES: Final = ("adb.exe", "nox_adb.exe", "HD-Adb.exe", "adb")
_OTHER_ADB_FOLDERS: Final = ("Nox/bin", "BlueStacks_nxt", "platform-tools")  # 夜神, BlueStacks, Google's own unpacked


def found_makers(environ: Mapping[str, str], run: Run) -> tuple[Maker, ...]:
    """Return the makers whose program is on this host, on the PATH or where it usually is."""
    found: list[Maker] = []
    for kind in MAKERS:
        program = kind.find(environ)
        if program is not None:
            found.append(kind(program, run))
    return tuple(found)


def adb_programs(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the adbs of the Android SDK and those that emulators bring along, in their usual places."""
    folders = [emulator.parent / "platform-tools" for emulator in AndroidSdk.places(environ)]
    folders += [*LdPlayer.places(environ), *MuMu.places(environ), *windows_folders(environ, *_OTHER_ADB_FOLDERS)]
    found = (folder / name for folder in folders for name in _ADB_NAMES)
    return tuple(dict.fromkeys(path for path in found if path.is_file()))


def listed(makers: Sequence[Maker]) -> tuple[tuple[tuple[Maker, Emulator], ...], tuple[str, ...]]:
    """Return every emulator of the makers, and what a maker said whose emulators could not be listed."""
    found: list[tuple[Maker, Emulator]] = []
    problems = []
    for maker in makers:
        try:
            found += [(maker, emulator) for emulator in maker.emulators()]
        except DeviceUnreachable as error:
            problems.append(str(error))
    return tuple(found), tuple(problems)


def named(makers: Sequence[Maker], name: str) -> tuple[Maker, Emulator]:
    """Return the emulator called ``maker:id``. Raises ``DeviceUnreachable`` that names what there is."""
    there, problems = listed(makers)
    for maker, emulator in there:
        if name == f"{maker.name}:{emulator.id}":
            return maker, emulator
    known = ", ".join(f"{maker.name}:{emulator.id}" for maker, emulator in there) or "none"
    told = "; ".join((f"no such emulator on this host; there is {known}", *problems))
    raise DeviceUnreachable(told, serial=name)


def reset(maker: Maker, emulator: Emulator, clock: Clock) -> None:
    """Stop an emulator where it runs, and start it once it has ended. Raises ``DeviceError``.

    A start is tried again meanwhile: an emulator may be gone for adb and still hold what only one may have.
    """
    if emulator.running:
        maker.stop(emulator)
    left_s = deadline(clock, STOP_S)
    while True:
        try:
            if not any(one.running for one in maker.emulators() if one.id == emulator.id):
                maker.start(emulator)
                return
        except DeviceUnreachable:
            if left_s() <= 0:
                raise
        if left_s() <= 0:
            raise DeviceTimeout(f"{emulator.label} did not stop", serial=emulator.serials[0], timeout_s=STOP_S)
        clock.sleep(_POLL_S)


def wait_for_boot(emulator: Emulator, ready: Callable[[str], bool], clock: Clock, *, within_s: float = BOOT_S) -> str:
    """Return the serial under which adb has the emulator, once ``ready`` says that Android has booted there.

    An emulator may answer under several serials; the first that is ready counts. Raises ``DeviceTimeout``.
    """
    until_s = clock.monotonic_s() + within_s
    while True:
        for serial in emulator.serials:
            if ready(serial):
                return serial
        if clock.monotonic_s() >= until_s:
            tried = ", ".join(emulator.serials)
            raise DeviceTimeout(f"{emulator.label} did not boot", serial=tried, timeout_s=within_s)
        clock.sleep(_POLL_S)
