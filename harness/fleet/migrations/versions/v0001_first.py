"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "looked_at",
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("package", "entry", "rule", name=op.f("pk_looked_at")),
    )
    op.create_table(
        "night",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("rules_edition", sa.String(length=80), nullable=False),
        sa.Column("began", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.String(length=40), nullable=False),
        sa.Column("incomplete", sa.Boolean(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_night")),
    )
    op.create_table(
        "change",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sight", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("worse", sa.Boolean(), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_change_night_night")),
        sa.PrimaryKeyConstraint("night", "package", "entry", "rule", name=op.f("pk_change")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_event_night_night")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_night"), "event", ["night"], unique=False)
    op.create_table(
        "look",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_look_night_night")),
        sa.PrimaryKeyConstraint("night", "package", "entry", "rule", name=op.f("pk_look")),
    )
    op.create_table(
        "reach",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("checkpoint", sa.String(length=80), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_reach_night_night")),
        sa.PrimaryKeyConstraint("night", "package", "entry", "rule", "checkpoint", name=op.f("pk_reach")),
    )
    op.create_table(
        "standing",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("tracked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_standing_night_night")),
        sa.PrimaryKeyConstraint("night", "package", "entry", "rule", name=op.f("pk_standing")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("app", sa.JSON(), nullable=False),
        sa.Column("progress", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=120), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_task_night_night")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_night_progress", "task", ["night", "progress"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("began", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.String(length=40), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("looks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["task"], ["task.id"], name=op.f("fk_attempt_task_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_task"), "attempt", ["task"], unique=False)
    op.create_table(
        "artifact",
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=600), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["attempt"], ["attempt.id"], name=op.f("fk_artifact_attempt_attempt")),
        sa.PrimaryKeyConstraint("attempt", "path", name=op.f("pk_artifact")),
    )
    # ### end Alembic commands ###
