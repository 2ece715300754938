"""How far a night is at this moment: what each device is at, what was found so far, how long it will still take.

Reads the ledger, and the bundles that are being written where this host can see them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from harness.appmap import title_of
from harness.errors import BundleError
from harness.evidence.codec import from_json
from harness.evidence.layout import EVENTS, OBSERVATIONS
from harness.fleet.ledger import Ledger, Progress
from harness.fleet.ledger_tables import ATTEMPT, LOOK, TASK
from harness.model import Observation, RuleId, Step, Verdict

_TAIL_BYTES: Final = 400_000  # more than the longest line of a screen
_FOUND: Final = (Verdict.FOUND, Verdict.FOUND_EXEMPTION_CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """What one device is at. ``step`` and ``screen`` are empty where its bundle cannot be seen from here."""

    device: str
    app: str
    package: str
    since_s: float
    screen: str = ""
    step: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTonight:
    """A finding as it came. ``attempt`` counts up, so that the newest can be told."""

    app: str
    rule: RuleId
    verdict: Verdict
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A night at one moment; ``left_s`` is ``None`` where nothing has ended yet to count from."""

    progress: Progress
    at_work: tuple[AtWork, ...]
    found: tuple[FoundTonight, ...]
    left_s: float | None


def under_way(ledger: Ledger, night: str, evidence_dir: Path, now: datetime) -> UnderWay:
    """Return how far a night is. ``now`` is the wall clock, ``found`` in the order in which it came."""
    progress = ledger.progress(night)
    with ledger.transaction() as db:
        tasks = {row["id"]: row for row in db.execute(select(TASK).where(TASK.c.night == night)).mappings()}
        of_night = ATTEMPT.c.task.in_(select(TASK.c.id).where(TASK.c.night == night))
        running = db.execute(select(ATTEMPT).where(of_night, ATTEMPT.c.outcome == "running")).mappings().all()
        found = _found(db, night)
        took = _took_s(db, of_night)
    at_work = tuple(
        _at_work(tasks[row["task"]], row, evidence_dir / night / f"a{row['id']:06d}", now)
        for row in running
        if tasks[row["task"]]["progress"] == "leased"
    )
    names = {(row["package"], row["entry"]): row["app"]["name"] for row in tasks.values()}
    left = progress.waiting + progress.leased
    return UnderWay(
        progress=progress,
        at_work=tuple(sorted(at_work, key=lambda one: one.device)),
        found=tuple(
            FoundTonight(app=names[package, entry], rule=RuleId(rule), verdict=Verdict(verdict), attempt=attempt)
            for package, entry, rule, verdict, attempt in found
        ),
        left_s=_left_s(took, left, max(1, len(at_work))),
    )


def _found(db: Connection, night: str) -> list[Any]:
    columns = (LOOK.c.package, LOOK.c.entry, LOOK.c.rule, LOOK.c.verdict, LOOK.c.attempt)
    query = select(*columns).where(LOOK.c.night == night, LOOK.c.verdict.in_(_FOUND))
    return list(db.execute(query.order_by(LOOK.c.attempt, LOOK.c.rule)))


def _took_s(db: Connection, of_night: Any) -> list[float]:
    """Return how long each finished attempt of the night took."""
    query = select(ATTEMPT.c.began, ATTEMPT.c.ended).where(of_night, ATTEMPT.c.outcome == "done")
    return [
        (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
        for began, ended in db.execute(query)
    ]


def _left_s(took: list[float], left: int, at_once: int) -> float | None:
    if not left:
        return 0.0
    return sum(took) / len(took) * left / at_once if took else None


def _at_work(task: Mapping[Any, Any], attempt: Mapping[Any, Any], folder: Path, now: datetime) -> AtWork:
    began = datetime.fromisoformat(attempt["began"])
    observation = _last(folder, OBSERVATIONS)
    event = _last(folder, EVENTS, '"type":"step"')
    screen, step = "", None
    with contextlib.suppress(BundleError, KeyError):
        screen = title_of([from_json(Observation, observation, member="observation")]) if observation else ""
        step = from_json(Step, event["body"], member="step") if event else None
    return AtWork(
        device=task["lease_owner"],
        app=task["app"]["name"],
        package=task["package"],
        since_s=(now - began).total_seconds(),
        screen=screen,
        step=step,
    )


def _last(folder: Path, member: str, holding: str = "") -> dict[str, Any]:
    """Return the last whole line of a file of the bundle in a folder, of those that hold a text; empty for none."""
    for path in sorted(folder.glob(f"*/*/{member}"), reverse=True):
        with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").split("\n")[:-1]
            fitting = [line for line in lines if holding in line]
            if fitting:
                found: dict[str, Any] = json.loads(fitting[-1])
                return found
    return {}
