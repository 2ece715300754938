"""What the ledger knows of a night's devices: their canaries, which of them are not worked with, whom to trust."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select, update

from harness.fleet.canary import Canary
from harness.fleet.ledger import Ledger
from harness.fleet.ledger_tables import ATTEMPT, CANARY, EVENT, LOOK, QUARANTINE, TASK

UNUSED_ROWS: Final = "rows-not-used"
_STOPPED: Final = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Why a device is not worked with for the rest of a night: a message key, and what the device said."""

    device: str
    reason: str
    detail: str = ""


def add_canary(ledger: Ledger, night: str, device: str, canary: Canary) -> None:
    """Write down what came of the canaries on a device."""
    row = {"night": night, "device": device, "at": ledger.now(), "moment": canary.moment, "reason": canary.reason}
    with ledger.transaction() as db:
        db.execute(insert(CANARY).values(**row, detail=dict(canary.detail)))


def canaries(ledger: Ledger, night: str) -> dict[str, tuple[Canary, ...]]:
    """Return the canaries of each device of a night, in the order in which they were looked at."""
    with ledger.transaction() as db:
        rows = db.execute(select(CANARY).where(CANARY.c.night == night).order_by(CANARY.c.id)).mappings().all()
    by_device: dict[str, tuple[Canary, ...]] = {}
    for row in rows:
        told = Canary(moment=row["moment"], reason=row["reason"], detail=tuple(sorted(row["detail"].items())))
        by_device[row["device"]] = (*by_device.get(row["device"], ()), told)
    return by_device


def brought_something(ledger: Ledger, night: str, device: str) -> bool:
    """Return whether an attempt on this device has brought looks this night."""
    query = (
        select(ATTEMPT.c.id)
        .join(TASK, TASK.c.id == ATTEMPT.c.task)
        .where(TASK.c.night == night, ATTEMPT.c.device == device, ATTEMPT.c.outcome == "done")
        .limit(1)
    )
    with ledger.transaction() as db:
        return db.execute(query).first() is not None


def quarantine(ledger: Ledger, night: str, sick: Quarantine) -> None:
    """Take a device out of a night; the first reason stays."""
    with ledger.transaction() as db:
        there = (QUARANTINE.c.night == night) & (QUARANTINE.c.device == sick.device)
        if db.execute(select(QUARANTINE.c.device).where(there)).first() is None:
            row = {"device": sick.device, "reason": sick.reason, "detail": sick.detail[:2_000]}
            db.execute(insert(QUARANTINE).values(night=night, at=ledger.now(), **row))


def quarantined(ledger: Ledger, night: str) -> dict[str, Quarantine]:
    """Return the devices that are out of a night, each with the reason."""
    with ledger.transaction() as db:
        rows = db.execute(select(QUARANTINE).where(QUARANTINE.c.night == night)).mappings().all()
    return {r["device"]: Quarantine(device=r["device"], reason=r["reason"], detail=r["detail"]) for r in rows}


def lift_quarantine(ledger: Ledger, night: str) -> None:
    """Let every device work again, as when a night is gone on with after somebody has looked; it is written down."""
    lifted = sorted(quarantined(ledger, night))
    if lifted:
        ledger.note(night, "quarantine-lifted", {"devices": lifted})
        with ledger.transaction() as db:
            db.execute(QUARANTINE.delete().where(QUARANTINE.c.night == night))


def stop(ledger: Ledger, night: str, device: str, reason: str) -> None:
    """Write down that a device begins no app any more."""
    ledger.note(night, _STOPPED, {"device": device, "reason": reason})


def stopped(ledger: Ledger, night: str) -> str:
    """Return why no app was begun any more (a message key), empty where nothing stopped the night."""
    return str(last_noted(ledger, night, _STOPPED).get("reason", ""))


def last_noted(ledger: Ledger, night: str, kind: str) -> dict[str, Any]:
    """Return what was written down last of a kind of event in a night, empty where nothing was."""
    query = select(EVENT.c.detail).where(EVENT.c.night == night, EVENT.c.kind == kind)
    with ledger.transaction() as db:
        return db.execute(query.order_by(EVENT.c.id.desc())).scalars().first() or {}


def trust(ledger: Ledger, night: str, devices: Collection[str]) -> None:
    """Mark every look of a night as trusted where it was made on one of these devices, and as not trusted elsewhere."""
    with ledger.transaction() as db:
        rows = db.execute(select(LOOK).where(LOOK.c.night == night, LOOK.c.verdict != "")).mappings().all()
        for row in rows:
            trusted = row["said"].get("device", "") in devices
            if row["said"].get("trusted", True) is trusted:
                continue
            key = [LOOK.c[name] == row[name] for name in ("night", "package", "entry", "rule")]
            db.execute(update(LOOK).where(*key).values(said={**row["said"], "trusted": trusted}))
