"""Films the screen while a probe runs: in segments, each whole before the next one is begun.

A thread of its own with connections of its own records; what is finished is handed over in the walk's own thread, so
that a kill costs the segment that was running and nothing before it. No film is a ``Gap`` and never stops a probe.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from harness.clock import Clock, deadline
from harness.device.cameras import FilmLimits, cameras
from harness.errors import DeviceError, DeviceUnreachable
from harness.model import Action, Channel, Gap, Moment, Observation, Outcome, Recording, Rule, RuleId

__all__ = ["Film", "FilmLimits"]

_log = logging.getLogger(__name__)

Keep = Callable[[Recording, bytes | None], None]

_UNNOTICED_S = 3.0  # so much may pass until the next camera films, before it counts as not filmed


class Film:
    """Films one device's screen, one probe at a time. ``keep`` is called in the thread of the caller only."""

    def __init__(
        self, serial: str, *, adb: tuple[str, int], clock: Clock, keep: Keep, limits: FilmLimits | None = None
    ) -> None:
        self._serial = serial
        self._adb = adb
        self._clock = clock
        self._keep = keep
        self._limits = limits or FilmLimits()

    def filmed(self, rule: Rule) -> Rule:
        """Return the rule with its probe filmed; a rule without a probe as it is."""
        probe = rule.probe
        if probe is None:
            return rule
        return replace(rule, probe=lambda observation: self._over(rule.id, probe(observation)))

    def _over(
        self, rule: RuleId, probe: Generator[Action, Observation, Outcome]
    ) -> Generator[Action, Observation, Outcome]:
        reel = _Reel(self._serial, self._adb, self._clock, self._limits)
        number = 0
        try:
            action = next(probe)
            while True:
                for taken in reel.finished():
                    number += 1
                    self._keep(taken.recording(rule, number), taken.content)
                action = probe.send((yield action))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        finally:
            probe.close()
            for taken in reel.close():
                number += 1
                self._keep(taken.recording(rule, number), taken.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    began: Moment
    ended: Moment
    content: bytes | None
    gap: Gap | None = None

    def recording(self, rule: RuleId, number: int) -> Recording:
        content = self.content
        return Recording(
            rule=rule,
            number=number,
            began=self.began,
            ended=self.ended,
            sha256=hashlib.sha256(content).hexdigest() if content is not None else None,
            size_bytes=len(content) if content is not None else 0,
            gap=self.gap,
        )


class _Reel:
    """Segments of one probe, recorded from when it is made until ``close``."""

    def __init__(self, serial: str, adb: tuple[str, int], clock: Clock, limits: FilmLimits) -> None:
        self._serial = serial
        self._adb = adb
        self._clock = clock
        self._limits = limits
        self._cameras = cameras(serial, adb, clock, limits)
        self._camera = self._cameras[0]
        self._segments: queue.SimpleQueue[_Segment] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._record, name="film", daemon=True)
        self._thread.start()

    def finished(self) -> list[_Segment]:
        """Return the segments that were finished since they were last asked for."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._segments.get_nowait())
        return found

    def close(self) -> list[_Segment]:
        """End the segment that runs and return what is left; waits no longer than a segment may last."""
        self._stop.set()
        began = self._now()
        limits = self._limits
        left_s = deadline(self._clock, limits.segment_s + limits.slack_s + limits.fetch_s)
        while self._thread.is_alive() and left_s() > 0:
            with contextlib.suppress(DeviceError):
                self._camera.stop()
            self._thread.join(limits.stop_poll_s)
        found = self.finished()
        if self._thread.is_alive():
            found.append(self._missed(began, "the last segment did not end"))
        return found

    def _record(self) -> None:
        """Film with the first camera that can; where one fails the next goes on, where none is left that is told."""
        number, kept_bytes = 0, 0
        left = list(self._cameras)
        while not self._stop.is_set():
            self._camera = left[0]
            number += 1
            began = self._now()
            try:
                content = self._camera.segment(number)
            except Exception as error:  # noqa: BLE001 - a thread that died of it would tell nobody that no film was made
                detail = {"serial": self._serial, "camera": self._camera.name, "error": str(error)}
                _log.warning("the screen could not be filmed", extra=detail)
                left = [] if isinstance(error, DeviceUnreachable) else left[1:]
                if not left or self._now().mono_s - began.mono_s > _UNNOTICED_S:
                    self._segments.put(self._missed(began, f"{self._camera.name}: {error}"))
                if not left:
                    return
                continue
            kept_bytes += len(content)
            self._segments.put(_Segment(began=began, ended=self._now(), content=content))
            if kept_bytes > self._limits.most_bytes and not self._stop.is_set():
                self._segments.put(
                    self._missed(self._now(), f"more than {self._limits.most_bytes} bytes", "film-budget")
                )
                return

    def _missed(self, began: Moment, detail: str, reason: str = "film-failed") -> _Segment:
        gap = Gap(channel=Channel.PICTURE, reason=reason, detail=detail)
        return _Segment(began=began, ended=self._now(), content=None, gap=gap)

    def _now(self) -> Moment:
        return Moment(wall=self._clock.wall(), mono_s=self._clock.monotonic_s())
