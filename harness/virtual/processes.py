"""The long-running programs of one device: what ``ps`` lists and ``kill`` reaches."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Iterator
from contextlib import contextmanager

UI_SERVER_PROCESS = "app_process"
FIRST_PID = 20_000  # above whatever the screen gives its apps

_KILL = 9  # the device's number: a Windows host has no signal of that name


class Process:
    """One running program; it ends itself when ``ended`` is set, with ``signal_number`` saying by what.

    ``gone`` is set when it has ended.
    """

    def __init__(self, *, pid: int, name: str, command_line: str) -> None:
        self.pid = pid
        self.name = name
        self.command_line = command_line
        self.signal_number: int | None = None
        self.ended = asyncio.Event()
        self.gone = asyncio.Event()

    def send_signal(self, number: int) -> None:
        """Ask the program to end; 0 only asks whether it is there."""
        if number:
            self.signal_number = number
            self.ended.set()


class Processes:
    """The programs that run now, by process id."""

    def __init__(self) -> None:
        self._pids = itertools.count(FIRST_PID)
        self._running: dict[int, Process] = {}

    def running(self) -> tuple[Process, ...]:
        """Return the running programs, oldest first."""
        return tuple(self._running.values())

    @contextmanager
    def run(self, name: str, command_line: str) -> Iterator[Process]:
        """List a program for as long as the block lasts; ``name`` is what ``ps`` and ``pidof`` show."""
        process = Process(pid=next(self._pids), name=name, command_line=command_line)
        self._running[process.pid] = process
        try:
            yield process
        finally:
            del self._running[process.pid]
            process.ended.set()
            process.gone.set()

    def kill(self, pid: int, number: int = signal.SIGTERM) -> bool:
        """Signal one program; return False where no such program runs."""
        process = self._running.get(pid)
        if process is None:
            return False
        process.send_signal(number)
        return True

    async def kill_named(self, name: str, number: int = _KILL) -> int:
        """Signal every program of that name and return, when they are gone, how many there were."""
        named = [process for process in self.running() if process.name == name]
        for process in named:
            process.send_signal(number)
        for process in named:
            await process.gone.wait()
        return len(named)
