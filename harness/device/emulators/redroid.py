"""redroid: Android in containers, found by their image, started and stopped by docker.

Source: the project's documentation. The container's port 5555 is adb; where it is published tells the serial, which of
one that does not run only ``docker inspect`` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from harness.device.emulators.running import Emulator, Program
from harness.errors import DeviceUnreachable

_IMAGE: Final = re.compile(r"(?:^|/)redroid(?:[:/@]|$)")
_PUBLISHED: Final = re.compile(r"(?P<host>[\d.]*):(?P<port>\d+)->5555/tcp")


class Redroid(Program):
    """Containers of redroid images, running and stopped."""

    name: ClassVar[str] = "redroid"
    programs: ClassVar[tuple[str, ...]] = ("docker",)

    @classmethod
    def places(cls, environ: Mapping[str, str]) -> tuple[Path, ...]:
        """Return no folder: docker is on the PATH where it is installed."""
        return ()

    def emulators(self) -> tuple[Emulator, ...]:
        """Return the containers of redroid images. Raises ``DeviceUnreachable`` where docker does not answer."""
        raw = self.ask("ps", "--all", "--no-trunc", "--format", "{{json .}}").decode("utf-8", errors="replace")
        try:
            rows = [json.loads(line) for line in raw.splitlines() if line.strip()]
            return tuple(self._emulator(row) for row in rows if _IMAGE.search(row["Image"]))
        except (ValueError, TypeError, KeyError) as error:
            raise DeviceUnreachable(f"{self.program} ps: cannot read {raw[:200]!r}", serial=self.name) from error

    def start(self, emulator: Emulator) -> None:
        """Start the container."""
        self.ask("start", emulator.id)

    def stop(self, emulator: Emulator) -> None:
        """Stop the container."""
        self.ask("stop", emulator.id)

    def _emulator(self, row: Mapping[str, Any]) -> Emulator:
        running = row.get("State") == "running"
        published = _PUBLISHED.search(row.get("Ports", "") if running else self._will_publish(row["Names"]))
        host = "127.0.0.1" if published is None or published["host"] in ("", "0.0.0.0") else published["host"]
        return Emulator(
            id=row["Names"],
            label=f"{row['Names']} ({row['Image']})",
            running=running,
            serials=(f"{host}:{published['port'] if published else 5555}",),
        )

    def _will_publish(self, name: str) -> str:
        """Return where a container that does not run will have its ports, as ``docker ps`` writes those of others."""
        bindings = json.loads(self.ask("inspect", "--format", "{{json .HostConfig.PortBindings}}", name)) or {}
        return " ".join(f"{at['HostIp']}:{at['HostPort']}->{port}" for port, found in bindings.items() for at in found)
