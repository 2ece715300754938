"""The filed-app list: a CSV or XLSX made by people becomes ``FiledApp`` rows, every bad row becomes a value."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harness.entry import is_web_address
from harness.errors import BadInput
from harness.fleet.tables import Line, read_table
from harness.messages import text
from harness.model import Audience, EntryKind, FiledApp, PackageName

CELL_MAX_CHARS = 2_000
PACKAGE_MAX_CHARS = 223  # Android's own limit for a package name
ENTRY_MAX_CHARS = 400  # it is part of the ledger's keys, and PostgreSQL refuses what is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledProblem:
    """What is wrong in one cell of the list; ``row`` counts as a spreadsheet does, ``reason`` is a message key.

    A problem of the header row costs a column, any other costs its row.
    """

    row: int
    column: str
    value: str
    reason: str

    @property
    def mend(self) -> str:
        """Return the message key of what to do about it."""
        return f"{self.reason}.mend"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledList:
    """The good rows in the order of the file, the problems of the others, and the file's identity."""

    apps: tuple[FiledApp, ...]
    problems: tuple[FiledProblem, ...]
    source_sha256: str


_HEADERS: Mapping[str, tuple[str, ...]] = {
    "package": ("包名", "应用包名", "package", "packagename", "applicationid"),
    "name": ("应用名称", "政务应用程序名称", "名称", "name", "appname"),
    "sponsor_unit": ("主办单位", "主办使用单位", "sponsor", "sponsorunit"),
    "user_unit": ("使用单位", "user", "userunit"),
    "level": ("层级", "级别", "level"),
    "audience": ("使用对象", "面向对象", "用户范围", "audience"),
    "filing_number": ("备案编号", "备案号", "filingnumber"),
    "filed_functions": ("备案功能", "功能设置情况", "filedfunctions", "functions"),
    "apk": ("安装包", "apk"),
    "apk_sha256": ("安装包sha256", "apksha256", "sha256"),
    "entry_kind": ("类型", "应用类型", "entrykind", "kind"),
    "entry": ("入口", "entry"),
    "account": ("测试账号", "账号", "账号策略", "account"),
    "exemption_claimed": ("主张例外", "例外情形", "exemptionclaimed", "exemption"),
    "exemption_basis": ("例外依据", "exemptionbasis"),
    "case_id": ("案件编号", "核查案件编号", "caseid", "case"),
    "filed_on": ("备案日期", "filedon"),
}
_FIELD_OF = {alias: field for field, aliases in _HEADERS.items() for alias in aliases}
_REQUIRED = ("package", "name")

_AUDIENCES: Mapping[str, Audience] = {
    "": Audience.UNKNOWN,
    "未知": Audience.UNKNOWN,
    "unknown": Audience.UNKNOWN,
    "内部": Audience.INTERNAL_STAFF,
    "内部工作人员": Audience.INTERNAL_STAFF,
    "internal-staff": Audience.INTERNAL_STAFF,
    "internal": Audience.INTERNAL_STAFF,
    "公众": Audience.PUBLIC,
    "社会公众": Audience.PUBLIC,
    "经营主体和社会公众": Audience.PUBLIC,
    "public": Audience.PUBLIC,
    "混合": Audience.MIXED,
    "内部工作人员和社会公众": Audience.MIXED,
    "mixed": Audience.MIXED,
}
_KINDS: Mapping[str, EntryKind] = {
    "": EntryKind.APP,
    "app": EntryKind.APP,
    "移动客户端": EntryKind.APP,
    "客户端": EntryKind.APP,
    "小程序": EntryKind.MINI_PROGRAM,
    "mini-program": EntryKind.MINI_PROGRAM,
    "h5": EntryKind.H5,
    "网页": EntryKind.H5,
}
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_LIST_MARK = re.compile(r"[、；;,，|\n]+")
# invisible in a spreadsheet: zero-width characters, byte order marks
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
# controls and bidirectional overrides can make a name read as another one
_TREACHEROUS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _BadCell(Exception):
    """One cell cannot be used; carries the reason key and never leaves this module."""


