"""Fills wildcards with the names of files, as the shell does."""

from __future__ import annotations

import fnmatch

from harness.virtual.files import DeviceFiles


def matching_names(files: DeviceFiles, pattern: str, folder: str) -> list[str]:
    """Return the paths that fit ``pattern``, in order; relative ones relative to ``folder``.

    A name that starts with a dot only fits a part that starts with one.
    """
    absolute = pattern if pattern.startswith("/") else f"{folder.rstrip('/')}/{pattern}"
    found = [""]
    for part in absolute.split("/")[1:]:
        found = [
            f"{above}/{name}"
            for above in found
            for name in _names(files, above or "/")
            if fnmatch.fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))
        ]
    if pattern.startswith("/"):
        return found
    prefix = folder.rstrip("/") + "/"
    return [name.removeprefix(prefix) for name in found]


def _names(files: DeviceFiles, folder: str) -> tuple[str, ...]:
    return files.listdir(folder) if files.is_dir(folder) else ()
