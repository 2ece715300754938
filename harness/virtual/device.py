"""One virtual device put together: every part in one event loop, over one folder of the host."""

from __future__ import annotations

import asyncio
import functools
import logging
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import VirtualDeviceError
from harness.virtual.adbd import Adbd
from harness.virtual.automator import Automator
from harness.virtual.browser import ChromiumScreen
from harness.virtual.commands import COMMANDS
from harness.virtual.device_clock import SettableClock
from harness.virtual.device_parts import DeviceParts
from harness.virtual.device_time import device_zone
from harness.virtual.faults import Faults
from harness.virtual.files import DeviceFiles
from harness.virtual.logcat import LogBuffer
from harness.virtual.mishaps import Mishaps
from harness.virtual.packages import PackageStore
from harness.virtual.personality import Personality
from harness.virtual.phone import Display
from harness.virtual.processes import Processes
from harness.virtual.services import Services
from harness.virtual.shell import AndroidShell
from harness.virtual.userland import Userland, open_properties, open_settings

_ROOT_PROPERTY = "service.adb.root"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOptions:
    """What kind of device to make; ``data_dir`` keeps apps, storage and files from one run to the next."""

    data_dir: Path
    hardware_serial: str = "VIRTUAL0001"
    personality: Personality = field(default_factory=Personality)
    browser: Path | None = None

    @property
    def panel(self) -> Display:
        """The display as it is after boot: the panel's own, or what ``wm`` was told to make of it."""
        return self.personality.quirks.override or self.personality.display


class VirtualDevice:
    """One device; lives in the event loop it was started in. Implements ``Power`` for its services."""

    def __init__(self, options: DeviceOptions) -> None:
        self.options = options
        options.data_dir.mkdir(parents=True, exist_ok=True)
        self.clock = SettableClock()
        if offset_s := options.personality.quirks.clock_offset_s:
            self.clock.set(self.clock.now() + offset_s)
        self.faults = Faults()
        self.processes = Processes()
        self.files = DeviceFiles(options.data_dir, now=self.clock.now)
        self.log = LogBuffer(now=self.clock.now)
        self.packages = self._packages()
        self.screen = self._screen()
        self.userland = self._userland()
        self.log.zone = functools.partial(device_zone, self.userland)
        self.shell = AndroidShell(self.userland, COMMANDS)
        self.root = False
        self.mishaps = Mishaps(
            device=self.userland, screen=self.screen, leave=self.stop_listening, come_back=self._listen_again
        )
        self.automator = Automator(self.userland, self.shell, self.mishaps.befall)
        self.services = Services(self._parts())
        features = options.personality.adb_features
        self.adbd = Adbd(properties=self._banner(), route=self.services.route, features=features)
        self._rebooting: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where adb servers connect to, and thereby the device's adb serial."""
        return f"127.0.0.1:{self.adbd.port}"

    async def start(self) -> None:
        """Boot: screen first, then the listener, so that whoever connects finds a working device."""
        self._set_root(root=False)
        await self.screen.start()
        await self.screen.set_awake(awake=True)  # also where it was rebooted in its sleep
        self.log.add("boot", "sys.boot_completed=1")
        await self.adbd.start()

    async def stop(self) -> None:
        """Switch off; apps, their storage and files stay in ``data_dir``."""
        if self._rebooting is not None:
            await asyncio.wait([self._rebooting])
        await self.mishaps.end()
        await self.adbd.stop()
        await self.automator.stop()
        await self.screen.close()

    # Power

    def restart_adbd(self) -> None:
        """Cut every adb server off; they may connect again at once."""
        self._set_root(root=self.root)
        self.adbd.drop_connections()

    def reboot(self) -> None:
        """Begin a restart; the device is gone from adb until it has booted."""
        if self._rebooting is None or self._rebooting.done():
            self._rebooting = asyncio.ensure_future(self._reboot())

    async def reboot_now(self) -> None:
        """Restart and return when the device listens again."""
        self.reboot()
        if self._rebooting is not None:
            await self._rebooting

    async def _reboot(self) -> None:
        logger.info("virtual device reboots", extra={"device": self.address})
        await self.stop_listening()
        await self.automator.stop()
        await self.screen.close()
        try:
            await self.start()
        except VirtualDeviceError:
            logger.exception("virtual device does not boot", extra={"device": self.address})
            raise

    async def _listen_again(self) -> None:
        await self.adbd.start()

    async def stop_listening(self) -> None:
        """Be gone from adb: the listener closes, connections drop, running programs end."""
        await self.adbd.stop()

    def _set_root(self, *, root: bool) -> None:
        self.root = root
        self.userland.properties.put(_ROOT_PROPERTY, str(int(root)))

    # parts

    def _packages(self) -> PackageStore:
        return PackageStore(
            data_dir=self.options.data_dir,
            files=self.files,
            now=self.clock.now,
            personality=self.options.personality,
        )

    def _screen(self) -> ChromiumScreen:
        return ChromiumScreen(
            data_dir=self.options.data_dir,
            display=self.options.panel,
            packages=self.packages,
            clock=self.clock,
            log=self.log.add,
            browser=self.options.browser,
            personality=self.options.personality,
        )

    def _userland(self) -> Userland:
        options = self.options
        properties = open_properties(
            options.data_dir, options.personality, options.hardware_serial, options.personality.display.density_dpi
        )
        return Userland(
            serial=options.hardware_serial,
            screen=self.screen,
            packages=self.packages,
            clock=self.clock,
            files=self.files,
            log=self.log,
            faults=self.faults,
            processes=self.processes,
            settings=open_settings(options.data_dir, options.personality),
            properties=properties,
            personality=options.personality,
            reboot=self.reboot,
        )

    def _parts(self) -> DeviceParts:
        return DeviceParts(
            shell=self.shell,
            screen=self.screen,
            ui_server=self.automator,
            files=self.files,
            faults=self.faults,
            log=self.log,
            processes=self.processes,
            power=self,
            personality=self.options.personality,
            befall=self.mishaps.befall,
        )

    def _banner(self) -> dict[str, str]:
        personality = self.options.personality
        return {
            "ro.product.name": personality.product,
            "ro.product.model": personality.model.replace(" ", "_"),
            "ro.product.device": personality.device,
        }
