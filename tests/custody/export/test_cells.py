"""What goes into a file can be read back from it: by any reader of CSV, and by the client's own."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custody.export.cells import BOM, harmless, lines, moment
from custody.export.people import PEOPLE
from warifu.roster import RosterRow, read_roster
from warifu.roster_file import open_text, records

CASES = json.loads((Path(__file__).parents[2] / "vectors/cell.json").read_text(encoding="utf-8"))["cases"]
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.text(
    st.sampled_from("\"'=+-@, \n\r＝あ髙𠮷"), max_size=6
)
NAME = st.text(
    st.sampled_from("\"'=+-@,;＝＠ｱ髙𠮷 a1") | st.characters(categories=["L", "N", "P", "S"]),
    min_size=1,
    max_size=20,
).filter(lambda text: text.isprintable() and text == text.strip())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_cell_is_written_as_the_vectors_say(case: dict[str, str | dict[str, str]]) -> None:
    assert isinstance(case["input"], dict)
    assert harmless(case["input"]["text"]) == case["cell"]


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=5))
@example([['a,"b"', "=1\r\n2", "'@"]])
def test_rows_are_read_back_by_any_reader_of_csv(rows: list[list[str]]) -> None:
    written = lines(rows)
    found = list(csv.reader(io.StringIO(written.decode(), newline=""), strict=True))
    assert found == [[harmless(cell) for cell in row] for row in rows]
    assert written.count(b"\r\n") >= len(rows)


@given(st.lists(NAME, min_size=1, max_size=5), st.lists(NAME, min_size=1, max_size=5))
def test_the_roster_reader_finds_every_name_as_it_was(names: list[str], addresses: list[str]) -> None:
    people = [
        [f"person_{row}", f"=E{row}", "employee", name, addresses[row % len(addresses)], "1985-04-01"]
        for row, name in enumerate(names)
    ]
    places = [0, 1, 2, 3, 6, 5]
    rows = [["" for _ in PEOPLE.titles] for _ in people]
    for row, cells in zip(rows, people, strict=True):
        for place, cell in zip(places, cells, strict=True):
            row[place] = cell
    found = list(read_roster(BOM + lines([PEOPLE.header, *rows]), numbers=False))
    read = [
        (one.external_id, one.name, one.address, str(one.birth_date))
        for one in found
        if isinstance(one, RosterRow)
    ]
    assert read == [(cells[1], cells[3], cells[4], cells[5]) for cells in people], found


def test_a_line_break_in_a_cell_is_read_as_a_blank(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(BOM + lines([["a", "b"], ["x\r\ny", "=\n"]]))
    with open_text(path, "utf-8-sig") as text:
        assert [record.cells for record in records(text)] == [["a", "b"], ["x y", "= "]]


def test_a_moment_is_told_as_in_japan_with_its_offset() -> None:
    assert moment(1_775_000_000_123) == "2026-04-01T08:33:20+09:00"
    assert moment(0) == ""
