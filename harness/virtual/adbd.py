"""The device side of the adb transport over TCP: packets, streams and connections.

A connection belongs to one adb server; several may be connected at once. Every packet is a header of six little
endian words (command, two arguments, length, checksum, inverted command) and data. ``OPEN`` names a service;
each side then sends ``WRTE`` packets, one unacknowledged at a time, and ``CLSE`` after the last ``OKAY``.
A malformed packet ends its own connection and nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from harness.errors import VirtualDeviceError
from harness.virtual.loopback import bound_socket

VERSION = 0x01000001
VERSION_WITH_CHECKSUM = 0x01000000
MAX_PAYLOAD_BYTES = 1 << 20
MAX_CHUNK_BYTES = 256 << 10
MAX_STREAMS = 1024
FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
HANDSHAKE_TIMEOUT_S = 10.0
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 10.0
_UNREAD_BYTES = 512 << 10  # a stream with more unread bytes is not acknowledged until they are read
_HEADER = struct.Struct("<6I")
_CNXN, _AUTH, _OPEN, _OKAY, _WRTE, _CLSE, _STLS = (
    int.from_bytes(name, "little") for name in (b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"WRTE", b"CLSE", b"STLS")
)
_COMMANDS = frozenset((_CNXN, _AUTH, _OPEN, _OKAY, _WRTE, _CLSE, _STLS))

logger = logging.getLogger(__name__)


class StreamClosed(VirtualDeviceError):
    """The other side of a stream is gone."""


class MalformedPacket(VirtualDeviceError):
    """A peer sent what is no adb packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One message of the transport."""

    command: int
    arg0: int
    arg1: int
    data: bytes = b""

    def encode(self, *, checksum: bool = False) -> bytes:
        """Return the bytes on the wire; only old peers look at the checksum."""
        total = sum(self.data) & 0xFFFFFFFF if checksum else 0
        head = _HEADER.pack(self.command, self.arg0, self.arg1, len(self.data), total, self.command ^ 0xFFFFFFFF)
        return head + self.data


class Stream:
    """One open service: bytes both ways, one unacknowledged packet each way.

    Made by ``Connection``; a service reads, writes and closes it. One reader and any number of writers.
    """

    def __init__(self, connection: Connection, local_id: int, remote_id: int) -> None:
        self.connection = connection
        self.local_id = local_id
        self.remote_id = remote_id
        self._unread = bytearray()
        self._unacknowledged = False
        self._arrived = asyncio.Event()
        self._may_send = asyncio.Event()
        self._may_send.set()
        self._writing = asyncio.Lock()
        self._peer_closed = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether either side has closed the stream."""
        return self._closed or self._peer_closed.is_set()

    async def read(self) -> bytes:
        """Return the bytes that have arrived, at least one; ``b""`` once the peer has closed."""
        await self._wait_for(1)
        data = bytes(self._unread)
        self._unread.clear()
        self._acknowledge_late()
        return data

    async def read_exactly(self, size: int) -> bytes:
        """Return ``size`` bytes; raises ``StreamClosed`` where the peer closes before."""
        parts: list[bytes] = []
        missing = size
        while missing:
            await self._wait_for(1)
            if not self._unread:
                raise StreamClosed(f"closed {missing} bytes before the end of {size}")
            parts.append(bytes(self._unread[:missing]))
            del self._unread[:missing]
            missing -= len(parts[-1])
            self._acknowledge_late()
        return b"".join(parts)

    async def write(self, data: bytes) -> None:
        """Send bytes, at the pace of the peer's acknowledgements; raises ``StreamClosed``."""
        chunk_bytes = min(MAX_CHUNK_BYTES, self.connection.peer_payload_bytes)
        async with self._writing:
            for start in range(0, len(data), chunk_bytes):
                await self._may_send.wait()
                if self.closed:
                    raise StreamClosed("the peer closed the stream")
                self._may_send.clear()
                chunk = bytes(data[start : start + chunk_bytes])
                await self.connection.send(_WRTE, self.local_id, self.remote_id, chunk)

    async def close(self) -> None:
        """Close after the peer has acknowledged what was written; a second call does nothing.

        A peer that does not acknowledge within ``CLOSE_TIMEOUT_S`` is not waited for.
        """
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S), self._writing:
                await self._may_send.wait()
        except TimeoutError:
            logger.info("stream closed unacknowledged", extra={"stream": self.local_id})
        if not self._closed:
            self._closed = True
            self._may_send.set()  # a writer that still waits finds the stream closed
            self.connection.forget(self)

    async def wait_closed(self) -> None:
        """Return when the peer has closed the stream or its connection is gone."""
        await self._peer_closed.wait()

    async def _wait_for(self, size: int) -> None:
        while len(self._unread) < size and not self._peer_closed.is_set():
            self._arrived.clear()
            await self._arrived.wait()

    def _acknowledge_late(self) -> None:
        if self._unacknowledged and len(self._unread) < _UNREAD_BYTES and not self.closed:
            self._unacknowledged = False
            self.connection.post(_OKAY, self.local_id, self.remote_id)

    # called by the connection

    def take(self, data: bytes) -> None:
        """Accept a ``WRTE``; its ``OKAY`` waits while too much is unread."""
        self._unread += data
        self._unacknowledged = True
        self._arrived.set()
        self._acknowledge_late()

    def acknowledged(self) -> None:
        """Accept an ``OKAY``: the next packet may go."""
        self._may_send.set()

    def peer_gone(self) -> None:
        """Accept a ``CLSE`` or the end of the connection; what has arrived can still be read."""
        self._peer_closed.set()
        self._arrived.set()
        self._may_send.set()


