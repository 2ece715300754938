"""How far a night is at this moment: what each device is at, what was found so far, how long it will still take.

Reads the ledger, and the bundles that are being written where this host can see them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select

from harness.appmap import title_of
from harness.errors import BundleError
from harness.evidence.codec import from_json
from harness.evidence.layout import EVENTS, OBSERVATIONS
from harness.fleet.ledger import Ledger, Progress
from harness.fleet.ledger_tables import ATTEMPT, LOOK, TASK
from harness.model import Observation, RuleId, Step, Verdict

_TAIL_BYTES: Final = 400_000  # more than the longest line of a screen
_MOST_SEEN: Final = 50  # devices whose bundles are looked into: as many as a terminal shows
_MOST_FOUND: Final = 100
_MOST_DONE: Final = 100
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
    """A night at one moment: of its ``found_count`` findings the newest ``found``, in the order in which they came.

    ``left_s`` is ``None`` where nothing has ended yet to count from.
    """

    progress: Progress
    at_work: tuple[AtWork, ...]
    found: tuple[FoundTonight, ...]
    found_count: int
    left_s: float | None


def under_way(ledger: Ledger, night: str, evidence_dir: Path | None, now: datetime) -> UnderWay:
    """Return how far a night is. ``now`` is the wall clock; without the folder of evidence no device is looked at.

    Asked after every app of a fleet, so it reads what is under way and what is newest, never the whole night.
    """
    progress = ledger.progress(night)
    with ledger.transaction() as db:
        running = _running(db, night) if evidence_dir is not None else ()
        last, took = _last_done(db, night)
        found, found_count = _found(db, night, last)
    folders = {row["id"]: Path(evidence_dir or "") / night / f"a{row['id']:06d}" for row in running[:_MOST_SEEN]}
    left = progress.waiting + progress.leased
    return UnderWay(
        progress=progress,
        at_work=tuple(_at_work(row, folders.get(row["id"]), now) for row in running),
        found=found,
        found_count=found_count,
        left_s=_left_s(took, left, max(1, progress.leased)),
    )


def found_in(ledger: Ledger, night: str, package: str) -> tuple[FoundTonight, ...]:
    """Return what the night has found in a package so far, those of an earlier attempt first."""
    of_app = (LOOK.c.night == night) & (LOOK.c.package == package) & LOOK.c.verdict.in_(_FOUND)
    with ledger.transaction() as db:
        return _told(db, of_app)[::-1]


def _running(db: Connection, night: str) -> Sequence[Mapping[Any, Any]]:
    """Return the attempts that hold an app, each with the app's row, in the order of the devices."""
    query = (
        select(ATTEMPT.c.id, ATTEMPT.c.began, TASK.c.package, TASK.c.app, TASK.c.lease_owner)
        .join(TASK, TASK.c.id == ATTEMPT.c.task)
        .where(TASK.c.night == night, TASK.c.progress == "leased", ATTEMPT.c.outcome == "running")
        .order_by(TASK.c.lease_owner)
    )
    return db.execute(query).mappings().all()


def _last_done(db: Connection, night: str) -> tuple[int, list[float]]:
    """Return the first of the night's last finished attempts, and how long each of them took."""
    query = (
        select(ATTEMPT.c.id, ATTEMPT.c.began, ATTEMPT.c.ended)
        .join(TASK, TASK.c.id == ATTEMPT.c.task)
        .where(TASK.c.night == night, ATTEMPT.c.outcome == "done")
        .order_by(ATTEMPT.c.id.desc())
        .limit(_MOST_DONE)
    )
    rows = db.execute(query).all()
    took = [
        (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds() for _id, began, ended in rows
    ]
    return (rows[-1][0] if rows else 0), took


def _found(db: Connection, night: str, first: int) -> tuple[tuple[FoundTonight, ...], int]:
    """Return the newest findings of the attempts from ``first`` on, oldest first, and how many the night has in all."""
    of_night = (LOOK.c.night == night) & LOOK.c.verdict.in_(_FOUND)
    found = _told(db, of_night & (LOOK.c.attempt >= first))
    return found[::-1], int(db.execute(select(func.count()).select_from(LOOK).where(of_night)).scalar_one())


def _told(db: Connection, which: Any) -> tuple[FoundTonight, ...]:
    """Return the newest of these looks."""
    query = (
        select(LOOK.c.rule, LOOK.c.verdict, LOOK.c.attempt, TASK.c.app)
        .join(ATTEMPT, ATTEMPT.c.id == LOOK.c.attempt)
        .join(TASK, TASK.c.id == ATTEMPT.c.task)
        .where(which)
        .order_by(LOOK.c.attempt.desc(), LOOK.c.rule.desc())
        .limit(_MOST_FOUND)
    )
    return tuple(
        FoundTonight(app=app["name"], rule=RuleId(rule), verdict=Verdict(verdict), attempt=attempt)
        for rule, verdict, attempt, app in db.execute(query)
    )


def _left_s(took: list[float], left: int, at_once: int) -> float | None:
    if not left:
        return 0.0
    return sum(took) / len(took) * left / at_once if took else None


def _at_work(row: Mapping[Any, Any], folder: Path | None, now: datetime) -> AtWork:
    began = datetime.fromisoformat(row["began"])
    observation = _last(folder, OBSERVATIONS) if folder is not None else {}
    event = _last(folder, EVENTS, '"type":"step"') if folder is not None else {}
    screen, step = "", None
    with contextlib.suppress(BundleError, KeyError):
        screen = title_of([from_json(Observation, observation, member="observation")]) if observation else ""
        step = from_json(Step, event["body"], member="step") if event else None
    return AtWork(
        device=row["lease_owner"],
        app=row["app"]["name"],
        package=row["package"],
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
