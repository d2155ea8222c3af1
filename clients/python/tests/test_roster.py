"""Everybody in these rosters is made up by `examples/make_roster.py`."""

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.make_roster import (
    ENGLISH_HEADER,
    JAPANESE_HEADER,
    bad_files,
    synthetic_numbers,
    synthetic_people,
    to_csv,
)
from warifu.my_number import check
from warifu.roster import RosterProblem, RosterRow, columns, read_roster
from warifu.roster_seen import FirstSeen

EXAMPLES = Path(__file__).parents[3] / "examples"
HEADER = "社員番号,区分,扶養者の社員番号,氏名,フリガナ,生年月日,住所,個人番号"
NUMBERS = list(synthetic_numbers(20, 20))


def roster(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{row}\r\n" for row in (header, *rows)).encode()


def person(order: int, **changes: str) -> str:
    cells = {
        "id": f"E{order}",
        "kind": "本人",
        "employee": "",
        "name": "架空 太郎",
        "kana": "カクウ タロウ",
        "birth": "1985-04-01",
        "address": "東京都新宿区架空町1-2-3",
        "number": NUMBERS[order],
    }
    return ",".join((cells | changes).values())


def problems(source: bytes | Path, *, sandbox: bool = False) -> list[RosterProblem]:
    return [found for found in read_roster(source, sandbox=sandbox) if isinstance(found, RosterProblem)]


def people(source: bytes | Path) -> list[RosterRow]:
    return [found for found in read_roster(source) if isinstance(found, RosterRow)]


def places(source: bytes | Path) -> list[tuple[int, str, str]]:
    return [(found.line, found.column, found.code) for found in problems(source)]


# --- the example files ---


def test_the_example_roster_reads_without_a_problem() -> None:
    rows = people(EXAMPLES / "roster.csv")
    assert problems(EXAMPLES / "roster.csv") == []
    assert sum(row.kind == "employee" for row in rows) == 1000
    assert {row.kind for row in rows} == {"employee", "spouse", "dependent"}


def test_the_example_files_are_what_the_generator_makes() -> None:
    made = bad_files(1) | {"../roster.csv": to_csv(synthetic_people(1, 1000)).encode()}
    assert {name: (EXAMPLES / "bad" / name).read_bytes() for name in made} == made


EXPECTED = {
    "wrong_check_digit.csv": [(517, "個人番号", "CHECK_DIGIT")],
    "duplicate_number.csv": [(15, "個人番号", "DUPLICATE_NUMBER")],
    "duplicate_id.csv": [(12, "社員番号", "DUPLICATE_ID")],
    "excel_mangled.csv": [
        (2, "個人番号", "SCIENTIFIC_NOTATION"),
        (3, "個人番号", "DECIMAL_POINT"),
        (4, "個人番号", "LEADING_ZERO_LOST"),
    ],
    "bad_dates.csv": [(line, "生年月日", "BAD_DATE") for line in (9, 10, 11, 12)],
    "unknown_employee.csv": [(2, "扶養者の社員番号", "EMPLOYEE_NOT_FOUND")],
    "shift_jis.csv": [],
    "utf8_bom.csv": [],
    "utf16_tab.csv": [],
    "english_header.csv": [],
    "empty.csv": [(0, "", "EMPTY_FILE")],
    "header_only.csv": [(0, "", "HEADER_ONLY")],
    "no_header.csv": [(1, "", "NO_HEADER")],
    "missing_column.csv": [(1, "", "MISSING_COLUMNS")],
    "duplicate_header.csv": [(1, "", "DUPLICATE_COLUMNS")],
    "ragged.csv": [(5, "", "RAGGED_ROW")],
    "unclosed_quote.csv": [(5, "", "QUOTES")],
    "embedded_nul.csv": [(8, "", "CONTROL_CHARACTER")],
    "really_xlsx.csv": [(0, "", "WORKBOOK_BROKEN")],
}


@pytest.mark.parametrize("name", sorted(path.name for path in (EXAMPLES / "bad").iterdir()))
def test_trouble_is_found_at_its_row_and_nowhere_else(name: str) -> None:
    assert places(EXAMPLES / "bad" / name) == EXPECTED[name]


@pytest.mark.parametrize(
    "name", [name for name in sorted(EXPECTED) if not any(line < 2 for line, _, _ in EXPECTED[name])]
)
def test_every_row_comes_out_as_a_person_or_a_problem(name: str) -> None:
    path = EXAMPLES / "bad" / name
    encoding = {"shift_jis.csv": "cp932", "utf16_tab.csv": "utf-16"}.get(name, "utf-8-sig")
    lines = [found.line for found in read_roster(path)]
    assert lines == list(range(2, path.read_bytes().decode(encoding).count("\n") + 1))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_no_message_and_no_repr_holds_a_number(name: str) -> None:
    found = list(read_roster(EXAMPLES / "bad" / name))
    shown = repr(found)
    numbers = [row.number for row in found if isinstance(row, RosterRow)]
    numbers += [each["number"] for each in synthetic_people(1, 600, with_dependents=False)]
    assert not any(number in shown or number[:-1] in shown for number in numbers)


# --- encodings and delimiters ---

ENCODED: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "Shift_JIS": lambda text: text.encode("cp932"),
    "UTF-16, little endian": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, big endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "line feeds alone": lambda text: text.replace("\r\n", "\n").encode(),
    "carriage returns alone": lambda text: text.replace("\r\n", "\r").encode(),
    "no line end at the end": lambda text: text.removesuffix("\r\n").encode(),
    "quotes around everything": lambda text: "\r\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split("\r\n") if line
    ).encode(),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_the_same_people_come_out_of_every_encoding(encoding: str) -> None:
    text = to_csv(synthetic_people(3, 30))
    assert people(ENCODED[encoding](text)) == people(text.encode())
    assert len(people(text.encode())) == text.count("\n") - 1


