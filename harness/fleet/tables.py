"""Rows of text out of a CSV or XLSX file that a person made; reads files, and evaluates nothing in them."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import cast

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from harness.errors import BadInput
from harness.messages import text

FILE_MAX_BYTES = 8 * 1024 * 1024
UNPACKED_MAX_BYTES = 64 * 1024 * 1024
ROWS_MAX = 20_000
COLUMNS_MAX = 64

_DELIMITERS = (",", "\t", ";")
_ZIP_MAGIC = b"PK\x03\x04"
_OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: its number as a spreadsheet shows it, its cells as text, and which of them are formulas."""

    number: int
    cells: tuple[str, ...]
    formulas: frozenset[int] = frozenset()

    @property
    def is_blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a file, and those that could not be read, each with its number."""

    lines: tuple[Line, ...]
    source_sha256: str
    broken: tuple[tuple[int, str], ...] = ()


def read_table(path: Path) -> Table:
    """Return the rows of the CSV (UTF-8 or GB18030) or of the first visible sheet of the XLSX file.

    Raises ``BadInput`` where the file is missing, too large, or no such file at all.
    """
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise _unusable(path, "too_large")
        content = path.read_bytes()
    except OSError as error:
        raise _unusable(path, "unreadable") from error
    digest = hashlib.sha256(content).hexdigest()
    if content.startswith(_OLD_EXCEL_MAGIC):
        raise _unusable(path, "old_excel")
    if content.startswith(_ZIP_MAGIC):
        return Table(lines=_xlsx_lines(path, content), source_sha256=digest)
    lines, broken = _csv_lines(path, content)
    return Table(lines=lines, source_sha256=digest, broken=broken)


def _unusable(path: Path, reason: str) -> BadInput:
    return BadInput(
        source=str(path),
        place=text("filed.file"),
        problem=text(f"filed.{reason}"),
        mend=text(f"filed.{reason}.mend"),
    )


def _decoded(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in decoded:
            return decoded
    raise _unusable(path, "unknown_encoding")


def _csv_lines(path: Path, content: bytes) -> tuple[tuple[Line, ...], tuple[tuple[int, str], ...]]:
    decoded = _decoded(path, content)
    written = list(io.StringIO(decoded, newline=""))
    delimiter = max(_DELIMITERS, key=written[0].count) if written else ","
    lines: list[Line] = []
    broken: list[tuple[int, str]] = []
    begin = 0
    while begin < len(written):
        # strict: an unclosed quote is an error and does not swallow the rest of the file as one cell
        reader = csv.reader(islice(written, begin, None), delimiter=delimiter, strict=True)
        read = begin
        try:
            for cells in reader:
                number = len(lines) + len(broken) + 1
                if number > ROWS_MAX or len(cells) > COLUMNS_MAX:
                    raise _unusable(path, "too_large")
                formulas = frozenset(place for place, cell in enumerate(cells) if cell.lstrip().startswith("="))
                lines.append(Line(number=number, cells=tuple(cells), formulas=formulas))
                read = begin + reader.line_num
            break
        except csv.Error:  # this row is lost; what comes after it may be whole
            broken.append((len(lines) + len(broken) + 1, written[read].strip()))
            begin = read + 1
    return tuple(lines), tuple(broken)


def _xlsx_lines(path: Path, content: bytes) -> tuple[Line, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(member.file_size for member in package.infolist()) > UNPACKED_MAX_BYTES:
                raise _unusable(path, "too_large")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
            return () if sheet is None else tuple(_sheet_lines(path, cast(Worksheet, sheet)))
        finally:
            book.close()
    except BadInput:
        raise
    except Exception as error:
        # zipfile, zlib, the XML parser and openpyxl each let their own errors through, ValueError to zlib.error;
        # a file that a spreadsheet program has written raises none of them
        raise _unusable(path, "broken_xlsx") from error


def _sheet_lines(path: Path, sheet: Worksheet) -> Iterator[Line]:
    filled = 0
    for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), start=1):
        cells = tuple(_cell_text(cell.value) for cell in row)
        line = Line(
            number=number,
            cells=cells[:COLUMNS_MAX],
            formulas=frozenset(place for place, cell in enumerate(row) if cell.data_type == "f"),
        )
        # a sheet may end in thousands of rows that hold nothing but a format
        filled += not line.is_blank
        if filled > ROWS_MAX or any(cells[COLUMNS_MAX:]):
            raise _unusable(path, "too_large")
        if not line.is_blank:
            yield line


def _cell_text(value: object) -> str:
    """Return what a person sees in the cell: whole numbers without a point, dates as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, ArrayFormula):
        return value.text or "="
    return str(value)
