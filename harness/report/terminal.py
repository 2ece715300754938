"""Values as rich text and tables for a terminal of any width. Prints nothing.

Text from apps goes in as it is: no markup in it is obeyed, and nothing in it steers the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from harness.messages import text
from harness.model import Verdict
from harness.wording import visible

# Results of a verification and standings of doctor, by their words.
RESULT_MARKS = {
    "right": "[green]✓[/]",
    "wrong": "[bold red]✗[/]",
    "noted": "[yellow]![/]",
    "not-looked": "[cyan]?[/]",
}
STATUS_STYLES = {"ok": "green", "warn": "yellow", "unknown": "cyan", "fail": "bold red"}
_STYLES = {
    Verdict.FOUND: "bold red",
    Verdict.FOUND_EXEMPTION_CLAIMED: "bold magenta",
    Verdict.PRESENT: "yellow",
    Verdict.INCONCLUSIVE: "cyan",
    Verdict.CLEAR: "green",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.ERROR: "bold red",
}


def verdict_text(verdict: Verdict) -> Text:
    """Return what a verdict is called, in its colour."""
    return Text(text(f"report-verdict-{verdict}"), style=_STYLES[verdict])


def columns(*headers: str) -> Table:
    """Return a table for any width: the last column takes what is left and wraps, the others never do."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers[:-1]:
        table.add_column(header, no_wrap=True)
    table.add_column(headers[-1], overflow="fold", ratio=1)
    return table


def verdicts(rows: Iterable[tuple[Verdict, str, str]]) -> Table:
    """Return verdict, rule and statement in columns; the statement wraps within its own."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for verdict, rule, statement in rows:
        grid.add_row(verdict_text(verdict), rule, plain(statement))
    return grid


def plain(written: str) -> Text:
    """Return text that somebody else wrote, as it is: no markup, nothing that steers a terminal."""
    return Text(visible(written))
