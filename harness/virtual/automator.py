"""The uiautomator2 server of the virtual device: HTTP over adb streams, JSON-RPC inside.

Method names, parameters, results and errors are those of the client's ``u2.jar``; what each does is in the
``automator_*`` files. The client opens one stream per request.
"""

from __future__ import annotations

import asyncio
import logging
import math
from urllib.parse import parse_qs, urlsplit

import h11

from harness.errors import HarnessError, VirtualDeviceError
from harness.virtual.adbd import Stream, StreamClosed
from harness.virtual.automator_device import DEVICE_METHODS
from harness.virtual.automator_objects import OBJECT_METHODS
from harness.virtual.automator_rpc import Methods, answer, called_method
from harness.virtual.automator_scroll import SCROLL_METHODS
from harness.virtual.automator_world import World
from harness.virtual.device_parts import Befall
from harness.virtual.faults import Fault, place_of_method
from harness.virtual.packages import LAUNCHER
from harness.virtual.phone import Shell
from harness.virtual.pictures import scaled_jpeg, scaled_png
from harness.virtual.processes import UI_SERVER_PROCESS
from harness.virtual.userland import Userland

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 << 20
_MAX_HEAD_BYTES = 64 << 10
_TEXT, _JSON, _PNG, _JPEG = "text/plain", "application/json", "image/png", "image/jpeg"

_DISCONNECTED = ("java.lang.IllegalStateException", "UiAutomation not connected!")

Reply = tuple[int, str, bytes]


class Automator:
    """The server; ``running`` between ``start`` and ``stop``. One per device."""

    def __init__(self, device: Userland, shell: Shell, befall: Befall | None = None) -> None:
        self._device = device
        self._befall = befall
        self._shell = shell
        self._world: World | None = None
        self._streams: dict[Stream, asyncio.Task[object] | None] = {}
        self._methods = _all_methods()
        self._calls = 0

    @property
    def running(self) -> bool:
        return self._world is not None

    async def start(self) -> None:
        """Begin to serve. Raises ``VirtualDeviceError`` where it serves already."""
        if self._world is not None:
            raise VirtualDeviceError("the ui server runs already")
        self._world = World(device=self._device, shell=self._shell)

    async def stop(self) -> None:
        """End the server; requests under way lose their stream, as when its process dies."""
        self._world = None
        streams, self._streams = self._streams, {}
        for stream, task in streams.items():
            await stream.close()
            if task is not None and task is not asyncio.current_task():
                task.cancel()

    async def serve_http(self, stream: Stream) -> None:
        """Answer the requests that arrive on ``stream`` until the client closes it."""
        self._streams[stream] = asyncio.current_task()
        try:
            await self._serve(stream)
        except StreamClosed:
            logger.debug("a client left before its answer")
        except asyncio.CancelledError:
            if self._world is not None:
                raise
            # ``stop`` ended this request; for adbd it is simply over.
        finally:
            self._streams.pop(stream, None)
            await stream.close()

    async def _serve(self, stream: Stream) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        while True:
            try:
                request = await _next_request(connection, stream)
            except h11.RemoteProtocolError as e:
                await stream.write(_plain_reply(connection, (400, _TEXT, str(e).encode())))
                return
            if request is None:
                return
            reply = await self._reply(*request)
            if reply is None:
                return
            await stream.write(_plain_reply(connection, reply))
            await self._kill_for_memory()
            if connection.our_state is h11.MUST_CLOSE or connection.states[h11.CLIENT] is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()

    async def _reply(self, method: str, url: str, body: bytes) -> Reply | None:
        """Return status, content type and body; None where the server died over it."""
        world = self._world
        if world is None:
            return None
        parts = urlsplit(url)
        match method, parts.path:
            case _, "/ping":
                return 200, _TEXT, b"pong"
            case _, "/stop":
                await self.stop()
                return None
            case "GET", "/screenshot/0":
                return await self._screenshot(parse_qs(parts.query))
            case "POST", "/jsonrpc/0":
                return await self._call(world, body)
            case _:
                return 404, _TEXT, b"Not Found"

    async def _call(self, world: World, body: bytes) -> Reply | None:
        self._calls += 1
        if self._befall is not None:
            for mishap in self._device.faults.reached(place_of_method(called_method(body))):
                await self._befall(mishap)
        if self._device.faults.take(Fault.DROP_MID_REQUEST):
            await self.stop()
            return None
        gone = _DISCONNECTED if self._device.faults.take(Fault.NOT_CONNECTED) else None
        return 200, _JSON, await answer(self._methods, body, world, gone)

    async def _kill_for_memory(self) -> None:
        """Do what Android does when memory runs out: end what is not in front, and this server too."""
        every = self._device.personality.quirks.kills_every
        if not every or self._calls < every:
            return
        self._calls = 0
        front = await self._device.screen.foreground()
        for task in await self._device.screen.tasks():
            if task.package not in (front.package, LAUNCHER):
                await self._device.screen.force_stop(task.package)
        self._device.log.add("lowmemorykiller", f"Killing '{UI_SERVER_PROCESS}', adj 900")
        await self._device.processes.kill_named(UI_SERVER_PROCESS)

    async def _screenshot(self, query: dict[str, list[str]]) -> Reply:
        scale = _number(query.get("scale"), 1.0)
        try:
            png = await self._device.screen.screenshot()
        except HarnessError as e:
            return 500, _TEXT, f"takeScreenshot error: {e}".encode()
        if "quality" in query:
            quality = int(_number(query["quality"], 90))
            return 200, _JPEG, await asyncio.to_thread(scaled_jpeg, png, scale, quality)
        return 200, _PNG, await asyncio.to_thread(scaled_png, png, scale)


def _all_methods() -> Methods:
    tables = (DEVICE_METHODS, OBJECT_METHODS, SCROLL_METHODS)
    names = {name for table in tables for name in table}
    return {name: [found for table in tables for found in table.get(name, ())] for name in names}


async def _next_request(connection: h11.Connection, stream: Stream) -> tuple[str, str, bytes] | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.read())
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise h11.RemoteProtocolError("request body too large", 413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head.method.decode("ascii"), head.target.decode("ascii", "replace"), bytes(body)
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            return None


def _plain_reply(connection: h11.Connection, reply: Reply) -> bytes:
    """Return head and body in one piece, so that an adb stream carries a small reply in one packet."""
    status, kind, body = reply
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    if connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return b""
    head = connection.send(h11.Response(status_code=status, headers=headers)) or b""
    content = connection.send(h11.Data(data=body)) or b""
    end = connection.send(h11.EndOfMessage()) or b""
    return head + content + end


def _number(values: list[str] | None, default: float) -> float:
    try:
        number = float(values[0]) if values else default
    except ValueError:
        return default
    return number if math.isfinite(number) else default
