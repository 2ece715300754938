"""The ledger of nights: what is to be looked at, who is at it, what came of it. SQLite by default, PostgreSQL by URL.

The whole expected matrix is written before anything is walked and no row is ever taken away, so what is missing in the
morning is a row that says so. A task is held by a lease with a fence: whoever comes back under an older fence has been
replaced meanwhile; what it saw is kept and marked, never dropped. Every method is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from harness.baseline import Comparison, Look, NightLooks, Subject, Tracked, best_of
from harness.clock import Clock
from harness.errors import BadInput
from harness.evidence.codec import from_json, to_json
from harness.fleet.ledger_database import leave, opened
from harness.fleet.ledger_past import look_of, night_facts, subject_of, tracked_after
from harness.fleet.ledger_tables import (
    ARTIFACT,
    ATTEMPT,
    CHANGE,
    EVENT,
    LOOK,
    LOOKED_AT,
    NIGHT,
    REACH,
    STANDING,
    TASK,
)
from harness.model import CheckpointReach, FiledApp, Reach, Rule, RuleId
from harness.report.night_views import NightFacts

EXPECTED: Final = "look-expected"
DONE: Final = ("done", "failed", "not_run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One app handed to one worker, until ``fence`` is passed by another claim of the same task."""

    night: str
    task: int
    attempt: int
    fence: int
    number: int
    app: FiledApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of an attempt's evidence, by its hash."""

    path: str
    sha256: str
    size_bytes: int
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an attempt at an app brought: a look for each rule, and what became of each of its places.

    ``cut`` is the message key of what ended the walk through no fault of the app: what was seen counts, and the app is
    looked at again.
    """

    looks: Mapping[RuleId, Look]
    reaches: Mapping[RuleId, Sequence[CheckpointReach]]
    device: str = ""
    bundle: str = ""
    artifacts: tuple[Artifact, ...] = ()
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a night is."""

    waiting: int
    leased: int
    done: int
    failed: int
    not_run: int

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done."""
        return not (self.waiting or self.leased)


def ledger_url(given: str) -> URL:
    """Return the database's address: a URL, or the path of a SQLite file. Raises ``BadInput``."""
    try:
        url = make_url(given) if "://" in given else URL.create("sqlite", database=str(Path(given).absolute()))
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        mend = "write a path, or postgresql+psycopg://user@host/database"
        raise BadInput(source="--ledger", place=given, problem="is no database address", mend=mend) from error
    return url


