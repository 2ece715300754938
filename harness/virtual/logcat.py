"""The device's log: a ring of lines, printed as ``logcat`` prints them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

MAX_LINES = 5000
MAX_MESSAGE_CHARS = 4000
_PRIORITIES = "VDIWEFS"
_HELD = frozenset(("main", "system", "default", "all"))  # every line is in these; radio, events, crash … are empty
_SIZES = b"main: ring buffer is 256 KiB (0 B consumed), max entry is 5120 B, max payload is 4068 B\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line; ``moment`` on the device's clock and in its zone, ``priority`` one of ``VDIWEF``."""

    number: int
    moment: datetime
    priority: str
    tag: str
    message: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What a ``logcat`` command line asks for."""

    dump: bool = False
    clear: bool = False
    layout: str = "threadtime"
    tail: int | None = None
    filters: tuple[tuple[str, str], ...] = ()  # (tag or "*", least priority)
    buffers: tuple[str, ...] = ()  # those asked for; none is the default ones
    sizes: bool = False  # only how large the buffers are

    def without_tail(self) -> LogOptions:
        """Return the same for the lines that follow the first ones."""
        return replace(self, tail=None)

    def wants(self, line: LogLine) -> bool:
        """Return whether buffers and filters let a line through; without any everything passes."""
        if self.buffers and not _HELD.intersection(self.buffers):
            return False
        least = dict(self.filters)
        wanted = least.get(line.tag, least.get("*", "V"))
        return _PRIORITIES.index(line.priority) >= _PRIORITIES.index(wanted)


class LogBuffer:
    """The newest ``MAX_LINES`` lines.

    ``now`` gives seconds since the epoch on the device's clock, ``zone`` the device's time zone (set later,
    because programs on the device can change it).
    """

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self.zone: Callable[[], tzinfo] = lambda: UTC
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._count = 0
        self._followers: set[asyncio.Event] = set()

    def add(self, tag: str, message: str, *, priority: str = "I", pid: int = 1) -> None:
        """Add a message, one line per line of it."""
        for text in message[:MAX_MESSAGE_CHARS].splitlines() or [""]:
            self._count += 1
            self._lines.append(
                LogLine(
                    number=self._count,
                    moment=datetime.fromtimestamp(self._now(), self.zone()),
                    priority=priority,
                    tag=tag,
                    message=text,
                    pid=pid,
                )
            )
        for follower in self._followers:
            follower.set()

    def clear(self) -> None:
        """Forget every line."""
        self._lines.clear()

    def after(self, number: int) -> tuple[LogLine, ...]:
        """Return the lines that came after line ``number``."""
        return tuple(line for line in self._lines if line.number > number)

    def dump(self, options: LogOptions) -> bytes:
        """Return what ``logcat -d`` prints."""
        return render(self.after(0), options)

    async def grown(self, number: int) -> tuple[LogLine, ...]:
        """Wait for lines after ``number`` and return them."""
        news = asyncio.Event()
        self._followers.add(news)
        try:
            while not (lines := self.after(number)):
                await news.wait()
                news.clear()
            return lines
        finally:
            self._followers.discard(news)


def render(lines: Sequence[LogLine], options: LogOptions) -> bytes:
    """Return lines in the asked layout (``threadtime``, ``time``, ``brief``, ``tag`` or ``raw``), as UTF-8."""
    if options.sizes:
        return _SIZES
    wanted = [line for line in lines if options.wants(line)]
    if options.tail is not None:
        wanted = wanted[-options.tail :] if options.tail else []
    return "".join(_render_line(line, options.layout) + "\n" for line in wanted).encode("utf-8", "surrogateescape")


def _render_line(line: LogLine, layout: str) -> str:
    when = line.moment.strftime("%m-%d %H:%M:%S.%f")[:-3]
    match layout:
        case "raw":
            return line.message
        case "tag":
            return f"{line.priority}/{line.tag}: {line.message}"
        case "brief":
            return f"{line.priority}/{line.tag}({line.pid:5d}): {line.message}"
        case "time":
            return f"{when} {line.priority}/{line.tag}({line.pid:5d}): {line.message}"
        case _:
            return f"{when} {line.pid:5d} {line.pid:5d} {line.priority} {line.tag:<8}: {line.message}"


def parse_options(arguments: Sequence[str]) -> LogOptions:
    """Return what the arguments after ``logcat`` ask for; options that change nothing here are accepted."""
    dump, clear, sizes, layout, tail = False, False, False, "threadtime", None
    filters: list[tuple[str, str]] = []
    buffers: list[str] = []
    todo = deque(arguments)
    while todo:
        word = todo.popleft()
        match word:
            case "-d":
                dump = True
            case "-c" | "--clear":
                clear = True
            case "-s":
                filters.append(("*", "S"))
            case "-v" | "--format":
                layout = todo.popleft() if todo else layout
            case "-t" | "-T":
                dump = dump or word == "-t"
                count = todo.popleft() if todo else ""
                tail = int(count) if count.isdigit() else None
            case "-g" | "--buffer-size":
                dump = sizes = True
            case "-b" | "--buffer" if todo:
                buffers += todo.popleft().split(",")
            case "-f" | "-r" | "-n" | "-e" | "--pid" | "-m":
                if todo:
                    todo.popleft()
            case _ if not word.startswith("-"):
                tag, _, priority = word.partition(":")
                letter = priority[:1].upper() or "V"
                filters.append((tag, letter if letter in _PRIORITIES else "V"))
    return LogOptions(
        dump=dump,
        clear=clear,
        layout=layout,
        tail=tail,
        filters=tuple(filters),
        buffers=tuple(buffers),
        sizes=sizes,
    )
