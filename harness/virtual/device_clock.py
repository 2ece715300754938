"""The device's clock: the host's, moved by ``set`` and ``advance``."""

from __future__ import annotations

from harness.clock import Clock, SystemClock
from harness.errors import VirtualDeviceError


class SettableClock:
    """Implements ``phone.DeviceClock``. Pages follow through ``Screen.clock_changed``, which the caller tells."""

    def __init__(self, host: Clock | None = None) -> None:
        self._host = host or SystemClock()
        self._booted_s = self._host.monotonic_s()
        self._offset_s = 0.0
        self._advanced_s = 0.0

    def now(self) -> float:
        """Return seconds since the epoch on the device."""
        return self._host.wall().timestamp() + self._offset_s

    def uptime_s(self) -> float:
        """Return seconds since boot, advanced time included."""
        return self._host.monotonic_s() - self._booted_s + self._advanced_s

    def set(self, epoch_s: float) -> None:
        """Set the date and time; no time passes. Follow with ``await screen.clock_changed(0)``."""
        if epoch_s < 0:
            raise VirtualDeviceError(f"the device's clock cannot be set before 1970: {epoch_s}")
        self._offset_s += epoch_s - self.now()

    def advance(self, seconds: float) -> None:
        """Let time pass. Follow with ``await screen.clock_changed(seconds)``. Raises for negative seconds."""
        if seconds < 0:
            raise VirtualDeviceError(f"the device's clock cannot be advanced by {seconds} s; use set")
        self._offset_s += seconds
        self._advanced_s += seconds
