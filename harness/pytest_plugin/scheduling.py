"""Keeps the items of one app on one xdist worker, so that no worker waits for another's walk.

``xdist_group`` alone does not: with pytest 9.2 xdist's ``--dist loadgroup`` takes no notice of it (pytest-xdist issue
1386). Loaded only where xdist runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]


class AppScheduling(LoadGroupScheduling):  # type: ignore[misc]  # xdist is untyped
    """Hands out one app at a time; items that are about no app are handed out as ``--dist loadgroup`` does."""

    def __init__(self, config: pytest.Config, log: Any, ids: Collection[str]) -> None:
        super().__init__(config, log)
        self._of_app = app_in(ids)

    def _split_scope(self, nodeid: str) -> str:
        found = self._of_app.search(nodeid)
        return found[1] if found else super()._split_scope(nodeid)


def app_in(ids: Collection[str]) -> re.Pattern[str]:
    """Return a pattern whose first group is the app that a node id is about."""
    either = "|".join(re.escape(name) for name in ids)
    return re.compile(rf"[\[-]({either})[\]-]") if ids else re.compile(r"(?!)")
