"""Everybody in these lists is made up; the numbers have valid check digits and are meant for nobody."""

import datetime as dt
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.python.tests.workbooks import Rows, ods, xls, xlsx
from examples.make_people_list import people_list
from tests.support.numbers import synthetic_numbers
from warifu.people_list import ListedPerson, PeopleList, PeopleListError, read_people_list
from warifu.workbook import WorkbookLimits

NUMBERS = synthetic_numbers(40, 7)
HEADER = ["社員番号", "氏名", "フリガナ", "生年月日", "郵便番号", "住所", "メールアドレス", "収集方法"]
HANAKO = [
    "E1",
    "架空 花子",
    "カクウ ハナコ",
    "1985-04-01",
    "100-0001",
    "東京都新宿区架空町1-2-3",
    "h@example.jp",
    "郵送",
]
TARO = [
    "E2",
    "架空 太郎",
    "カクウ タロウ",
    "S60.4.2",
    "0600001",
    "北海道札幌市架空町1",
    "t@example.jp",
    "メール",
]


def csv(*rows: Sequence[str]) -> bytes:
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


def read(*rows: Sequence[Any], **options: Any) -> PeopleList:
    return read_people_list(csv(*rows), **options)


def refusal(source: bytes | Path, **options: Any) -> PeopleListError:
    with pytest.raises(PeopleListError) as caught:
        read_people_list(source, **options)
    return caught.value


def codes(found: PeopleList) -> list[tuple[str, str]]:
    return [(each.cell, each.code) for each in found.problems]


def warned(found: PeopleList) -> list[tuple[str, str]]:
    return [(each.cell, each.code) for each in found.preview.warnings]


def changed(row: list[str], **values: str) -> list[str]:
    places = {"id": 0, "name": 1, "kana": 2, "birth": 3, "postal": 4, "address": 5, "email": 6, "channel": 7}
    cells = list(row)
    for name, value in values.items():
        cells[places[name]] = value
    return cells


# --- a list and its preview ---


def test_a_list_is_people_with_everything_needed_to_ask_them() -> None:
    found = read(HEADER, HANAKO, TARO)
    assert found.people[0] == ListedPerson(
        line=2,
        external_id="E1",
        kind="employee",
        employee_external_id=None,
        name="架空 花子",
        kana="カクウ ハナコ",
        birth_date=date(1985, 4, 1),
        postal_code="100-0001",
        address="東京都新宿区架空町1-2-3",
        email="h@example.jp",
        phone="",
        channel="kit",
    )
    assert (found.people[1].birth_date, found.people[1].postal_code) == (date(1985, 4, 2), "060-0001")
    assert found.people[1].channel == "link_mail"
    assert found.problems == found.preview.warnings == ()


def test_the_preview_tells_how_the_file_was_understood(tmp_path: Path) -> None:
    path = tmp_path / "名簿.csv"
    rows = [changed(HANAKO, id=f"E{order}", birth="", email="") for order in range(7)]
    title = ["従業員一覧", *[""] * 8]
    path.write_bytes(
        csv(title, [*HEADER, "部署"], *([*row, "営業"] for row in rows)).decode().encode("cp932")
    )
    preview = read_people_list(path).preview
    assert (preview.file, preview.encoding, preview.sheet) == ("名簿.csv", "Shift_JIS (CP932)", "")
    assert (preview.header_row, preview.rows, preview.people) == (2, 7, 7)
    assert [(column.letters, column.title, column.field) for column in preview.taken] == [
        ("A", "社員番号", "external_id"),
        ("B", "氏名", "name"),
        ("C", "フリガナ", "kana"),
        ("D", "生年月日", "birth_date"),
        ("E", "郵便番号", "postal_code"),
        ("F", "住所", "address"),
        ("G", "メールアドレス", "email"),
        ("H", "収集方法", "channel"),
    ]
    assert [(column.letters, column.title) for column in preview.not_understood] == [("I", "部署")]
    assert [person.external_id for person in preview.first] == ["E0", "E1", "E2", "E3", "E4"]
    assert preview.channels == (("kit", 7),)


