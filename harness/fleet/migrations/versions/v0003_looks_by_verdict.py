"""What was found so far is asked for after every app: by verdict, without reading the whole night.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("ix_look_night_verdict_attempt"), "look", ["night", "verdict", "attempt"], unique=False)
