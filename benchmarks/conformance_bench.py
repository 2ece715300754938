"""What the checks of ``benchmarks.conformance`` work on: a connected client, and the adb command line beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbutils

from harness.clock import SystemClock, deadline
from harness.virtual.adb_host import AdbHost
from harness.virtual.server import DeviceHandle

PACKAGE = "cn.example.conforms"
WAIT_S = 20.0


class Failed(Exception):
    """A call did not do what it is known to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One call, and what shows that it holds."""

    name: str
    holds: Callable[[Bench], object]  # raises where the call does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One device, its client, and an adb server of its own."""

    d: Any  # uiautomator2 is untyped
    handle: DeviceHandle
    adb: tuple[str, int]
    serial: str
    folder: Path
    app: Path

    def fresh(self) -> None:
        """Put the app's first page in front, started anew."""
        AdbHost(host=self.adb[0], port=self.adb[1]).connect(self.serial)
        self.d.app_start(PACKAGE, ".MainActivity", stop=True)
        same(self.d(text="一致性").wait(timeout=WAIT_S), True)

    def said(self) -> str:
        """Return what the page says of the last thing done to it."""
        return str(self.d(resourceId="said").get_text())

    def run(self, *arguments: str, code: int = 0, stdin: bytes | None = None) -> bytes:
        """Run ``adb`` for the device and return its output; raises ``Failed`` on another exit status."""
        command = [adbutils.adb_path(), "-P", str(self.adb[1]), "-s", self.serial, *arguments]
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            command, capture_output=True, timeout=60, check=False, env=os.environ, **given
        )
        if done.returncode != code:
            raise Failed(f"exit {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace').strip()}")
        return bytes(done.stdout + done.stderr)


def same(found: object, wanted: object) -> None:
    """Raise ``Failed`` where two values differ."""
    if found != wanted:
        raise Failed(f"{found!r} instead of {wanted!r}")


def true(value: object, what: str) -> None:
    """Raise ``Failed`` where a value is not true."""
    if not value:
        raise Failed(f"{what}: {value!r}")


def becomes(read: Callable[[], object], wanted: object) -> None:
    """Wait until ``read`` gives ``wanted``; raises ``Failed`` where it does not within ``WAIT_S``."""
    clock = SystemClock()
    left_s = deadline(clock, WAIT_S)
    while (found := read()) != wanted:
        if left_s() <= 0:
            raise Failed(f"stays {found!r} instead of {wanted!r}")
        clock.sleep(0.05)
