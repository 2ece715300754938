"""Runs virtual devices for programs that know nothing of event loops: tests, the demo, the command line.

One thread runs one event loop with every device in it. The methods here may be called from any other thread;
each hands its work to the loop and waits for it, with a deadline.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from harness.errors import VirtualDeviceError
from harness.virtual.adb_host import AdbHost
from harness.virtual.app_archive import InstallRefused, pack_app, pack_url_app
from harness.virtual.device import DeviceOptions, VirtualDevice
from harness.virtual.faults import ArmedFault
from harness.virtual.personality import Personality
from harness.virtual.processes import UI_SERVER_PROCESS
from harness.virtual.temporary import temporary_folder

_CALL_TIMEOUT_S = 60.0
_CLOCK_TIMEOUT_S = 300.0
_STOP_TIMEOUT_S = 30.0

T = TypeVar("T")
logger = logging.getLogger(__name__)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="virtual-devices", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], *, timeout_s: float = _CALL_TIMEOUT_S) -> T:
        """Run a coroutine in the loop and return its result; raises ``VirtualDeviceError`` after the deadline."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout_s)
        except FutureTimeout as error:
            if future.done():
                raise  # the work itself ran into a time limit
            future.cancel()
            raise VirtualDeviceError(f"the virtual device did not answer within {timeout_s:g} s") from error

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
        self.call(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_TIMEOUT_S)
        self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class DeviceHandle:
    """One running device, controlled from outside its loop."""

    def __init__(self, device: VirtualDevice, loop: _Loop) -> None:
        self._device = device
        self._loop = loop

    @property
    def address(self) -> str:
        """``127.0.0.1:<port>``: what ``adb connect`` takes."""
        return self._device.address

    @property
    def serial(self) -> str:
        """What ``adb -s`` takes: the address, as for every device on the network."""
        return self._device.address

    @property
    def hardware_serial(self) -> str:
        """What the device calls itself in ``ro.serialno``."""
        return self._device.options.hardware_serial

    @property
    def data_dir(self) -> Path:
        """The host folder that stands for the device's storage."""
        return self._device.options.data_dir

    # apps

    def install(self, source: str | Path) -> str:
        """Install an app folder, an archive or a web address and return the package name.

        Raises ``VirtualDeviceError`` with Android's own code where the device refuses it.
        """
        return self.install_archive(_archive(source))

    def install_archive(self, data: bytes) -> str:
        """Install the bytes of an archive and return the package name."""
        return self._call(self._install(data))

    def uninstall(self, package: str) -> bool:
        """Remove an app with its storage; return False where there is none."""
        return self._call(self._device.userland.uninstall(package))

    def packages(self) -> tuple[str, ...]:
        """Return the installed packages, the system's own included."""
        return self._call(_soon(lambda: tuple(app.package for app in self._device.packages.installed())))

    async def _install(self, data: bytes) -> str:
        try:
            return (await self._device.userland.install(data)).package
        except InstallRefused as refusal:
            raise VirtualDeviceError(f"install: {refusal}") from refusal

    # time

    def now(self) -> datetime:
        """Return the device's date and time, UTC."""
        return datetime.fromtimestamp(self._device.clock.now(), UTC)

    def advance_clock(self, seconds: float) -> None:
        """Let time pass on the device and on its pages (timers, dates, playing videos) without waiting."""
        self._call(self._device.userland.move_clock(seconds), timeout_s=_CLOCK_TIMEOUT_S)

    def set_clock(self, moment: datetime) -> None:
        """Set the device's date and time; a naive ``moment`` is the host's local time. No time passes."""
        self._call(self._device.userland.set_clock(moment.timestamp()))

    # what can go wrong

    def fault(self, name: str, argument: float = 0.0, *, times: int = 1) -> None:
        """Arm a fault, spelled ``NAME[=SECONDS][@WHERE]``, for the next ``times`` occasions.

        A mishap without a place happens now.
        """
        self._call(self._fault(name, argument, times))

    async def _fault(self, name: str, argument: float, times: int) -> None:
        self._device.faults.push(name, argument, times=times)
        for mishap in self._device.faults.reached(None):
            await self._device.mishaps.befall(mishap)

    def faults(self) -> tuple[ArmedFault, ...]:
        """Return the faults that have not shown yet."""
        return self._call(_soon(self._device.faults.armed))

    def clear_faults(self) -> None:
        """Disarm every fault; a full storage has room again."""
        self._call(_soon(self._clear_faults))

    def _clear_faults(self) -> None:
        self._device.faults.clear()
        self._device.files.is_full = False

    def go_offline(self) -> None:
        """Vanish from the network: the listener closes and every adb connection breaks."""
        self._call(self._device.stop_listening())

    def come_back(self) -> None:
        """Listen again at the same address; adb servers must connect again (some do so by themselves)."""
        self._call(self._device.adbd.start())

    def drop_connections(self) -> None:
        """Break every adb connection but go on listening, as a glitch of the network does."""
        self._call(_soon(self._device.adbd.drop_connections))

    def kill_automator(self) -> bool:
        """Kill the uiautomator2 server as Android's memory killer does; return False where none ran.

        It is gone when this returns: its port refuses, whoever asks next starts another.
        """
        return self._call(self._kill_automator())

    async def _kill_automator(self) -> bool:
        return await self._device.processes.kill_named(UI_SERVER_PROCESS) > 0

    def kill_browser(self) -> None:
        """Kill the browser behind the screen with SIGKILL and return when the device has noticed.

        The apps are gone then and the launcher is in front, in a new browser.
        """
        self._call(self._device.mishaps.kill_browser())

    def reboot(self) -> None:
        """Restart the device and return when it listens again."""
        self._call(self._device.reboot_now())

    def log_lines(self) -> tuple[str, ...]:
        """Return the device's log, oldest first, as ``tag: message``."""
        lines = self._call(_soon(lambda: self._device.log.after(0)))
        return tuple(f"{line.tag}: {line.message}" for line in lines)

    def _call(self, work: Coroutine[Any, Any, T], *, timeout_s: float = _CALL_TIMEOUT_S) -> T:
        return self._loop.call(work, timeout_s=timeout_s)