def test_a_column_can_be_said_to_hold_something() -> None:
    chosen: dict[str, Any] = {"番号A": "external_id", "本名": "name"}
    found = read(["番号A", "本名"], ["E1", "架空 花子"], columns=chosen)
    assert (found.people[0].external_id, found.people[0].name) == ("E1", "架空 花子")


def test_rows_that_do_not_say_how_take_the_channel_of_the_list() -> None:
    rows = [HEADER, changed(HANAKO, channel=""), TARO]
    assert [person.channel for person in read(*rows, channel="direct").people] == ["direct", "link_mail"]
    undecided = read(*rows)
    assert undecided.preview.channels == ((None, 1), ("link_mail", 1))
    assert warned(undecided) == [("", "NO_CHANNEL")]


# --- the example ---

EXAMPLE = Path(__file__).parents[3] / "examples" / "people.xlsx"


def test_the_example_is_what_the_generator_makes_and_opens_elsewhere() -> None:
    assert EXAMPLE.read_bytes() == people_list(1)
    book = openpyxl.load_workbook(EXAMPLE)
    assert book["収集名簿"]["D4"].is_date
    assert book["昨年度"].sheet_state == "hidden"


def test_the_example_reads_without_a_problem() -> None:
    found = read_people_list(EXAMPLE)
    assert (len(found.people), found.problems) == (20, ())
    assert (found.preview.sheet, found.preview.header_row) == ("収集名簿", 3)
    assert [column.title for column in found.preview.not_understood] == ["備考"]
    assert [warning.code for warning in found.preview.warnings] == ["HIDDEN_SHEETS"]
    assert {person.kind for person in found.people} == {"employee", "spouse", "dependent"}
    assert all(person.birth_date for person in found.people)


def test_the_readme_shows_what_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (code,) = (
        block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "people.xlsx" in block
    )
    monkeypatch.chdir(EXAMPLE.parents[1])
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own file
    printed = capsys.readouterr().out
    assert "K 収集方法 -> channel" in printed
    assert 'people.xlsx sheet "収集名簿": Hidden sheets were not read: 昨年度.' in printed


# --- as HR systems export it ---

EXPORTS: dict[str, tuple[Rows, dict[str, object]]] = {
    "names and addresses in parts": (
        [
            [
                "社員番号",
                "姓",
                "名",
                "姓（ヨミガナ）",
                "名（ヨミガナ）",
                "生年月日",
                "メールアドレス",
                "現住所：郵便番号",
                "現住所：都道府県",
                "現住所：市区町村",
                "現住所：丁目・番地",
                "現住所：建物名・部屋番号",
                "電話番号",
            ],
            [
                "0012",
                "架空",
                "花子",
                "カクウ",
                "ハナコ",
                "1985/04/01",
                "h@example.jp",
                "1600000",
                "東京都",
                "新宿区",
                "架空町1-2-3",
                "架空荘101",
                "09012345678",
            ],
        ],
        {
            "external_id": "0012",
            "name": "架空 花子",
            "kana": "カクウ ハナコ",
            "postal_code": "160-0000",
            "address": "東京都新宿区架空町1-2-3 架空荘101",
            "phone": "09012345678",
            "birth_date": date(1985, 4, 1),
        },
    ),
    "half-width titles, an era, two columns of addresses": (
        [
            ["社員ｺｰﾄﾞ", "氏名", "ﾌﾘｶﾞﾅ", "生年月日(和暦)", "〒", "住所１", "住所２", "TEL"],
            [
                "A-7",
                "架空　太郎",
                "ｶｸｳ ﾀﾛｳ",
                "昭和60年4月1日",
                "〒160-0000",
                "東京都新宿区架空町1",
                "架空荘２",
                "03-1234-5678",
            ],
        ],
        {
            "external_id": "A-7",
            "name": "架空　太郎",
            "birth_date": date(1985, 4, 1),
            "postal_code": "160-0000",
            "address": "東京都新宿区架空町1 架空荘２",
            "phone": "03-1234-5678",
        },
    ),
    "an address that begins with its prefecture": (
        [["従業員番号", "氏名", "都道府県", "住所"], ["1", "架空 花子", "東京都", "東京都新宿区架空町1"]],
        {"address": "東京都新宿区架空町1"},
    ),
    "English": (
        [
            [
                "Employee ID",
                "Last Name",
                "First Name",
                "Date of Birth",
                "Zip Code",
                "Address",
                "E-mail",
                "Mobile",
                "Collection Method",
            ],
            [
                "E1",
                "Kaku",
                "Hanako",
                "1985-04-01",
                "160-0000",
                "1-2-3 Kaku-cho",
                "h@example.jp",
                "+81 90 1234 5678",
                "QR Code",
            ],
        ],
        {"name": "Kaku Hanako", "channel": "link_qr", "phone": "+81-90-1234-5678", "email": "h@example.jp"},
    ),
    "full width and apostrophes": (
        [
            ["社員番号（必須）", "氏名【漢字】", "郵便番号", "電話番号", "メール"],
            ["'0012", "架空 花子", "１６０－００００", "０３−１２３４−５６７８", "ｈ＠example.jp"],
        ],
        {"external_id": "0012", "postal_code": "160-0000", "phone": "03-1234-5678", "email": "h@example.jp"},
    ),
    "whether numbers were handed in is no number": (
        [["社員番号", "氏名", "マイナンバー提出状況"], ["1", "架空 花子", "未提出"]],
        {"external_id": "1"},
    ),
}


