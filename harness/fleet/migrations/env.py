"""What alembic runs: the revisions, on the connection that the ledger gives."""

from __future__ import annotations

from alembic import context

from harness.fleet.ledger_tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
