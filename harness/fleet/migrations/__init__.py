"""How the ledger's tables came about: one revision per change, applied in order when a ledger is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_ADVISORY_LOCK: Final = 4_901_226_012  # any number; the same for every process that opens this ledger


def upgrade(connection: Connection) -> None:
    """Bring the database up to the newest revision; one that is there already is left alone.

    By one thread of a process at a time: alembic keeps what it works on in its module.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    head = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != head:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