def read_filed_list(path: Path | str) -> FiledList:
    """Return the filed apps of a CSV (UTF-8, GB18030) or XLSX file and every problem found in it.

    Chinese and English headers are known. A row with a problem is left out and reported, the others are kept;
    a row that repeats an earlier package and entry is a problem. Formulas are reported, never evaluated.
    Raises ``BadInput`` where nothing in the file can be used: no such file, too large, no header row.
    """
    path = Path(path)
    table = read_table(path)
    filled = [line for line in table.lines if not line.is_blank]
    columns, problems = _columns(filled[0]) if filled else ({}, [])
    missing = [field for field in _REQUIRED if field not in columns]
    if missing:
        raise BadInput(
            source=str(path),
            place=text("filed.header"),
            problem=text("filed.no_header", [("columns", "、".join(_HEADERS[field][0] for field in missing))]),
            mend=text("filed.no_header.mend"),
        )
    header_places = frozenset(place for place, cell in enumerate(filled[0].cells) if cell.strip())
    apps: dict[tuple[str, str], FiledApp] = {}
    for line in filled[1:]:
        app, bad = _app(line, columns, header_places)
        problems += bad
        if app is None:
            continue
        if (app.package, app.entry) in apps:
            problems.append(_problem(line.number, _HEADERS["package"][0], app.package, "repeated"))
            continue
        apps[app.package, app.entry] = app
    problems += [_problem(number, "", written, "broken_row") for number, written in table.broken]
    return FiledList(apps=tuple(apps.values()), problems=tuple(problems), source_sha256=table.source_sha256)


def write_filed_list(apps: Iterable[FiledApp], path: Path) -> None:
    """Write the apps as a CSV that ``read_filed_list`` reads back as they are, but for the row numbers."""
    audiences = {audience: word for word, audience in _AUDIENCES.items()}
    kinds = {kind: word for word, kind in _KINDS.items()}
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(aliases[0] for aliases in _HEADERS.values())
        for app in apps:
            said = {"audience": audiences[app.audience], "entry_kind": kinds[app.entry_kind]}
            said["filed_functions"] = "、".join(app.filed_functions)
            lines.writerow(said.get(field, getattr(app, field)) for field in _HEADERS)


def _problem(row: int, column: str, value: str, reason: str) -> FiledProblem:
    return FiledProblem(row=row, column=column, value=value[:CELL_MAX_CHARS], reason=f"filed.{reason}")


def _header_key(cell: str) -> str:
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", cell)).casefold()
    return re.sub(r"[\s_()\-*:]", "", folded)


def _columns(header: Line) -> tuple[dict[str, tuple[int, str]], list[FiledProblem]]:
    """Return field -> (column index, header as written), and the columns that are unknown or named twice."""
    columns: dict[str, tuple[int, str]] = {}
    problems: list[FiledProblem] = []
    for place, cell in enumerate(header.cells):
        if not cell.strip():
            continue
        field = _FIELD_OF.get(_header_key(cell))
        if field is None:
            problems.append(_problem(header.number, cell.strip(), cell.strip(), "unknown_column"))
        elif field in columns:
            problems.append(_problem(header.number, cell.strip(), cell.strip(), "repeated_column"))
        else:
            columns[field] = (place, cell.strip())
    return columns, problems


