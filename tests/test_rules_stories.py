"""Every probe has its stories, and the table of them in the guide to the rules names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.rules import ALL_RULES

TESTS = Path(__file__).resolve().parent
GUIDE = TESTS.parent / "harness" / "rules" / "README.md"
ROW = re.compile(r"^\| ([a-z-]+) \|(.+)\|$", re.MULTILINE)
CELL = re.compile(r"([a-z_]+)(?:\[([a-z.-]+)\]|::(test_\w+))")


def _rows() -> dict[str, list[str]]:
    table = GUIDE.read_text(encoding="utf-8").partition("## The stories of the probes")[2]
    rows = {name: [cell.strip() for cell in cells.split("|")] for name, cells in ROW.findall(table)}
    rows.pop("rule", None)
    return rows


def test_every_probe_has_a_row_of_stories_and_nothing_else_has_one() -> None:
    assert list(_rows()) == [str(rule.id) for rule in ALL_RULES if rule.probe is not None]


@pytest.mark.parametrize("name", _rows())
def test_the_stories_of_a_probe_are_tests_that_are_there(name: str) -> None:
    stories = _rows()[name]
    assert len(stories) == 3
    for story in stories:
        found = CELL.match(story)
        if found is None:
            assert story.startswith("none: "), story
            continue
        file, told, test = found.groups()
        code = (TESTS / f"test_rules_{file}.py").read_text(encoding="utf-8")
        if test:
            assert f"def {test}(" in code
        elif "STORIES = {" in code:
            assert f'("{name}", "{told}")' in code
        else:
            assert f'"{told}"' in code
