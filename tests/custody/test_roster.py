"""Checking a roster by itself: a bad row is rejected alone, with its place and what to do."""

from datetime import date
from typing import Any

import pytest

from custody.roster import Columns, check, normalise_id
from policies.purposes import PersonKind
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of

TODAY = date(2026, 11, 22)
NUMBERS = synthetic_numbers(600)
OFFICIAL_SAMPLE = "123456789012"  # published; its check digit is wrong on purpose
EMPLOYEE, SPOUSE, DEPENDENT = PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT


def codes(columns: Columns, *, sandbox: bool = False) -> dict[int, str]:
    return codes_of(check(columns, TODAY, sandbox=sandbox).rejections)


def texts(column: str, values: list[str]) -> dict[str, Any]:
    """One column by name."""
    return {column: values}


def ids(count: int) -> list[str]:
    return [f"E{row}" for row in range(count)]


def test_a_good_roster_is_taken_as_it_is() -> None:
    checked = check(Columns(ids(600), NUMBERS), TODAY, sandbox=False)
    assert checked.rejections == []
    assert list(checked.rows) == list(range(600))
    assert [number.decode() for number in checked.numbers] == NUMBERS
    assert list(checked.columns.kinds) == [EMPLOYEE] * 600
    assert list(checked.columns.names) == [""] * 600


def test_a_wrong_check_digit_in_row_517_of_600_rejects_that_row_alone() -> None:
    numbers = list(NUMBERS)
    numbers[517] = numbers[517][:-1] + str((int(numbers[517][-1]) + 1) % 10)
    checked = check(Columns(ids(600), numbers), TODAY, sandbox=False)
    assert list(codes_of(checked.rejections)) == [517]
    assert [item for row, item in enumerate(NUMBERS) if row != 517] == [
        number.decode() for number in checked.numbers
    ]
    assert checked.columns.external_ids[517] == "E518"
    assert list(checked.rows)[516:518] == [516, 518]
    assert numbers[517] not in repr(checked)
    assert numbers[517] not in checked.rejections[0].message_en + checked.rejections[0].message_ja


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "E" * 65,
        "E\n1",
        "E\x001",
        "E\u200b1",
        "123456789018",
        "社員 1234-5678-9018",
        "\ud800",
        "１２３４５６７８９０１８",
    ],
)
def test_an_external_id_that_cannot_be_one_is_rejected(text: str) -> None:
    assert codes(Columns(["E0", text], NUMBERS[:2])) == {1: "EXTERNAL_ID_INVALID"}


@pytest.mark.parametrize("text", ["1", "E" * 64, "社員-001", "a b", "12345678901", "1234567890123", "~!@#$%"])
def test_an_external_id_may_be_any_short_printable_text(text: str) -> None:
    assert codes(Columns([text], NUMBERS[:1])) == {}


def test_external_ids_are_kept_in_one_form() -> None:
    checked = check(Columns([" 社員が1 ", "E1"], NUMBERS[:2]), TODAY, sandbox=False)
    assert list(checked.columns.external_ids) == ["社員が1", "E1"]
    assert normalise_id("社員か\u30991\t") == "社員が1"


def test_the_second_row_with_the_same_external_id_is_rejected() -> None:
    texts = ["E0", "社員が1", " E0 ", "社員か\u30991"]
    assert codes(Columns(texts, NUMBERS[:4])) == {2: "EXTERNAL_ID_REPEATED", 3: "EXTERNAL_ID_REPEATED"}


def test_the_second_row_with_the_same_number_is_rejected_in_whatever_form() -> None:
    number = NUMBERS[0]
    forms = [number, f"{number[:4]}-{number[4:8]}-{number[8:]}", NUMBERS[1], number]
    assert codes(Columns(ids(4), forms)) == {1: "NUMBER_REPEATED", 3: "NUMBER_REPEATED"}


