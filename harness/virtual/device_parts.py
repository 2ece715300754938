"""What the adb services of one device work on; the server puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from harness.virtual.adbd import Stream
from harness.virtual.faults import ArmedFault, Faults
from harness.virtual.files import DeviceFiles
from harness.virtual.logcat import LogBuffer
from harness.virtual.personality import Personality
from harness.virtual.phone import Screen, Shell
from harness.virtual.processes import Processes

Befall = Callable[[ArmedFault], Awaitable[None]]  # lets a mishap happen


class UiServer(Protocol):
    """The uiautomator2 server on the device."""

    @property
    def running(self) -> bool: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def serve_http(self, stream: Stream) -> None:
        """Answer the HTTP request of one ``tcp:9008`` stream."""
        ...


class Power(Protocol):
    """What ``root:``, ``reboot:`` and ``reconnect`` ask of the device."""

    root: bool

    def restart_adbd(self) -> None:
        """Cut every adb server off; they may connect again at once."""
        ...

    def reboot(self) -> None:
        """Restart the device: programs end, apps close, the listener is gone for a moment."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceParts:
    """The parts of one device that its services reach."""

    shell: Shell
    screen: Screen
    ui_server: UiServer
    files: DeviceFiles
    faults: Faults
    log: LogBuffer
    processes: Processes
    power: Power
    personality: Personality
    befall: Befall
