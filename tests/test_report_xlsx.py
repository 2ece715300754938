"""The workbook: what an app wrote is text whatever happens to it, and every link leads to a file beside it."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from harness.model import Reach
from harness.report.exporting import Means
from harness.report.gather import gather
from harness.report.html import bundle_pages, write_html
from harness.report.views import RunResult
from harness.report.xlsx import tabulated, write_xlsx
from harness.rules import ALL_RULES
from tests.evidence_walks import START, write_study, zipped

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://example.com")', "=cmd|' /C calc'!A0")


@pytest.fixture(scope="module")
def run_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    root = tmp_path_factory.mktemp("runs")
    study = write_study(root / "a", pages=lambda b, j: bundle_pages(b, j, ALL_RULES))
    other = write_study(root / "b", run="r 2", name="另一应用", pages=lambda b, j: bundle_pages(b, j, ALL_RULES))
    out = root / "报告 1"
    run = gather([study, zipped(other, root / "other.zip")], out, ALL_RULES, made=START)
    write_html(run, Means(out=out))
    write_xlsx(run, Means(out=out))
    return run, out


def sheets(out: Path) -> list[Worksheet]:
    book = openpyxl.load_workbook(out / "findings.xlsx")
    return list(book.worksheets)


def test_there_is_a_sheet_of_each_kind_with_a_frozen_heading_and_a_filter(run_in: tuple[RunResult, Path]) -> None:
    run, out = run_in
    found = sheets(out)
    assert [sheet.title for sheet in found] == ["结果一览", "检查范围", "应用与规则", "操作记录"]
    for sheet in found:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(dimension.width >= 8 for dimension in sheet.column_dimensions.values())
    findings, coverage, matrix, steps = found
    assert findings.max_row == 1 + sum(len(app.findings) for app in run.apps)
    assert matrix.max_row == 1 + len(run.apps)
    assert [cell.value for cell in matrix[1]][1:] == [rule.name for rule in run.rules]
    assert steps.max_row == 1 + sum(len(app.steps) for app in run.apps)
    missed = [row for app in run.apps for view in app.coverage for row in view.rows if row.reach is Reach.NOT_REACHED]
    assert missed
    said = [[cell.value for cell in row] for row in coverage.iter_rows()]
    for row in missed:
        assert any(row.name in line and row.word in line and row.reason in line for line in said)


def test_the_decision_is_left_to_a_person(run_in: tuple[RunResult, Path]) -> None:
    sheet = sheets(run_in[1])[0]
    heads = [cell.value for cell in sheet[1]]
    for head in ("人工认定", "理由", "核查人（签字）", "复核人（签字）", "日期"):
        column = heads.index(head) + 1
        assert {sheet.cell(row=row, column=column).value for row in range(2, sheet.max_row + 1)} == {None}


def test_every_link_is_relative_and_leads_to_a_file(run_in: tuple[RunResult, Path]) -> None:
    _, out = run_in
    links = [
        cell.hyperlink.target for sheet in sheets(out) for row in sheet.iter_rows() for cell in row if cell.hyperlink
    ]
    assert len(links) > 20
    for link in links:
        assert link is not None
        assert ":" not in link
        assert (out / unquote(link.replace("\\", "/"))).is_file(), link


@pytest.mark.parametrize("text", FORMULAS)
def test_text_never_becomes_a_formula(run_in: tuple[RunResult, Path], tmp_path: Path, text: str) -> None:
    run, _ = run_in
    app = run.apps[0]
    findings = tuple(
        dataclasses.replace(finding, statement=text, entry=(text,), name=text, word=text) for finding in app.findings
    )
    steps = tuple(dataclasses.replace(step, action=text, problem=text) for step in app.steps)
    hostile = dataclasses.replace(app, name=text, unit=text, findings=findings, steps=steps, gaps=(text,))
    path = tmp_path / "x.xlsx"
    path.write_bytes(tabulated(dataclasses.replace(run, apps=(hostile,))))
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    shown = text.replace("\t", "[U+0009]")
    said = [cell for cell in cells if cell.value == shown]
    assert len(said) > 5
    assert {cell.data_type for cell in said} == {"s"}
    if shown == text:
        assert all(cell.quotePrefix for cell in said)
    with zipfile.ZipFile(path) as archive:
        assert all(b"<f>" not in archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name)


def test_the_same_result_gives_the_same_bytes(run_in: tuple[RunResult, Path]) -> None:
    run, _ = run_in
    assert tabulated(run) == tabulated(run)
