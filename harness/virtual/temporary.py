"""The host folder of devices whose storage nobody asked to keep; makes and removes temporary folders."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PREFIX = "virtual-device-"
_OWNED = "in-use"

logger = logging.getLogger(__name__)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Open a new folder that is removed at the end, and remove those that killed runs have left behind."""
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / "taken").open("wb") as mark:
            _lock(mark)
            # Under its final name the mark is locked from the first moment: nobody takes the folder for abandoned.
            if sys.platform != "win32":
                Path(mark.name).rename(folder / _OWNED)
            yield folder
    finally:
        # A browser that was killed may still hold files of its profile open; leaving them is better than failing.
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(where: Path) -> tuple[Path, ...]:
    """Remove the folders of runs that ended without doing so, and return them.

    A run locks a file of its folder for as long as it lives. Windows has no such lock that a reader can ask for
    without harm: there a killed run's folder stays until the system's own cleaning.
    """
    removed = []
    for mark in sorted(where.glob(f"{PREFIX}*/{_OWNED}")):
        try:
            with mark.open("rb") as file:
                if not _lock(file):
                    continue
                shutil.rmtree(mark.parent, ignore_errors=True)
        except OSError as error:  # another user's, or another run was quicker
            logger.debug("abandoned folder left alone", extra={"folder": str(mark.parent), "problem": str(error)})
            continue
        removed.append(mark.parent)
    return tuple(removed)


def _lock(file: BinaryIO) -> bool:
    """Return whether the lock could be had; it lasts until the file is closed or the process ends, however it ends."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
