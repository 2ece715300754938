"""Small tables of texts that outlive a restart: ``settings`` and system properties."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


class StoredTexts:
    """A table of names and texts; ``defaults`` stand until something is put over them.

    Only what was put or deleted is kept in the JSON ``file``, so a new default reaches an old device.
    """

    def __init__(self, file: Path, defaults: Mapping[str, str]) -> None:
        self._file = file
        self._defaults = dict(defaults)
        self._changed: dict[str, str | None] = {}
        if file.exists():
            self._changed.update(json.loads(file.read_text(encoding="utf-8")))

    def get(self, name: str) -> str | None:
        """Return the text of that name, or None."""
        return self._changed.get(name, self._defaults.get(name))

    def everything(self) -> Mapping[str, str]:
        """Return the whole table."""
        both = {**self._defaults, **self._changed}
        return {name: text for name, text in both.items() if text is not None}

    def put(self, name: str, text: str) -> None:
        """Set a text and keep it."""
        self._changed[name] = text
        self._save()

    def delete(self, name: str) -> bool:
        """Remove a text; return whether there was one."""
        there = self.get(name) is not None
        self._changed[name] = None
        self._save()
        return there

    def _save(self) -> None:
        fresh = self._file.with_suffix(".new")
        text = json.dumps(self._changed, ensure_ascii=False, indent=1, sort_keys=True)
        fresh.write_text(text, encoding="utf-8", newline="\n")
        os.replace(fresh, self._file)
