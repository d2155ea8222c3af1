"""`warifu campaign add`: lists good and bad, from preview to people who are asked. Everybody is made up."""

from pathlib import Path
from typing import Final

import openpyxl
import pytest

from tests.support.gathering import HEADER, Gathering
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk, refused

NUMBERS: Final = synthetic_numbers(12, seed=43)
MOST: Final = 10_001


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def write(day: Gathering, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    file = day.directory / "list.csv"
    file.write_text("\n".join([header, *rows, ""]), encoding=encoding)
    return file


def row(name: str, *, title: str = "試験 太郎", born: str = "1985-04-01", channel: str = "郵送") -> str:
    return f"{name},{title},シケン,{born},100-0001,東京都千代田区1-1,{name}@example.jp,{channel}"


def test_a_preview_says_what_was_understood_and_asks_no_server(desk: Desk, tmp_path: Path) -> None:
    day = Gathering(desk, tmp_path)
    file = write(day, row("E-1"), row("E-2"), header=f"{HEADER[:-4]}希望,備考".replace(",希望", ",収集方法"))
    file.write_text(file.read_text("utf-8").replace(",郵送", ",郵送,メモ"), "utf-8")
    nowhere = (
        "campaign",
        "add",
        "cmp_1",
        "--list",
        str(file),
        "--preview",
        "--endpoint",
        "http://127.0.0.1:9",
    )
    seen = desk(*nowhere).json["preview"]
    assert [each["field"] for each in seen["taken"]][:3] == ["external_id", "name", "kana"]
    assert [each["title"] for each in seen["not_understood"]] == ["備考"]
    assert (seen["rows"], seen["people"], seen["channels"]) == (2, 2, {"kit": 2})
    assert seen["first"][0]["birth_date"] == "1985-04-01"
    shown = desk(*nowhere, as_json=False)
    assert shown.code == 0
    for words in ("社員番号", "external_id", "備考", "読みません", "試験 太郎", "郵送 / kit: 2"):
        assert words in shown.text


def test_with_one_row_that_cannot_be_used_nobody_is_added(day: Gathering) -> None:
    file = write(day, row("E-1"), row("E-2", born="昭和65年13月1日"), row("E-1"))
    done = day.desk("campaign", "add", day.campaign, "--list", str(file))  # nobody even signs in
    assert (done.code, done.json["added"], done.json["collections"]) == (1, 0, [])
    assert [(each["line"], each["id"], each["code"]) for each in done.json["rejections"]] == [
        (3, "D3", "BAD_DATE"),
        (4, "A4", "DUPLICATE_ID"),
    ]
    shown = day.desk("campaign", "add", day.campaign, "--list", str(file), as_json=False)
    assert "誰も追加していません" in shown.text
    assert day.board() == {}
    skipping = ("campaign", "add", day.campaign, "--list", str(file), "--skip-rejected")
    others = day.desk(*skipping, by=day.sato)
    assert (others.code, others.json["added"], len(others.json["rejections"])) == (1, 1, 2)
    assert day.board() == {"INSTRUCTED": 1}


def test_a_repeat_adds_nobody_twice(day: Gathering) -> None:
    file = day.people(3)
    first = day.add(file)
    assert day.add(file) == first
    more = write(day, row("E-3"), row("E-4"))
    done = day.desk("campaign", "add", day.campaign, "--list", str(more), by=day.sato)
    assert (done.code, done.json["added"]) == (1, 1)
    assert [(each["line"], each["id"], each["code"]) for each in done.json["rejections"]] == [
        (2, "E-3", "IN_ANOTHER_COLLECTION")
    ]
    assert day.board() == {"INSTRUCTED": 4}


def test_ten_thousand_and_one_go_in_batches_with_families_after_their_employees(day: Gathering) -> None:
    header = "社員番号,氏名,続柄,扶養者の社員番号"
    child, employees = "F-1,試験 花子,子,E-10000", [f"E-{place},試験 太郎,本人," for place in range(1, MOST)]
    file = write(day, child, *employees, header=header, encoding="utf-16")
    made = day.do("campaign", "add", day.campaign, "--list", str(file), "--channel-default", "direct")
    assert (made["added"], made["rejections"]) == (MOST, [])
    assert made["collections"][0]["external_id"] == "F-1"
    assert len({each["collection_id"] for each in made["collections"]}) == MOST
    assert day.board() == {"INSTRUCTED": MOST}


def test_a_family_of_somebody_on_record_is_added_without_them(day: Gathering) -> None:
    day.add(write(day, row("E-1")))
    header = "社員番号,氏名,続柄,扶養者の社員番号,収集方法"
    family = write(day, "F-1,試験 花子,妻,E-1,郵送", header=header)
    (made,) = day.add(family)
    person = day.do("collection", "show", made)["collection"]["person"]
    assert (person["kind"], person["employee"]) == ("SPOUSE", "E-1")
    stray = write(day, "F-2,試験 次郎,子,E-9,郵送", header=header)
    done = day.desk("campaign", "add", day.campaign, "--list", str(stray), by=day.sato)
    assert (done.code, done.json["added"]) == (1, 0)
    assert [each["code"] for each in done.json["rejections"]] == ["EMPLOYEE_NOT_FOUND"]


def test_how_people_are_asked_is_said_by_the_list_or_by_an_option(day: Gathering) -> None:
    file = write(day, row("E-1", channel=""))
    adding = ("campaign", "add", day.campaign, "--list", str(file))
    assert refused(day.desk(*adding)) == "NO_CHANNEL"
    (made,) = day.add(file, "--channel-default", "link_qr")
    assert day.do("collection", "show", made)["collection"]["channel"] == "LINK_QR"


def test_a_workbook_and_columns_that_an_option_explains(day: Gathering) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for cells in (["収集のお願い"], ["番号A", "なまえ", "収集方法"], ["E-1", "試験 太郎", "対面"]):
        book.active.append(cells)
    file = day.directory / "people.xlsx"
    book.save(file)
    adding = ("campaign", "add", day.campaign, "--list", str(file))
    assert refused(day.desk(*adding)) == "MISSING_COLUMNS"
    columns = ("--column", "番号A=external_id", "--column", "なまえ=name")
    assert len(day.add(file, *columns)) == 1
    for wrong in ("番号A", "番号A=", "=name", f"{NUMBERS[0]}=nothing"):
        done = day.desk(*adding, "--column", wrong)
        assert refused(done) == "COLUMN"
        assert NUMBERS[0] not in done.text


GARBAGE: Final = {
    "empty": (b"", "EMPTY_FILE"),
    "header only": (HEADER.encode(), "HEADER_ONLY"),
    "no header": (row("E-1").encode(), "NO_HEADER"),
    "no name": ("社員番号,住所\nE-1,東京都\n".encode(), "MISSING_COLUMNS"),
    "two encodings": (f"{HEADER}\n{row('E-1')}\n".encode() + row("E-2").encode("cp932"), None),
    "neither encoding": (f"{HEADER}\n".encode() + b"\xff\xfe\xfd\x80\x81,\x00", None),
    "an archive that is none": (b"PK\x03\x04" + b"\x00" * 64, None),
    "zeros": (b"\x00" * 512, None),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_told_with_what_to_do_before_anybody_signs_in(day: Gathering, name: str) -> None:
    content, code = GARBAGE[name]
    file = day.directory / "list.csv"
    file.write_bytes(content)
    for more in ((), ("--preview",)):
        found = refused(day.desk("campaign", "add", day.campaign, "--list", str(file), *more))
        assert found == (code or found)
    shown = day.desk("campaign", "add", day.campaign, "--list", str(file), as_json=False)
    assert (shown.code, "Traceback" in shown.text) == (1, False)


def test_numbers_where_none_belong_refuse_the_list_and_are_shown_nowhere(day: Gathering) -> None:
    column = [f"{row(f'E-{place}')},{number}" for place, number in enumerate(NUMBERS)]
    lists = {
        "NUMBER_COLUMN": write(day, *column, header=f"{HEADER},個人番号").read_bytes(),
        "NUMBERS_IN_COLUMN": write(day, *column, header=f"{HEADER},備考").read_bytes(),
    }
    file = day.directory / f"{NUMBERS[0]}.csv"
    for code, content in lists.items():
        file.write_bytes(content)
        for as_json in (True, False):
            done = day.desk("campaign", "add", day.campaign, "--list", str(file), as_json=as_json)
            assert done.code == 1
            assert code in done.text
            assert not [number for number in NUMBERS if number in done.text]
    named = write(day, row("E-1"), row("E-2", title=NUMBERS[1]), row(NUMBERS[2]))
    done = day.desk("campaign", "add", day.campaign, "--list", str(named), "--skip-rejected", by=day.sato)
    assert {each["code"] for each in done.json["rejections"]} == {"NUMBER_IN_CELL"}
    assert (done.json["added"], {each["line"] for each in done.json["rejections"]}) == (1, {3, 4})
    missing = day.desk("campaign", "add", day.campaign, "--list", f"{NUMBERS[0]}.xlsx")
    assert refused(missing) == "FILE"
    assert not [number for number in NUMBERS for told in (done, missing) if number in told.text]


def test_nobody_is_added_to_a_campaign_that_is_closed_or_not_there(day: Gathering) -> None:
    file = day.people(1)
    adding = ("--list", str(file))
    assert refused(day.desk("campaign", "add", "cmp_1", *adding, by=day.sato)) == "campaign-unknown"
    day.do("campaign", "close", day.campaign)
    assert refused(day.desk("campaign", "add", day.campaign, *adding, by=day.sato)) == "campaign-closed"
    assert refused(day.desk("campaign", "board", "cmp_1", by=day.sato)) == "campaign-unknown"
    assert "closed" in day.tell("campaign", "list")