async def _soon(work: Callable[[], T]) -> T:
    return work()


class VirtualDevices:
    """Context manager: ``count`` new devices with the same ``apps`` installed, each with storage of its own.

    With ``data_dir`` the devices are those of the last run there; without it they are gone afterwards.
    """

    def __init__(
        self,
        *,
        count: int = 1,
        apps: Sequence[str | Path] = (),
        data_dir: Path | None = None,
        personality: Personality | None = None,
        browser: Path | None = None,
    ) -> None:
        self._count = count
        self._apps = tuple(apps)
        self._data_dir = data_dir
        self._personality = personality or Personality()
        self._browser = browser
        self._stack = ExitStack()
        self._connected: set[tuple[AdbHost, str]] = set()
        self.devices: tuple[DeviceHandle, ...] = ()

    def __enter__(self) -> VirtualDevices:
        archives = tuple(_archive(source) for source in self._apps)  # before anything runs: it may fail
        with ExitStack() as stack:
            folder = self._data_dir or stack.enter_context(temporary_folder())
            loop = _Loop()
            stack.callback(loop.close)
            numbers = range(1, self._count + 1)
            self.devices = tuple([self._start(number, folder, loop, stack) for number in numbers])
            for device in self.devices:
                self._install_all(device, archives)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def connect(self, adb_server: tuple[str, int] | None = None, adb: Path | None = None) -> tuple[str, ...]:
        """Connect every device to an adb server, starting one where none answers; return the serials.

        ``adb_server`` is host and port, by default the server that adb itself would use here; ``adb`` is the
        program to start one with. The devices are disconnected again at the end; the server stays.
        """
        server = AdbHost.from_environment()
        if adb_server is not None:
            server = AdbHost(host=adb_server[0], port=adb_server[1])
        server.start(adb)
        for device in self.devices:
            server.connect(device.address)
            if (server, device.address) not in self._connected:
                self._connected.add((server, device.address))
                self._stack.callback(server.disconnect, device.address)
            if self._personality.quirks.listed_twice:
                server.connect_as_emulator(device.address)
        return tuple(device.serial for device in self.devices)

    def _install_all(self, device: DeviceHandle, archives: Sequence[bytes]) -> None:
        installed: dict[str, str] = {}
        for source, archive in zip(map(str, self._apps), archives, strict=True):
            try:
                package = device.install_archive(archive)
            except VirtualDeviceError as refusal:
                raise VirtualDeviceError(f"{source}: {refusal}") from refusal
            if package in installed:
                raise VirtualDeviceError(f"{installed[package]} and {source} are both called {package}")
            installed[package] = source

    def _start(self, number: int, folder: Path, loop: _Loop, stack: ExitStack) -> DeviceHandle:
        name = f"VIRTUAL{number:04d}"
        options = DeviceOptions(
            data_dir=folder / name,
            hardware_serial=name,
            personality=self._personality,
            browser=self._browser,
        )
        device = loop.call(_made(options))
        stack.callback(lambda: loop.call(device.stop()))
        loop.call(device.start())
        handle = DeviceHandle(device, loop)
        logger.info("virtual device runs", extra={"address": handle.address, "device": name})
        return handle


async def _made(options: DeviceOptions) -> VirtualDevice:
    return VirtualDevice(options)


def _archive(source: str | Path) -> bytes:
    """Return the bytes to install: a folder is packed, a web address becomes an app of one page."""
    text = str(source)
    path = Path(source)
    try:
        if text.startswith(("http://", "https://")):
            return pack_url_app(text, urlsplit(text).hostname or "page", _url_package(text))
        return pack_app(path) if path.is_dir() else path.read_bytes()
    except (InstallRefused, ValueError) as refusal:  # ValueError: an address that is none
        raise VirtualDeviceError(f"{text}: {refusal}") from refusal
    except OSError as error:
        raise VirtualDeviceError(f"{path}: {error.strerror}") from error


def _url_package(url: str) -> str:
    """Return ``web.cn.gov.www`` for www.gov.cn, with the port where one is named: what it serves is another app.

    Raises ``ValueError`` for an address that is none.
    """
    part = urlsplit(url)
    host = (part.hostname or "").encode("idna").decode()
    labels = [label.replace("-", "_") for label in host.split(".") if label[:1].isalpha()] or ["page"]
    port = (f"p{part.port}",) if part.port else ()
    return ".".join(("web", *reversed(labels), *port))