def test_a_file_that_is_ascii_up_to_its_last_name_is_recognised() -> None:
    rows = [
        {**each, "name": "Taro", "kana": "", "address": "", "note": ""} for each in synthetic_people(4, 2000)
    ]
    rows[-1]["name"] = "表 十一"  # bytes 0x5C and 0x8F..: half of Shift_JIS's traps
    text = to_csv(rows, ENGLISH_HEADER, {"employee": "employee", "spouse": "spouse", "dependent": "child"})
    assert people(text.encode("cp932"))[-1].name == "表 十一"
    assert people(text.encode())[-1].name == "表 十一"


def test_a_damaged_file_is_not_read_as_gibberish_and_says_where() -> None:
    whole = roster(*(person(order) for order in range(10)))
    at = whole.index("カクウ".encode(), 600)
    line = whole[:at].count(b"\n") + 1
    (problem,) = problems(whole[: at + 1] + b"\xff" + whole[at + 1 :])
    assert problem.code == "UNKNOWN_ENCODING"
    assert f"{line}行目" in problem.message_ja


NOT_TEXT = {
    "an old spreadsheet, damaged": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "WORKBOOK_BROKEN"),
    "a pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "SPREADSHEET_FILE"),
    "UTF-16 without its mark": (roster(person(1)).decode().encode("utf-16-le"), "BINARY_FILE"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "BINARY_FILE"),
    "a web page that is called a spreadsheet": (b"<html><table>", "WEB_PAGE_FILE"),
    "bytes of no encoding": (b"\x81\x30\r\n" * 10, "UNKNOWN_ENCODING"),
    "blank lines": (b"\r\n \r\n\r\n", "EMPTY_FILE"),
    "a byte order mark and nothing": (b"\xef\xbb\xbf", "EMPTY_FILE"),
    "a UTF-16 mark and nothing": (b"\xff\xfe", "EMPTY_FILE"),
    "more blanks than one look takes": (b"\r\n" * 5000, "EMPTY_FILE"),
}


