"""Tabulates a result as a workbook: findings, coverage and gaps, apps by rules, steps.

The only importer of ``xlsxwriter``. Whatever an app wrote is written as text: it never becomes a formula, a number or
a link, not when it is edited either.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from harness.evidence import durable
from harness.model import Verdict
from harness.report.exporting import Means
from harness.report.phrases import Phrases
from harness.report.views import AppResult, RunResult
from harness.wording import visible

NAME = "findings.xlsx"
_MOST_CHARS = 32_767  # Excel's
_MOST_LINKS = 65_000  # Excel takes 65 530 on one sheet
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_COLOURS = {
    Verdict.FOUND: "#B3202C",
    Verdict.FOUND_EXEMPTION_CLAIMED: "#9A5B00",
    Verdict.PRESENT: "#9A5B00",
    Verdict.INCONCLUSIVE: "#5B6470",
    Verdict.ERROR: "#B3202C",
    Verdict.CLEAR: "#1F6B45",
    Verdict.NOT_APPLICABLE: "#5B6470",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a cell. ``link`` is relative to the workbook; ``verdict`` gives its colour."""

    value: str | int
    link: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's heading, a message key or a name, and its width in characters. Paper ends before one not printed."""

    name: str
    width: int
    printed: bool = True


def write_xlsx(run: RunResult, means: Means) -> tuple[Path, ...]:
    """Write ``findings.xlsx`` beside the first page."""
    path = means.out / NAME
    durable.write(path, tabulated(run))
    return (path,)


def tabulated(run: RunResult) -> bytes:
    """Return the workbook. The same result gives the same bytes."""
    out = BytesIO()
    phrases = Phrases()
    quiet = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, quiet) as book:
        # Excel wants local times without a zone; the workbook says that it is Beijing's.
        book.set_properties({"title": phrases.say("report-run-title"), "created": run.made.replace(tzinfo=None)})
        paper = _Paper(book)
        paper.sheet(phrases.say("report-section-findings"), _FINDINGS, _findings(run, phrases), phrases)
        paper.sheet(phrases.say("report-section-coverage"), _COVERAGE, _coverage(run, phrases), phrases)
        matrix = [Column(name="report-matrix-app", width=22), *(Column(name=r.name, width=15) for r in run.rules)]
        paper.sheet(phrases.say("report-matrix"), matrix, _matrix(run, phrases), phrases)
        paper.sheet(phrases.say("report-section-steps"), _STEPS, _steps(run, phrases), phrases)
    return out.getvalue()


_FINDINGS = (
    Column(name="report-matrix-app", width=18),
    Column(name="report-result-rule", width=18),
    Column(name="report-result-verdict", width=14),
    Column(name="report-result-statement", width=44),
    Column(name="report-where", width=24),
    Column(name="report-markers", width=26),
    Column(name="report-severity", width=16),
    Column(name="report-basis", width=48),
    Column(name="report-evidence", width=9),
    Column(name="report-decision", width=12),
    Column(name="report-decision-reason", width=24),
    Column(name="report-decision-first", width=16),
    Column(name="report-decision-second", width=16),
    Column(name="report-decision-date", width=12),
    Column(name="report-matrix-unit", width=22, printed=False),
    Column(name="report-app-package", width=28, printed=False),
    Column(name="report-app-version", width=16, printed=False),
    Column(name="report-finding-id", width=14, printed=False),
    Column(name="report-xlsx-fingerprint", width=24, printed=False),
    Column(name="report-xlsx-original-sha256", width=36, printed=False),
    Column(name="report-bundle", width=44, printed=False),
    Column(name="report-xlsx-payload", width=36, printed=False),
)
_COVERAGE = (
    Column(name="report-matrix-app", width=20),
    Column(name="report-app-package", width=28),
    Column(name="report-coverage-rule", width=22),
    Column(name="report-coverage-place", width=24),
    Column(name="report-coverage-reach", width=14),
    Column(name="report-coverage-why", width=60),
    Column(name="report-coverage-proof", width=14),
)
_STEPS = (
    Column(name="report-matrix-app", width=20),
    Column(name="report-step-number", width=8),
    Column(name="report-step-at", width=12),
    Column(name="report-step-actor", width=12),
    Column(name="report-step-action", width=44),
    Column(name="report-step-why", width=34),
    Column(name="report-step-problem", width=40),
    Column(name="report-step-screen", width=14),
)


_EMPTY = (Cell(value=""), Cell(value=""))