def _app(
    line: Line, columns: Mapping[str, tuple[int, str]], header_places: frozenset[int]
) -> tuple[FiledApp | None, list[FiledProblem]]:
    """Return the row's app, or ``None`` and all that is wrong in the row; cells without a header are wrong."""
    values: dict[str, str] = {}
    problems: list[FiledProblem] = []
    for field, (place, column) in columns.items():
        raw = line.cells[place] if place < len(line.cells) else ""
        try:
            if place in line.formulas:
                raise _BadCell("formula")
            values[field] = _clean(field, raw)
        except _BadCell as bad:
            problems.append(_problem(line.number, column, raw, str(bad)))
    problems += [
        _problem(line.number, "", cell, "extra_cell")
        for place, cell in enumerate(line.cells)
        if cell.strip() and place not in header_places
    ]
    kind, entry = values.get("entry_kind", ""), values.get("entry", "")
    if kind == EntryKind.MINI_PROGRAM and not entry:
        problems.append(_problem(line.number, _HEADERS["entry"][0], entry, "no_entry"))
    if kind == EntryKind.H5 and not is_web_address(entry):
        problems.append(_problem(line.number, _HEADERS["entry"][0], entry, "no_address"))
    if problems:
        return None, problems
    return _filed_app(values, line.number), []


def _clean(field: str, raw: str) -> str:
    """Return the cell's value in the form that the field wants. Raises ``_BadCell``."""
    if len(raw) > (ENTRY_MAX_CHARS if field == "entry" else CELL_MAX_CHARS):
        raise _BadCell("too_long")
    if _TREACHEROUS.search(raw):
        raise _BadCell("control_characters")
    value = _INVISIBLE.sub("", raw).strip()
    if field in _REQUIRED and not value:
        raise _BadCell("missing")
    match field:
        case "package":
            return _package(value)
        case "audience":
            return _choice(value, _AUDIENCES, "bad_audience")
        case "entry_kind":
            return _choice(value, _KINDS, "bad_kind")
        case "apk_sha256":
            return _sha256(value)
        case "filed_on":
            return _date(value)
        case "filed_functions":
            return value
        case _:
            return " ".join(value.split())


def _package(value: str) -> str:
    folded = unicodedata.normalize("NFKC", value)
    if len(folded) > PACKAGE_MAX_CHARS or not _PACKAGE.fullmatch(folded):
        raise _BadCell("bad_package")
    return folded


def _choice(value: str, choices: Mapping[str, Audience] | Mapping[str, EntryKind], reason: str) -> str:
    chosen = choices.get(unicodedata.normalize("NFKC", value).casefold())
    if chosen is None:
        raise _BadCell(reason)
    return chosen.value


def _sha256(value: str) -> str:
    folded = value.casefold()
    if folded and not _SHA256.fullmatch(folded):
        raise _BadCell("bad_sha256")
    return folded


def _date(value: str) -> str:
    """Return the date as YYYY-MM-DD; 2026/3/3 and 2026年3月3日 are understood."""
    if not value:
        return ""
    written = _DATE.fullmatch(unicodedata.normalize("NFKC", value))
    if written is None:
        raise _BadCell("bad_date")
    try:
        return date(*map(int, written.groups())).isoformat()
    except ValueError as error:
        raise _BadCell("bad_date") from error


def _split(listed: str) -> Iterable[str]:
    return (part.strip() for part in _LIST_MARK.split(listed) if part.strip())


def _filed_app(values: Mapping[str, str], row: int) -> FiledApp:
    def get(field: str) -> str:
        return values.get(field, "")

    return FiledApp(
        package=PackageName(get("package")),
        name=get("name"),
        sponsor_unit=get("sponsor_unit"),
        user_unit=get("user_unit"),
        level=get("level"),
        audience=Audience(get("audience") or Audience.UNKNOWN),
        filing_number=get("filing_number"),
        filed_functions=tuple(_split(get("filed_functions"))),
        apk=get("apk"),
        apk_sha256=get("apk_sha256"),
        entry_kind=EntryKind(get("entry_kind") or EntryKind.APP),
        entry=get("entry"),
        account=get("account"),
        exemption_claimed=get("exemption_claimed"),
        exemption_basis=get("exemption_basis"),
        case_id=get("case_id"),
        filed_on=get("filed_on"),
        row=row,
    )
