"""``shell:``, ``shell,v2:`` and ``exec:``: command lines over a stream, in the plain and the packet protocol."""

from __future__ import annotations

import re
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from harness.virtual.adbd import Stream, StreamClosed
from harness.virtual.device_parts import DeviceParts
from harness.virtual.faults import Fault
from harness.virtual.streaming import Output, first_of, shell_words, streaming_program
from harness.virtual.terminal import Terminal, Write, as_terminal

MAX_STDIN_BYTES = 1 << 30
_PACKET = struct.Struct("<BI")
_PACKET_BYTES = 128 << 10
_STDIN, _STDOUT, _STDERR, _EXIT, _CLOSE_STDIN = 0, 1, 2, 3, 4
_MAX_PACKET_BYTES = 1 << 20
_INSTALL_SIZE = re.compile(r"\binstall(?:-write)?(?=['\s]).*?\s'?-S'?\s+'?(\d+)")
_READERS = frozenset(
    ("cat", "md5sum", "sha1sum", "sha256sum", "wc", "base64", "sh", "head", "tail", "sort", "xxd", "tee")
)
_SEPARATORS = frozenset((";", "&&", "||", "&"))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWanted:
    """How much standard input a command line reads: nothing, ``size`` bytes, or (None) all until its end."""

    size: int | None


_NOTHING = InputWanted(size=0)
_EVERYTHING = InputWanted(size=None)


def input_wanted(line: str) -> InputWanted:
    """Return how much input a command line reads.

    The transport has no half-closed streams and ``adb shell`` inherits whatever standard input there is, so a
    device that waited for the end of an input nobody reads would wait for ever.
    """
    if match := _INSTALL_SIZE.search(line):
        return InputWanted(size=int(match[1]))
    first_of_pipe, command = True, list[str]()
    for word in (*shell_words(line), ";"):
        if word in _SEPARATORS or word == "|":
            if first_of_pipe and _reads_input(command):
                return _EVERYTHING
            first_of_pipe, command = word != "|", []
        else:
            command.append(word)
    return _NOTHING


