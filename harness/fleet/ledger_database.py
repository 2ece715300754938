"""The database of a ledger: opened once by a process, whatever number of its threads works with it.

A server takes a limited number of connections and a fleet has a worker for each device, so none is kept while nothing
is asked: a thousand workers that walk hold no connection, and those that are refused one wait for it. SQLite has one
writer at a time; the threads of a process queue for it here, for its own way of waiting is to try again and again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError

from harness.clock import Clock, deadline
from harness.errors import LedgerError

LOG: Final = logging.getLogger(__name__)
BUSY_S: Final = 30.0
MOST_AT_ONCE: Final = 8  # connections of one process to a server
_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_NO_USE: Final = (OperationalError, DatabaseError)  # away, locked, full; damaged or no database; not a wrong statement
_OPENING: Final = threading.Lock()
_OPEN: Final[dict[str, Database]] = {}


class Database:
    """One database as this process has it. Made by ``opened`` and left by ``leave``."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.users = 0
        self._engine = _engine(url)
        self._waits = url.get_backend_name() != "sqlite"  # SQLite itself waits, for its lock
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE if self._waits else 1)

    @contextmanager
    def transaction(self, clock: Clock) -> Iterator[Connection]:
        """Yield a connection whose work is written as one, or not at all. Raises ``LedgerError``."""
        try:
            with self._turns, self._connected(clock) as db, db.begin():
                yield db
        except DatabaseError as error:
            if type(error) not in _NO_USE:
                raise
            raise LedgerError(f"{self.url.render_as_string()}: {error.orig}") from error

    def _connected(self, clock: Clock) -> Connection:
        """Return a connection; a server that has none left, or is being started again, is waited for."""
        left_s, pause_s = deadline(clock, BUSY_S), _PAUSE_S
        while True:
            try:
                return self._engine.connect()
            except OperationalError as error:
                if not self._waits or left_s() <= 0:
                    raise
                if pause_s == _PAUSE_S:
                    LOG.warning("the ledger takes no connection, waiting", extra={"why": str(error.orig)})
            clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def dispose(self) -> None:
        """Close what is still connected."""
        self._engine.dispose()


def opened(url: URL, clock: Clock) -> Database:
    """Return the database at an address, its tables up to date; the same for all of this process that have it open.

    Raises ``LedgerError``.
    """
    from harness.fleet.migrations import upgrade

    name = url.render_as_string(hide_password=False)
    with _OPENING:
        database = _OPEN.get(name)
        if database is None:
            database = Database(url)
            with database.transaction(clock) as db:
                upgrade(db)
            _OPEN[name] = database
        database.users += 1
    return database


def leave(database: Database) -> None:
    """Let go of a database; the last one out closes it."""
    with _OPENING:
        database.users -= 1
        if not database.users:
            del _OPEN[database.url.render_as_string(hide_password=False)]
            database.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, connect_args={"timeout": float(str(url.query.get("timeout", BUSY_S)))})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # what reads and then writes must not meet another on the way

    return engine
