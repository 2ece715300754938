"""Packs a bundle's folder into one zip as it is handed over: stored, sorted, one fixed time, ASCII names."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from harness.errors import BundleError

_TIME = (1980, 1, 1, 0, 0, 0)  # the same folder gives the same bytes
_CHUNK_BYTES = 1 << 20


def pack(folder: Path, to: Path) -> Path:
    """Write the zip of a folder, with the folder as its only top; return its path. Raises ``BundleError``.

    It appears whole or not at all.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", _TIME)
                    info.external_attr = 0o644 << 16
                    info.file_size = path.stat().st_size
                    with path.open("rb") as source, archive.open(info, "w") as target:
                        while chunk := source.read(_CHUNK_BYTES):
                            target.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
    except OSError as error:
        raise BundleError(f"{to}: cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return to
