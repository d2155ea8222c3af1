"""All numbers here are synthetic; those with a valid check digit are meant for nobody."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warifu.my_number import (
    PUBLISHED_SAMPLES,
    NumberError,
    Problem,
    TaxNumber,
    check,
    check_corporate,
    check_digit,
    from_tax_field,
    to_tax_field,
)

VALID = {
    "the classic": "123456789018",
    "leading zeros": "000000000019",
    "remainder 0 gives 0": "526859693840",
    "remainder 1 gives 0": "703886369990",
    "remainder 2 gives 9": "461416274379",
    "remainder 10 gives 1": "519664073531",
    "a middling remainder": "621498320257",
    "almost one digit repeated": "111111111118",
    "one of a pair that differs in one digit": "033224538320",
    "the other of that pair": "933224538320",
    "one of a pair with two digits swapped": "301661318600",
    "the other of that pair, swapped": "310661318600",
}

SPELLINGS = {
    "full-width digits": "１２３４５６７８９０１８",
    "spaces as on the card": "1234 5678 9018",
    "ideographic spaces": "１２３４　５６７８　９０１８",
    "hyphens": "1234-5678-9018",
    "full-width hyphens": "１２３４－５６７８－９０１８",
    "the long vowel mark typed for a hyphen": "1234ー5678ー9018",
    "its half-width form": "1234ｰ5678ｰ9018",
    "middle dots": "1234・5678・9018",
    "minus signs and dashes": "1234−5678–9018",
    "no-break spaces": "1234\u00a05678\u00a09018",
    "a leading apostrophe": "'123456789018",
    "a full-width apostrophe": "＇123456789018",
    "blanks and a line end around it": "  123456789018\r\n",
}

REFUSED = {
    "an integer": (123456789018, "NOT_TEXT"),
    "nothing": (None, "NOT_TEXT"),
    "an empty cell": ("", "EMPTY"),
    "only blanks": (" 　", "EMPTY"),
    "only an apostrophe": ("'", "EMPTY"),
    "Excel's scientific notation": ("1.23457E+11", "SCIENTIFIC_NOTATION"),
    "scientific notation in lower case": ("1.23456789018e11", "SCIENTIFIC_NOTATION"),
    "scientific notation in full width": ("1.23457E+１１", "SCIENTIFIC_NOTATION"),
    "a decimal point from a spreadsheet": ("123456789018.0", "DECIMAL_POINT"),
    "a bare decimal point": ("123456789018.", "DECIMAL_POINT"),
    "a lost leading zero": ("00000000019", "LEADING_ZERO_LOST"),
    "two lost zeros": ("0000000019", "WRONG_LENGTH"),
    "a single digit": ("1", "WRONG_LENGTH"),
    "fourteen digits": ("12345678901800", "WRONG_LENGTH"),
    "a text without end": ("1" * 1000, "WRONG_LENGTH"),
    "thirteen digits": ("0123456789018", "THIRTEEN_DIGITS"),
    "letters": ("12345678901X", "NOT_DIGITS"),
    "two numbers in one cell": ("123456789018/123456789018", "NOT_DIGITS"),
    "an invisible character": ("1234\u200b56789018", "NOT_DIGITS"),
    "circled digits": ("①②③④⑤⑥⑦⑧⑨⓪①⑧", "OTHER_DIGITS"),
    "Arabic-Indic digits": ("١٢٣٤٥٦٧٨٩٠١٨", "OTHER_DIGITS"),
    "Chinese numerals": ("一二三四五六七八九〇一八", "OTHER_DIGITS"),
    "superscript digits": ("¹²³⁴⁵⁶⁷⁸⁹⁰¹⁸", "OTHER_DIGITS"),
    "twelve zeros, which pass the check digit": ("000000000000", "REPEATED_DIGIT"),
    "twelve nines": ("999999999999", "REPEATED_DIGIT"),
    "a wrong check digit": ("123456789017", "CHECK_DIGIT"),
    "an official sample": ("123456789012", "CHECK_DIGIT"),
}

CORPORATE = (
    "7000012050002",
    "8700110005901",
    "5835678256246",
    "7123456789012",
    "6012345678901",
    "9000000000000",
)

payloads = st.text("0123456789", min_size=11, max_size=11)


def code(found: object) -> str:
    assert isinstance(found, Problem)
    return found.code


@pytest.mark.parametrize("number", VALID.values(), ids=VALID.keys())
def test_a_number_with_a_fitting_check_digit_is_accepted(number: str) -> None:
    assert check(number) == number


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_the_spellings_of_people_and_spreadsheets_are_read(text: str) -> None:
    assert check(text) == "123456789018"


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_number_is_named(text: object, expected: str) -> None:
    assert code(check(text)) == expected


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_problem_tells_what_to_do_and_never_repeats_the_text(text: object, expected: str) -> None:
    problem = check(text)
    assert isinstance(problem, Problem)
    assert problem.message_ja.endswith("。")
    assert problem.message_en.endswith(".")
    assert len(str(text).strip()) < 10 or str(text).strip() not in repr(problem)


@pytest.mark.parametrize("sample", sorted(PUBLISHED_SAMPLES))
def test_published_samples_are_accepted_in_a_sandbox_only(sample: str) -> None:
    assert check(sample, sandbox=True) == sample
    assert code(check(sample)) == "CHECK_DIGIT"


def test_a_sandbox_refuses_every_other_wrong_check_digit() -> None:
    assert code(check("123456789017", sandbox=True)) == "CHECK_DIGIT"


@given(payloads)
def test_a_payload_and_its_check_digit_make_a_number(payload: str) -> None:
    number = payload + check_digit(payload)
    assert check(number) == number or len(set(number)) == 1


@given(payloads, st.integers(1, 9))
def test_no_other_check_digit_fits(payload: str, off: int) -> None:
    wrong = str((int(check_digit(payload)) + off) % 10)
    assert code(check(payload + wrong)) in ("CHECK_DIGIT", "REPEATED_DIGIT")


@given(st.text(max_size=80))
def test_any_text_gives_twelve_digits_or_a_problem(text: str) -> None:
    found = check(text)
    assert isinstance(found, Problem) or (len(found) == 12 and found.isascii() and found.isdigit())


@given(payloads, st.lists(st.sampled_from("-ー・ 　－−"), min_size=13, max_size=13))
def test_separators_between_digits_change_nothing(payload: str, separators: list[str]) -> None:
    number = payload + check_digit(payload)
    spread = "".join(map("".join, zip(separators, number + " ", strict=True)))
    assert check(spread) == check(number)


@pytest.mark.parametrize("payload", ["1234567890", "123456789012", "1234567890X", "１２３４５６７８９０１"])
def test_a_check_digit_is_worked_out_for_eleven_digits_only(payload: str) -> None:
    with pytest.raises(ValueError, match="11桁"):
        check_digit(payload)


@pytest.mark.parametrize("number", CORPORATE)
def test_a_corporate_number_is_accepted(number: str) -> None:
    assert check_corporate(number) == number


@pytest.mark.parametrize("text", ["1000012050002", "0123456789018", "123456789018", "70000120500021"])
def test_other_digits_are_no_corporate_number(text: str) -> None:
    assert code(check_corporate(text)) == "NOT_CORPORATE_NUMBER"


@given(payloads)
def test_the_tax_field_of_an_individual_is_read_back(payload: str) -> None:
    number = payload + check_digit(payload)
    if len(set(number)) > 1:
        written = to_tax_field(number)
        assert written == "0" + number
        assert from_tax_field(written) == TaxNumber("individual", number)


@pytest.mark.parametrize("number", CORPORATE)
def test_the_tax_field_of_a_corporation_is_its_number(number: str) -> None:
    assert from_tax_field(number) == TaxNumber("corporate", number)


TAX_FIELDS_REFUSED = {
    "the zero lost in a spreadsheet": ("123456789018", "FIELD_LENGTH"),
    "two digits lost": ("00000000019", "FIELD_LENGTH"),
    "an individual with a wrong check digit": ("0123456789017", "CHECK_DIGIT"),
    "thirteen zeros": ("0" * 13, "REPEATED_DIGIT"),
    "a corporation with a wrong check digit": ("1000012050002", "NOT_CORPORATE_NUMBER"),
    "nothing": ("", "EMPTY"),
    "an integer": (123456789018, "NOT_TEXT"),
}


@pytest.mark.parametrize(("text", "expected"), TAX_FIELDS_REFUSED.values(), ids=TAX_FIELDS_REFUSED.keys())
def test_what_is_no_tax_field_is_named(text: object, expected: str) -> None:
    assert code(from_tax_field(text)) == expected


def test_a_wrong_number_is_not_written_to_a_tax_field_nor_into_the_error() -> None:
    with pytest.raises(NumberError) as caught:
        to_tax_field("123456789017")
    assert caught.value.problem.code == "CHECK_DIGIT"
    assert "123456789017" not in str(caught.value)


def test_a_tax_number_hides_its_digits() -> None:
    number = cast("TaxNumber", from_tax_field("0123456789018"))
    assert repr(number) == "TaxNumber(kind='individual')"
    assert number.number == "123456789018"