@pytest.mark.parametrize(("rows", "expected"), EXPORTS.values(), ids=EXPORTS.keys())
def test_lists_of_hr_systems_are_understood(rows: Rows, expected: dict[str, object]) -> None:
    for content in (csv(*rows), xlsx(rows), csv(*rows).decode().encode("utf-16")):
        found = read_people_list(content)
        assert found.problems == ()
        (person,) = found.people
        assert {name: getattr(person, name) for name in expected} == expected


WORDS = {
    "kit": ["郵送", "紙", "キット", "Kit", "郵便（簡易書留）"],
    "link_mail": ["メール", "E-mail", "Ｅメール", "link_mail"],
    "link_qr": ["QR", "ＱＲコード", "二次元コード"],
    "direct": ["対面", "手渡し", "窓口"],
}


@pytest.mark.parametrize(
    ("channel", "word"), [(channel, word) for channel, words in WORDS.items() for word in words]
)
def test_channels_have_many_names(channel: str, word: str) -> None:
    assert read(HEADER, changed(HANAKO, channel=word)).people[0].channel == channel


# --- rows that are not understood ---

ROWS = {
    "no id": ({"id": ""}, [("A3", "VALUE_MISSING")]),
    "no name": ({"name": ""}, [("B3", "VALUE_MISSING")]),
    "an id with an exponent": ({"id": "1.23457E+11"}, [("A3", "ID_AS_QUANTITY")]),
    "an id with a fraction": ({"id": "12.5"}, [("A3", "ID_AS_QUANTITY")]),
    "a day that is none": ({"birth": "1985-02-30"}, [("D3", "BAD_DATE")]),
    "a day to come": ({"birth": "2030-01-01"}, [("D3", "BORN_LATER")]),
    "a postal code that is none": ({"postal": "東京"}, [("E3", "BAD_POSTAL_CODE")]),
    "two e-mail addresses": ({"email": "a@example.jp;b@example.jp"}, [("G3", "BAD_EMAIL")]),
    "an unknown channel": ({"channel": "狼煙"}, [("H3", "UNKNOWN_CHANNEL")]),
    "mail of either kind": ({"channel": "mail"}, [("H3", "UNKNOWN_CHANNEL")]),
    "an address without end": ({"address": "町" * 301}, [("F3", "FIELD_TOO_LONG")]),
    "several": (
        {"id": "", "birth": "?", "email": "?"},
        [("A3", "VALUE_MISSING"), ("D3", "BAD_DATE"), ("G3", "BAD_EMAIL")],
    ),
    "an id of somebody else": ({"id": "E1"}, [("A3", "DUPLICATE_ID")]),
}


