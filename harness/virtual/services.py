"""Which service string is answered by what; an unknown one is refused."""

from __future__ import annotations

import asyncio
import functools
import io
import struct

from PIL import Image

from harness.virtual.adbd import Connection, Service, Stream
from harness.virtual.device_parts import DeviceParts
from harness.virtual.faults import ArmedFault, Fault, place_of_line
from harness.virtual.reverse import ReverseForwards
from harness.virtual.shell_service import ShellService
from harness.virtual.streaming import UI_SERVER_PORT, first_of
from harness.virtual.sync import SyncService

_FRAMEBUFFER = struct.Struct("<14I")
_FRAMEBUFFER_VERSION = 2
_SRGB = 1


class Services:
    """The services of one device; ``route`` is what its adbd asks."""

    def __init__(self, parts: DeviceParts) -> None:
        self._parts = parts
        self._shell = ShellService(parts=parts)
        self._sync = SyncService(files=parts.files, faults=parts.faults)
        self.reverse = ReverseForwards()
        self._asked = 0

    def route(self, name: str, connection: Connection) -> Service | None:
        """Return what answers a service string, None to refuse it."""
        quirks = self._parts.personality.quirks
        self._asked += 1
        flaps = bool(quirks.drops_every) and self._asked % quirks.drops_every == 0
        if flaps or self._parts.faults.take(Fault.DROP_CONNECTION):
            connection.drop()
            return None
        mishaps = self._parts.faults.reached(place_of_line(name.partition(":")[2]))
        service = self._service(name, connection)
        if not mishaps or service is None:
            return service
        return functools.partial(self._after, mishaps, service)

    async def _after(self, mishaps: tuple[ArmedFault, ...], service: Service, stream: Stream) -> None:
        for mishap in mishaps:
            await self._parts.befall(mishap)
        await service(stream)

    def _service(self, name: str, connection: Connection) -> Service | None:
        quirks = self._parts.personality.quirks
        kind, _, rest = name.partition(":")
        match kind:
            case "shell" if not self._parts.faults.take(Fault.REFUSE_SHELL):
                return functools.partial(self._shell.serve_plain, rest, terminal=quirks.terminal_shell)
            case "exec" if not (quirks.exec_closed or self._parts.faults.take(Fault.REFUSE_EXEC)):
                return functools.partial(self._shell.serve_plain, rest) if rest.strip() else None
            case "sync":
                return self._sync.serve
            case "tcp":
                return self._ui_server() if rest == str(UI_SERVER_PORT) else None
            case "framebuffer":
                return self._framebuffer
            case "reverse":
                return self.reverse.service(rest, connection)
            case "root" | "unroot":
                return functools.partial(self._change_root, root=kind == "root")
            case "remount":
                return self._remount
            case "reboot" | "reconnect":
                return self._reboot if kind == "reboot" else self._reconnect
            case _ if kind.startswith("shell,"):
                return self._shell_with_options(kind, rest)
            case _:
                return None

    def _shell_with_options(self, kind: str, line: str) -> Service | None:
        if self._parts.personality.quirks.terminal_shell or self._parts.faults.take(Fault.REFUSE_SHELL):
            return None
        options = tuple(kind.split(",")[1:])
        if "v2" in options:
            return functools.partial(self._shell.serve_packets, options, line)
        return functools.partial(self._shell.serve_plain, line)

    def _ui_server(self) -> Service | None:
        faults = self._parts.faults
        if not self._parts.ui_server.running or faults.take(Fault.REFUSE_SERVICE):
            return None
        if faults.take(Fault.DROP_SERVICE):
            return _close_at_once
        if (fault := faults.take(Fault.HANG_SERVICE)) is not None:
            return functools.partial(_hang, fault.argument)
        return _garbage if faults.take(Fault.GARBAGE) else self._parts.ui_server.serve_http

    async def _framebuffer(self, stream: Stream) -> None:
        png = await self._parts.screen.screenshot()
        width, height, pixels = await asyncio.to_thread(_rgba, png)
        size = len(pixels)
        channels = (0, 8, 16, 8, 8, 8, 24, 8)  # offset and length in bits of red, blue, green, alpha
        head = _FRAMEBUFFER.pack(_FRAMEBUFFER_VERSION, 32, _SRGB, size, width, height, *channels)
        await stream.write(head + pixels)

    async def _change_root(self, stream: Stream, *, root: bool) -> None:
        power = self._parts.power
        if power.root == root:
            await stream.write(b"adbd is already running as root\n" if root else b"adbd not running as root\n")
            return
        power.root = root
        await stream.write(b"restarting adbd as root\n" if root else b"restarting adbd as non root\n")
        await stream.close()
        power.restart_adbd()

    async def _remount(self, stream: Stream) -> None:
        told = b"remount succeeded\n" if self._parts.power.root else b'Not running as root. Try "adb root" first.\n'
        await stream.write(told)

    async def _reboot(self, stream: Stream) -> None:
        await stream.close()
        self._parts.power.reboot()

    async def _reconnect(self, stream: Stream) -> None:
        await stream.write(b"done")
        await stream.close()
        self._parts.power.restart_adbd()


async def _close_at_once(stream: Stream) -> None:
    """Answer with an empty stream."""


async def _garbage(stream: Stream) -> None:
    """Answer with bytes that mean nothing."""
    await stream.read()
    await stream.write(bytes(range(256)) * 2)


async def _hang(seconds: float, stream: Stream) -> None:
    """Answer nothing for ``seconds`` (0: for as long as the client waits)."""
    await first_of(stream.wait_closed(), timeout_s=seconds or None)


def _rgba(png: bytes) -> tuple[int, int, bytes]:
    with Image.open(io.BytesIO(png)) as picture:
        return (*picture.size, picture.convert("RGBA").tobytes())
