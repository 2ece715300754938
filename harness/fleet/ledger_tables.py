"""The tables of the ledger, as SQLAlchemy sees them; how they came about is in ``migrations/``."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NIGHT: Final = Table(
    "night",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("list_sha256", String(64), nullable=False),
    Column("rules_edition", String(80), nullable=False),
    Column("began", String(40), nullable=False),  # wall clock of the host, ISO 8601 with zone
    Column("ended", String(40), nullable=False, default=""),
    Column("incomplete", Boolean, nullable=False, default=False),
    Column("previous", String(64), nullable=False, default=""),  # the night that it was compared with
)

# One app of the night. ``fence`` counts the leases given: what comes back under an older one is superseded.
TASK: Final = Table(
    "task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("night", ForeignKey("night.id"), nullable=False),
    Column("package", String(255), nullable=False),
    Column("entry", Text, nullable=False, default=""),
    Column("app", JSON, nullable=False),
    Column("progress", String(16), nullable=False, default="waiting"),  # waiting, leased, done, failed, not_run
    Column("reason", String(120), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("lease_owner", String(120), nullable=False, default=""),
    Column("lease_until", Float, nullable=False, default=0.0),  # seconds since the epoch, clock of the ledger's host
    Index("ix_task_night_progress", "night", "progress"),
)

ATTEMPT: Final = Table(
    "attempt",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("task", ForeignKey("task.id"), nullable=False, index=True),
    Column("fence", Integer, nullable=False),
    Column("worker", String(120), nullable=False),
    Column("device", String(120), nullable=False, default=""),
    Column("began", String(40), nullable=False),
    Column("ended", String(40), nullable=False, default=""),
    Column("bundle", Text, nullable=False, default=""),
    Column("outcome", String(16), nullable=False, default="running"),  # running, done, failed, lost
    Column("reason", String(120), nullable=False, default=""),
    Column("superseded", Boolean, nullable=False, default=False),
    Column("looks", JSON, nullable=False, default=list),  # kept whole, superseded or not
)

# The expected matrix: a row for every app and rule is there before anything is walked, and none is ever taken away.
LOOK: Final = Table(
    "look",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("attempt", Integer, nullable=False, default=0),
    Column("verdict", String(32), nullable=False, default=""),  # empty: nothing was judged
    Column("reach", String(16), nullable=False, default="not_run"),
    Column("reason", String(120), nullable=False, default="look-expected"),
    Column("said", JSON, nullable=False, default=dict),  # the rest of ``baseline.Look``
    Index("ix_look_night_verdict_attempt", "night", "verdict", "attempt"),
)

# What became of every place that a rule must have looked at.
REACH: Final = Table(
    "reach",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("checkpoint", String(80), primary_key=True),
    Column("reach", String(16), nullable=False, default="not_run"),
    Column("reason", String(120), nullable=False, default="look-expected"),
)

# Where every subject stands after a night; the newest night of a subject is what is known of it.
STANDING: Final = Table(
    "standing",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("standing", String(16), nullable=False),
    Column("tracked", JSON, nullable=False),
)

CHANGE: Final = Table(
    "change",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("sight", String(16), nullable=False),
    Column("reason", String(120), nullable=False),
    Column("worse", Boolean, nullable=False, default=False),
    Column("causes", JSON, nullable=False, default=list),
)

ARTIFACT: Final = Table(
    "artifact",
    METADATA,
    Column("attempt", ForeignKey("attempt.id"), primary_key=True),
    Column("path", String(600), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("mime", String(80), nullable=False),
)

# A person has looked at what went absent together with too much else.
LOOKED_AT: Final = Table(
    "looked_at",
    METADATA,
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("person", String(120), nullable=False),
    Column("at", String(40), nullable=False),
)

EVENT: Final = Table(
    "event",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("night", ForeignKey("night.id"), nullable=False, index=True),
    Column("at", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
)

# A look at the page sets whose answer is known, before and after a device's share of a night.
CANARY: Final = Table(
    "canary",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("night", ForeignKey("night.id"), nullable=False, index=True),
    Column("device", String(120), nullable=False),
    Column("at", String(40), nullable=False),
    Column("moment", String(16), nullable=False),  # before, after
    Column("reason", String(120), nullable=False, default=""),  # a message key; empty: green
    Column("detail", JSON, nullable=False, default=dict),
)

# A device that is not worked with for the rest of the night.
QUARANTINE: Final = Table(
    "quarantine",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("device", String(120), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("reason", String(120), nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

# Which build of an app a night met; what the list said of it is in the task.
BUILD: Final = Table(
    "build",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("package", String(255), primary_key=True),
    Column("entry", String(400), primary_key=True),
    Column("build", JSON, nullable=False),
)

# What only several apps together show, with what the night before had of it.
ACROSS: Final = Table(
    "across",
    METADATA,
    Column("night", ForeignKey("night.id"), primary_key=True),
    Column("fingerprint", String(80), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("finding", JSON, nullable=False),
)
