"""What one look at the machine gave: a value, its text for people and its form for machines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harness import messages

FORMAT = 1


class Status(StrEnum):
    """How a part of the machine stands. ``UNKNOWN`` is never used for something that was looked at."""

    OK = "ok"
    WARN = "warn"  # works, or is needed by some commands only
    FAIL = "fail"  # nothing can be driven or judged before this is mended
    UNKNOWN = "unknown"  # we could not look


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """One part of the machine: what was seen and, where one mends it, the command, to be copied as it is."""

    name: str  # "adb_server", the same on every machine
    status: Status
    reason: str  # key of the text, "doctor.adb_server.none"
    data: tuple[tuple[str, str], ...] = ()  # fills the text
    mend: str = ""

    def seen(self, language: str = "zh_CN") -> str:
        """Return what was seen, as text for people."""
        return messages.text(self.reason, self.data, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One setting of a device that ``--fix`` changed, or what stood against it."""

    serial: str
    setting: str  # "global/window_animation_scale"
    before: str
    now: str
    problem: str = ""


def checkup(name: str, status: Status, reason: str, data: Mapping[str, str], mend: str = "") -> Checkup:
    """Return a checkup whose text is the message ``doctor.<name>.<reason>`` filled with ``data``."""
    return Checkup(name=name, status=status, reason=f"doctor.{name}.{reason}", data=tuple(data.items()), mend=mend)


def on_device(serial: str, command: str) -> str:
    """Return an adb command for one device; whatever a device calls itself stays one word of it."""
    return f"adb -s {shlex.quote(serial)} {command}"


def copyable(mend: str, programs: Mapping[str, str]) -> str:
    """Return a mend as it can be typed here: ``programs`` says how those are written that are not on the PATH."""
    program, space, rest = mend.partition(" ")
    return f"{programs.get(program, program)}{space}{rest}"


def worst(checkups: Sequence[Checkup]) -> Status:
    """Return the first of fail, unknown, warn, ok that occurs; unknown where nothing was looked at."""
    if not checkups:
        return Status.UNKNOWN
    present = {one.status for one in checkups}
    return next(s for s in (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.OK) if s in present)


def as_json(checkups: Sequence[Checkup], at: datetime, fixes: Sequence[Fix] = ()) -> dict[str, object]:
    """Return the form for machines, as ``schemas/doctor.schema.json`` describes it; ``at`` is when it was seen."""
    return {
        "format": FORMAT,
        "at": at.isoformat(),
        "status": worst(checkups).value,
        "checkups": [
            {
                "name": one.name,
                "status": one.status.value,
                "reason": one.reason,
                "data": dict(one.data),
                "seen": one.seen(),
                "mend": one.mend,
            }
            for one in checkups
        ],
        "fixes": [
            {"serial": fix.serial, "setting": fix.setting, "before": fix.before, "now": fix.now, "problem": fix.problem}
            for fix in fixes
        ],
    }
