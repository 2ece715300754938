"""What the ledger knows of a night's devices: their canaries, which of them are not worked with, whom to trust."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update

from harness.fleet.canary import Canary
from harness.fleet.ledger import EXPECTED, Ledger
from harness.fleet.ledger_tables import ATTEMPT, CANARY, EVENT, LOOK, NIGHT, QUARANTINE, REACH, TASK
from harness.model import Reach

NO_DEVICE: Final = "night-no-device-left"
DISK_FULL: Final = "night-disk-full"
FOR_WANT_OF: Final = (NO_DEVICE, DISK_FULL)  # what a person mends and goes on; a night's time over is its end
_SAME_NIGHT: Final = timedelta(hours=12)
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


def taken_up_again(ledger: Ledger, list_sha256: str) -> str:
    """Open the newest night again where it was over this list and closed for want of a device or of disk; return it.

    Empty where it is no such night, or ended so long ago that a new one is due. What was looked at stays looked at.
    """
    with ledger.transaction() as db:
        newest = db.execute(select(NIGHT).order_by(NIGHT.c.began.desc()).limit(1)).mappings().first()
        if newest is None or not newest["ended"] or newest["list_sha256"] != list_sha256:
            return ""
        over = datetime.fromisoformat(ledger.now()) - datetime.fromisoformat(newest["ended"])
        night, wanted = newest["id"], TASK.c.reason.in_(FOR_WANT_OF)
        left = (TASK.c.night == night) & (TASK.c.progress == "not_run") & wanted
        if over > _SAME_NIGHT or not db.execute(update(TASK).where(left).values(progress="waiting")).rowcount:
            return ""
        for table in (LOOK, REACH):
            cut_off = (table.c.night == night) & (table.c.reach == Reach.NOT_RUN) & table.c.reason.in_(FOR_WANT_OF)
            db.execute(update(table).where(cut_off).values(reason=EXPECTED))
        db.execute(update(NIGHT).where(NIGHT.c.id == night).values(ended=""))
    ledger.note(night, "taken-up-again", {})
    return str(night)


def trust(ledger: Ledger, night: str, devices: Collection[str], accusing: Collection[str] = ()) -> None:
    """Mark every look of a night as trusted where it was made on one of these devices, and as not trusted elsewhere.

    Looks of ``accusing`` devices are marked as such: what they found may not be there either.
    """
    with ledger.transaction() as db:
        rows = db.execute(select(LOOK).where(LOOK.c.night == night, LOOK.c.verdict != "")).mappings().all()
        for row in rows:
            device = row["said"].get("device", "")
            said = {**row["said"], "trusted": device in devices, "accuses": device in accusing}
            if said != row["said"]:
                key = [LOOK.c[name] == row[name] for name in ("night", "package", "entry", "rule")]
                db.execute(update(LOOK).where(*key).values(said=said))
