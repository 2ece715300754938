"""A quicker, stricter way to the adb server for the unmodified uiautomator2 and adbutils clients.

adbutils asks the server's version before every operation, leaves Nagle's algorithm on (each JSON-RPC is two small
writes: 40 ms of waiting) and sleeps 10 ms in every ``close``. ``QuickClient`` keeps the interface and drops the three.
uiautomator2's ``http_timeout`` is ignored by its transport, so ``QuickClient.within`` gives deadlines that hold: at
the deadline every connection opened inside is shut down, which ends any read at once, and no other is opened.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbutils
from adbutils._adb import AdbConnection
from uiautomator2 import exceptions as u2_errors

from harness.errors import ActionRefused, DeviceError, DeviceTimeout, DeviceUnreachable, ServerDied

_CONNECT_TIMEOUT_S = 3.0
_START_TIMEOUT_S = 20.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class QuickConnection(AdbConnection):  # type: ignore[misc]  # adbutils is untyped
    """An adb server connection without Nagle delay, without the pause in ``close``, and never starting a server."""

    _socket: socket.socket | None = None

    def __init__(self, host: str, port: int) -> None:
        # The parent's constructor is not called: it would start an adb server as a side effect of connecting.
        try:
            self._socket = socket.create_connection((host, port), _CONNECT_TIMEOUT_S)
        except OSError as error:
            raise adbutils.AdbError(f"no adb server at {host}:{port}: {error}") from error
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    @property
    def conn(self) -> socket.socket:
        if self._socket is None:
            raise adbutils.AdbError("Connection is closed")
        return self._socket

    @property
    def closed(self) -> bool:
        return self._socket is None

    def __del__(self) -> None:
        # uiautomator2 forgets the connection of a server that died without closing it.
        self.close()

    def shutdown(self) -> None:
        """End reads and writes under way, from any thread."""
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.shutdown()
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class _Block:
    """One ``within`` block: its connections, and whether its time is over."""

    def __init__(self, timeout_s: float, what: str, serial: str) -> None:
        self._timeout_s = timeout_s
        self._what = what
        self._serial = serial
        self._connections: list[QuickConnection] = []
        self._expired = threading.Event()

    def admit(self, connection: QuickConnection) -> None:
        """Take on a connection. Raises ``DeviceTimeout`` after the deadline: a library that loops must not go on."""
        self._connections.append(connection)
        if self._expired.is_set():
            self.close()
        self.check()

    def expire(self) -> None:
        """End every read and write of the block; runs in the timer's thread."""
        self._expired.set()
        for connection in tuple(self._connections):
            connection.shutdown()

    def check(self, cause: Exception | None = None) -> None:
        if self._expired.is_set():
            raise DeviceTimeout(
                f"{self._what} took too long", serial=self._serial, timeout_s=self._timeout_s
            ) from cause

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class QuickClient(adbutils.AdbClient):  # type: ignore[misc]  # adbutils is untyped
    """An ``AdbClient`` for one device's adapter. Not shared between threads."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host=host, port=port)
        self._version: int | None = None
        self._block: _Block | None = None

    def make_connection(self, timeout: float | None = None) -> AdbConnection:
        connection = QuickConnection(self.host, self.port)
        if self._block is not None:
            self._block.admit(connection)
        if timeout:
            connection.conn.settimeout(timeout)
        return connection

    def server_version(self) -> int:
        if self._version is None:
            self._version = super().server_version()
        return self._version

    def forget_server(self) -> None:
        """Forget what is known of the server: it may be another one now."""
        self._version = None

    def start_server(self) -> None:
        """Start an adb server at this client's port, as adb itself does where none answers. Raises ``AdbError``."""
        if self.host not in LOOPBACK:
            raise adbutils.AdbError(f"no adb server at {self.host}:{self.port}, and none can be started from here")
        # Without -H: adb takes any host for a remote one and refuses. The server inherits our handles and would keep
        # a pipe open for ever, hence no output is read.
        command = [adbutils.adb_path(), "-P", str(self.port), "start-server"]
        try:
            subprocess.run(
                command,
                timeout=_START_TIMEOUT_S,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise adbutils.AdbError(f"adb start-server failed: {error}") from error

    @contextlib.contextmanager
    def within(self, timeout_s: float, what: str, serial: str) -> Iterator[None]:
        """Run the block with a deadline that holds; foreign exceptions leave as ``DeviceError``.

        Raises ``DeviceTimeout`` at the deadline (the operation may or may not have taken effect), else whatever the
        failure means. Blocks do not nest.
        """
        block = _Block(timeout_s, what, serial)
        self._block = block
        timer = threading.Timer(timeout_s, block.expire)
        timer.daemon = True
        timer.start()
        try:
            yield
            block.check()
        except Exception as error:
            block.close()  # the libraries leave theirs open when they fail
            if isinstance(error, DeviceError):
                raise
            block.check(error)
            raise translated(error, what, serial) from error
        finally:
            timer.cancel()
            self._block = None


def translated(error: Exception, what: str, serial: str) -> DeviceError:
    """Return our exception for a foreign one.

    Whatever the libraries raise that is none of their own (``KeyError``, ``struct.error``, an assertion ...) comes of
    an answer that they could not read, so it is ``ServerDied`` as well.
    """
    message = f"{what}: {type(error).__name__}: {error}"
    if isinstance(error, TimeoutError | adbutils.AdbTimeout | u2_errors.HTTPTimeoutError):
        return DeviceTimeout(message, serial=serial, timeout_s=0)
    if isinstance(error, u2_errors.HTTPError) and isinstance(error.__cause__, adbutils.AdbError):
        # "closed" is the device's word for a port where nobody listens; anything else is said by the adb server.
        died = "closed" in str(error.__cause__)
        return ServerDied(message, serial=serial) if died else DeviceUnreachable(message, serial=serial)
    if isinstance(error, adbutils.AdbError | u2_errors.AdbShellError | u2_errors.ConnectError):
        return DeviceUnreachable(message, serial=serial)
    if isinstance(error, u2_errors.UiAutomationError | u2_errors.HTTPError | u2_errors.RPCInvalidError):
        return ServerDied(message, serial=serial)
    if isinstance(error, u2_errors.BaseException):
        return ActionRefused(message, serial=serial)
    return ServerDied(message, serial=serial)


def listed(adb: tuple[str, int]) -> tuple[tuple[str, str], ...]:
    """Return ``(serial, state)`` of every device the adb server lists. Raises ``DeviceUnreachable`` without one."""
    client = QuickClient(*adb)
    with client.within(5.0, "host:devices", f"{adb[0]}:{adb[1]}"):
        return tuple((str(item.serial), str(item.state)) for item in client.list())


def start_server(adb: tuple[str, int]) -> None:
    """Start an adb server where none answers. Raises ``DeviceUnreachable`` where it cannot be started from here."""
    place = f"{adb[0]}:{adb[1]}"
    client = QuickClient(*adb)
    with client.within(_START_TIMEOUT_S + _CONNECT_TIMEOUT_S, "adb start-server", place):
        client.start_server()


def shell(adb: tuple[str, int], serial: str, command: str, *, timeout_s: float = 10.0) -> str:
    """Return a command's output on a device that no adapter is attached to. Raises ``DeviceError``."""
    client = QuickClient(*adb)
    with client.within(timeout_s, command, serial):
        return str(client.device(serial).shell(command))


def push(adb: tuple[str, int], serial: str, local: Path, remote: str, *, timeout_s: float = 120.0) -> None:
    """Copy a file to a device. Raises ``DeviceError``, ``ActionRefused`` where it cannot be read or stored."""
    client = QuickClient(*adb)
    try:
        content = local.open("rb")
    except OSError as error:
        raise ActionRefused(f"{local}: {error}", serial=serial) from error
    with content, client.within(timeout_s, "sync:push", serial):
        try:
            client.device(serial).sync.push(content, remote, check=True)
        except adbutils.AdbError as error:
            if str(error) != "FAIL":  # the device's word for no; adbutils reads no further
                raise
            problem = "the device does not take the file; is its storage full?"
            raise ActionRefused(f"{remote}: {problem}", serial=serial) from error


def screencap(adb: tuple[str, int], serial: str, *, timeout_s: float = 15.0) -> bytes | None:
    """Return what ``screencap -p`` prints, ``None`` where the device has no ``exec:``. Raises ``DeviceError``."""
    client = QuickClient(*adb)
    with client.within(timeout_s, "exec screencap", serial):
        return exec_output(client.device(serial), "screencap -p", timeout_s)


def exec_output(device: Any, command: str, timeout_s: float) -> bytes | None:
    """Return a command's output byte for byte, ``None`` where the device has no ``exec:`` service.

    For use inside ``within``: foreign exceptions pass.
    """
    with device.open_transport(timeout=timeout_s) as connection:
        connection.send_command(f"exec:{command}")
        try:
            connection.check_okay()
        except adbutils.AdbError as error:
            # Android before 5 answers so (measured on 4.4.2).
            if str(error) in ("closed", "error: closed"):
                return None
            raise
        chunks = []
        while chunk := connection.conn.recv(1 << 18):
            chunks.append(chunk)
        return b"".join(chunks)


def has_booted(serial: str, adb: tuple[str, int]) -> bool:
    """Return whether Android has booted under this serial; one that does not answer has not."""
    client = QuickClient(*adb)
    try:
        if ":" in serial:
            with client.within(10.0, f"connect {serial}", serial):
                client.connect(serial, timeout=10.0)
        return shell(adb, serial, "getprop sys.boot_completed").strip() == "1"
    except DeviceError:
        return False