def _findings(run: RunResult, phrases: Phrases) -> Iterator[Sequence[Cell]]:
    for app in run.apps:
        for finding in app.findings:
            shot = next((shot for shot in finding.shots if shot.href), None)
            path = (phrases.say("report-open-app"), *finding.entry) if finding.has_place else ()
            quotes = [f"{clause.source}：{clause.quote}（{clause.confidence}）" for clause in finding.clauses[:1]]
            yield (
                Cell(value=app.name, link=app.href),
                Cell(value=finding.name, link=f"{app.href}#{finding.anchor}"),
                Cell(value=finding.word, verdict=finding.verdict),
                Cell(value=finding.statement),
                Cell(value=" → ".join(path)),
                Cell(value="；".join(finding.markers)),
                Cell(value=finding.severity if finding.to_decide else ""),
                Cell(value="\n".join(quotes)),
                _picture(app, str(shot.observation), shot.href) if shot else Cell(value=""),
                *[Cell(value="")] * 5,  # a person's
                Cell(value=app.unit),
                Cell(value=app.package),
                Cell(value=app.version),
                Cell(value=finding.id),
                Cell(value=finding.fingerprint),
                Cell(value=shot.sha256 or "" if shot else ""),
                Cell(value=app.bundle),
                Cell(value=app.payload_sha256 or ""),
            )


def _coverage(run: RunResult, phrases: Phrases) -> Iterator[Sequence[Cell]]:
    for app in run.apps:
        who = (Cell(value=app.name, link=f"{app.href}#coverage"), Cell(value=app.package))
        for view in app.coverage:
            for row in view.rows:
                yield (
                    *who,
                    Cell(value=view.name),
                    Cell(value=row.name),
                    Cell(value=row.word),
                    Cell(value=row.reason),
                    _picture(app, phrases.say("report-original"), row.proof),
                )
            if not view.rows:
                yield (
                    *who,
                    Cell(value=view.name),
                    *[Cell(value="")] * 2,
                    Cell(value=phrases.say("report-coverage-none")),
                )
        ended = (Cell(value=phrases.say("report-how-it-ended")), *[Cell(value="")] * 2, Cell(value=app.how_it_ended))
        yield (*who, *ended)
        for gap in app.gaps or (phrases.say("report-no-gaps"),):
            yield (*who, Cell(value=phrases.say("report-gaps")), *[Cell(value="")] * 2, Cell(value=gap))


def _matrix(run: RunResult, phrases: Phrases) -> Iterator[Sequence[Cell]]:
    for app in run.apps:
        found = [app.finding(rule.id) for rule in run.rules]
        yield (
            Cell(value=app.name, link=app.href),
            *(
                Cell(value=phrases.say("report-verdict-none"))
                if one is None
                else Cell(value=one.word, link=f"{app.href}#{one.anchor}", verdict=one.verdict)
                for one in found
            ),
        )


def _steps(run: RunResult, phrases: Phrases) -> Iterator[Sequence[Cell]]:
    for app in run.apps:
        for step in app.steps:
            yield (
                Cell(value=app.name),
                Cell(value=step.number),
                Cell(value=step.at),
                Cell(value=step.actor),
                Cell(value=step.action),
                Cell(value=step.why),
                Cell(value=step.problem),
                _picture(app, phrases.say("report-original"), step.href),
            )


def _picture(app: AppResult, name: str, href: str | None) -> Cell:
    """Return a link to a picture; links of an app start from its folder, the workbook lies one above."""
    return Cell(value=name, link=posixpath.normpath(posixpath.join(app.folder, href))) if href else Cell(value="")


class _Paper:
    """Writes rows as sheets, all of one look."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[tuple[Verdict | None, bool, bool], Any] = {}
        self._head = book.add_format(
            {
                "bold": True,
                "bg_color": "#F0F3F7",
                "border": 1,
                "border_color": "#C6CDD5",
                "text_wrap": True,
                "valign": "top",
            }
        )

    def sheet(self, name: str, columns: Sequence[Column], rows: Iterator[Sequence[Cell]], phrases: Phrases) -> None:
        """Add one sheet: a frozen heading with a filter, widths that suit what stands below."""
        sheet = self._book.add_worksheet(name)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, phrases.say(column.name), self._head)
        last, links = 0, 0
        for last, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                links += bool(cell.link)
                self._write(sheet, (last, place), cell, linked=bool(cell.link) and links <= _MOST_LINKS)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        sheet.print_area(0, 0, last, sum(column.printed for column in columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&F&R&P / &N")

    def _write(self, sheet: Any, at: tuple[int, int], cell: Cell, *, linked: bool) -> None:
        if isinstance(cell.value, int):
            sheet.write_number(*at, cell.value, self._format(None, linked=False, quoted=False))
            return
        text = visible(cell.value)[:_MOST_CHARS]
        style = self._format(cell.verdict, linked=linked, quoted=text.startswith(_FORMULA))
        if not text:
            sheet.write_blank(*at, None, style)
        elif linked:
            sheet.write_url(*at, f"external:{cell.link}", style, text[:255] if len(text) > 255 else text)
        else:
            sheet.write_string(*at, text, style)

    def _format(self, verdict: Verdict | None, *, linked: bool, quoted: bool) -> Any:
        key = (verdict, linked, quoted)
        if key not in self._formats:
            look: dict[str, object] = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D9DEE5"}
            if linked:
                look |= {"font_color": "#1F4F8F", "underline": 1}
            if verdict is not None:
                look |= {"bold": True, "font_color": _COLOURS[verdict]}
            if quoted:  # as a person types it with ' before it: it stays text when somebody edits the cell
                look |= {"quote_prefix": True}
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]
