"""The host's adb server: asks it to connect devices, and starts one where none runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import Clock, SystemClock, deadline
from harness.errors import VirtualDeviceError

DEFAULT_PORT = 5037
_TIMEOUT_S = 20.0
_START_TIMEOUT_S = 30.0
_POLL_S = 0.05


def find_adb(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the adb program: ``ADBUTILS_ADB_PATH``, then the one on ``PATH``, then the one adbutils brings."""
    named = environment.get("ADBUTILS_ADB_PATH")
    if named:
        return Path(named)
    on_path = shutil.which("adb", path=environment.get("PATH"))
    if on_path:
        return Path(on_path)
    bundled = importlib.util.find_spec("adbutils")
    if bundled is None or bundled.origin is None:
        return None
    program = Path(bundled.origin).parent / "binaries" / ("adb.exe" if os.name == "nt" else "adb")
    return program if program.is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdbHost:
    """One adb server by its address."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    clock: Clock = field(default_factory=SystemClock, compare=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> AdbHost:
        """Return the server that adb and adbutils would use here."""
        port = environment.get("ANDROID_ADB_SERVER_PORT", "")
        return cls(
            host=environment.get("ANDROID_ADB_SERVER_HOST", "") or "127.0.0.1",
            port=int(port) if port.isdigit() else DEFAULT_PORT,
        )

    def running(self) -> bool:
        """Return whether an adb server answers."""
        try:
            return bool(self._ask("host:version"))
        except OSError:
            return False

    def start(self, adb: Path | None = None) -> None:
        """Start an adb server at this address unless one answers; raises ``VirtualDeviceError``."""
        if self.running():
            return
        program = adb or find_adb()
        if program is None or not program.is_file():
            raise VirtualDeviceError(
                "no adb program found: install adb (Debian: apt install adb) or pip install adbutils"
            )
        environment = {**os.environ, "ANDROID_ADB_SERVER_PORT": str(self.port)}
        # The server inherits our handles: with a pipe for output we would wait for the server's end.
        done = subprocess.run(
            [program, "start-server"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_START_TIMEOUT_S,
            check=False,
        )
        if done.returncode or not self.running():
            raise VirtualDeviceError(f"{program} start-server did not start an adb server at port {self.port}")

    def states(self) -> dict[str, str]:
        """Return the state of every device of the server, by serial."""
        lines = self._ask("host:devices").splitlines()
        return {serial: state for serial, _, state in (line.partition("\t") for line in lines)}

    def connect(self, address: str) -> None:
        """Connect a device and return when it has answered; raises ``VirtualDeviceError``."""
        left_s = deadline(self.clock, _TIMEOUT_S)
        try:
            if self.states().get(address) == "offline":
                self._ask(f"host:disconnect:{address}")  # else the server waits up to 10 s to try again
            while not self._answers(address):
                if left_s() <= 0:
                    raise VirtualDeviceError(f"{address} is not usable within {_TIMEOUT_S:g} s of adb connect")
                if address not in self.states():
                    self._ask(f"host:connect:{address}")
                self.clock.sleep(_POLL_S)
        except OSError as error:
            raise VirtualDeviceError(f"adb server {self.host}:{self.port}: {error}") from error

    def connect_as_emulator(self, address: str) -> None:
        """Let the server list the device a second time, as it does with what listens on an emulator's port."""
        port = int(address.rpartition(":")[2])
        with socket.create_connection((self.host, self.port), _TIMEOUT_S) as sock:
            _send(sock, f"host:emulator:{port}")  # it answers nothing
            left_s = deadline(self.clock, _TIMEOUT_S)
            while self.states().get(f"emulator-{port - 1}") != "device":
                if left_s() <= 0:
                    raise VirtualDeviceError(f"the adb server does not list emulator-{port - 1}")
                self.clock.sleep(_POLL_S)

    def _answers(self, address: str) -> bool:
        """Return whether the device answers a request that changes nothing and no fault is armed for.

        The server's list is no proof: a connection that broke a moment ago still stands there as ``device``.
        """
        if self.states().get(address) != "device":
            return False
        with socket.create_connection((self.host, self.port), _TIMEOUT_S) as sock, suppress(ConnectionError):
            for request in (f"host:transport:{address}", "reverse:list-forward"):
                _send(sock, request)
                if _exactly(sock, 4) != b"OKAY":
                    return False
            return bool(_exactly(sock, 4))  # the length of the list
        return False

    def disconnect(self, address: str) -> None:
        """Let the server forget a device; a server that is gone has nothing to forget."""
        try:
            self._ask(f"host:disconnect:{address}")
        except (OSError, VirtualDeviceError):
            return

    def _ask(self, request: str) -> str:
        """Return the server's answer; raises ``OSError`` without a server, ``VirtualDeviceError`` on FAIL."""
        with socket.create_connection((self.host, self.port), _TIMEOUT_S) as sock:
            _send(sock, request)
            status = _exactly(sock, 4)
            text = _exactly(sock, int(_exactly(sock, 4), 16)).decode("utf-8", "replace")
        if status != b"OKAY":
            raise VirtualDeviceError(f"adb server: {request}: {text}")
        return text


def _send(sock: socket.socket, request: str) -> None:
    raw = request.encode()
    sock.sendall(f"{len(raw):04x}".encode() + raw)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise ConnectionError("the adb server closed the connection")
        data += part
    return data
