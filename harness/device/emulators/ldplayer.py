"""雷电 LDPlayer: ``ldconsole list2`` and by index ``launch`` and ``quit``.

A line of ``list2`` is index, title, top window, bound window, Android started (0 or 1), pid, VirtualBox pid, and since
LDPlayer 4 width, height, dpi. The console prints in the system's code page and says "not running" with pid -1. Index n
is ``emulator-(5554+2n)`` or ``127.0.0.1:(5555+2n)``, whichever adb lists.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from harness.device.emulators.running import Emulator, Program, in_console_words, windows_folders
from harness.errors import DeviceUnreachable

_FIELDS: Final = 7
_FIRST_PORT: Final = 5554


class LdPlayer(Program):
    """Instances of LDPlayer 4, 5 and 9."""

    name: ClassVar[str] = "ldplayer"
    programs: ClassVar[tuple[str, ...]] = ("ldconsole.exe", "ldconsole")

    @classmethod
    def places(cls, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return the usual folders of each version and edition."""
        versions = ("LDPlayer9", "LDPlayer4.0", "LDPlayer64", "LDPlayer")
        below = [f"{home}/{version}" for home in ("leidian", "LDPlayer", "ChangZhi") for version in versions]
        return windows_folders(environ, *below, "dnplayer2")

    def emulators(self) -> tuple[Emulator, ...]:
        """Return all instances. Raises ``DeviceUnreachable`` for a line that is none of ``list2``."""
        return tuple(
            self._emulator(line) for line in csv.reader(in_console_words(self.ask("list2")).split("\n")) if line
        )

    def start(self, emulator: Emulator) -> None:
        """Start the instance; LDPlayer always has a window."""
        self.ask("launch", "--index", emulator.id)

    def stop(self, emulator: Emulator) -> None:
        """Stop the instance."""
        self.ask("quit", "--index", emulator.id)

    def _emulator(self, line: list[str]) -> Emulator:
        fields = [field.strip() for field in line]
        if len(fields) < _FIELDS or not fields[0].isdigit():
            raise DeviceUnreachable(f"{self.program} list2: cannot read {','.join(line)[:200]!r}", serial=self.name)
        index = int(fields[0])
        serials = (f"emulator-{_FIRST_PORT + 2 * index}", f"127.0.0.1:{_FIRST_PORT + 1 + 2 * index}")
        return Emulator(
            id=fields[0],
            label=fields[1],
            running=fields[5] not in {"-1", "0"},
            booted=fields[4] == "1",
            serials=serials,
        )
