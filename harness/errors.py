"""The exception tree of the harness; every exception that leaves a module of ours is one of these.

    HarnessError
    ├── BadInput                a file or an option given by a person: names file, place and mend
    ├── EngineUnavailable       an OCR engine, model or language is missing
    ├── DeviceError             anything between us and a device
    │   ├── DeviceUnreachable   adb server or device gone, offline, not authorised
    │   ├── DeviceTimeout       a deadline passed; the step may or may not have happened
    │   ├── ServerDied          the uiautomator2 server on the device died or refuses to start
    │   ├── CaptureFailed       no usable screenshot or hierarchy (each says which channel)
    │   └── ActionRefused       the device would not do what was asked (app missing, permission)
    │       └── InstallRefused  an app's file is not the one, does not fit, or Android would not have it
    ├── FlowLost                a log-in flow did not find what it looks for
    ├── BundleError             an evidence bundle that cannot be read or written
    ├── LedgerError             the ledger of nights cannot be reached or written
    ├── DispatchError           the scheduler of a night cannot be reached, or is lost
    └── VirtualDeviceError      the embedded device could not start or was asked the impossible

A capture that partly failed is not an exception: it is a ``Frame`` with ``Gap`` values.
"""

from __future__ import annotations

from collections.abc import Callable


class HarnessError(Exception):
    """Root of every exception that the harness raises on purpose. Passes from one process to another."""

    def __reduce__(self) -> tuple[Callable[..., HarnessError], tuple[object, ...]]:
        # Python would call the class with the message alone, and what fails to arrive takes its process pool with it.
        return _made_again, (type(self), self.args, vars(self))


def _made_again(kind: type[HarnessError], args: tuple[object, ...], facts: dict[str, object]) -> HarnessError:
    error = kind.__new__(kind, *args)
    vars(error).update(facts)
    return error


class BadInput(HarnessError):
    """Input given by a person cannot be used; the message names the place and the mend."""

    def __init__(self, *, source: str, place: str, problem: str, mend: str) -> None:
        super().__init__(f"{source}: {place}: {problem}; {mend}")
        self.source = source
        self.place = place
        self.problem = problem
        self.mend = mend


class EngineUnavailable(HarnessError):
    """An OCR engine, one of its models or a language is not installed."""

    def __init__(self, *, engine: str, problem: str, mend: str) -> None:
        super().__init__(f"{engine}: {problem}; {mend}")
        self.engine = engine
        self.problem = problem
        self.mend = mend


class DeviceError(HarnessError):
    """Something between us and a device failed; ``serial`` names the device."""

    def __init__(self, message: str, *, serial: str) -> None:
        super().__init__(f"{serial}: {message}")
        self.serial = serial


class DeviceUnreachable(DeviceError):
    """The adb server or the device is gone, offline or not authorised."""


class DeviceTimeout(DeviceError):
    """A deadline passed; whether the step took effect is unknown."""

    def __init__(self, message: str, *, serial: str, timeout_s: float) -> None:
        super().__init__(f"{message} (deadline {timeout_s:g} s)", serial=serial)
        self.timeout_s = timeout_s


class ServerDied(DeviceError):
    """The uiautomator2 server on the device died, or refuses to start."""


class CaptureFailed(DeviceError):
    """Neither a screenshot nor a hierarchy could be had."""


class ActionRefused(DeviceError):
    """The device would not do what was asked of it."""


class InstallRefused(ActionRefused):
    """An app's file is not the one that was named, does not fit the device, or Android refused it.

    ``reason`` is a message key that says which.
    """

    def __init__(self, message: str, *, serial: str, reason: str) -> None:
        super().__init__(message, serial=serial)
        self.reason = reason


class FlowLost(HarnessError):
    """A log-in flow did not find what it looks for on the screen; the message says what, and no text of an account."""


class BundleError(HarnessError):
    """An evidence bundle cannot be read or written; the message names the member."""


class VirtualDeviceError(HarnessError):
    """The embedded device could not start, or was asked for something it cannot do."""


class LedgerError(HarnessError):
    """The ledger of nights cannot be reached, read or written."""


class DispatchError(HarnessError):
    """The scheduler that spreads a night over hosts cannot be reached, or was lost on the way."""
