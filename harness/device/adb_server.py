"""An adb server of our own, for runs that must not touch the one a person uses."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import adbutils

from harness.clock import Clock, deadline
from harness.errors import DeviceUnreachable

_START_S = 20.0


@contextlib.contextmanager
def private_server(clock: Clock) -> Iterator[tuple[str, int]]:
    """Run an adb server on a free loopback port and yield ``(host, port)``; it ends with the block.

    It neither looks for emulators on their usual ports nor for devices on the network, so what it lists is what was
    connected to it. Raises ``DeviceUnreachable`` where adb is missing or does not start.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="harness-adb-", ignore_cleanup_errors=True) as home:
        environment = {
            **os.environ,
            "HOME": _usable_home(home),
            "ADB_USB": "0",
            "ADB_EMU": "0",
            "ADB_MDNS": "0",  # looking around costs adb 36 three seconds at its start
            "ADB_LOCAL_TRANSPORT_MAX_PORT": "5553",  # for adb 29: below the first emulator port, so it scans none
        }
        log = Path(home) / "adb.log"
        with log.open("wb") as output:
            command = [_adb(), "-P", str(port), "server", "nodaemon"]
            try:
                process = subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
            except OSError as error:
                raise DeviceUnreachable(f"cannot run {command[0]}: {error}", serial="adb") from error
            try:
                _wait_for(process, port, log, clock)
                yield "127.0.0.1", port
            finally:
                _end(process, port)


def _end(process: subprocess.Popen[bytes], port: int) -> None:
    """End the server, and the one that an adapter may have started in its place when it was killed."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5) as successor:
        successor.settimeout(5)
        successor.sendall(b"0009host:kill")
        successor.recv(4)


def _adb() -> str:
    try:
        return str(adbutils.adb_path())
    except adbutils.AdbError as error:
        raise DeviceUnreachable(f"{error}; run `harness doctor`", serial="adb") from error


def _usable_home(fallback: str) -> str:
    """Return the home folder, or ``fallback`` where adb could not keep its key in it."""
    home = os.environ.get("HOME", "")
    return home if home and os.access(home, os.W_OK) else fallback


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path, clock: Clock) -> None:
    left_s = deadline(clock, _START_S)
    while left_s() > 0:
        if process.poll() is not None:
            said = log.read_text("utf-8", "replace").strip()
            raise DeviceUnreachable(f"adb server ended with {process.returncode}: {said}", serial="adb")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        clock.sleep(0.05)
    raise DeviceUnreachable(f"adb server did not listen within {_START_S:g} s", serial="adb")
