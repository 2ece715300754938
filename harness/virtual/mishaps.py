"""Carries out what befalls one device: deaths of its programs, an absence, a full storage, a clock that jumps."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.errors import VirtualDeviceError
from harness.virtual.faults import ArmedFault, Fault
from harness.virtual.packages import LAUNCHER
from harness.virtual.processes import UI_SERVER_PROCESS
from harness.virtual.userland import Userland

_NOTICED_S = 50.0
_POLL_S = 0.02


class BrowserScreen(Protocol):
    """What a mishap asks of the screen beyond ``phone.Screen``."""

    async def browser_pid(self) -> int: ...
    async def show_notice(self, package: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Mishaps:
    """The mishaps of one device; ``leave`` and ``come_back`` end and open its listener."""

    device: Userland
    screen: BrowserScreen
    leave: Callable[[], Awaitable[None]]
    come_back: Callable[[], Awaitable[None]]
    _under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def befall(self, armed: ArmedFault) -> None:
        """Let one mishap happen; where its time has not come (no app in front), nothing does."""
        front = (await self.device.screen.foreground()).package
        match armed.fault:
            case Fault.SERVER_KILLED:
                await self.device.processes.kill_named(UI_SERVER_PROCESS)
            case Fault.OFFLINE:
                self._begin(self._be_away(armed.argument))
            case Fault.BROWSER_CRASH:
                with suppress(VirtualDeviceError):  # it is dead already
                    await self._kill_browser()
            case Fault.CLOCK_JUMP:
                await self.device.set_clock(max(0.0, self.device.clock.now() + armed.argument))
            case Fault.STORAGE_FULL:
                self.device.files.is_full = True
            case Fault.APP_CRASH if front != LAUNCHER:
                with suppress(VirtualDeviceError):  # it went away by itself
                    await self.device.screen.crash(front)
            case Fault.ANR if front != LAUNCHER:
                with suppress(VirtualDeviceError):
                    await self.device.screen.show_anr(front)
            case Fault.POPUP if front != LAUNCHER:
                with suppress(VirtualDeviceError):
                    await self.screen.show_notice(front)
            case _:
                pass

    async def kill_browser(self) -> None:
        """Kill the browser behind the screen with SIGKILL and return when the device has noticed."""
        pid = await self._kill_browser()
        loop = asyncio.get_running_loop()
        end_s = loop.time() + _NOTICED_S
        while loop.time() < end_s:
            with suppress(VirtualDeviceError):  # between its two lives the browser has no process id
                if await self.screen.browser_pid() != pid:
                    return
            await asyncio.sleep(_POLL_S)
        raise VirtualDeviceError(f"the device has not noticed that its browser {pid} was killed")

    async def _kill_browser(self) -> int:
        pid = await self.screen.browser_pid()
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        return pid

    async def _be_away(self, seconds: float) -> None:
        await self.leave()
        if seconds:
            await asyncio.sleep(seconds)
            await self.come_back()

    async def end(self) -> None:
        """Stop what is under way."""
        tasks = tuple(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Any) -> None:
        # No task of adbd's: that ends those when the device leaves.
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
