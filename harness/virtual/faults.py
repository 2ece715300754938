"""Faults that a person or a test arms and the device then shows: answers that go wrong, and mishaps that befall it."""

from __future__ import annotations

import enum
import re
from collections import deque
from dataclasses import dataclass

from harness.errors import VirtualDeviceError


class Fault(enum.StrEnum):
    """What can go wrong; the value is the name on the command line (``harness virtual up --fault NAME``)."""

    REFUSE_SERVICE = "refuse_service"  # a request to the uiautomator2 server is refused: CLSE(0, id)
    DROP_SERVICE = "drop_service"  # it is accepted and closed at once: an empty stream
    DROP_MID_REQUEST = "drop_mid_request"  # the server dies while it answers
    HANG_SERVICE = "hang_service"  # it is accepted and never answered; the argument is the seconds, 0 for ever
    GARBAGE = "garbage"  # it is answered with bytes that are no HTTP
    DROP_CONNECTION = "drop_connection"  # the adb connection breaks at the next request of any kind
    REFUSE_EXEC = "refuse_exec"  # ``exec:`` is refused, as Android 4.4 does
    REFUSE_SHELL = "refuse_shell"
    HANG_SHELL = "hang_shell"
    HALF_PNG = "half_png"  # screencap ends in the middle of the picture
    EMPTY_PNG = "empty_png"  # screencap gives nothing
    BLACK_PNG = "black_png"
    HALF_XML = "half_xml"  # a dump ends in the middle
    EMPTY_XML = "empty_xml"  # a dump without nodes
    NULL_XML = "null_xml"  # a dump that is null
    SLOW_DUMP = "slow_dump"  # the argument is the seconds
    NOT_CONNECTED = "not_connected"  # "UiAutomation not connected"
    ALREADY_REGISTERED = "already_registered"  # the server cannot start: another one holds UiAutomation
    NO_START = "no_start"  # the server quits while starting
    SYNC_FAIL = "sync_fail"  # a push or pull fails in the middle
    # mishaps: they happen at once, or when their place is come to
    SERVER_KILLED = "server_killed"  # the uiautomator2 server is killed
    OFFLINE = "offline"  # the device is gone; the argument is the seconds until it is back, 0 for ever
    BROWSER_CRASH = "browser_crash"  # what draws all apps dies: the launcher is in front
    APP_CRASH = "app_crash"  # the app in front
    ANR = "anr"
    POPUP = "popup"  # a notice of the system lies over the app
    STORAGE_FULL = "storage_full"  # until faults are cleared
    CLOCK_JUMP = "clock_jump"  # the argument is the seconds, negative ones back


MISHAPS = frozenset(list(Fault)[list(Fault).index(Fault.SERVER_KILLED) :])


class Where(enum.StrEnum):
    """Places of the conversation with a device that a fault can wait for (``--fault NAME@WHERE``)."""

    DUMP = "dump"
    PICTURE = "picture"
    INPUT = "input"
    LAUNCH = "launch"
    INSTALL = "install"


_INPUT = frozenset(("click", "swipe", "swipePoints", "drag", "pressKey", "pressKeyCode", "setText", "injectInputEvent"))
_LINES = (
    (Where.PICTURE, re.compile(r"\bscreencap\b")),
    (Where.INSTALL, re.compile(r"\b(?:pm|package) '?install\b")),
    (Where.LAUNCH, re.compile(r"\b(?:am start|monkey)\b")),
    (Where.INPUT, re.compile(r"^input ")),
)


def place_of_line(line: str) -> Where | None:
    """Return what a command line is for, None where no fault waits for that."""
    return next((place for place, words in _LINES if words.search(line)), None)


def place_of_method(name: str) -> Where | None:
    """Return what a method of the uiautomator2 server is for, None where no fault waits for that."""
    if name == "dumpWindowHierarchy":
        return Where.DUMP
    return Where.INPUT if name in _INPUT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedFault:
    """A fault with its argument (seconds where the fault has a length), and the place that it waits for."""

    fault: Fault
    argument: float = 0.0
    where: Where | None = None


_SPELLING = re.compile(r"(?P<name>[\w-]+)(?:=(?P<argument>-?[\d.]+))?(?:@(?P<where>\w+))?", re.ASCII)


def read_fault(text: str) -> ArmedFault:
    """Return what ``NAME[=SECONDS][@WHERE]`` means. Raises ``VirtualDeviceError`` that lists what is known."""
    found = _SPELLING.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        where = Where(found["where"]) if found["where"] else None
        return ArmedFault(fault=Fault(found["name"]), argument=float(found["argument"] or 0), where=where)
    except ValueError as error:
        known = f"{', '.join(Fault)}; places: {', '.join(Where)}"
        raise VirtualDeviceError(f"no fault is called {text!r}; known: {known}") from error


class Faults:
    """The armed faults of one device, first armed first shown."""

    def __init__(self) -> None:
        self._armed: dict[Fault, deque[ArmedFault]] = {}
        self._waiting: list[ArmedFault] = []

    def push(self, name: str, argument: float = 0.0, *, times: int = 1) -> None:
        """Arm a fault, spelled as for ``read_fault``, to show ``times`` times. Raises ``VirtualDeviceError``."""
        read = read_fault(name)
        fault = ArmedFault(fault=read.fault, argument=argument or read.argument, where=read.where)
        if fault.where is not None:
            self._waiting.extend([fault] * times)
        else:
            self._armed.setdefault(fault.fault, deque()).extend([fault] * times)

    def reached(self, where: Where | None) -> tuple[ArmedFault, ...]:
        """Arm the first fault that waits for this place; return the mishaps that befall the device now."""
        found = next((fault for fault in self._waiting if fault.where is where), None) if where is not None else None
        if found is not None:
            self._waiting.remove(found)
            self._armed.setdefault(found.fault, deque()).append(found)
        return tuple(self._armed[kind].popleft() for kind in MISHAPS if self._armed.get(kind))

    def take(self, name: str) -> ArmedFault | None:
        """Return the fault and disarm it once, or None where it is not armed."""
        armed = self._armed.get(Fault(name))
        return armed.popleft() if armed else None

    def armed(self) -> tuple[ArmedFault, ...]:
        """Return what is still to come."""
        return (*(fault for armed in self._armed.values() for fault in armed), *self._waiting)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()
        self._waiting.clear()
