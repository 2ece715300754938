"""The only reader of time and the only sleeper; both are handed to whoever needs them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as an argument: nothing in the harness reads another clock."""

    def wall(self) -> datetime:
        """Return the host's date and time, timezone-aware, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never go back; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; negative values wait for nothing."""
        ...


class SystemClock:
    """The host's clock."""

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class AdvancingClock:
    """A clock whose ``sleep`` moves a device's clock on instead of waiting.

    The virtual device can be told that time has passed, for its pages and videos too, so that a probe
    which waits half a minute costs no half minute. Readings stay consistent: what was advanced is
    added to the host's monotonic time. Sleeps shorter than ``real_below_s`` are slept for real, so
    that polling still gives the device time to work.
    """

    def __init__(self, inner: Clock, advance: Callable[[float], None], *, real_below_s: float = 1.0) -> None:
        self._inner = inner
        self._advance = advance
        self._real_below_s = real_below_s
        self._advanced_s = 0.0

    def wall(self) -> datetime:
        return self._inner.wall()

    def monotonic_s(self) -> float:
        return self._inner.monotonic_s() + self._advanced_s

    def sleep(self, seconds: float) -> None:
        if seconds < self._real_below_s:
            self._inner.sleep(seconds)
            return
        self._advance(seconds)
        self._advanced_s += seconds


def deadline(clock: Clock, timeout_s: float) -> Callable[[], float]:
    """Return a function that gives the seconds left until ``timeout_s`` from now (may be negative)."""
    end_s = clock.monotonic_s() + timeout_s
    return lambda: end_s - clock.monotonic_s()
