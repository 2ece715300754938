"""Databases for tests of the ledger: a SQLite file, and a PostgreSQL cluster of its own where that is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

BACKENDS = ("sqlite", "postgresql")


def postgresql_bin() -> Path | None:
    """Return the folder of PostgreSQL's programs, ``None`` where it is not installed."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def postgresql(bin_dir: Path) -> Iterator[str]:
    """Yield the URL of a fresh cluster that listens on loopback only and ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="harness-pg-"))
    account = _account()
    data = folder / "data"
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        made = [str(bin_dir / "initdb"), "-D", str(data), "-U", "harness", "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run(made, account)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        control = [str(bin_dir / "pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], account)
        try:
            yield f"postgresql+psycopg://harness@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(cluster: str, name: str) -> str:
    """Return the URL of an empty database of this name in a cluster."""
    engine = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        db.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return cluster.replace("/postgres", f"/{name}")


def _account() -> pwd.struct_passwd | None:
    """Return whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _run(command: list[str], account: pwd.struct_passwd | None) -> None:
    user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd="/", **user)  # type: ignore[call-overload]
