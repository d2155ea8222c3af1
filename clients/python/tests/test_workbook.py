"""Workbooks as rows, read by a process that may die."""

import datetime as dt
import io
import sys

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.python.tests.workbooks import Rows, compound, ods, xls, xlsx, zipped
from warifu.workbook import CHILD, Merge, WorkbookError, WorkbookLimits, open_workbook

ROWS = [["社員番号", "氏名"], ["E1", "架空 花子"], [], [1001, 1.5]]
WITHOUT_CALAMINE = (
    "import sys, runpy; sys.modules['python_calamine'] = None; "
    f"runpy.run_path({CHILD[-1]!r}, run_name='__main__')"
)


def cells(content: bytes, sheet: int = 0) -> list[tuple[int, list[str]]]:
    with open_workbook(content) as workbook:
        return [(row.line, row.cells) for row in workbook.grid(workbook.sheets[sheet]).rows]


def far_corners() -> bytes:
    """A cell in each corner of the largest sheet there is."""
    book = openpyxl.Workbook()
    for corner in ("A1", "XFD1048576"):
        book.worksheets[0][corner] = "a"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def refusal(content: bytes, limits: WorkbookLimits | None = None, command: list[str] | None = None) -> str:
    try:
        with open_workbook(content, limits, command or CHILD) as workbook:
            for sheet in workbook.sheets:
                list(workbook.grid(sheet).rows)
    except WorkbookError as error:
        return error.code
    return ""


@pytest.mark.parametrize("write", [xlsx, ods, xls])
def test_every_format_gives_the_same_rows(write: object) -> None:
    assert callable(write)
    assert cells(write(ROWS)) == [(1, ROWS[0]), (2, ROWS[1]), (4, ["1001", "1.5"])]


CELLS = {
    "a whole quantity": (1001, "1001"),
    "twelve digits as a quantity": (123456789012, "123456789012"),
    "what was shown with an exponent": (123457000000, "1.23457E+11"),
    "a fraction": (1.5, "1.5"),
    "a quantity beyond what is exact": (1.25e20, "1.25e+20"),
    "a date": (dt.date(1985, 4, 1), "1985-04-01"),
    "a date with a time": (dt.datetime(1985, 4, 1, 3, 5), "1985-04-01 03:05"),  # noqa: DTZ001 - as cells are
    "a time": (dt.time(3, 5), "03:05:00"),
    "yes and no": (True, "TRUE"),
    "text with zeros in front": ("00123", "00123"),
    "text that looks like a formula": ("=1+1", "=1+1"),
}


@pytest.mark.parametrize(("value", "text"), CELLS.values(), ids=CELLS.keys())
def test_a_cell_is_what_it_says(value: object, text: str) -> None:
    assert cells(xlsx([[value]])) == [(1, [text])]


def test_quantities_are_told_from_text() -> None:
    with open_workbook(xlsx([["1001", 1001]])) as workbook:
        (row,) = workbook.grid(workbook.sheets[0]).rows
    assert (row.cells, row.quantities) == (["1001", "1001"], {1})


def test_rows_and_columns_are_counted_from_the_corner_of_the_sheet() -> None:
    content = xlsx({"表": [[], ["", "a"], ["", "b", "c"]]}, merged={"表": ["B3:B4"]})
    with open_workbook(content) as workbook:
        grid = workbook.grid(workbook.sheets[0])
        assert (grid.left, grid.merges) == (1, (Merge(3, 4, 0, 0),))
        assert [row.line for row in grid.rows] == [2, 3]


def test_sheets_can_be_read_one_after_another_and_again() -> None:
    content = xlsx({"一": [["a"], ["b"]], "二": [["c"]], "空": []}, hidden=["二"])
    with open_workbook(content) as workbook:
        first, second, empty = workbook.sheets
        assert [(sheet.name, sheet.visible) for sheet in workbook.sheets] == [
            ("一", True),
            ("二", False),
            ("空", True),
        ]
        for _ in range(2):
            assert [row.cells for row in workbook.grid(first).rows] == [["a"], ["b"]]
            assert [row.cells for row in workbook.grid(first, most=1).rows] == [["a"]]
            assert [row.cells for row in workbook.grid(second).rows] == [["c"]]
            assert list(workbook.grid(empty).rows) == []


