"""Which rule set this is: a digest over the rules' own sources, so that two bundles can be told to be judged alike."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
_SOURCES = (".py", ".svg")  # modules, and the icons that the rules bring with them


@cache
def rules_edition() -> str:
    """Return the first 16 hexadecimal digits of a SHA-256 over every module and icon of the rules, names and texts."""
    digest = hashlib.sha256()
    files = {path.relative_to(_FOLDER).as_posix(): path for path in _FOLDER.rglob("*") if path.suffix in _SOURCES}
    for name, path in sorted(files.items()):
        text = path.read_text(encoding="utf-8")  # the same digest whatever line ends a checkout has
        digest.update(f"{name}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()[:16]
