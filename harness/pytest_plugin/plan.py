"""What a run is to look at: the apps of the filed list, and an item of its own for every row that cannot be used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.messages import text
from harness.model import FiledApp, Rule
from harness.pytest_plugin.options import Given, given, many

if TYPE_CHECKING:
    from harness.fleet.filed import FiledProblem

_COSTS_A_COLUMN = ("filed.unknown_column", "filed.repeated_column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Stands where an app should stand that cannot be walked; its item ends as an error that says why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The apps and rules of a run. ``notes`` are what is wrong in the list, as lines for people."""

    source: Path | None
    apps: tuple[FiledApp, ...]
    unusable: tuple[Unusable, ...]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()

    @property
    def filed_from(self) -> Path | None:
        """Return the folder that paths of the filed list start from."""
        return self.source.absolute().parent if self.source else None

    def params(self) -> list[tuple[str, FiledApp | Unusable]]:
        """Return id and value of everything to look at; the ids do not depend on the other rows."""
        rows: list[tuple[str, FiledApp | Unusable]] = [(app_id(app), app) for app in self.apps]
        return rows + [(row.id, row) for row in self.unusable]


def app_id(app: FiledApp) -> str:
    """Return the package, with a digest of the entry behind it for a row that has one."""
    if not app.entry:
        return app.package
    return f"{app.package}@{hashlib.sha256(app.entry.encode()).hexdigest()[:8]}"


def make_plan(config: pytest.Config) -> Plan:
    """Return what is to be looked at. Raises ``UsageError`` where the list, an app or a rule is not there."""
    rules = chosen_rules(config)
    listed = given(config, "harness_filed_list")
    if listed is None:
        nothing = Unusable(id="no-filed-list", why=text("plugin-no-list"))
        return Plan(source=None, apps=(), unusable=(nothing,), rules=rules)
    return _read(listed, many(config, "harness_app"), rules)


def chosen_rules(config: pytest.Config) -> tuple[Rule, ...]:
    """Return the catalogue, or the wanted rules of it in its order. Raises ``UsageError`` for an unknown one."""
    from harness.rules import ALL_RULES

    asked = given(config, "harness_rule")
    wanted = many(config, "harness_rule")
    known = [rule.id for rule in ALL_RULES]
    unknown = [name for name in wanted if name not in known]
    if unknown and asked:
        raise pytest.UsageError(f"{asked.source} {', '.join(unknown)}: no such rule; rules: {', '.join(known)}")
    return tuple(rule for rule in ALL_RULES if not wanted or rule.id in wanted)


def _read(listed: Given, wanted: Sequence[str], rules: tuple[Rule, ...]) -> Plan:
    from harness.fleet.filed import read_filed_list

    try:
        filed = read_filed_list(listed.path)
    except HarnessError as error:
        raise pytest.UsageError(f"{listed.source}: {error}") from error
    rows: dict[int, list[FiledProblem]] = {}
    notes = []
    for problem in filed.problems:
        if problem.reason in _COSTS_A_COLUMN:
            notes.append(_said("plugin-bad-column", listed.path, [problem]))
        else:
            rows.setdefault(problem.row, []).append(problem)
    unusable = tuple(
        Unusable(id=f"row-{row}", why=_said("plugin-bad-row", listed.path, problems))
        for row, problems in sorted(rows.items())
    )
    notes += [row.why for row in unusable]
    missing = [package for package in wanted if package not in {app.package for app in filed.apps}]
    if missing:
        raise pytest.UsageError("\n".join([f"--harness-app {', '.join(missing)}: not in {listed.path}", *notes]))
    if not filed.apps and not unusable:
        unusable = (Unusable(id="no-apps", why=text("plugin-no-apps", [("list", listed.path)])),)
    return Plan(
        source=listed.path,
        apps=tuple(app for app in filed.apps if not wanted or app.package in wanted),
        # A run over chosen apps is not about the other rows: they are told of and do not fail it.
        unusable=() if wanted else unusable,
        rules=rules,
        notes=tuple(notes),
    )


def _said(key: str, source: Path, problems: Sequence[FiledProblem]) -> str:
    """Return what is wrong in one row, for people."""
    each = "；".join(
        text(
            "plugin-problem",
            [
                ("column", problem.column),
                ("value", problem.value[:60]),
                ("problem", text(problem.reason)),
                ("mend", text(problem.mend)),
            ],
        )
        for problem in problems
    )
    return text(key, [("list", source), ("row", problems[0].row), ("problems", each)])
