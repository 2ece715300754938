"""MuMu 12 (4.0.0.3179 and later): ``MuMuManager info -v all`` and ``control -v INDEX launch|shutdown``.

``info`` answers in JSON: one object for one instance, an object of objects by index for several; ``adb_port`` is there
only while it runs. The default port of index n is 16384 + 32 n. Source: the maker's command-line manual of 2024-07-26.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from harness.device.emulators.running import Emulator, Program, in_console_words, windows_folders
from harness.errors import DeviceUnreachable

_FIRST_PORT: Final = 16384
_PORT_STEP: Final = 32


class MuMu(Program):
    """Instances of MuMu 12."""

    name: ClassVar[str] = "mumu"
    programs: ClassVar[tuple[str, ...]] = ("MuMuManager.exe", "MuMuManager", "mumu-cli.exe")  # the last: its new name

    @classmethod
    def places(cls, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return the usual folders of the Chinese and the global edition."""
        editions = ("MuMuPlayer-12.0", "MuMuPlayerGlobal-12.0", "MuMu Player 12", "MuMuPlayer", "MuMu")
        below = [f"Netease/{edition}/{part}" for edition in editions for part in ("shell", "nx_main")]
        return windows_folders(environ, *below)

    def emulators(self) -> tuple[Emulator, ...]:
        """Return all instances. Raises ``DeviceUnreachable`` for an answer that is not of this form."""
        raw = in_console_words(self.ask("info", "-v", "all"))
        try:
            told = json.loads(raw)
            rows = [told] if "index" in told else list(told.values())
            return tuple(_emulator(row) for row in rows)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DeviceUnreachable(f"{self.program} info: cannot read {raw[:200]!r}", serial=self.name) from error

    def start(self, emulator: Emulator) -> None:
        """Start the instance."""
        self.ask("control", "-v", emulator.id, "launch")

    def stop(self, emulator: Emulator) -> None:
        """Stop the instance."""
        self.ask("control", "-v", emulator.id, "shutdown")


def _emulator(row: Mapping[str, Any]) -> Emulator:
    index = int(row["index"])
    port = int(row.get("adb_port") or _FIRST_PORT + _PORT_STEP * index)
    host = str(row.get("adb_host_ip") or "127.0.0.1")
    return Emulator(
        id=str(index),
        label=str(row.get("name", "")),
        running=bool(row.get("is_process_started")),
        booted=bool(row.get("is_android_started")),
        serials=(f"{host}:{port}",),
    )