class Ledger:
    """One database. Not to be shared between processes; each opens its own."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self._clock = clock
        self._database = opened(url, clock)

    def close(self) -> None:
        """Let go of the database."""
        leave(self._database)

    # --- a night begins and ends ---

    def begin(self, night: str, list_sha256: str, edition: str, matrix: Mapping[FiledApp, Sequence[Rule]]) -> bool:
        """Write the night and its whole expected matrix; return ``False`` where it is there already (a resumption).

        Raises ``BadInput`` where the night that is there was begun with another list.
        """
        with self.transaction() as db:
            there = db.execute(select(NIGHT).where(NIGHT.c.id == night)).mappings().first()
            if there is not None:
                if there["list_sha256"] != list_sha256:
                    mend = "resume with the list it was begun with, or begin a new night"
                    raise BadInput(source=night, place="filed list", problem="is not that night's list", mend=mend)
                return False
            db.execute(insert(NIGHT).values(id=night, list_sha256=list_sha256, rules_edition=edition, began=self.now()))
            apps = list(matrix)
            db.execute(
                insert(TASK),
                [{"night": night, "package": a.package, "entry": a.entry, "app": to_json(a)} for a in apps],
            )
            looks = [_key(night, Subject(package=a.package, entry=a.entry, rule=r.id)) for a in apps for r in matrix[a]]
            places = [
                {**_key(night, Subject(package=a.package, entry=a.entry, rule=r.id)), "checkpoint": c.id}
                for a in apps
                for r in matrix[a]
                for c in r.checkpoints
            ]
            if looks:
                db.execute(insert(LOOK), looks)
            if places:
                db.execute(insert(REACH), places)
            self._tell(db, night, "begun", {"apps": len(apps), "rows": len(looks)})
        return True

    def finalise(self, night: str, why: str = "night-over") -> int:
        """Let every row that nothing came for say ``why``, or what failed; return how many there were.

        Done twice it changes nothing; the night is closed by its comparison.
        """
        with self.transaction() as db:
            db.execute(
                update(TASK)
                .where(TASK.c.night == night, TASK.c.progress.not_in(DONE))
                .values(progress="not_run", reason=why)
            )
            left = 0
            for task in db.execute(select(TASK).where(TASK.c.night == night)).mappings():
                reach = Reach.ERROR if task["progress"] == "failed" else Reach.NOT_RUN
                reason = task["reason"] or ("night-no-result" if task["progress"] == "done" else why)
                if task["progress"] == "done":
                    reach = Reach.ERROR
                for table in (LOOK, REACH):
                    rows = db.execute(
                        update(table)
                        .where(
                            table.c.night == night,
                            table.c.package == task["package"],
                            table.c.entry == task["entry"],
                            table.c.reason == EXPECTED,
                        )
                        .values(reach=reach, reason=reason)
                    )
                    left += rows.rowcount if table is LOOK else 0
            self._tell(db, night, "finalised", {"rows_without_result": left})
        return left

    # --- workers ---

    def claim(self, night: str, worker: str, lease_s: float, *, most_attempts: int = 3) -> Claim | None:
        """Return the next app to look at, leased to ``worker``; ``None`` where nothing is free at the moment.

        A lease that has run out is given to the next: its attempt counts as lost. An app that was lost too often
        fails, so that one app that kills its workers does not hold up a night.
        """
        now_s = self._clock.wall().timestamp()
        with self.transaction() as db:
            self._give_up_the_lost(db, night, now_s, most_attempts)
            free = (TASK.c.progress == "waiting") | ((TASK.c.progress == "leased") & (TASK.c.lease_until < now_s))
            query = select(TASK).where(TASK.c.night == night, free).order_by(TASK.c.attempts, TASK.c.id).limit(1)
            task = db.execute(query.with_for_update(skip_locked=True)).mappings().first()
            if task is None:
                return None
            fence = task["fence"] + 1
            lost = (ATTEMPT.c.task == task["id"]) & (ATTEMPT.c.outcome == "running")
            db.execute(update(ATTEMPT).where(lost).values(outcome="lost", reason="lease-ran-out", superseded=True))
            db.execute(
                update(TASK)
                .where(TASK.c.id == task["id"])
                .values(
                    progress="leased",
                    fence=fence,
                    attempts=task["attempts"] + 1,
                    lease_owner=worker,
                    lease_until=now_s + lease_s,
                )
            )
            made = db.execute(insert(ATTEMPT).values(task=task["id"], fence=fence, worker=worker, began=self.now()))
            attempt = made.inserted_primary_key
            assert attempt is not None
            return Claim(
                night=night,
                task=task["id"],
                attempt=attempt[0],
                fence=fence,
                number=task["attempts"] + 1,
                app=from_json(FiledApp, task["app"], member="ledger task"),
            )

    def extend(self, claim: Claim, lease_s: float) -> bool:
        """Prolong a lease; return ``False`` where it is another's by now, and the work should stop."""
        until = self._clock.wall().timestamp() + lease_s
        with self.transaction() as db:
            held = (TASK.c.id == claim.task) & (TASK.c.fence == claim.fence) & (TASK.c.progress == "leased")
            return db.execute(update(TASK).where(held).values(lease_until=until)).rowcount == 1

    def deliver(self, claim: Claim, result: Result, *, most_attempts: int = 3) -> bool:
        """Store what an attempt brought; return whether it was the one that held the lease.

        A second delivery of the same attempt changes nothing. Of several attempts having seen wins. An attempt that was
        cut puts the app back in the queue where attempts are left.
        """
        with self.transaction() as db:
            attempt = db.execute(select(ATTEMPT).where(ATTEMPT.c.id == claim.attempt)).mappings().one()
            if attempt["looks"]:
                return not attempt["superseded"]
            mine = (TASK.c.id == claim.task) & (TASK.c.fence == claim.fence) & (TASK.c.progress == "leased")
            progress = "waiting" if result.cut and claim.number < most_attempts else "done"
            held = db.execute(update(TASK).where(mine).values(progress=progress, reason=result.cut)).rowcount == 1
            looks = [{"rule": rule, "look": to_json(look)} for rule, look in result.looks.items()]
            db.execute(
                update(ATTEMPT)
                .where(ATTEMPT.c.id == claim.attempt)
                .values(
                    ended=self.now(),
                    outcome="done",
                    reason=result.cut,
                    superseded=not held,
                    device=result.device,
                    bundle=result.bundle,
                    looks=looks,
                )
            )
            if result.artifacts:
                db.execute(insert(ARTIFACT), [{"attempt": claim.attempt, **_plain(a)} for a in result.artifacts])
            self._store_looks(db, claim, result)
            if not held:
                self._tell(db, claim.night, "superseded", {"package": claim.app.package, "attempt": claim.attempt})
            return held

    def _store_looks(self, db: Connection, claim: Claim, result: Result) -> None:
        """Write each rule's look where it is the best of all attempts at the app so far."""
        query = select(ATTEMPT.c.looks).where(ATTEMPT.c.task == claim.task)
        kept = [row for looks in db.execute(query).scalars() for row in looks]
        looks, places = [], []
        for rule, look in result.looks.items():
            subject = Subject(package=claim.app.package, entry=claim.app.entry, rule=rule)
            others = [_look(row["look"]) for row in kept if row["rule"] == rule]
            if best_of([look, *others]) != look:
                continue
            at = {f"at_{name}": value for name, value in _key(claim.night, subject).items()}
            looks.append({**at, **{f"to_{name}": value for name, value in _look_row(claim, look).items()}})
            places += [
                {**at, "at_checkpoint": place.checkpoint, "to_reach": place.reach, "to_reason": place.reason}
                for place in result.reaches.get(rule, ())
            ]
        for table, rows in ((LOOK, looks), (REACH, places)):
            if rows:  # one statement for all of them: a fleet's workers wait for each other here
                db.execute(_update_rows(table, rows[0]), rows)

    def fail(self, claim: Claim, reason: str, *, again: bool, most_attempts: int = 3) -> None:
        """End an attempt that brought nothing; ``again`` puts the app back in the queue where attempts are left."""
        with self.transaction() as db:
            ended = {"ended": self.now(), "outcome": "failed", "reason": reason}
            db.execute(update(ATTEMPT).where(ATTEMPT.c.id == claim.attempt).values(**ended))
            mine = (TASK.c.id == claim.task) & (TASK.c.fence == claim.fence) & (TASK.c.progress == "leased")
            progress = "waiting" if again and claim.number < most_attempts else "failed"
            db.execute(update(TASK).where(mine).values(progress=progress, reason=reason))

    def _give_up_the_lost(self, db: Connection, night: str, now_s: float, most_attempts: int) -> None:
        lost = (
            (TASK.c.night == night)
            & (TASK.c.progress == "leased")
            & (TASK.c.lease_until < now_s)
            & (TASK.c.attempts >= most_attempts)
        )
        ids = list(db.execute(select(TASK.c.id).where(lost)).scalars())
        if ids:
            running = ATTEMPT.c.task.in_(ids) & (ATTEMPT.c.outcome == "running")
            db.execute(update(ATTEMPT).where(running).values(outcome="lost", reason="lease-ran-out", superseded=True))
            db.execute(update(TASK).where(TASK.c.id.in_(ids)).values(progress="failed", reason="night-worker-lost"))

    def note(self, night: str, kind: str, detail: Mapping[str, Any]) -> None:
        """Write down that something happened in a night."""
        with self.transaction() as db:
            self._tell(db, night, kind, detail)

    # --- reading ---

    def progress(self, night: str) -> Progress:
        """Return how many apps of the night are where."""
        query = select(TASK.c.progress, func.count()).where(TASK.c.night == night).group_by(TASK.c.progress)
        with self.transaction() as db:
            counts = {row[0]: row[1] for row in db.execute(query)}
        return Progress(**{name: counts.get(name, 0) for name in Progress.__dataclass_fields__})

    def looks(self, night: str) -> NightLooks:
        """Return what the night has of every subject, and the share of each app's places that were reached."""
        with self.transaction() as db:
            rows = db.execute(select(LOOK).where(LOOK.c.night == night)).mappings().all()
            places = db.execute(select(REACH).where(REACH.c.night == night)).mappings().all()
        reached: dict[str, list[bool]] = {}
        for place in places:
            if place["reach"] not in {Reach.OUT_OF_SCOPE, Reach.NOT_RUN}:
                reached.setdefault(place["package"] + place["entry"], []).append(place["reach"] == Reach.REACHED)
        return NightLooks(
            night=night,
            looks={subject_of(row): look_of(row) for row in rows},
            coverage={app: sum(hits) / len(hits) for app, hits in reached.items()},
        )

    def nights(self) -> tuple[tuple[str, bool], ...]:
        """Return the nights, oldest first, each with whether it was closed."""
        with self.transaction() as db:
            rows = db.execute(select(NIGHT.c.id, NIGHT.c.ended).order_by(NIGHT.c.began)).all()
        return tuple((night, bool(ended)) for night, ended in rows)

    def broken_off(self, list_sha256: str) -> str:
        """Return the newest night over this list that was not closed, empty where there is none."""
        query = select(NIGHT.c.id).where(NIGHT.c.ended == "", NIGHT.c.list_sha256 == list_sha256)
        with self.transaction() as db:
            return db.execute(query.order_by(NIGHT.c.began.desc())).scalars().first() or ""

    def known_after(self, night: str) -> dict[Subject, Tracked]:
        """Return where every subject stood after a night; empty for a night that was not compared."""
        with self.transaction() as db:
            return tracked_after(db, night)

    def facts(self, night: str) -> NightFacts | None:
        """Return a closed night with the nights before it, ``None`` where it is not there or was never compared."""
        with self.transaction() as db:
            return night_facts(db, night)

    def known_before(self, night: str) -> tuple[dict[Subject, Tracked], str]:
        """Return where every subject stood before the night, and the last compared night before it ("" for none)."""
        with self.transaction() as db:
            began = db.execute(select(NIGHT.c.began).where(NIGHT.c.id == night)).scalar_one()
            earlier = (
                select(NIGHT.c.id).where(NIGHT.c.began < began, NIGHT.c.ended != "").order_by(NIGHT.c.began.desc())
            )
            nights = list(db.execute(earlier).scalars())
        # A comparison writes every subject it knows, so the newest compared night knows all that older ones do.
        for earlier_night in nights:
            known = self.known_after(earlier_night)
            if known:
                return known, earlier_night
        return {}, ""

    def store_comparison(self, night: str, comparison: Comparison, previous: str) -> None:
        """Write what the night added and close it; a second comparison of the same night replaces the first.

        Both in one transaction: a night that died before it was compared is still open, and is resumed.
        """
        with self.transaction() as db:
            for table in (STANDING, CHANGE):
                db.execute(table.delete().where(table.c.night == night))
            standings = [
                {**_key(night, s), "standing": t.standing, "tracked": to_json(t)} for s, t in comparison.tracked.items()
            ]
            changes = [
                {
                    **_key(night, c.subject),
                    "kind": c.kind,
                    "sight": c.sight,
                    "reason": c.reason,
                    "worse": c.worse,
                    "causes": list(c.causes),
                }
                for c in comparison.changes
            ]
            if standings:
                db.execute(insert(STANDING), standings)
            if changes:
                db.execute(insert(CHANGE), changes)
            told = {"incomplete": comparison.incomplete, "previous": previous}
            db.execute(update(NIGHT).where(NIGHT.c.id == night).values(**told))
            first = (NIGHT.c.id == night) & (NIGHT.c.ended == "")
            if db.execute(update(NIGHT).where(first).values(ended=self.now())).rowcount:
                self._tell(db, night, "ended", {"changes": len(changes)})

    def looked_at(self, known: Mapping[Subject, Tracked]) -> frozenset[Subject]:
        """Return the held subjects that a person has looked at since they were held.

        Having looked once says nothing of the next time that too many go absent at once.
        """
        with self.transaction() as db:
            began = {row[0]: row[1] for row in db.execute(select(NIGHT.c.id, NIGHT.c.began))}
            looked = {subject_of(row): row["at"] for row in db.execute(select(LOOKED_AT)).mappings()}
        return frozenset(s for s, t in known.items() if t.held and looked.get(s, "") > began.get(t.held_since, ""))

    def look_at(self, subjects: Iterable[Subject], person: str) -> None:
        """Record that a person has looked at these subjects."""
        with self.transaction() as db:
            for subject in subjects:
                key = {name: getattr(subject, name) for name in ("package", "entry", "rule")}
                db.execute(LOOKED_AT.delete().where(*(LOOKED_AT.c[name] == value for name, value in key.items())))
                db.execute(insert(LOOKED_AT).values(**key, person=person, at=self.now()))

    # --- the database ---

    def transaction(self) -> AbstractContextManager[Connection]:
        """Return the block of a connection whose work is written as one, or not at all. Raises ``LedgerError``."""
        return self._database.transaction(self._clock)

    def now(self) -> str:
        """Return the host's time, ISO 8601 with zone, as every row has it."""
        return self._clock.wall().isoformat(timespec="milliseconds")

    def _tell(self, db: Connection, night: str, kind: str, detail: Mapping[str, Any]) -> None:
        db.execute(insert(EVENT).values(night=night, at=self.now(), kind=kind, detail=dict(detail)))


def _key(night: str, subject: Subject) -> dict[str, str]:
    return {"night": night, "package": subject.package, "entry": subject.entry, "rule": subject.rule}


def _update_rows(table: Any, row: Mapping[str, Any]) -> Any:
    """Return the update of many rows: ``at_`` names the columns that find one, ``to_`` those that are written."""
    at = [table.c[name[3:]] == bindparam(name) for name in row if name.startswith("at_")]
    return update(table).where(*at).values({name[3:]: bindparam(name) for name in row if name.startswith("to_")})


def _look(stored: object) -> Look:
    return from_json(Look, cast(Any, stored), member="ledger look")


def _look_row(claim: Claim, look: Look) -> dict[str, Any]:
    return {
        "attempt": claim.attempt,
        "verdict": look.verdict or "",
        "reach": look.reach,
        "reason": look.reason,
        "said": to_json(look),
    }


def _plain(artifact: Artifact) -> dict[str, Any]:
    return {name: getattr(artifact, name) for name in Artifact.__dataclass_fields__}
