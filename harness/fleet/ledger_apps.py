"""What the ledger knows of a night's apps beside their looks: builds, and what only several of them together show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, insert, select

from harness.evidence.codec import from_json, to_json
from harness.fleet.across_nights import AcrossChange, AcrossKind
from harness.fleet.drift import Build, Key, Listed
from harness.fleet.ledger import Claim, Ledger
from harness.fleet.ledger_tables import ACROSS, ATTEMPT, BUILD, NIGHT, TASK
from harness.model import AcrossFinding, FiledApp


def store_build(ledger: Ledger, claim: Claim, build: Build) -> None:
    """Write down which build an attempt met; the last one of a night stays, but being there wins over being missing."""
    key = {"night": claim.night, "package": claim.app.package, "entry": claim.app.entry}
    of_app = [BUILD.c[name] == value for name, value in key.items()]
    with ledger.transaction() as db:
        there = db.execute(select(BUILD.c.build).where(*of_app)).scalars().first()
        if there is not None and there["installed"] and not build.installed:
            return
        db.execute(BUILD.delete().where(*of_app))
        db.execute(insert(BUILD).values(**key, build=to_json(build)))


def listed(ledger: Ledger, night: str) -> Listed:
    """Return a night's list, and the builds that it met."""
    with ledger.transaction() as db:
        apps = db.execute(select(TASK).where(TASK.c.night == night).order_by(TASK.c.id)).mappings().all()
        builds = db.execute(select(BUILD).where(BUILD.c.night == night)).mappings().all()
    return Listed(
        apps={(row["package"], row["entry"]): from_json(FiledApp, row["app"], member="ledger task") for row in apps},
        builds={(row["package"], row["entry"]): _build(row["build"]) for row in builds},
    )


def known_until(ledger: Ledger, night: str) -> Listed:
    """Return the list of a night, and of each app the build that was last met in it or before; empty for no night."""
    if not night:
        return Listed(apps={}, builds={})
    with ledger.transaction() as db:
        began = db.execute(select(NIGHT.c.began).where(NIGHT.c.id == night)).scalar_one()
        query = select(BUILD).join(NIGHT, NIGHT.c.id == BUILD.c.night).where(NIGHT.c.began <= began)
        rows = db.execute(query.order_by(NIGHT.c.began)).mappings().all()
    builds: dict[Key, Build] = {}
    for row in rows:
        key, build = (row["package"], row["entry"]), _build(row["build"])
        builds[key] = _last_told(builds.get(key, build), build)
    return Listed(apps=listed(ledger, night).apps, builds=builds)


def _last_told(before: Build, build: Build) -> Build:
    """Return a build with what it did not tell as it was told before it; of a missing app, the one that was there."""
    if not build.installed:
        return replace(before, installed=False)
    return Build(
        installed=True,
        version=build.version or before.version,
        apk_sha256=build.apk_sha256 or before.apk_sha256,
        signer_sha256=build.signer_sha256 or before.signer_sha256,
    )


def last_tried(ledger: Ledger) -> dict[Key, str]:
    """Return when the last night began that tried each app; apps that were never tried are not in it."""
    query = (
        select(TASK.c.package, TASK.c.entry, func.max(NIGHT.c.began))
        .join(NIGHT, NIGHT.c.id == TASK.c.night)
        .where(TASK.c.attempts > 0)
        .group_by(TASK.c.package, TASK.c.entry)
    )
    with ledger.transaction() as db:
        return {(row[0], row[1]): row[2] for row in db.execute(query)}


def bundles_of(ledger: Ledger, night: str) -> dict[Key, str]:
    """Return the bundle of the last attempt that brought something for each app of a night."""
    query = select(TASK.c.package, TASK.c.entry, ATTEMPT.c.bundle).join(ATTEMPT, ATTEMPT.c.task == TASK.c.id)
    with ledger.transaction() as db:
        done = query.where(TASK.c.night == night, ATTEMPT.c.outcome == "done").order_by(TASK.c.id, ATTEMPT.c.id)
        return {(row[0], row[1]): row[2] for row in db.execute(done)}


def attempts_of(ledger: Ledger, night: str) -> dict[int, Key]:
    """Return the app of every attempt of a night."""
    query = select(ATTEMPT.c.id, TASK.c.package, TASK.c.entry).join(TASK, TASK.c.id == ATTEMPT.c.task)
    with ledger.transaction() as db:
        return {row[0]: (row[1], row[2]) for row in db.execute(query.where(TASK.c.night == night))}


def store_across(ledger: Ledger, night: str, changes: Sequence[AcrossChange]) -> None:
    """Write what several apps together show; a second comparison of the same night replaces the first."""
    with ledger.transaction() as db:
        db.execute(ACROSS.delete().where(ACROSS.c.night == night))
        rows = [
            {"night": night, "fingerprint": c.finding.fingerprint, "kind": c.kind, "finding": to_json(c.finding)}
            for c in changes
        ]
        if rows:
            db.execute(insert(ACROSS), rows)


def across(ledger: Ledger, night: str) -> tuple[AcrossChange, ...]:
    """Return what a night had of several apps together, in the order of the findings' ids."""
    with ledger.transaction() as db:
        rows = db.execute(select(ACROSS).where(ACROSS.c.night == night)).mappings().all()
    told = [
        AcrossChange(
            kind=AcrossKind(row["kind"]), finding=from_json(AcrossFinding, row["finding"], member="ledger across")
        )
        for row in rows
    ]
    return tuple(sorted(told, key=lambda change: change.finding.id))


def _build(stored: object) -> Build:
    return from_json(Build, stored, member="ledger build")  # type: ignore[arg-type]
