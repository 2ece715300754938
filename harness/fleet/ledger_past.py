"""Reads a closed night and the nights before it out of the ledger, within the transaction of whoever calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, func, select

from harness.baseline import Change, ChangeKind, Look, Sight, Standing, Subject, Tracked
from harness.evidence.codec import from_json
from harness.fleet.ledger_tables import ATTEMPT, CHANGE, LOOK, NIGHT, REACH, STANDING, TASK
from harness.model import FiledApp, Reach, Verdict
from harness.report.night_views import AppTonight, AttemptTold, NightCounts, NightFacts, NightMark

NIGHTS: Final = 30
_KEY: Final = ("package", "entry", "rule")


def night_facts(db: Connection, night: str) -> NightFacts | None:
    """Return a night with what came before it, ``None`` where it is not there or was never compared."""
    row = db.execute(select(NIGHT).where(NIGHT.c.id == night)).mappings().first()
    if row is None or not row["ended"]:
        return None
    nights = _nights_up_to(db, row["began"])
    tracked = tracked_after(db, night)
    before = tracked_after(db, row["previous"]) if row["previous"] else {}
    apps = _apps(db, night)
    return NightFacts(
        night=night,
        previous=row["previous"],
        began=row["began"],
        ended=row["ended"],
        rules_edition=row["rules_edition"],
        list_sha256=row["list_sha256"],
        incomplete=row["incomplete"],
        rows_without_result=_without_result(db, night),
        changes=_changes(db, night, tracked, before),
        tracked={s: t for s, t in tracked.items() if t.standing is not Standing.NONE},
        history=_history(db, night, [name for name, _began, _incomplete in nights]),
        trend=_trend(db, nights),
        apps=apps,
        off_list=_off_list(db, {(s.package, s.entry) for s in tracked} - {(a.app.package, a.app.entry) for a in apps}),
    )


def tracked_after(db: Connection, night: str) -> dict[Subject, Tracked]:
    """Return where every subject stood after a night; empty for a night that was not compared."""
    rows = db.execute(select(STANDING).where(STANDING.c.night == night)).mappings().all()
    return {subject_of(row): from_json(Tracked, row["tracked"], member="ledger standing") for row in rows}


def look_of(row: Mapping[Any, Any]) -> Look:
    """Return the look of a row of the matrix, which may never have been looked at."""
    if row["said"]:
        return from_json(Look, row["said"], member="ledger look")
    bare = Look(night=row["night"], verdict=Verdict(row["verdict"]) if row["verdict"] else None)
    return replace(bare, reach=Reach(row["reach"]), reason=row["reason"])


def subject_of(row: Mapping[Any, Any]) -> Subject:
    """Return whom a row is about."""
    return Subject(package=row["package"], entry=row["entry"], rule=row["rule"])


def _without_result(db: Connection, night: str) -> int:
    """Return how many rows of the matrix no attempt brought anything for."""
    query = select(func.count()).select_from(LOOK).where(LOOK.c.night == night, LOOK.c.attempt == 0)
    return int(db.execute(query).scalar_one())


def _nights_up_to(db: Connection, began: str) -> list[tuple[str, str, bool]]:
    query = select(NIGHT.c.id, NIGHT.c.began, NIGHT.c.incomplete).where(NIGHT.c.began <= began, NIGHT.c.ended != "")
    rows = db.execute(query.order_by(NIGHT.c.began.desc()).limit(NIGHTS)).all()
    return [(row[0], row[1], row[2]) for row in reversed(rows)]


def _changes(
    db: Connection, night: str, tracked: Mapping[Subject, Tracked], before: Mapping[Subject, Tracked]
) -> tuple[Change, ...]:
    looks = {subject_of(row): look_of(row) for row in db.execute(select(LOOK).where(LOOK.c.night == night)).mappings()}
    changes = []
    for row in db.execute(select(CHANGE).where(CHANGE.c.night == night)).mappings():
        subject = subject_of(row)
        then = before.get(subject)
        changes.append(
            Change(
                subject=subject,
                kind=ChangeKind(row["kind"]),
                sight=Sight(row["sight"]),
                reason=row["reason"],
                before=then.last_seen if then is not None else None,
                tonight=looks.get(subject),
                standing=tracked[subject].standing,
                causes=tuple(row["causes"]),
                worse=row["worse"],
                seen_on=then.seen_on if then is not None else frozenset(),
            )
        )
    return tuple(sorted(changes, key=lambda change: change.subject))


def _history(db: Connection, night: str, nights: Sequence[str]) -> dict[Subject, tuple[NightMark, ...]]:
    """Return the last nights of every subject that stands as a finding after ``night``, oldest night first."""
    wanted = select(*(STANDING.c[name] for name in _KEY)).where(
        STANDING.c.night == night, STANDING.c.standing != Standing.NONE
    )
    here = wanted.subquery()
    same = [STANDING.c[name] == here.c[name] for name in _KEY]
    told = [CHANGE.c[name] == STANDING.c[name] for name in ("night", *_KEY)]
    looked = [LOOK.c[name] == CHANGE.c[name] for name in ("night", *_KEY, "reason")]
    query = (
        select(STANDING.c.night, STANDING.c.standing, *(STANDING.c[name] for name in _KEY))
        .add_columns(CHANGE.c.kind, CHANGE.c.sight, CHANGE.c.reason, LOOK.c.said["data"].label("data"))
        .select_from(STANDING.join(here, _all(same)).outerjoin(CHANGE, _all(told)).outerjoin(LOOK, _all(looked)))
        .where(STANDING.c.night.in_(nights))
    )
    marks: dict[Subject, dict[str, NightMark]] = {}
    for row in db.execute(query).mappings():
        marks.setdefault(subject_of(row), {})[row["night"]] = NightMark(
            night=row["night"],
            standing=Standing(row["standing"]),
            kind=ChangeKind(row["kind"]) if row["kind"] else None,
            sight=Sight(row["sight"]) if row["sight"] else None,
            reason=row["reason"] or "",
            data=tuple((name, value) for name, value in row["data"] or ()),
        )
    return {
        subject: tuple(by_night[name] for name in nights if name in by_night) for subject, by_night in marks.items()
    }


def _all(conditions: Sequence[Any]) -> Any:
    first, *others = conditions
    for condition in others:
        first &= condition
    return first


def _trend(db: Connection, nights: Sequence[tuple[str, str, bool]]) -> tuple[NightCounts, ...]:
    names = [name for name, _began, _incomplete in nights]
    standings = _counted(db, STANDING.c.standing, names)
    kinds = _counted(db, CHANGE.c.kind, names)
    apps = _counted(db, TASK.c.progress, names)
    reaches = _counted(db, REACH.c.reach, names)
    return tuple(
        NightCounts(
            night=name,
            began=began,
            standings=standings.get(name, {}),
            kinds=kinds.get(name, {}),
            apps=apps.get(name, {}),
            reached=_reached(reaches.get(name, {})),
            expected=_expected(reaches.get(name, {})),
            incomplete=incomplete,
        )
        for name, began, incomplete in nights
    )


def _reached(reaches: Mapping[str, int]) -> int:
    return reaches.get(Reach.REACHED, 0)


def _expected(reaches: Mapping[str, int]) -> int:
    """Return how many places there were to look at; one that does not concern the app is none of them."""
    return sum(number for reach, number in reaches.items() if reach != Reach.OUT_OF_SCOPE)


def _counted(db: Connection, column: Any, nights: Sequence[str]) -> dict[str, dict[str, int]]:
    table = column.table
    query = select(table.c.night, column, func.count()).where(table.c.night.in_(nights)).group_by(table.c.night, column)
    counts: dict[str, dict[str, int]] = {}
    for night, value, number in db.execute(query):
        counts.setdefault(night, {})[value] = number
    return counts


def _apps(db: Connection, night: str) -> tuple[AppTonight, ...]:
    tasks = db.execute(select(TASK).where(TASK.c.night == night).order_by(TASK.c.id)).mappings().all()
    attempts: dict[int, list[AttemptTold]] = {}
    of_night = select(ATTEMPT).join(TASK, TASK.c.id == ATTEMPT.c.task).where(TASK.c.night == night)
    for row in db.execute(of_night.order_by(ATTEMPT.c.id)).mappings():
        told = AttemptTold(**{name: row[name] for name in AttemptTold.__dataclass_fields__})
        attempts.setdefault(row["task"], []).append(told)
    places = (
        select(REACH.c.package, REACH.c.entry, REACH.c.reach, func.count())
        .where(REACH.c.night == night)
        .group_by(REACH.c.package, REACH.c.entry, REACH.c.reach)
    )
    reaches: dict[tuple[str, str], dict[str, int]] = {}
    for package, entry, reach, number in db.execute(places):
        reaches.setdefault((package, entry), {})[reach] = number
    return tuple(
        AppTonight(
            app=from_json(FiledApp, task["app"], member="ledger task"),
            progress=task["progress"],
            reason=task["reason"],
            reached=_reached(reaches.get((task["package"], task["entry"]), {})),
            expected=_expected(reaches.get((task["package"], task["entry"]), {})),
            attempts=tuple(attempts.get(task["id"], ())),
        )
        for task in tasks
    )


def _off_list(db: Connection, gone: Iterable[tuple[str, str]]) -> tuple[FiledApp, ...]:
    """Return the apps as the last list that had them filed them."""
    apps = []
    for package, entry in sorted(gone):
        query = select(TASK.c.app).where(TASK.c.package == package, TASK.c.entry == entry)
        filed = db.execute(query.order_by(TASK.c.id.desc()).limit(1)).scalars().first()
        if filed is not None:
            apps.append(from_json(FiledApp, filed, member="ledger task"))
    return tuple(apps)
