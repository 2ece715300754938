"""Starting a sick device anew: the emulator that it is, by its maker's program, or whatever command a person names."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import Final

from harness.clock import Clock
from harness.device import wire
from harness.device.emulators import Maker, found_makers, listed, reset, wait_for_boot
from harness.device.emulators.running import Emulator, run_program
from harness.errors import DeviceError, DeviceUnreachable

NEVER: Final = "never"
EMULATOR: Final = "emulator"
_COMMAND_S: Final = 300.0


def restart(serial: str, how: str, adb: tuple[str, int], clock: Clock) -> None:
    """Start a device anew and wait until it has booted.

    ``how`` is ``never``, ``emulator``, or a command in which ``{serial}`` stands for the device. Raises
    ``DeviceError`` where it is not to be restarted, could not be, or did not come back.
    """
    if how == NEVER:
        raise DeviceUnreachable("is not to be restarted", serial=serial)
    if how == EMULATOR:
        maker, emulator = emulator_of(serial, listed(found_makers(os.environ, run_program))[0])
        reset(maker, emulator, clock)
    else:
        _run(how, serial)
        emulator = Emulator(id=serial, label=serial, running=True, serials=(serial,))
    wait_for_boot(emulator, lambda one: wire.has_booted(one, adb), clock)


def emulator_of(serial: str, there: tuple[tuple[Maker, Emulator], ...]) -> tuple[Maker, Emulator]:
    """Return the emulator that adb has as ``serial``. Raises ``DeviceError`` where none is, or it is not certain."""
    found = [(maker, emulator) for maker, emulator in there if serial in emulator.serials and emulator.running]
    if len(found) != 1:
        names = ", ".join(f"{maker.name}:{emulator.id}" for maker, emulator in found) or "none"
        raise DeviceUnreachable(f"which emulator of this host it is cannot be told: {names}", serial=serial)
    return found[0]


def _run(command: str, serial: str) -> None:
    words = [word.replace("{serial}", serial) for word in shlex.split(command)]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_COMMAND_S, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeviceError(f"{command}: {error}", serial=serial) from error
    if done.returncode:
        said = (done.stderr or done.stdout)[-300:].decode("utf-8", errors="replace").strip()
        raise DeviceError(f"{command}: exit {done.returncode}: {said}", serial=serial)
