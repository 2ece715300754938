"""Canaries and quarantined devices, builds of apps, findings across apps.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "canary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_canary_night_night")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary")),
    )
    op.create_index(op.f("ix_canary_night"), "canary", ["night"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_quarantine_night_night")),
        sa.PrimaryKeyConstraint("night", "device", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "build",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("build", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_build_night_night")),
        sa.PrimaryKeyConstraint("night", "package", "entry", name=op.f("pk_build")),
    )
    op.create_table(
        "across",
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("finding", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["night"], ["night.id"], name=op.f("fk_across_night_night")),
        sa.PrimaryKeyConstraint("night", "fingerprint", name=op.f("pk_across")),
    )
