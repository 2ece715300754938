"""Faults that a test arms and the device then shows, each once per time it was armed."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

from harness.errors import VirtualDeviceError


class Fault(enum.StrEnum):
    """What can go wrong; the value is the name on the command line (``harness virtual up --fault NAME``)."""

    REFUSE_SERVICE = "refuse_service"  # a request to the uiautomator2 server is refused: CLSE(0, id)
    DROP_SERVICE = "drop_service"  # it is accepted and closed at once: an empty stream
    DROP_MID_REQUEST = "drop_mid_request"  # the server dies while it answers
    HANG_SERVICE = "hang_service"  # it is accepted and never answered; the argument is the seconds, 0 for ever
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedFault:
    """A fault together with its argument (seconds where the fault has a length)."""

    fault: Fault
    argument: float = 0.0


class Faults:
    """The armed faults of one device, first armed first shown."""

    def __init__(self) -> None:
        self._armed: dict[Fault, deque[ArmedFault]] = {}

    def push(self, name: str, argument: float = 0.0, *, times: int = 1) -> None:
        """Arm a fault to show ``times`` times; an unknown name is a ``VirtualDeviceError`` listing the known."""
        try:
            fault = Fault(name)
        except ValueError as error:
            known = ", ".join(fault.value for fault in Fault)
            raise VirtualDeviceError(f"no fault is called {name!r}; known: {known}") from error
        armed = self._armed.setdefault(fault, deque())
        armed.extend([ArmedFault(fault=fault, argument=argument)] * times)

    def take(self, name: str) -> ArmedFault | None:
        """Return the fault and disarm it once, or None where it is not armed."""
        armed = self._armed.get(Fault(name))
        return armed.popleft() if armed else None

    def armed(self) -> tuple[ArmedFault, ...]:
        """Return what is still to come."""
        return tuple(fault for armed in self._armed.values() for fault in armed)

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()
