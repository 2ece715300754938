"""An interactive shell: lines in, a prompt and echo where the client asked for a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

INTERRUPT = 0x03
END = 0x04
_ERASE = (0x08, 0x7F)
_MAX_LINE_BYTES = 64 << 10

Write = Callable[[bytes], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Terminal:
    """Runs each line that arrives with ``run`` (which returns the exit code) until ``exit`` or the end of input.

    With ``echo`` it behaves as a terminal: it prompts, echoes, erases, and turns LF into CRLF.
    """

    run: Callable[[str, Write], Awaitable[int]]
    write: Write
    echo: bool
    prompt: str
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    _line: bytearray = field(default_factory=bytearray)
    _typed_ahead: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    async def serve(self, arriving: AsyncIterator[bytes]) -> int:
        """Return the exit code of the last command, or of ``exit``."""
        reading = asyncio.ensure_future(self._read(arriving))
        try:
            return await self._serve_lines()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _serve_lines(self) -> int:
        code = 0
        await self._prompt()
        while data := await self._typed_ahead.get():
            for byte in data:
                line = await self._typed(byte)
                if line is None:
                    continue
                words = line.split()
                if words[:1] == ["exit"]:
                    return int(words[1]) & 0xFF if words[1:] and words[1].isdigit() else code
                if words:
                    self.interrupted.clear()
                    code = await self.run(line, self._print)
                await self._prompt()
        if self._line.strip():
            code = await self.run(self._take_line(), self._print)
        return code

    async def _read(self, arriving: AsyncIterator[bytes]) -> None:
        """Collect what is typed while a command runs, so that Ctrl-C reaches it; ``b""`` marks the end."""
        try:
            async for data in arriving:
                if self.echo and INTERRUPT in data:
                    self.interrupted.set()
                self._typed_ahead.put_nowait(data)
        finally:
            self._typed_ahead.put_nowait(b"")

    async def _typed(self, byte: int) -> str | None:
        """Return a finished line, None while it goes on."""
        if byte in (0x0A, 0x0D):
            await self._echo(b"\r\n")
            return self._take_line()
        if byte == END and self.echo and not self._line:
            return "exit"
        if byte == INTERRUPT and self.echo:
            await self._echo(b"^C\r\n")
            self._line.clear()
            return ""
        if byte in _ERASE and self.echo:
            if self._line:
                self._line[:] = self._line.decode("utf-8", "ignore")[:-1].encode()
                await self._echo(b"\b \b")
            return None
        if len(self._line) < _MAX_LINE_BYTES:
            self._line.append(byte)
            await self._echo(bytes((byte,)))
        return None

    def _take_line(self) -> str:
        line = self._line.decode("utf-8", "surrogateescape")
        self._line.clear()
        return line

    async def _echo(self, data: bytes) -> None:
        if self.echo:
            await self.write(data)

    async def _prompt(self) -> None:
        await self._echo(self.prompt.encode())

    async def _print(self, data: bytes) -> None:
        await self.write(as_terminal(data) if self.echo else data)


def as_terminal(data: bytes) -> bytes:
    """Return output as a terminal's line discipline sends it: LF becomes CRLF."""
    return data.replace(b"\n", b"\r\n")
