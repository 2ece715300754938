"""Real adb servers for the tests, and a device below them whose shell and screen are stand-ins.

Servers run on free ports of their own with a home folder of their own; each is ended by the process handle.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import adbutils
from PIL import Image

from harness.virtual.adb_host import AdbHost
from harness.virtual.adbd import Adbd, Stream
from harness.virtual.device_parts import DeviceParts, UiServer
from harness.virtual.faults import ArmedFault, Faults
from harness.virtual.files import DeviceFiles
from harness.virtual.logcat import LogBuffer
from harness.virtual.personality import Personality
from harness.virtual.phone import Screen, ShellResult
from harness.virtual.processes import Processes
from harness.virtual.services import Services

T = TypeVar("T")
BUNDLED_ADB = Path(adbutils.__file__).parent / "binaries" / ("adb.exe" if os.name == "nt" else "adb")


def adb_binaries() -> tuple[Path, ...]:
    """Return the adb programs to test with: the one of adbutils, and the system's where there is one."""
    system = shutil.which("adb")
    return (BUNDLED_ADB,) if system is None else (BUNDLED_ADB, Path(system))


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast("int", probe.getsockname()[1])


def eventually(condition: Callable[[], T], *, within_s: float = 60.0) -> T:
    """Return the first truthy value of ``condition``; fail after ``within_s``."""
    end_s = time.monotonic() + within_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end_s, f"still {value!r} after {within_s} s"
        pause.wait(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdbServer:
    """A private adb server and its command line."""

    binary: Path
    port: int
    environment: dict[str, str]

    def run(
        self, *arguments: str, stdin: bytes | None = None, serial: str | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``adb`` to its end."""
        with_serial = ("-s", serial) if serial else ()
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return subprocess.run(
            [self.binary, *with_serial, *arguments],
            capture_output=True,
            timeout=60,
            env=self.environment,
            check=False,
            **given,
        )

    def start(self, *arguments: str, serial: str) -> subprocess.Popen[bytes]:
        """Start ``adb`` and let it go on; the caller ends it."""
        return subprocess.Popen(
            [self.binary, "-s", serial, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )

    def connect(self, address: str) -> None:
        """Connect a device and wait until it has answered."""
        self.run("connect", address)
        AdbHost(port=self.port).connect(address)

    def state(self, serial: str) -> str:
        """Return the state that ``adb devices`` shows, empty for an unknown device."""
        for line in self.run("devices").stdout.decode().splitlines():
            name, _, state = line.partition("\t")
            if name == serial:
                return state
        return ""

    def client(self, serial: str) -> adbutils.AdbDevice:
        """Return the adbutils client of one device."""
        return adbutils.AdbClient(host="127.0.0.1", port=self.port).device(serial)


@contextmanager
def adb_server(binary: Path, home: Path) -> Iterator[AdbServer]:
    """Run an adb server on a free port."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "HOME": str(home),
        "TMPDIR": str(home),
        "ANDROID_ADB_SERVER_PORT": str(port),
        # Nothing but what a test connects: no USB, no listeners of other tests taken for emulators.
        "ADB_MDNS": "0",
        "ADB_USB": "0",
        "ADB_EMU": "0",
        "ADB_LOCAL_TRANSPORT_MAX_PORT": "5555",
    }
    environment.pop("ANDROID_SERIAL", None)
    with (home / "adb.log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "-L", f"tcp:localhost:{port}", "server", "nodaemon"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        eventually(lambda: _listens(port))
        yield AdbServer(binary=binary, port=port, environment=environment)
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class WireShell:
    """A stand-in shell with a dozen words, enough to see bytes, exit codes and both outputs arrive."""

    def __init__(self, files: DeviceFiles) -> None:
        self.files = files
        self.lines: list[str] = []
        self.stdin: list[bytes] = []
        self.says: dict[str, bytes] = {}  # what a line with these words in it prints, before any word is looked at

    async def run(self, command_line: str, stdin: bytes = b"") -> ShellResult:
        self.lines.append(command_line)
        self.stdin.append(stdin)
        line, _, tail = command_line.partition("; echo X4EXIT:")
        said = next((printed for words, printed in self.says.items() if words in line), None)
        result = await self._run(shlex.split(line), stdin) if said is None else ShellResult(stdout=said)
        if not tail:
            return result
        return ShellResult(stdout=result.stdout + f"X4EXIT:{result.exit_code}\n".encode(), stderr=result.stderr)

    async def _run(self, words: list[str], stdin: bytes) -> ShellResult:
        match words:
            case ["echo", *rest]:
                return ShellResult(stdout=" ".join(rest).encode() + b"\n")
            case ["both", code]:
                return ShellResult(stdout=b"to out\n", stderr=b"to err\n", exit_code=int(code))
            case ["cat", path]:
                return ShellResult(stdout=self.files.read(path))
            case ["cat"]:
                return ShellResult(stdout=stdin)
            case ["rm", path, "</dev/null"]:
                self.files.remove(path)
                return ShellResult()
            case ["screencap", "-p"]:
                return ShellResult(stdout=still_png())
            case ["fail"]:
                raise RuntimeError("a defect in a command")
            case ["sleep", seconds]:
                await asyncio.sleep(float(seconds))
                return ShellResult()
            case ["cmd", "package", "install", *options]:
                size = options[options.index("-S") + 1]
                assert int(size) == len(stdin)
                return ShellResult(stdout=f"Success {hashlib.sha256(stdin).hexdigest()}\n".encode())
            case ["pm", "install", *_, path]:
                digest = hashlib.sha256(self.files.read(path)).hexdigest()
                return ShellResult(stdout=f"Success {digest}\n".encode())
            case ["cmd", "package", "uninstall", _] | ["pm", "uninstall", _]:
                return ShellResult(stdout=b"Success\n")
            case _:
                return ShellResult(
                    stderr=f"/system/bin/sh: {words[0]}: inaccessible or not found\n".encode(), exit_code=127
                )


def still_png() -> bytes:
    """Return a small picture with one red pixel at 1, 2."""
    picture = Image.new("RGB", (30, 40), (10, 20, 30))
    picture.putpixel((1, 2), (255, 0, 0))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


class StillScreen:
    """A stand-in screen that shows one picture."""

    async def screenshot(self) -> bytes:
        return still_png()


@dataclass(slots=True)
class PingServer:
    """A stand-in for the uiautomator2 server: answers every request with ``pong``."""

    running: bool = False

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def serve_http(self, stream: Stream) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await stream.read()
        await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npong")


@dataclass(slots=True)
class WirePower:
    """A stand-in for the device's power: counts reboots."""

    adbd: Adbd | None = None
    root: bool = False
    reboots: int = 0

    def restart_adbd(self) -> None:
        assert self.adbd is not None
        self.adbd.drop_connections()

    def reboot(self) -> None:
        self.reboots += 1
        self.restart_adbd()


@dataclass(slots=True, kw_only=True)
class WireDevice:
    """The adb side of a device over stand-ins, in an event loop and thread of its own."""

    loop: asyncio.AbstractEventLoop
    parts: DeviceParts
    shell: WireShell
    power: WirePower
    services: Services
    adbd: Adbd

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.adbd.port}"

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the device's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


async def _no_mishaps(armed: ArmedFault) -> None:
    raise AssertionError(f"a stand-in has no mishaps: {armed}")


@contextmanager
def wire_device(
    folder: Path, ui_server: UiServer | None = None, personality: Personality | None = None
) -> Iterator[WireDevice]:
    """Run a device until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="wire-device", daemon=True)
    thread.start()

    async def build() -> WireDevice:
        files = DeviceFiles(folder, now=lambda: 1_700_000_000)
        shell, power = WireShell(files), WirePower()
        parts = DeviceParts(
            shell=shell,
            screen=cast("Screen", StillScreen()),
            ui_server=ui_server or PingServer(),
            files=files,
            faults=Faults(),
            log=LogBuffer(now=lambda: 1_700_000_000),
            processes=Processes(),
            power=power,
            personality=personality or Personality(),
            befall=_no_mishaps,
        )
        services = Services(parts)
        adbd = Adbd(
            properties={"ro.product.name": "wire", "ro.product.model": "Wire", "ro.product.device": "w"},
            route=services.route,
            features=parts.personality.adb_features,
        )
        power.adbd = adbd
        await adbd.start()
        return WireDevice(loop=loop, parts=parts, shell=shell, power=power, services=services, adbd=adbd)

    device = asyncio.run_coroutine_threadsafe(build(), loop).result(20)
    try:
        yield device
    finally:
        device.call(device.adbd.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