def test_official_samples_are_taken_in_a_sandbox_only() -> None:
    columns = Columns(ids(1), [OFFICIAL_SAMPLE])
    assert list(codes(columns)) == [0]
    assert codes(columns, sandbox=True) == {}


@pytest.mark.parametrize("column", ["names", "kana", "addresses"])
def test_the_ideographic_space_of_japanese_names_is_taken(column: str) -> None:
    assert codes(Columns(ids(2), NUMBERS[:2], **texts(column, ["架空\u3000太郎", ""]))) == {}


@pytest.mark.parametrize("column", ["names", "kana", "addresses"])
@pytest.mark.parametrize(
    "text", ["番号は 1234 5678 9018", "123456789018", "x" * 301, "a\nb", "a\x00b", "\ud800", "東京都\u202e"]
)
def test_free_text_with_a_number_or_control_characters_in_it_is_rejected(column: str, text: str) -> None:
    assert codes(Columns(ids(3), NUMBERS[:3], **texts(column, ["", text, "試験 太郎"]))) == {
        1: "TEXT_INVALID"
    }


@pytest.mark.parametrize("text", ["x" * 300, "東京都千代田区霞が関3-1-1", "03-1234-5678", "ｼｹﾝ ﾀﾛｳ"])
def test_ordinary_text_passes(text: str) -> None:
    assert codes(Columns(ids(1), NUMBERS[:1], names=[text], addresses=[text])) == {}


@pytest.mark.parametrize(
    "text", ["1990-02-29", "19900101", "1990-1-1", "2026-11-23", "1990-W01-1", "１９９０-01-01", "x"]
)
def test_a_birth_date_that_is_none_is_rejected(text: str) -> None:
    assert codes(Columns(ids(1), NUMBERS[:1], birth_dates=[text])) == {0: "BIRTH_DATE_INVALID"}


@pytest.mark.parametrize("text", ["", "1988-02-29", "2026-11-22", "1900-01-01"])
def test_a_birth_date_up_to_today_passes(text: str) -> None:
    assert codes(Columns(ids(1), NUMBERS[:1], birth_dates=[text])) == {}


def test_a_spouse_or_dependent_needs_an_employee() -> None:
    kinds = [EMPLOYEE, SPOUSE, DEPENDENT, PersonKind.PAYEE, SPOUSE]
    columns = Columns(ids(5), NUMBERS[:5], kinds=kinds, employees=["", "", "", "", "E0"])
    assert codes(columns) == {1: "EMPLOYEE_MISSING", 2: "EMPLOYEE_MISSING"}


def test_the_employee_is_named_in_the_same_form_as_an_external_id() -> None:
    columns = Columns(
        ["社員が1", "E1"], NUMBERS[:2], kinds=[EMPLOYEE, SPOUSE], employees=["", "社員か\u30991 "]
    )
    assert list(check(columns, TODAY, sandbox=False).columns.employees) == ["", "社員が1"]


def test_a_row_with_two_faults_is_rejected_once() -> None:
    assert codes(Columns(["", "E1"], ["1", "2"], birth_dates=["x", "y"])).keys() == {0, 1}


def test_an_empty_roster_is_a_roster() -> None:
    checked = check(Columns([], []), TODAY, sandbox=False)
    assert (list(checked.rows), checked.rejections, checked.numbers) == ([], [], [])


def test_columns_know_whether_their_lengths_agree() -> None:
    assert Columns(ids(2), NUMBERS[:2], names=["a", "b"]).lengths_agree()
    assert not Columns(ids(2), NUMBERS[:1]).lengths_agree()
    assert not Columns(ids(2), NUMBERS[:2], names=["a"]).lengths_agree()
    assert not Columns([], [], names=["a"]).lengths_agree()


def test_a_roster_prints_without_its_numbers() -> None:
    columns = Columns(ids(3), NUMBERS[:3])
    printed = repr(columns) + repr(check(columns, TODAY, sandbox=False))
    assert not any(number in printed for number in NUMBERS[:3])
