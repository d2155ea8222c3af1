"""Rosters as workbooks. Everybody is made up by `examples/make_roster.py`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.python.tests.workbooks import ods, xls, xlsx
from examples.make_roster import FIELDS, JAPANESE_HEADER, bad_files, synthetic_people, to_csv
from warifu.roster import RosterProblem, RosterRow, read_roster

PEOPLE = [[person[field] for field in FIELDS] for person in synthetic_people(11, 6)]
ROWS = [list(JAPANESE_HEADER), *PEOPLE]
NUMBER = JAPANESE_HEADER.index("個人番号")


def csv(rows: Sequence[Sequence[Any]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\r\n" for row in rows).encode()


def problems(content: bytes, **options: Any) -> list[RosterProblem]:
    return [found for found in read_roster(content, **options) if isinstance(found, RosterProblem)]


def told(content: bytes) -> list[RosterRow | tuple[str, str]]:
    found = read_roster(content, hash_key=bytes(16))
    return [each if isinstance(each, RosterRow) else (each.cell, each.code) for each in found]


@pytest.mark.parametrize("write", [xlsx, ods, xls])
def test_a_workbook_gives_the_people_of_the_same_csv(write: Any) -> None:
    found = told(write(ROWS))
    assert found == told(csv(ROWS))
    assert len([row for row in found if isinstance(row, RosterRow)]) == len(PEOPLE)


TROUBLE = [
    "bad_dates",
    "duplicate_id",
    "duplicate_number",
    "excel_mangled",
    "unknown_employee",
    "missing_column",
]


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_told_for_a_workbook_as_for_a_csv(name: str) -> None:
    content = bad_files(1)[f"{name}.csv"]
    rows = [line.split(",") for line in content.decode().splitlines()]
    assert told(xlsx(rows)) == told(content)


def test_what_excel_made_of_numbers_is_told_by_its_cell() -> None:
    short = next(person["number"] for person in synthetic_people(2, 300) if person["number"].startswith("0"))
    rows = [list(JAPANESE_HEADER), *([*row] for row in PEOPLE[:1] * 3)]
    for line, value in enumerate([int(short), 1.23457e11, float(PEOPLE[0][NUMBER])], 1):
        rows[line][0], rows[line][NUMBER] = f"E{line}", value
    found = told(xlsx(rows))
    assert found[:2] == [("H2", "LEADING_ZERO_LOST"), ("H3", "SCIENTIFIC_NOTATION")]
    assert isinstance(found[2], RosterRow)
    assert found[2].number == PEOPLE[0][NUMBER]


def test_dates_are_read_whether_they_are_dates_or_text() -> None:
    rows = [
        ["社員番号", "氏名", "生年月日"],
        ["1", "架空", date(1985, 4, 1)],
        ["2", "架空", "昭和60年4月1日"],
    ]
    found = list(read_roster(xlsx(rows), numbers=False))
    assert [row.birth_date for row in found if isinstance(row, RosterRow)] == [date(1985, 4, 1)] * 2


def test_a_problem_says_file_sheet_and_cell_and_never_the_number(tmp_path: Path) -> None:
    path = tmp_path / "名簿.dat"  # what it is, its content says
    wrong = [*PEOPLE[0]]
    wrong[NUMBER] = wrong[NUMBER][:-1] + str((int(wrong[NUMBER][-1]) + 1) % 10)
    path.write_bytes(xlsx({"社員": [[], ["社員名簿"], list(JAPANESE_HEADER), wrong]}))
    (problem,) = read_roster(path)
    assert isinstance(problem, RosterProblem)
    assert (problem.file, problem.sheet, problem.cell) == ("名簿.dat", "社員", "H4")
    assert problem.text_ja.startswith("名簿.dat シート「社員」 H4(個人番号): ")
    assert wrong[NUMBER] not in repr(problem)


def test_hidden_sheets_are_left_alone_with_a_word_unless_they_are_named() -> None:
    content = xlsx({"旧": [list(JAPANESE_HEADER), PEOPLE[0]], "表紙": [["名簿"]]}, hidden=["旧"])
    (refused,) = problems(content)
    assert refused.code == "NO_SHEET_FOUND"
    assert "表紙" in refused.message_ja
    assert "旧" in refused.message_en
    assert problems(content, sheet="旧") == []
    notices: list[RosterProblem] = []
    both = xlsx({"旧": [["x"]], "名簿": ROWS}, hidden=["旧"])
    assert problems(both, notice=notices.append) == []
    assert [(notice.code, notice.sheet) for notice in notices] == [("HIDDEN_SHEETS", "名簿")]


def test_a_workbook_may_be_read_by_a_family_whose_employee_stands_below() -> None:
    family = [row for row in PEOPLE if row[1] != "employee"]
    employees = [row for row in PEOPLE if row[1] == "employee"]
    assert family
    assert problems(xlsx([list(JAPANESE_HEADER), *family, *employees])) == []


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=',"'), max_size=10).map(
    str.strip
)


@settings(max_examples=25)
@given(st.lists(st.lists(cells, min_size=9, max_size=9), min_size=1, max_size=8))
def test_any_rows_say_the_same_as_csv_and_as_workbook(rows: list[list[str]]) -> None:
    whole = [list(JAPANESE_HEADER), PEOPLE[0], *rows]
    assert told(xlsx(whole)) == told(csv(whole))


@settings(max_examples=15)
@given(st.sampled_from([xlsx(ROWS[:3]), ods(ROWS[:3]), xls(ROWS[:3])]), st.data())
def test_damaged_workbooks_give_people_or_problems(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(8, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + data.draw(st.integers(0, 40)) :]
    assert all(isinstance(found, RosterRow | RosterProblem) for found in read_roster(damaged))


def test_the_same_people_come_from_the_csv_that_the_generator_writes() -> None:
    assert len(to_csv(synthetic_people(11, 6)).splitlines()) == len(ROWS)