Service = Callable[[Stream], Awaitable[None]]
Router = Callable[[str, "Connection"], Service | None]


@dataclass(eq=False, slots=True, kw_only=True)
class Connection:
    """One adb server's connection; ``route`` gives the service of a name, or None to refuse it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    banner: str
    route: Router
    tasks: set[asyncio.Task[None]]  # what runs on the device, for whichever connection
    peer_version: int = VERSION
    peer_payload_bytes: int = 4096
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _streams: dict[int, Stream] = field(default_factory=dict)
    _opening: dict[int, asyncio.Future[Stream]] = field(default_factory=dict)

    async def run(self) -> None:
        """Serve until the peer goes, the connection is dropped or a packet makes no sense."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                first = await self._receive()
            if first.command != _CNXN:
                raise MalformedPacket("the first packet is no CNXN")
            self._dispatch(first)
            while True:
                self._dispatch(await self._receive())
                await self.writer.drain()
        except (MalformedPacket, TimeoutError) as error:
            logger.warning("adb connection dropped", extra={"reason": str(error) or "no handshake"})
        except (ConnectionError, asyncio.IncompleteReadError):
            logger.debug("adb server disconnected")
        finally:
            self.drop()

    def drop(self) -> None:
        """End the connection at once; its streams see their peer gone."""
        self.writer.transport.abort()
        self.gone.set()
        for stream in tuple(self._streams.values()):
            stream.peer_gone()
        self._streams.clear()
        for opening in self._opening.values():
            if not opening.done():
                opening.set_exception(StreamClosed("the connection is gone"))

    async def open(self, service: str) -> Stream:
        """Open a service of the adb server (a reverse connection); raises ``StreamClosed`` where refused."""
        local_id = next(self._ids)
        answer: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
        self._opening[local_id] = answer
        try:
            await self.send(_OPEN, local_id, 0, service.encode() + b"\0")
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                return await answer
        except TimeoutError as error:
            raise StreamClosed(f"no answer to OPEN {service}") from error
        finally:
            del self._opening[local_id]

    # packets

    def post(self, command: int, arg0: int, arg1: int, data: bytes = b"") -> None:
        """Queue a packet; a connection that is gone drops it."""
        if not self.writer.is_closing():
            packet = Packet(command=command, arg0=arg0, arg1=arg1, data=data)
            self.writer.write(packet.encode(checksum=self.peer_version <= VERSION_WITH_CHECKSUM))

    async def send(self, command: int, arg0: int, arg1: int, data: bytes = b"") -> None:
        """Send a packet at the socket's pace; raises ``StreamClosed`` where the connection is gone."""
        self.post(command, arg0, arg1, data)
        try:
            await self.writer.drain()
        except ConnectionError as error:
            raise StreamClosed("the connection is gone") from error

    def forget(self, stream: Stream) -> None:
        """Drop a stream that this side closed, and tell the peer unless it closed before."""
        if self._streams.pop(stream.local_id, None) is not None:
            self.post(_CLSE, stream.local_id, stream.remote_id)

    async def _receive(self) -> Packet:
        head = await self.reader.readexactly(_HEADER.size)
        command, arg0, arg1, length, _checksum, magic = _HEADER.unpack(head)
        if command not in _COMMANDS or magic != command ^ 0xFFFFFFFF or length > MAX_PAYLOAD_BYTES:
            raise MalformedPacket(f"header {head.hex()}")
        return Packet(command=command, arg0=arg0, arg1=arg1, data=await self.reader.readexactly(length))

    def _dispatch(self, packet: Packet) -> None:
        match packet.command:
            case command if command == _CNXN:
                self._greet(packet)
            case command if command == _OPEN:
                self._open_service(packet)
            case command if command == _OKAY:
                self._okay(packet)
            case command if command == _WRTE:
                if (stream := self._stream(packet)) is not None:
                    stream.take(packet.data)
            case command if command == _CLSE:
                self._peer_closed(packet)
            case _:
                logger.debug("adb packet ignored", extra={"command": packet.command})

    def _greet(self, packet: Packet) -> None:
        if packet.arg1 < 256:
            raise MalformedPacket(f"a peer that takes {packet.arg1} bytes")
        self.peer_version = min(packet.arg0, VERSION)
        self.peer_payload_bytes = min(packet.arg1, MAX_PAYLOAD_BYTES)
        self.post(_CNXN, VERSION, MAX_PAYLOAD_BYTES, self.banner.encode())

    def _stream(self, packet: Packet) -> Stream | None:
        stream = self._streams.get(packet.arg1)
        return stream if stream is not None and stream.remote_id == packet.arg0 else None

    def _open_service(self, packet: Packet) -> None:
        if packet.arg0 == 0:
            raise MalformedPacket("OPEN with id 0")
        name = packet.data.rstrip(b"\0").decode("utf-8", "surrogateescape")
        service = self.route(name, self) if len(self._streams) < MAX_STREAMS else None
        if service is None:
            self.post(_CLSE, 0, packet.arg0)
            return
        stream = Stream(self, next(self._ids), packet.arg0)
        self._streams[stream.local_id] = stream
        self.post(_OKAY, stream.local_id, stream.remote_id)
        self.spawn(self._serve(name, service, stream))

    async def _serve(self, name: str, service: Service, stream: Stream) -> None:
        try:
            await service(stream)
        except StreamClosed:
            logger.debug("stream closed by the adb server", extra={"service": name[:80]})
        except Exception:
            # A defect in one command must not take the device away from everyone else.
            logger.exception("service failed", extra={"service": name[:200]})
        finally:
            await stream.close()

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something beside the packet loop for as long as the device lives."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _okay(self, packet: Packet) -> None:
        opening = self._opening.get(packet.arg1)
        if opening is not None and not opening.done():
            opened = self._streams[packet.arg1] = Stream(self, packet.arg1, packet.arg0)
            opening.set_result(opened)
        elif (stream := self._stream(packet)) is not None:
            stream.acknowledged()

    def _peer_closed(self, packet: Packet) -> None:
        opening = self._opening.get(packet.arg1)
        if opening is not None and not opening.done():
            opening.set_exception(StreamClosed("the adb server refused the service"))
            return
        stream = self._streams.get(packet.arg1)
        if stream is not None and packet.arg0 in (0, stream.remote_id):
            del self._streams[packet.arg1]
            self.post(_CLSE, stream.local_id, stream.remote_id)
            stream.peer_gone()


class Adbd:
    """One device's listener; ``properties`` are shown by ``adb devices -l``."""

    def __init__(self, *, properties: Mapping[str, str], route: Router, features: str = FEATURES) -> None:
        props = "".join(f"{name}={value};" for name, value in properties.items())
        self._banner = f"device::{props}" + (f"features={features}" if features else "")
        self._route = route
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def listening(self) -> bool:
        """Whether adb servers can connect."""
        return self._server is not None

    async def start(self) -> None:
        """Listen on a free loopback port, the same one after ``stop``."""
        if self._server is None:
            sock = bound_socket(self.port)
            self.port = sock.getsockname()[1]
            self._server = await asyncio.start_server(self._connected, sock=sock, limit=MAX_PAYLOAD_BYTES)

    async def stop(self, *, finish: bool = True) -> None:
        """Stop listening and drop every connection; with ``finish`` also end the running services."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_connections()
        if finish:
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def drop_connections(self) -> None:
        """Cut every adb server off, as pulling the cable does; they may connect again."""
        for connection in tuple(self._connections):
            connection.drop()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(reader=reader, writer=writer, banner=self._banner, route=self._route, tasks=self._tasks)
        self._connections.add(connection)
        connection.spawn(self._serve(connection))

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