FAR = xlsx([["a"], *[[]] * 10, ["b"]])
REFUSED = {
    "a beginning and nothing": (b"PK\x03\x04" + bytes(50), "WORKBOOK_BROKEN"),
    "half a workbook": (xlsx(ROWS)[:2000], "WORKBOOK_BROKEN"),
    "an archive of something else": (zipped({"a.txt": "a"}), "WORKBOOK_BROKEN"),
    "an old workbook that is damaged": (xls(ROWS)[:1500], "WORKBOOK_BROKEN"),
    "an .xlsx with a password": (compound({"EncryptedPackage": b"x"}), "WORKBOOK_PASSWORD"),
    "an .xls with a password": (xls(ROWS, password=True), "WORKBOOK_PASSWORD"),
    "rows said to repeat": (ods(ROWS, repeated=10**7), "TOO_MANY_ROWS"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_says_why(content: bytes, code: str) -> None:
    assert refusal(content) == code


BOUNDS = {
    "bytes": (WorkbookLimits(size=1000), "WORKBOOK_TOO_LARGE"),
    "bytes unpacked": (WorkbookLimits(unpacked=3000), "WORKBOOK_TOO_LARGE"),
    "rows": (WorkbookLimits(rows=11), "TOO_MANY_ROWS"),
    "columns": (WorkbookLimits(columns=0), "TOO_MANY_COLUMNS"),
    "nothing": (WorkbookLimits(rows=12, columns=1), ""),
}


@pytest.mark.parametrize(("limits", "code"), BOUNDS.values(), ids=BOUNDS.keys())
def test_a_workbook_has_limits(limits: WorkbookLimits, code: str) -> None:
    assert refusal(FAR, limits) == code


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_unpacks_to_more_than_fits_costs_the_reader_its_life_only() -> None:
    tight = WorkbookLimits(memory=120 << 20, rows=2**31, columns=2**31)
    asking = xlsx([["a"]]), xlsx([["あ" * 30_000]] * 2000), far_corners()
    assert [refusal(each, tight) for each in asking] == ["", "WORKBOOK_TOO_LARGE", "WORKBOOK_TOO_LARGE"]


def test_what_is_missing_is_said() -> None:
    assert refusal(FAR, command=[sys.executable, "-c", WITHOUT_CALAMINE]) == "EXCEL_NOT_INSTALLED"


def test_a_reader_that_dies_is_a_workbook_that_cannot_be_read() -> None:
    assert refusal(FAR, command=[sys.executable, "-c", "raise SystemExit(1)"]) == "WORKBOOK_BROKEN"
    half = "import sys; sys.stdin.buffer.readline(); sys.stdout.write('{')"
    assert refusal(FAR, command=[sys.executable, "-c", half]) == "WORKBOOK_BROKEN"


@settings(max_examples=25)
@given(st.sampled_from([xlsx(ROWS), ods(ROWS), xls(ROWS)]), st.data())
def test_a_damaged_workbook_is_read_or_refused(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert refusal(bytes(damaged)) in {
        "",
        "WORKBOOK_BROKEN",
        "WORKBOOK_TOO_LARGE",
        "WORKBOOK_PASSWORD",
        "TOO_MANY_ROWS",
        "TOO_MANY_COLUMNS",
    }


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip)


@settings(max_examples=25)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=6))
def test_texts_come_back_as_they_were_written(rows: Rows) -> None:
    written = [(line, row) for line, row in enumerate([["x", "y"], *rows], 1) if any(row)]
    assert cells(xlsx([["x", "y"], *rows])) == written
