"""Filed lists as people make them: encodings, spreadsheets, slips of the hand and hostile cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.fleet import tables
from harness.fleet.filed import FiledProblem, read_filed_list, write_filed_list
from harness.messages import LANGUAGES, catalogue, text
from harness.model import Audience, EntryKind

HEADER = "应用名称,包名,使用对象,备案日期,备案功能,类型,入口"
GOOD = "学习在线,cn.gov.example.study,内部工作人员,2026年3月3日,课程、资讯，反馈,APP,"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_bytes("\r\n".join(rows).encode(encoding))
        return path

    return written


def _told(problems: tuple[FiledProblem, ...]) -> list[tuple[int, str, str, str]]:
    return [(p.row, p.column, p.value, p.reason.removeprefix("filed.")) for p in problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_list_is_read_in_every_usual_encoding(write: Write, encoding: str) -> None:
    filed = read_filed_list(write(HEADER, GOOD, encoding=encoding))

    assert filed.problems == ()
    (app,) = filed.apps
    assert (app.package, app.name, app.row) == ("cn.gov.example.study", "学习在线", 2)
    assert app.audience is Audience.INTERNAL_STAFF
    assert app.filed_on == "2026-03-03"
    assert app.filed_functions == ("课程", "资讯", "反馈")
    assert app.entry_kind is EntryKind.APP
    assert len(filed.source_sha256) == 64


def test_english_headers_semicolons_and_spaces_are_understood(write: Write) -> None:
    filed = read_filed_list(
        write(" Package Name ;App_Name;Audience;Exemption Claimed", "cn.gov.example.a;A;PUBLIC;应急")
    )

    assert filed.problems == ()
    assert [(a.package, a.name, a.audience, a.exemption_claimed) for a in filed.apps] == [
        ("cn.gov.example.a", "A", Audience.PUBLIC, "应急")
    ]


def test_bad_rows_are_reported_with_place_and_value_and_good_rows_are_kept(write: Write) -> None:
    filed = read_filed_list(
        write(
            HEADER,
            "甲,不是包名,内部,2026-02-30,,软件,",
            GOOD,
            "",
            ",cn.gov.example.b,外星人,,,,",
            GOOD,
            "乙,cn.gov.example.c,,,,,,多出的",
            "丙,cn.gov.example.d,,,,小程序,首页",
        )
    )

    assert [app.package for app in filed.apps] == ["cn.gov.example.study", "cn.gov.example.d"]
    assert _told(filed.problems) == [
        (2, "包名", "不是包名", "bad_package"),
        (2, "备案日期", "2026-02-30", "bad_date"),
        (2, "类型", "软件", "bad_kind"),
        (5, "应用名称", "", "missing"),
        (5, "使用对象", "外星人", "bad_audience"),
        (6, "包名", "cn.gov.example.study", "repeated"),
        (7, "", "多出的", "extra_cell"),
    ]


def test_unknown_and_repeated_columns_are_reported_and_cost_no_row(write: Write) -> None:
    filed = read_filed_list(write("包名,应用名称,心情,应用包名", "cn.gov.example.a,甲,好,cn.gov.example.z"))

    assert [app.package for app in filed.apps] == ["cn.gov.example.a"]
    assert _told(filed.problems) == [
        (1, "心情", "心情", "unknown_column"),
        (1, "应用包名", "应用包名", "repeated_column"),
    ]


def test_formulas_in_text_are_reported_and_never_kept(write: Write) -> None:
    filed = read_filed_list(write("包名,应用名称", 'cn.gov.example.a,"=HYPERLINK(""http://x.invalid"")"'))

    assert filed.apps == ()
    assert _told(filed.problems) == [(2, "应用名称", '=HYPERLINK("http://x.invalid")', "formula")]


def test_characters_that_make_a_name_read_as_another_are_refused(write: Write) -> None:
    filed = read_filed_list(
        write(
            "包名,应用名称", "cn.gov.example.a,甲\u202e乙", "cn.gov.example.b,乙\x07", "\u200bcn.gov.example.c\ufeff,丙"
        )
    )

    assert [problem.reason for problem in filed.problems] == ["filed.control_characters"] * 2
    assert [app.package for app in filed.apps] == ["cn.gov.example.c"]


@pytest.mark.parametrize("broken", ['cn.gov.example.b,"乙', 'cn.gov.example.b,"乙"市'])
def test_an_unpaired_quote_costs_its_row_and_no_other(write: Write, broken: str) -> None:
    around = ("包名,应用名称", 'cn.gov.example.a,"甲\n一"', broken, "cn.gov.example.c,丙", 'cn.gov.example.d,"丁"')
    filed = read_filed_list(write(*around))

    assert [(app.package, app.row) for app in filed.apps] == [
        ("cn.gov.example.a", 2),
        ("cn.gov.example.c", 4),
        ("cn.gov.example.d", 5),
    ]
    assert _told(filed.problems) == [(3, "", broken, "broken_row")]


def test_row_numbers_count_lines_as_a_spreadsheet_shows_them_after_a_cell_with_two_lines(write: Write) -> None:
    filed = read_filed_list(write("包名,应用名称", 'cn.gov.example.a,"甲\n一"', "坏,乙"))

    assert [app.name for app in filed.apps] == ["甲 一"]
    assert _told(filed.problems) == [(3, "包名", "坏", "bad_package")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("随便,什么", "a,b"), "包名"),
        (("",), "表头"),
        (("包名", "cn.gov.example.a"), "应用名称"),
    ],
)
def test_a_list_without_its_columns_is_refused_by_name(write: Write, rows: tuple[str, ...], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read_filed_list(write(*rows))


def test_a_missing_file_an_old_spreadsheet_and_a_picture_are_refused_with_a_mend(tmp_path: Path) -> None:
    old, picture = tmp_path / "old.xls", tmp_path / "picture.csv"
    old.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)

    for path, reason in ((tmp_path / "none.csv", "unreadable"), (old, "old_excel"), (picture, "unknown_encoding")):
        with pytest.raises(BadInput) as refused:
            read_filed_list(path)
        assert refused.value.mend == text(f"filed.{reason}.mend")


def test_sizes_are_capped(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(HEADER, GOOD, GOOD, GOOD)
    long_cell = write("包名,应用名称", "cn.gov.example.a," + "长" * 2001, name="long.csv")
    assert [p.reason for p in read_filed_list(long_cell).problems] == ["filed.too_long"]
    long_entry = write("包名,应用名称,入口", f"cn.gov.example.a,甲,{'长' * 401}", name="entry.csv")
    assert [(p.column, p.reason) for p in read_filed_list(long_entry).problems] == [("入口", "filed.too_long")]

    monkeypatch.setattr(tables, "ROWS_MAX", 3)
    with pytest.raises(BadInput, match="过大"):
        read_filed_list(path)
    monkeypatch.setattr(tables, "FILE_MAX_BYTES", 10)
    with pytest.raises(BadInput, match="过大"):
        read_filed_list(path)


# --- spreadsheets ----------------------------------------------------------------------------------------------------


def _workbook(path: Path, *rows: tuple[str | float | dt.datetime | None, ...]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    book.close()
    return path


def test_a_spreadsheet_gives_dates_and_numbers_as_a_person_sees_them(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "list.xlsx",
        ("包名", "应用名称", "备案日期", "备案编号"),
        ("cn.gov.example.a", "甲", dt.datetime(2026, 3, 3), 20260001.0),  # noqa: DTZ001 - a cell has no time zone
        (None, None, None, None),
        ("cn.gov.example.b", "乙", "2026/12/1", None),
    )
    filed = read_filed_list(path)

    assert filed.problems == ()
    assert [(a.package, a.filed_on, a.filing_number, a.row) for a in filed.apps] == [
        ("cn.gov.example.a", "2026-03-03", "20260001", 2),
        ("cn.gov.example.b", "2026-12-01", "", 4),
    ]


def test_a_spreadsheet_formula_is_reported_and_not_evaluated(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "list.xlsx",
        ("包名", "应用名称"),
        ("cn.gov.example.a", '=CONCATENATE("甲","乙")'),
        ("cn.gov.example.b", "乙"),
    )
    filed = read_filed_list(path)

    assert [app.package for app in filed.apps] == ["cn.gov.example.b"]
    assert _told(filed.problems) == [(2, "应用名称", '=CONCATENATE("甲","乙")', "formula")]


def test_hidden_sheets_are_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("清单")
    shown.append(("包名", "应用名称"))
    shown.append(("cn.gov.example.a", "甲"))
    book.save(tmp_path / "list.xlsx")

    assert [app.name for app in read_filed_list(tmp_path / "list.xlsx").apps] == ["甲"]


def test_broken_and_swelling_spreadsheets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = _workbook(tmp_path / "good.xlsx", ("包名", "应用名称"), ("cn.gov.example.a", "甲"))
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(good.read_bytes()[:-200])
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as package:
        package.writestr("readme.txt", "a zip, but no spreadsheet")
    for path in (cut, other):
        with pytest.raises(BadInput, match="损坏"):
            read_filed_list(path)

    monkeypatch.setattr(tables, "UNPACKED_MAX_BYTES", 100)
    with pytest.raises(BadInput, match="过大"):
        read_filed_list(good)


# --- properties ------------------------------------------------------------------------------------------------------


@given(content=st.binary(max_size=300))
def test_any_bytes_end_in_a_list_or_in_bad_input(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / f"any-{tmp_path_factory.getbasetemp().name}.csv"
    path.write_bytes("包名,应用名称\n".encode() + content)
    try:
        filed = read_filed_list(path)
    except BadInput:
        return
    assert all(app.package and app.name for app in filed.apps)


@given(spoilt=st.lists(st.tuples(st.integers(min_value=0, max_value=5000), st.integers(0, 255)), max_size=12))
def test_a_spoilt_spreadsheet_ends_in_a_list_or_in_bad_input(
    tmp_path_factory: pytest.TempPathFactory, spoilt: list[tuple[int, int]]
) -> None:
    book, kept = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(("包名", "应用名称"))
    book.save(kept)
    content = bytearray(kept.getvalue())
    for place, value in spoilt:
        content[4 + place % (len(content) - 4)] = value
    path = tmp_path_factory.getbasetemp() / "spoilt.xlsx"
    path.write_bytes(content)
    try:
        read_filed_list(path)
    except BadInput:
        return


def test_every_reason_has_a_text_and_a_mend_in_every_language() -> None:
    for language in LANGUAGES:
        keys = {key for key in catalogue(language) if key.startswith("filed.")}
        assert keys
        places = {"filed.file", "filed.header"}
        reasons = {key for key in keys - places if not key.endswith(".mend")}
        assert {f"{reason}.mend" for reason in reasons} == keys - places - reasons


def test_a_written_list_is_read_back_as_it_was(write: Write, tmp_path: Path) -> None:
    rows = (
        "甲,cn.gov.example.a,公众,2026-03-03,课程、反馈,h5,https://a.example/",
        "乙,cn.gov.example.b,,,,小程序,首页",
    )
    apps = read_filed_list(write(HEADER, GOOD, *rows)).apps
    write_filed_list(apps, tmp_path / "again.csv")
    again = read_filed_list(tmp_path / "again.csv")

    assert again.problems == ()
    assert again.apps == apps
    assert len(apps) == 3