def _reads_input(command: list[str]) -> bool:
    """Whether one simple command reads standard input: a filter without a file to read."""
    if command[:1] == ["exec"] or command[:1] == ["toybox"]:
        command = command[1:]
    if not command or any(word.startswith("<") for word in command):
        return False
    name = command[0].rpartition("/")[2]
    if name == "dd":
        return not any(word.startswith("if=") for word in command)
    operands: list[str] = []
    words = iter(command[1:])
    for word in words:
        if word and set(word) <= set(">&"):
            next(words, None)  # the file that the output goes to
        elif not word.startswith("-") or word == "-":
            operands.append(word)
    if operands and operands[-1:] == ["2"] and ">" in command:
        operands.pop()  # of "2>file", which the lexer splits
    return name in _READERS and (name == "tee" or not operands or operands == ["-"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellService:
    """Runs command lines of one device."""

    parts: DeviceParts
    hostname: str = "virtual_x86_64"

    async def serve_plain(self, line: str, stream: Stream, *, terminal: bool = False) -> None:
        """Serve ``shell:`` and ``exec:``: bytes in, both outputs mixed out, no exit code; old ones by a terminal."""
        if not line.strip():
            await self._interactive(stream, stream.write, _arriving(stream), echo=True)
            return
        if await self._hung(stream):
            return

        async def write(data: bytes) -> None:
            await stream.write(as_terminal(data) if terminal else data)

        output = Output(out=write, err=write, wait_closed=stream.wait_closed)
        wanted = input_wanted(line)
        stdin = await _plain_input(stream, wanted)
        await self._run(line, stdin, output)

    async def serve_packets(self, arguments: tuple[str, ...], line: str, stream: Stream) -> None:
        """Serve ``shell,v2``: input, both outputs and the exit code in packets of their own."""
        if await self._hung(stream):
            return
        packets = _Packets(stream)
        pty = "pty" in arguments or (not line.strip() and "raw" not in arguments)
        if not line.strip():
            code = await self._interactive(stream, packets.out, packets.arriving(), echo=pty)
        else:
            wanted = input_wanted(line)
            stdin = b"" if wanted == _NOTHING else await packets.input(wanted)
            out = packets.terminal_out if pty else packets.out
            err = packets.terminal_out if pty else packets.err
            code = await self._run(line, stdin, Output(out=out, err=err, wait_closed=stream.wait_closed))
        await stream.write(_PACKET.pack(_EXIT, 1) + bytes((code & 0xFF,)))

    async def _run(self, line: str, stdin: bytes, output: Output) -> int:
        found = streaming_program(line)
        if found is not None:
            program, invocation = found
            return await program(invocation, self.parts, output)
        result = await self.parts.shell.run(line, stdin)
        # Errors first: where both go one way, a client looks for its "; echo MARK:$?" at the very end.
        if result.stderr:
            await output.err(result.stderr)
        if result.stdout:
            await output.out(result.stdout)
        return result.exit_code

    async def _interactive(self, stream: Stream, write: Write, arriving: AsyncIterator[bytes], *, echo: bool) -> int:
        async def stopped() -> None:
            await first_of(stream.wait_closed(), terminal.interrupted.wait())

        async def run(line: str, show: Write) -> int:
            return await self._run(line, b"", Output(out=show, err=show, wait_closed=stopped))

        prompt = f"{self.hostname}:/ {'#' if self.parts.power.root else '$'} "
        terminal = Terminal(run=run, write=write, echo=echo, prompt=prompt)
        return await terminal.serve(arriving)

    async def _hung(self, stream: Stream) -> bool:
        """Show the fault of a shell that never answers; return whether it did."""
        fault = self.parts.faults.take(Fault.HANG_SHELL)
        if fault is None:
            return False
        await first_of(stream.wait_closed(), timeout_s=fault.argument or None)
        return stream.closed


async def _plain_input(stream: Stream, wanted: InputWanted) -> bytes:
    if wanted.size is not None:
        return await stream.read_exactly(min(wanted.size, MAX_STDIN_BYTES))
    parts: list[bytes] = []
    size = 0
    async for data in _arriving(stream):
        parts.append(data)
        size += len(data)
        if size > MAX_STDIN_BYTES:
            raise StreamClosed("more input than a command may have")
    return b"".join(parts)


async def _arriving(stream: Stream) -> AsyncIterator[bytes]:
    while data := await stream.read():
        yield data


class _Packets:
    """The packet protocol of one stream: id, little endian length, data."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def out(self, data: bytes) -> None:
        await self._write(_STDOUT, data)

    async def err(self, data: bytes) -> None:
        await self._write(_STDERR, data)

    async def terminal_out(self, data: bytes) -> None:
        await self._write(_STDOUT, as_terminal(data))

    async def _write(self, channel: int, data: bytes) -> None:
        for start in range(0, len(data), _PACKET_BYTES):
            chunk = data[start : start + _PACKET_BYTES]
            await self._stream.write(_PACKET.pack(channel, len(chunk)) + chunk)

    async def arriving(self) -> AsyncIterator[bytes]:
        """Yield input until its end; window sizes are of no interest here."""
        while True:
            try:
                channel, length = _PACKET.unpack(await self._stream.read_exactly(_PACKET.size))
                if length > _MAX_PACKET_BYTES:
                    raise StreamClosed(f"a shell packet of {length} bytes")
                data = await self._stream.read_exactly(length)
            except StreamClosed:
                return
            if channel == _CLOSE_STDIN:
                return
            if channel == _STDIN:
                yield data

    async def input(self, wanted: InputWanted) -> bytes:
        """Return as much input as the command reads."""
        parts: list[bytes] = []
        size = 0
        async for data in self.arriving():
            parts.append(data)
            size += len(data)
            if size > MAX_STDIN_BYTES or (wanted.size is not None and size >= wanted.size):
                break
        return b"".join(parts)