@pytest.mark.parametrize(("values", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_row_that_is_not_understood_is_told_by_its_cell(
    values: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    rows = [
        HEADER,
        HANAKO,
        changed(TARO, **values),
        changed(TARO, id="E3", email="u@example.jp", name="架空 次郎"),
    ]
    for content in (csv(*rows), xlsx(rows)):
        found = read_people_list(content, today=date(2026, 12, 1))
        assert sorted(codes(found)) == expected
        assert [person.line for person in found.people] == [2, 4]
        assert found.preview.rows == 3


def test_a_message_says_file_sheet_cell_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "名簿.xlsx"
    path.write_bytes(xlsx({"社員": [["", *HEADER], ["", *changed(HANAKO, birth="?")]]}))
    (problem,) = read_people_list(path).problems
    assert problem.text_ja.startswith("名簿.xlsx シート「社員」 E2(生年月日): 日付として読めません")
    assert problem.text_en.startswith('名簿.xlsx sheet "社員" E2 (生年月日): This is not a date.')


def test_families_belong_to_employees_of_the_list_or_on_record() -> None:
    header = ["社員番号", "氏名", "続柄", "扶養者の社員番号"]
    family = [
        ["E1-1", "架空 次郎", "長男", "E1"],
        ["E1", "架空 花子", "本人", ""],
        ["E9-1", "架空 三郎", "子", "E9"],
    ]
    found = read(header, *family)
    assert [(person.external_id, person.kind, person.employee_external_id) for person in found.people] == [
        ("E1-1", "dependent", "E1"),
        ("E1", "employee", None),
    ]
    assert codes(found) == [("D4", "EMPLOYEE_NOT_FOUND")]
    assert read(header, *family, known_employees=["E9"]).problems == ()
    assert codes(read(header, ["1", "架空", "友人", ""], ["2", "架空", "妻", ""])) == [
        ("C2", "UNKNOWN_KIND"),
        ("D3", "EMPLOYEE_MISSING"),
    ]


def test_the_family_of_an_employee_with_a_problem_has_none_itself() -> None:
    header = ["社員番号", "氏名", "続柄", "扶養者の社員番号", "生年月日"]
    found = read(header, ["E1", "架空 花子", "本人", "", "?"], ["E1-1", "架空 次郎", "子", "E1", ""])
    assert codes(found) == [("E2", "BAD_DATE")]


# --- warnings ---

WARNINGS = {
    "no address for a kit": ([changed(HANAKO, address="")], [("F2", "ADDRESS_MISSING")]),
    "no postal code for a kit": ([changed(HANAKO, postal="")], [("E2", "POSTAL_CODE_MISSING")]),
    "no e-mail address for a link": ([changed(TARO, email="")], [("G2", "EMAIL_MISSING")]),
    "one person twice": ([HANAKO, changed(HANAKO, id="E3", email="")], [("B3", "SAME_PERSON")]),
    "one address for two": ([HANAKO, changed(TARO, email="H@example.jp")], [("G3", "SAME_EMAIL")]),
    "zeros lost": ([changed(HANAKO, postal="600001")], [("", "ZERO_RESTORED")]),
    "an id with .0": ([changed(HANAKO, id="1001.0")], [("", "DECIMAL_REMOVED")]),
    "face to face needs nothing": ([changed(HANAKO, address="", postal="", email="", channel="対面")], []),
}


@pytest.mark.parametrize(("rows", "expected"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_should_be_looked_at_is_said_and_refuses_nobody(
    rows: Rows, expected: list[tuple[str, str]]
) -> None:
    found = read(HEADER, *rows)
    assert len(found.people) == len(rows)
    assert [
        (cell if len(cell) == 2 and cell[1] != "1" else "", code) for cell, code in warned(found)
    ] == expected


def test_a_family_is_reached_through_its_employee() -> None:
    header = [*HEADER, "続柄", "扶養者の社員番号"]
    child = changed(HANAKO, id="E1-1", name="架空 次郎", birth="", postal="", address="")
    found = read(header, [*HANAKO, "本人", ""], [*child, "子", "E1"])
    assert found.preview.warnings == ()


def test_a_second_column_of_the_same_meaning_is_left_alone_and_named() -> None:
    found = read([*HEADER, "会社メール", "Eメール"], [*HANAKO, "x", "other@example.jp"])
    assert found.people[0].email == "h@example.jp"
    assert warned(found) == [("J1", "SAME_MEANING")]


# --- spreadsheets ---


def test_cells_of_a_workbook_are_read_as_what_they_are() -> None:
    rows = [
        HEADER,
        [1001.0, "架空 花子", "", dt.date(1985, 4, 1), 600001, "北海道札幌市架空町1", "", "郵送"],
        ["'0012", "架空 太郎", "", dt.datetime(1985, 4, 1), "060-0001", "北海道札幌市架空町1", "", "郵送"],  # noqa: DTZ001 - as cells are
    ]
    found = read_people_list(xlsx(rows))
    assert [person.external_id for person in found.people] == ["1001", "0012"]
    assert {person.birth_date for person in found.people} == {date(1985, 4, 1)}
    assert {person.postal_code for person in found.people} == {"060-0001"}
    assert warned(found) == [("A1", "IDS_ARE_QUANTITIES"), ("E1", "ZERO_RESTORED")]


def test_an_id_whose_digits_a_spreadsheet_dropped_is_told() -> None:
    rows = [HEADER, [1.23457e11, *HANAKO[1:]], [12.5, *TARO[1:]]]
    assert codes(read_people_list(xlsx(rows))) == [("A2", "ID_AS_QUANTITY"), ("A3", "ID_AS_QUANTITY")]


def test_the_first_shown_sheet_with_a_header_is_read_and_the_others_are_named() -> None:
    book = {
        "表紙": [["2026年度"], ["収集名簿"]],
        "旧": [HEADER, TARO],
        "社員": [[], ["社員一覧"], HEADER, HANAKO],
        "控": [["x"]],
    }
    content = xlsx(book, hidden=["旧"], merged={"社員": ["A2:H2"]})
    found = read_people_list(content)
    assert (found.preview.sheet, found.preview.header_row) == ("社員", 3)
    assert [person.line for person in found.people] == [4]
    (hidden, others) = found.preview.warnings
    assert (hidden.code, others.code) == ("HIDDEN_SHEETS", "OTHER_SHEETS")
    assert "旧" in hidden.message_ja
    assert "表紙, 控" in others.message_ja
    chosen = read_people_list(content, sheet="旧")
    assert (chosen.people[0].external_id, chosen.preview.warnings) == ("E2", ())


def test_a_header_of_two_rows_is_read_where_its_cells_are_merged() -> None:
    rows = [
        ["社員番号", "氏名", "", "住所", ""],
        ["", "姓", "名", "郵便番号", "住所"],
        ["E1", "架空", "花子", "160-0000", "東京都架空町1"],
    ]
    found = read_people_list(xlsx({"表": rows}, merged={"表": ["A1:A2", "B1:C1", "D1:E1"]}))
    assert [(person.name, person.postal_code) for person in found.people] == [("架空 花子", "160-0000")]
    assert found.preview.header_row == 2


def test_rows_whose_values_are_hidden_by_merged_cells_are_told() -> None:
    rows = [[*HEADER, "備考"], [*HANAKO, "東"], ["", *TARO[1:], ""], [*TARO, ""]]
    found = read_people_list(xlsx({"表": rows}, merged={"表": ["A2:A3", "I2:I4"]}))
    assert codes(found) == [("A3", "MERGED_CELLS")]
    assert [person.line for person in found.people] == [2, 4]


@pytest.mark.parametrize("write", [xlsx, ods, xls])
def test_every_format_gives_the_same_people(write: Any) -> None:
    assert read_people_list(write([HEADER, HANAKO, TARO])).people == read(HEADER, HANAKO, TARO).people


# --- lists that cannot be used ---

UNUSABLE = {
    "nothing": (b"", "EMPTY_FILE"),
    "no people": (csv(HEADER), "HEADER_ONLY"),
    "no people in a workbook": (xlsx([HEADER]), "HEADER_ONLY"),
    "no id": (csv(["氏名"], ["架空"]), "MISSING_COLUMNS"),
    "no header in a workbook": (xlsx([["架空 花子"]]), "NO_SHEET_FOUND"),
    "an empty workbook": (xlsx([]), "NO_SHEET_FOUND"),
    "a header without ids in a workbook": (xlsx([["氏名", "住所"], ["架空", "町"]]), "MISSING_COLUMNS"),
    "two ids": (csv(["社員番号", "従業員番号", "氏名"], ["1", "2", "架空"]), "DUPLICATE_COLUMNS"),
    "a web page": (b"<html><table><tr><td>", "WEB_PAGE_FILE"),
    "a document": (b"%PDF-1.7", "SPREADSHEET_FILE"),
    "a password": (xls([HEADER], password=True), "WORKBOOK_PASSWORD"),
}


@pytest.mark.parametrize(("content", "code"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_list_that_cannot_be_used_says_why(content: bytes, code: str) -> None:
    error = refusal(content)
    assert error.problem.code == code
    assert error.problem.message_ja in str(error)
    assert error.problem.message_en in str(error)


def test_there_are_limits() -> None:
    assert refusal(csv(HEADER, HANAKO, TARO), most=1).problem.code == "TOO_MANY_ROWS"
    assert refusal(xlsx([HEADER, HANAKO]), limits=WorkbookLimits(rows=1)).problem.message_ja.count("1行") == 1
    assert refusal(xlsx({"社員": [HEADER]}), sheet="社員名簿").problem.message_ja.endswith("社員")


def test_a_path_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_people_list(tmp_path / "nobody.csv")


MIXED = {
    "UTF-8 below Shift_JIS": (["cp932", "ascii", "cp932", "utf-8"], 4, "UTF-8"),
    "Shift_JIS below UTF-8": (["utf-8", "utf-8", "cp932", "utf-8"], 3, "Shift_JIS"),
    "one row at once": (["cp932", "utf-8", "cp932", "cp932"], 2, "UTF-8"),
}


@pytest.mark.parametrize(("encodings", "line", "name"), MIXED.values(), ids=MIXED.keys())
def test_a_file_of_two_encodings_is_refused_with_the_first_row_that_differs(
    encodings: list[str], line: int, name: str
) -> None:
    rows = [HEADER, ["E0", "Kaku", *[""] * 6] if "ascii" in encodings else HANAKO, HANAKO, TARO]
    content = b"".join(
        csv(row).decode().encode(encoding) for row, encoding in zip(rows, encodings, strict=True)
    )
    error = refusal(content)
    assert (error.problem.code, error.problem.line) == ("MIXED_ENCODINGS", line)
    assert f"この行は{name}" in error.problem.message_ja


def test_a_cell_with_line_breaks_does_not_move_the_row_that_differs() -> None:
    quoted = changed(HANAKO, address='"東京都\r\n架空町\r\n1"')
    content = csv(HEADER, quoted).decode().encode("cp932") + csv(TARO)
    assert refusal(content).problem.line == 3


def test_half_width_kana_are_not_taken_for_another_encoding() -> None:
    rows = csv(HEADER, changed(HANAKO, kana="ﾃｨｱﾗ ﾊﾅｺ", name="ﾃｨ")).decode().encode("cp932")
    assert read_people_list(rows).people[0].name == "ﾃｨ"


# --- no Individual Number, anywhere ---


@pytest.mark.parametrize("title", ["個人番号", "マイナンバー", "本人のﾏｲﾅﾝﾊﾞｰ", "My Number", "number"])
def test_a_column_of_numbers_is_refused_by_its_name(title: str) -> None:
    for write in (lambda rows: csv(*rows), xlsx):
        error = refusal(write([[*HEADER, title], [*HANAKO, NUMBERS[0]]]))
        assert (error.problem.code, error.problem.column, error.problem.cell) == (
            "NUMBER_COLUMN",
            title,
            "I1",
        )
        assert NUMBERS[0] not in str(error)


COLUMNS = {
    "numbers": lambda number: number,
    "numbers in groups": lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
    "numbers as quantities": int,
    "numbers in the field of tax files": lambda number: f"0{number}",
}


@pytest.mark.parametrize("spell", COLUMNS.values(), ids=COLUMNS.keys())
def test_a_column_that_looks_like_numbers_is_refused_whatever_it_is_called(spell: Any) -> None:
    rows = [
        [*HEADER, "備考"],
        *([*changed(HANAKO, id=f"E{at}"), spell(number)] for at, number in enumerate(NUMBERS[:20])),
    ]
    error = refusal(xlsx(rows))
    assert (error.problem.code, error.problem.cell) == ("NUMBERS_IN_COLUMN", "I1")
    assert not [number for number in NUMBERS if number in str(error)]


def test_a_column_of_numbers_without_their_zeros_is_refused() -> None:
    short = [number[1:] for number in synthetic_numbers(400, 3) if number[0] == "0" and number[1] != "0"]
    rows = [["社員番号", "氏名", "コード"], *([f"E{at}", "架空", number] for at, number in enumerate(short))]
    assert len(short) >= 5
    assert refusal(csv(*rows)).problem.code == "NUMBERS_IN_COLUMN"


@pytest.mark.parametrize("place", range(8))
def test_a_number_in_any_cell_refuses_its_row_and_is_shown_nowhere(place: int) -> None:
    number = NUMBERS[0]
    spellings = [number, f"{number[:4]} {number[4:8]} {number[8:]}", f"番号は{number}です", "123456789012"]
    full = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for spelled in (*spellings, full, f"架空-{full}"):
        row = list(TARO)
        row[place] = spelled
        for content in (csv(HEADER, HANAKO, row), xlsx([HEADER, HANAKO, row])):
            found = read_people_list(content)
            assert [(each.cell, each.code) for each in found.problems] == [
                ("ABCDEFGH"[place] + "3", "NUMBER_IN_CELL")
            ]
            assert [person.external_id for person in found.people] == ["E1"]
            assert spelled not in repr(found)
            assert number not in repr(found)


def test_a_number_in_the_name_of_a_file_or_sheet_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / f"{NUMBERS[0]}.xlsx"
    path.write_bytes(xlsx({NUMBERS[1]: [HEADER, changed(HANAKO, birth="?")], NUMBERS[2]: [["x"]]}))
    told = repr(read_people_list(path))
    assert not [number for number in NUMBERS if number in told]


def test_phones_and_insurance_numbers_are_no_numbers() -> None:
    header = [*HEADER, "電話番号", "雇用保険被保険者番号", "基礎年金番号"]
    rows = [
        [
            *changed(HANAKO, id=f"E{at}", email="", birth=""),
            f"0901234{at:04d}",
            f"1234-{at:06d}-1",
            f"1234-{at:06d}",
        ]
        for at in range(50)
    ]
    assert len(read(header, *rows).people) == 50


# --- whatever comes ---

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=',"\ufeff'), max_size=10
).map(str.strip)
ROW = st.tuples(st.integers(0, 20).map(lambda at: f"E{at}"), TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT).map(
    list
)


def told(found: PeopleList) -> tuple[list[object], list[tuple[str, str]]]:
    return list(found.people), codes(found)


@settings(max_examples=40)
@given(st.lists(ROW, min_size=1, max_size=6))
def test_a_list_says_the_same_as_csv_and_as_workbook(rows: list[list[str]]) -> None:
    assert told(read_people_list(csv(HEADER, *rows))) == told(read_people_list(xlsx([HEADER, *rows])))


def read_or_refused(content: bytes) -> PeopleList | str:
    """Nothing else may come out of it."""
    try:
        return read_people_list(content)
    except PeopleListError as error:
        return error.problem.code


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: csv(HEADER, HANAKO) + tail))
def test_any_bytes_give_people_or_the_readers_own_error(content: bytes) -> None:
    found = read_or_refused(content)
    if isinstance(found, PeopleList):
        assert found.preview.rows == len(found.people) + len({each.line for each in found.problems})


@settings(max_examples=25)
@given(st.sampled_from([xlsx([HEADER, HANAKO]), ods([HEADER, HANAKO]), xls([HEADER, HANAKO])]), st.data())
def test_damaged_workbooks_give_people_or_the_readers_own_error(whole: bytes, data: st.DataObject) -> None:
    at, change = data.draw(st.integers(8, len(whole) - 1)), data.draw(st.binary(min_size=1, max_size=40))
    found = read_or_refused(whole[:at] + change + whole[at + len(change) :])
    if isinstance(found, PeopleList):
        assert found.preview.rows >= len(found.people)