@pytest.mark.parametrize(("content", "code"), NOT_TEXT.values(), ids=NOT_TEXT.keys())
def test_what_is_no_roster_is_refused_as_a_whole(content: bytes, code: str) -> None:
    (problem,) = read_roster(content)
    assert isinstance(problem, RosterProblem)
    assert (problem.line, problem.code) == (0, code)
    assert problem.stops_reading


def test_a_roster_of_two_encodings_is_refused_with_the_first_row_that_differs() -> None:
    content = roster(person(1), person(2)).decode().encode("cp932") + f"{person(3)}\r\n".encode()
    (problem,) = problems(content)
    assert (problem.line, problem.code, problem.stops_reading) == (4, "MIXED_ENCODINGS", True)


def test_a_path_that_is_not_there_raises() -> None:
    with pytest.raises(FileNotFoundError):
        list(read_roster(EXAMPLES / "nobody.csv"))


# --- headers ---

HEADERS = {
    "English": "employee_id,name,my_number",
    "English, spaced and capitalised": "Employee ID,Full Name,My Number",
    "employee number": "従業員番号,氏名,マイナンバー",
    "control number": "管理番号,氏 名,個人番号",
    "full width and remarks": "社員番号（必須）,氏名【漢字】,個人番号(12桁)",
    "half-width kana": "社員ｺｰﾄﾞ,氏名,ﾏｲﾅﾝﾊﾞｰ",
    "external id": "external_id,name,individual-number",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_titles_are_found_in_several_spellings(header: str) -> None:
    (row,) = people(roster(f"E1,架空 花子,{NUMBERS[0]}", header=header))
    assert (row.external_id, row.name, row.number) == ("E1", "架空 花子", NUMBERS[0])
    assert (row.kind, row.kana, row.birth_date, row.address) == ("employee", "", None, "")


def test_the_order_of_the_columns_and_foreign_columns_do_not_matter() -> None:
    (row,) = people(
        roster(f"x,{NUMBERS[0]},,架空 花子,営業部,E1", header="メモ,個人番号,,氏名,部署,社員番号")
    )
    assert (row.external_id, row.name) == ("E1", "架空 花子")


def test_missing_columns_are_named_with_what_was_found_and_what_would_do() -> None:
    (problem,) = problems(roster("E1,営業部,架空", header="社員番号,部署,担当"))
    assert problem.code == "MISSING_COLUMNS"
    for message in (problem.message_ja, problem.message_en):
        assert "個人番号" in message
        assert "社員番号, 部署, 担当" in message
        assert "my_number" not in message or "number" in message


def test_two_titles_for_one_field_are_both_named() -> None:
    (problem,) = problems(roster("1,2,架空,0", header="社員番号,管理番号,氏名,個人番号"))
    assert problem.code == "DUPLICATE_COLUMNS"
    assert "社員番号, 管理番号" in problem.message_ja


def test_a_missing_header_is_noticed_without_repeating_the_person() -> None:
    (problem,) = problems(roster(person(2), header=person(1)))
    assert problem.code == "NO_HEADER"
    assert NUMBERS[1] not in repr(problem)
    assert "架空" not in repr(problem)


# --- rows ---

ROWS = {
    "no id": ({"id": ""}, [("社員番号", "VALUE_MISSING")]),
    "no name": ({"name": " "}, [("氏名", "VALUE_MISSING")]),
    "no number": ({"number": ""}, [("個人番号", "EMPTY")]),
    "a date that does not exist": ({"birth": "1985-02-30"}, [("生年月日", "BAD_DATE")]),
    "a relation nobody knows": ({"kind": "知人"}, [("区分", "UNKNOWN_KIND")]),
    "a spouse of nobody": ({"kind": "配偶者"}, [("扶養者の社員番号", "EMPLOYEE_MISSING")]),
    "a child of somebody else's employee": (
        {"kind": "長女", "employee": "X9"},
        [("扶養者の社員番号", "EMPLOYEE_NOT_FOUND")],
    ),
    "an employee of an employee": (
        {"employee": "E2"},
        [("扶養者の社員番号", "EMPLOYEE_NOT_EXPECTED")],
    ),
    "a family member without a kind": ({"kind": "", "employee": "E2"}, [("区分", "UNKNOWN_KIND")]),
    "a name without end": ({"name": "あ" * 400}, [("氏名", "FIELD_TOO_LONG")]),
    "one comma too many": ({"address": "東京都,架空町"}, [("", "RAGGED_ROW")]),
    "several faults at once": (
        {"id": "", "birth": "昨日", "number": "12"},
        [("社員番号", "VALUE_MISSING"), ("個人番号", "WRONG_LENGTH"), ("生年月日", "BAD_DATE")],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_bad_row_is_told_with_its_column(changes: dict[str, str], expected: list[tuple[str, str]]) -> None:
    source = roster(person(2), person(1, **changes), person(3))
    assert places(source) == [(3, column, code) for column, code in expected]
    assert [row.line for row in people(source)] == [2, 4]


def test_too_few_cells_are_a_ragged_row() -> None:
    assert places(roster("E1,本人", person(2))) == [(2, "", "RAGGED_ROW")]


def test_blank_cells_behind_the_last_column_do_no_harm() -> None:
    assert problems(roster(person(1) + ",,,")) == []


def test_blank_rows_are_passed_over_but_counted() -> None:
    rows = people(roster("", person(1), ",,,,,,,", " ", person(2), ""))
    assert [row.line for row in rows] == [3, 6]


def test_a_cell_with_line_breaks_is_one_row_as_in_a_spreadsheet() -> None:
    rows = people(roster(person(1, address='"東京都新宿区\r\n架空町1-2-3\r\n101号室"'), person(2)))
    assert [row.line for row in rows] == [2, 3]
    assert rows[0].address == "東京都新宿区 架空町1-2-3 101号室"


def test_quotes_hold_commas_and_quotes() -> None:
    (row,) = people(roster(person(1, address='"東京都,架空町""1""号"')))
    assert row.address == '東京都,架空町"1"号'


def test_a_quote_inside_a_value_is_a_quote() -> None:
    (row,) = people(roster(person(1, address='架空町12" 3')))
    assert row.address == '架空町12" 3'


def test_a_lost_quote_costs_its_own_row_only() -> None:
    source = roster(person(1), person(2, name='"架空 太郎'), *(person(order) for order in range(3, 20)))
    assert places(source) == [(3, "", "QUOTES")]
    assert [row.line for row in people(source)] == [2, *range(4, 21)]


def test_a_row_without_end_is_cut_and_the_next_one_read() -> None:
    source = roster(person(1, address="架" * 50_000), person(2, address='"' + "空" * 50_000), person(3))
    assert places(source) == [(2, "", "ROW_TOO_LONG"), (3, "", "ROW_TOO_LONG")]
    assert [row.line for row in people(source)] == [4]


def test_a_lost_quote_before_a_row_without_end_hides_neither() -> None:
    source = roster(person(1, name='"架空'), person(2, address="架" * 50_000), person(3))
    assert places(source) == [(2, "", "QUOTES"), (3, "", "ROW_TOO_LONG")]
    assert [row.line for row in people(source)] == [4]


# --- kinds and families ---

KINDS = {
    "本人": "employee",
    "社員": "employee",
    "Employee": "employee",
    "配偶者": "spouse",
    "妻": "spouse",
    "SPOUSE": "spouse",
    "長男": "dependent",
    "扶養親族（16歳以上）": "dependent",
    "ｺﾄﾞﾓ": None,
    "dependent": "dependent",
    "支払先": "payee",
    "Payee": "payee",
}


@pytest.mark.parametrize(("word", "kind"), KINDS.items())
def test_kinds_are_read_from_relations(word: str, kind: str | None) -> None:
    family = kind in ("spouse", "dependent")
    found = list(read_roster(roster(person(1), person(2, kind=word, employee="E1" if family else ""))))
    second = found[1]
    assert (second.kind if isinstance(second, RosterRow) else None) == kind
    if family:
        assert isinstance(second, RosterRow)
        assert second.employee_external_id == "E1"


def test_a_family_may_stand_above_its_employee() -> None:
    assert problems(roster(person(1, kind="配偶者", employee="E2"), person(2))) == []


def test_a_family_whose_employee_has_a_problem_is_still_a_family() -> None:
    assert places(roster(person(1, birth="?"), person(2, kind="子", employee="E1"))) == [
        (2, "生年月日", "BAD_DATE")
    ]


def test_an_employee_who_names_itself_is_an_employee() -> None:
    (row,) = people(roster(person(1, employee="E1")))
    assert row.employee_external_id is None


def test_a_file_of_families_alone_needs_the_known_employees() -> None:
    source = roster(person(1, kind="子", employee="K1"))
    assert [problem.code for problem in problems(source)] == ["EMPLOYEE_NOT_FOUND"]
    (row,) = read_roster(source, known_employees=["K1"])
    assert isinstance(row, RosterRow)


# --- duplicates ---


def test_a_repeated_number_names_the_first_row_however_it_is_spelled() -> None:
    spelled = "－".join((NUMBERS[1][:4], NUMBERS[1][4:8], NUMBERS[1][8:]))
    (problem,) = problems(roster(person(1), person(2), person(3, number=spelled)))
    assert (problem.line, problem.code) == (4, "DUPLICATE_NUMBER")
    assert "2行目" in problem.message_ja
    assert "Row 2" in problem.message_en


def test_a_number_is_remembered_even_from_a_row_with_another_problem() -> None:
    source = roster(person(1, birth="?"), person(2, number=NUMBERS[1]))
    assert places(source) == [(2, "生年月日", "BAD_DATE"), (3, "個人番号", "DUPLICATE_NUMBER")]


def test_published_samples_are_accepted_in_a_sandbox_only() -> None:
    source = roster(person(1, number="123456789012"))
    assert [problem.code for problem in problems(source)] == ["CHECK_DIGIT"]
    assert problems(source, sandbox=True) == []


@given(st.lists(st.text(max_size=5), max_size=60), st.binary(min_size=16, max_size=64))
def test_the_memory_of_texts_answers_like_a_dictionary(texts: list[str], key: bytes) -> None:
    seen, dictionary = FirstSeen(key), dict[str, int]()
    for row, text in enumerate(texts, 1):
        assert (text in seen) == (text in dictionary)
        assert seen.row_of(text, row) == dictionary.setdefault(text, row)
    assert len(seen) == len(dictionary)


def test_the_memory_of_texts_grows() -> None:
    seen = FirstSeen(bytes(16))
    assert all(seen.row_of(str(row), row) == row for row in range(1, 5000))
    assert all(seen.row_of(str(row), 9999) == row for row in range(1, 5000))


def test_the_memory_of_texts_depends_on_its_key() -> None:
    one, other = FirstSeen(b"1" * 16), FirstSeen(b"2" * 16)
    assert one._hash("text") != other._hash("text")
    assert one._hash("text") == FirstSeen(b"1" * 16)._hash("text")


# --- whatever comes ---


@given(st.binary(max_size=400))
def test_any_bytes_give_people_or_problems(content: bytes) -> None:
    for found in read_roster(content):
        assert isinstance(found, RosterRow | RosterProblem)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.lists(cells, min_size=6, max_size=9).map(",".join), min_size=1, max_size=12))
def test_any_rows_come_out_each_at_its_line(rows: list[str]) -> None:
    found = list(read_roster(roster(*rows)))
    holding = {line for line, row in enumerate(rows, 2) if row.replace(",", "").strip()}
    lines = {each.line for each in found if not (isinstance(each, RosterProblem) and each.stops_reading)}
    assert lines <= set(range(2, len(rows) + 2))
    if not any('"' in row for row in rows):
        assert lines == holding


# --- columns ---


def test_columns_are_parallel_lists_of_at_most_the_size() -> None:
    rows = people(EXAMPLES / "roster.csv")
    groups = list(columns(rows, 1000))
    assert [len(group.numbers) for group in groups[:-1]] == [1000] * (len(rows) // 1000)
    assert [number for group in groups for number in group.numbers] == [row.number for row in rows]
    first, row = groups[0], rows[1]
    assert (first.lines[1], first.external_ids[1], first.kinds[1]) == (row.line, row.external_id, row.kind)
    assert (first.names[1], first.kana[1], first.addresses[1]) == (row.name, row.kana, row.address)
    assert first.birth_dates[1] == (row.birth_date or date.min).isoformat()
    assert first.employees[:2] == [None, "E000001"]


def test_columns_of_nobody_are_none() -> None:
    assert list(columns([])) == []


def test_columns_hide_the_numbers() -> None:
    (group,) = columns(people(roster(person(1))))
    assert NUMBERS[1] not in repr(group)


# --- size ---


def generated(rows: int) -> Iterator[str]:
    yield ",".join(JAPANESE_HEADER) + "\r\n"
    for order, number in enumerate(synthetic_numbers(9, rows)):
        yield f"E{order},本人,,架空 太郎,カクウ タロウ,1985-04-01,東京都新宿区架空町1-2-3,{number},架空\r\n"


def test_memory_stays_flat_over_fifty_thousand_rows(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(generated(50_000))
    tracemalloc.start()
    try:
        read = sum(isinstance(row, RosterRow) for row in read_roster(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == 50_000
    assert peak < 200 * read  # a kept row takes some 700 bytes, a kept number and id some 250


# --- the generator ---


def test_synthetic_numbers_differ_and_are_acceptable() -> None:
    numbers = list(synthetic_numbers(5, 20_000))
    assert len(set(numbers)) == 20_000
    assert [check(number) for number in numbers] == numbers
    assert any(number.startswith("0") for number in numbers)


def test_the_same_seed_gives_the_same_people_and_another_gives_others() -> None:
    assert list(synthetic_people(6, 50)) == list(synthetic_people(6, 50))
    assert list(synthetic_people(6, 50)) != list(synthetic_people(7, 50))


def test_every_synthetic_row_is_marked_and_written_in_jis() -> None:
    for each in synthetic_people(8, 300):
        assert each["note"] == "架空/SYNTHETIC"
        assert "架空町" in each["address"]
        each["name"].encode("shift_jis")
        each["kana"].encode("shift_jis")
        each["address"].encode("shift_jis")


# --- people of an export, who come without numbers


def test_people_of_an_export_are_read_without_numbers() -> None:
    source = roster(
        "person_1,E1,employee,'=架空,",
        header="本人ID (person),管理番号 (external_id),区分 (kind),氏名 (name),扶養者番号 (employee)",
    )
    (found,) = read_roster(source, numbers=False)
    assert isinstance(found, RosterRow), found
    assert (found.external_id, found.kind, found.name, found.number) == ("E1", "employee", "=架空", "")
    assert places(source) == [(1, "", "MISSING_COLUMNS")]


def test_an_export_may_have_people_without_a_name() -> None:
    source = roster("E1,", header="管理番号 (external_id),氏名 (name)")
    (found,) = read_roster(source, numbers=False)
    assert isinstance(found, RosterRow), found
    assert found.name == ""
