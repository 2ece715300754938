"""``reverse:``: ports of the device that lead to the host of the adb server.

The device has the host's loopback, so a listener takes the very port that was asked for. Each connection opens
a stream of the adb server that asked, under exactly the name it gave: a server ends itself when a device opens
anything else. The listeners live as long as that server's connection.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from harness.virtual.adbd import Connection, Service, Stream, StreamClosed
from harness.virtual.loopback import SCANNED_PORTS

_CHUNK_BYTES = 64 << 10

logger = logging.getLogger(__name__)


class _Refused(Exception):
    """A request that is answered with ``FAIL``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forward:
    """One listener: ``local`` on the device leads to ``remote`` on the host of ``connection``."""

    connection: Connection
    local: str
    remote: str
    server: asyncio.Server


@dataclass(slots=True, kw_only=True)
class ReverseForwards:
    """The reverse forwards of one device, whichever adb server made them."""

    _forwards: list[_Forward] = field(default_factory=list)

    def service(self, request: str, connection: Connection) -> Service | None:
        """Return what answers ``reverse:<request>``, None for an unknown request."""
        verb, _, rest = request.partition(":")
        if verb not in ("forward", "list-forward", "killforward", "killforward-all"):
            return None

        async def answer(stream: Stream) -> None:
            try:
                await stream.write(await self._answer(verb, rest, connection))
            except _Refused as refusal:
                await stream.write(b"FAIL" + _counted(str(refusal)))

        return answer

    def ports(self) -> tuple[int, ...]:
        """Return the ports that lead to a host now."""
        return tuple(int(forward.local.removeprefix("tcp:")) for forward in self._forwards)

    async def _answer(self, verb: str, rest: str, connection: Connection) -> bytes:
        mine = [forward for forward in self._forwards if forward.connection is connection]
        match verb:
            case "list-forward":
                return _counted("".join(f"host-1 {forward.local} {forward.remote}\n" for forward in mine))
            case "killforward-all":
                for forward in mine:
                    self._close(forward)
                return b"OKAY"
            case "killforward":
                named = [forward for forward in mine if forward.local == rest]
                if not named:
                    raise _Refused(f"listener '{rest}' not found")
                self._close(named[0])
                return b"OKAY"
            case _:
                return await self._forward(rest, connection)

    async def _forward(self, rest: str, connection: Connection) -> bytes:
        keep = rest.startswith("norebind:")
        local, separator, remote = rest.removeprefix("norebind:").partition(";")
        port = _tcp_port(local)
        if not separator or not remote:
            raise _Refused(f"bad forward: {rest}")
        old = [forward for forward in self._forwards if forward.local == local]
        if old and (keep or old[0].connection is not connection):
            raise _Refused("cannot rebind existing socket")
        for forward in old:
            self._close(forward)
        server = await self._listen(port, remote, connection)
        bound = server.sockets[0].getsockname()[1]
        self._forwards.append(_Forward(connection=connection, local=f"tcp:{bound}", remote=remote, server=server))
        connection.spawn(self._close_with(connection))
        return b"OKAY" + (_counted(str(bound)) if port == 0 else b"")

    async def _listen(self, port: int, remote: str, connection: Connection) -> asyncio.Server:
        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection.spawn(_carry(reader, writer, connection, remote))

        try:
            server = await asyncio.start_server(accepted, "127.0.0.1", port)
        except OSError as error:
            raise _Refused(f"cannot bind listener: {error.strerror}") from error
        if server.sockets[0].getsockname()[1] in SCANNED_PORTS:
            server.close()
            if port:
                raise _Refused(f"cannot bind listener: adb servers look for emulators at port {port}")
            return await self._listen(port, remote, connection)
        return server

    def _close(self, forward: _Forward) -> None:
        forward.server.close()
        self._forwards.remove(forward)

    async def _close_with(self, connection: Connection) -> None:
        try:
            await connection.gone.wait()
        finally:
            for forward in [one for one in self._forwards if one.connection is connection]:
                self._close(forward)


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection, remote: str
) -> None:
    """Carry bytes both ways until either side is done."""
    try:
        stream = await connection.open(remote)
    except StreamClosed:
        logger.info("the host refused a reverse connection", extra={"remote": remote})
        writer.transport.abort()
        return
    upward = asyncio.ensure_future(_carry_up(reader, stream))
    try:
        while data := await stream.read():
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        logger.debug("a reverse connection ended on the device", extra={"remote": remote})
    finally:
        upward.cancel()
        await asyncio.gather(upward, return_exceptions=True)
        writer.transport.abort()
        await stream.close()


async def _carry_up(reader: asyncio.StreamReader, stream: Stream) -> None:
    try:
        while data := await reader.read(_CHUNK_BYTES):
            await stream.write(data)
    except (ConnectionError, StreamClosed):
        logger.debug("a reverse connection ended")
    # The transport has no half-closed streams: a client that says goodbye is answered with goodbye.
    await stream.close()


def _tcp_port(spec: str) -> int:
    kind, _, port = spec.partition(":")
    if kind != "tcp" or not port.isdigit() or int(port) > 65535:
        raise _Refused(f"cannot bind listener: this device listens on tcp:<port> only, not '{spec}'")
    return int(port)


def _counted(text: str) -> bytes:
    raw = text.encode()
    return f"{len(raw):04x}".encode() + raw
