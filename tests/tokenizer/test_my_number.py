"""Individual and Corporate Numbers.

Every number here is synthetic, or a published sample that fails its check digit.
"""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.errors import InvalidNumberError
from tokenizer.my_number import (
    PUBLISHED_SAMPLES,
    CorporateNumber,
    MyNumber,
    check_numbers,
    parse_field13,
    to_field13,
)

SYNTHETIC = {
    "123456789018": "the classic",
    "000000000019": "leading zeros",
    "526859693840": "remainder 0",
    "703886369990": "remainder 1",
    "461416274379": "remainder 2",
    "519664073531": "remainder 10",
    "621498320257": "remainder 4",
    "111111111118": "nearly one digit",
    "033224538320": "differs from the next in one digit, and both are valid",
    "933224538320": "see before",
    "301661318600": "differs from the next by a swap, and both are valid",
    "310661318600": "see before",
}
CORPORATE = [
    "7000012050002",  # the National Tax Agency itself
    "8700110005901",
    "5835678256246",
    "7123456789012",
    "6012345678901",
    "9000000000000",
    "1180301018771",
]
SEPARATORS = "ーｰ‐‑–—−・･-－ \u3000\u00a0"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
NUMBER = "123456789018"


def weigh(payload: str) -> int:
    """The formula as the ordinance has it: from the lowest digit, Q = n + 1 up to the sixth, then n - 5."""
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(payload), start=1)
    )
    return 0 if total % 11 <= 1 else 11 - total % 11


payloads = st.text(st.sampled_from("0123456789"), min_size=11, max_size=11)
numbers = payloads.map(lambda payload: f"{payload}{weigh(payload)}").filter(
    lambda number: len(set(number)) > 1
)


@st.composite
def dressed(draw: st.DrawFn) -> tuple[str, str]:
    """A synthetic number, and one of the ways people write it."""
    number = draw(numbers)
    gap = st.text(st.sampled_from(SEPARATORS), max_size=2)
    shown = "".join(draw(st.sampled_from((digit, digit.translate(WIDE)))) + draw(gap) for digit in number)
    return number, draw(st.sampled_from(["", "'", "\n", "\t "])) + shown + draw(
        st.sampled_from(["", "\n", " "])
    )


def refusal_of(text: str, *, sandbox: bool = False) -> InvalidNumberError | None:
    try:
        MyNumber.parse(text, sandbox=sandbox)
    except InvalidNumberError as error:
        return error
    return None


def problem_of(text: str, *, sandbox: bool = False) -> str | None:
    error = refusal_of(text, sandbox=sandbox)
    return error.problem if error else None


# --- reading


@pytest.mark.parametrize("number", SYNTHETIC, ids=lambda number: SYNTHETIC[number])
def test_a_number_with_a_right_check_digit_is_read(number: str) -> None:
    assert MyNumber.parse(number).reveal() == number


@given(numbers)
def test_any_payload_with_its_check_digit_is_read(number: str) -> None:
    assert MyNumber.parse(number).reveal() == number


@given(numbers, st.integers(min_value=1, max_value=9))
def test_any_other_check_digit_is_refused(number: str, shift: int) -> None:
    wrong = number[:-1] + str((int(number[-1]) + shift) % 10)
    assert problem_of(wrong) in {"CHECK_DIGIT", "REPEATED_DIGIT"}


@given(dressed())
def test_every_way_of_writing_a_number_is_the_same_number(pair: tuple[str, str]) -> None:
    number, text = pair
    assert MyNumber.parse(text) == MyNumber.parse(number)
    assert MyNumber.parse(text).reveal() == number


@pytest.mark.parametrize("separator", SEPARATORS)
def test_each_separator_may_stand_between_the_groups(separator: str) -> None:
    assert MyNumber.parse(f"1234{separator}5678{separator}9018").reveal() == NUMBER


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "EMPTY"),
        (" \u3000\n", "EMPTY"),
        ("'", "EMPTY"),
        ("1.23457E+11", "SCIENTIFIC_NOTATION"),
        ("1E+11", "SCIENTIFIC_NOTATION"),
        ("１．２３４５７Ｅ＋１１", "SCIENTIFIC_NOTATION"),
        ("123456789018.0", "DECIMAL_POINT"),
        ("１２３４５６７８９０１８．００", "DECIMAL_POINT"),
        ("123456789018.", "DECIMAL_POINT"),
        ("33224538320", "LEADING_ZERO_LOST"),
        ("3322-4538-320", "LEADING_ZERO_LOST"),
        ("7000012050002", "THIRTEEN_DIGITS"),
        ("0123456789018", "THIRTEEN_DIGITS"),
        ("1234567890", "WRONG_LENGTH"),
        ("12345678901800", "WRONG_LENGTH"),
        ("1" * 65, "WRONG_LENGTH"),
        ("-" * 65, "WRONG_LENGTH"),
        ("123456789019", "CHECK_DIGIT"),
        ("000000000000", "REPEATED_DIGIT"),
        ("１１１１１１１１１１１１", "REPEATED_DIGIT"),
        ("999999999999", "REPEATED_DIGIT"),
        ("١٢٣٤٥٦٧٨٩٠١٨", "OTHER_DIGITS"),
        ("१२३४५६७८९०१८", "OTHER_DIGITS"),
        ("①②③④⑤⑥⑦⑧⑨⓪①⑧", "OTHER_DIGITS"),
        ("一二三四五六七八九〇一八", "OTHER_DIGITS"),
        ("12345678901²", "OTHER_DIGITS"),
        ("12345678901x", "NOT_DIGITS"),
        ("+123456789018", "NOT_DIGITS"),
        ("1234_5678_9018", "NOT_DIGITS"),
        ("''123456789018", "NOT_DIGITS"),
        ("123456789018\x00", "NOT_DIGITS"),
        ("12345678901\ud800", "NOT_DIGITS"),
    ],
)
def test_what_is_no_number_is_refused_by_name(text: str, problem: str) -> None:
    assert problem_of(text) == problem


@pytest.mark.parametrize("value", [123456789018, 123456789018.0, None, b"123456789018", ["123456789018"]])
def test_a_number_that_is_not_text_is_refused_since_its_zeros_are_lost(value: object) -> None:
    parse: Callable[..., MyNumber] = MyNumber.parse
    with pytest.raises(InvalidNumberError) as caught:
        parse(value)
    assert caught.value.problem == "NOT_TEXT"
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize("apostrophe", ["'", "’", "＇"])
def test_the_leading_apostrophe_of_a_spreadsheet_is_dropped(apostrophe: str) -> None:
    assert MyNumber.parse(apostrophe + NUMBER).reveal() == NUMBER


@pytest.mark.parametrize("sample", sorted(PUBLISHED_SAMPLES))
def test_a_published_sample_is_accepted_in_a_sandbox_only(sample: str) -> None:
    assert problem_of(sample) == "CHECK_DIGIT"
    assert MyNumber.parse(sample, sandbox=True).reveal() == sample
    assert MyNumber.parse(f"{sample[:4]}-{sample[4:8]}-{sample[8:]}", sandbox=True).reveal() == sample


@pytest.mark.parametrize(
    "text", ["123456789019", "123456789011", "000000000000", "111111111111", "123456708901"]
)
def test_a_sandbox_accepts_no_other_wrong_number(text: str) -> None:
    assert problem_of(text, sandbox=True) is not None


@given(st.text(max_size=80))
def test_a_refusal_is_one_of_a_few_fixed_sentences_whatever_was_typed(text: str) -> None:
    error = refusal_of(text)
    assert error is None or (error.message_ja, error.message_en) in SENTENCES
    assert error is None or (error.problem.isupper() and error.message_en.isascii())


SENTENCES = {
    (error.message_ja, error.message_en)
    for text in ("", "1E+11", "1.0", "①", "x", "1" * 11, "1" * 13, "1", "1" * 12, "123456789019")
    if (error := refusal_of(text))
}


def test_every_problem_has_a_sentence_of_its_own() -> None:
    assert len(SENTENCES) == 10


# --- hiding


def test_a_number_prints_without_its_digits() -> None:
    number = MyNumber.parse(NUMBER)
    shown = [
        repr(number),
        str(number),
        f"{number}",
        f"{number:>40}",
        f"{number!r}",
        f"{number:s}",
        repr([number]),
    ]
    assert all(NUMBER not in text for text in shown)
    assert shown[0] == "MyNumber(****)"


def test_a_number_gets_into_no_json_pickle_or_copy() -> None:
    number = MyNumber.parse(NUMBER)
    for dump in (json.dumps, orjson.dumps, pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            dump(number)
        assert NUMBER not in str(caught.value)


def test_a_number_can_be_no_key_and_no_member_of_a_set() -> None:
    with pytest.raises(TypeError):
        hash(MyNumber.parse(NUMBER))


def test_a_number_cannot_be_changed_or_made_without_checks() -> None:
    number = MyNumber.parse(NUMBER)
    with pytest.raises(AttributeError):
        number._digits = "123456789019"
    with pytest.raises(AttributeError):
        del number._digits
    with pytest.raises(AttributeError):
        number.owner = "somebody"
    with pytest.raises(TypeError):
        MyNumber()
    assert number.reveal() == NUMBER


def test_a_number_equals_the_same_number_and_no_text() -> None:
    assert MyNumber.parse(NUMBER) == MyNumber.parse("１２３４ー５６７８ー９０１８")
    assert MyNumber.parse(NUMBER) != MyNumber.parse("000000000019")
    assert (MyNumber.parse(NUMBER) == NUMBER) is False


def test_a_traceback_holds_only_the_message() -> None:
    wrong = NUMBER[:-1] + "9"
    error = refusal_of(wrong)
    assert error is not None
    assert wrong not in "".join(traceback.format_exception(error))
    assert (error.__cause__, error.__context__) == (None, None)


# --- batches


@given(
    st.lists(st.one_of(numbers, dressed().map(lambda pair: pair[1]), st.text(max_size=20)), max_size=30),
    st.booleans(),
)
def test_a_batch_says_of_each_row_what_parse_says(texts: list[str], sandbox: bool) -> None:
    digits, rejections = check_numbers(texts, sandbox=sandbox)
    refused = {rejection.row: rejection for rejection in rejections}
    assert len(digits) == len(texts)
    for row, text in enumerate(texts):
        error = refusal_of(text, sandbox=sandbox)
        if error is None:
            assert digits[row] == MyNumber.parse(text, sandbox=sandbox).reveal().encode()
        else:
            assert digits[row] is None
            assert refused.pop(row)[1:] == (error.problem, error.message_ja, error.message_en)
    assert refused == {}
    assert [rejection.row for rejection in rejections] == sorted(rejection.row for rejection in rejections)


@given(st.lists(st.text(st.sampled_from("0123456789"), min_size=12, max_size=12), max_size=60))
def test_the_columns_agree_with_the_formula_for_any_twelve_digits(texts: list[str]) -> None:
    digits, _ = check_numbers(texts)
    for text, accepted in zip(texts, digits, strict=True):
        valid = str(weigh(text[:11])) == text[11] and len(set(text)) > 1
        assert accepted == (text.encode() if valid else None)


def test_a_batch_of_vectors_and_fillers() -> None:
    texts = [*SYNTHETIC, *(digit * 12 for digit in "0123456789"), *sorted(PUBLISHED_SAMPLES)]
    digits, rejections = check_numbers(texts)
    assert digits == [text.encode() for text in SYNTHETIC] + [None] * 13
    assert [rejection.problem for rejection in rejections] == ["REPEATED_DIGIT"] * 10 + ["CHECK_DIGIT"] * 3
    digits, _ = check_numbers(texts, sandbox=True)
    assert digits[-3:] == [sample.encode() for sample in sorted(PUBLISHED_SAMPLES)]


def test_an_empty_batch_is_empty() -> None:
    assert check_numbers([]) == ([], [])


def test_a_large_batch_keeps_its_rows() -> None:
    texts = list(SYNTHETIC) * 1000
    texts[7000], texts[11_000] = "123456789019", "1234-5678-9018"
    digits, rejections = check_numbers(texts)
    assert [rejection.row for rejection in rejections] == [7000]
    assert digits[11_000] == b"123456789018"
    assert [digit for row, digit in enumerate(digits) if row not in {7000, 11_000}] == [
        text.encode() for row, text in enumerate(texts) if row not in {7000, 11_000}
    ]


# --- Corporate Numbers and the field that holds either


@pytest.mark.parametrize("digits", CORPORATE)
def test_a_corporate_number_is_read(digits: str) -> None:
    assert CorporateNumber.parse(f"{digits[0]}-{digits[1:5]}-{digits[5:9]}-{digits[9:]}").digits == digits


def is_corporate(digits: str) -> bool:
    try:
        return CorporateNumber.parse(digits).digits == digits
    except InvalidNumberError:
        return False


@given(st.text(st.sampled_from("0123456789"), min_size=12, max_size=12))
def test_exactly_one_first_digit_makes_a_corporate_number_and_never_0(body: str) -> None:
    valid = [first for first in "0123456789" if is_corporate(first + body)]
    odd, even = body[::-1][0::2], body[::-1][1::2]
    assert valid == [str(9 - (sum(map(int, odd)) + 2 * sum(map(int, even))) % 9)]


@pytest.mark.parametrize("text", ["", "700001205000", "8000012050002", "x000012050002", "70000120500022"])
def test_what_is_no_corporate_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumberError):
        CorporateNumber.parse(text)


def test_a_corporate_number_cannot_be_made_without_checks_or_changed() -> None:
    with pytest.raises(InvalidNumberError):
        CorporateNumber("123456789018")
    with pytest.raises(InvalidNumberError):
        CorporateNumber("７000012050002")
    agency: Any = CorporateNumber(CORPORATE[0])
    with pytest.raises(FrozenInstanceError):
        agency.digits = CORPORATE[1]


@given(numbers)
def test_an_individual_number_travels_through_the_field_with_a_leading_0(number: str) -> None:
    written = to_field13(MyNumber.parse(number))
    assert written == "0" + number
    assert parse_field13(written) == MyNumber.parse(number)


@pytest.mark.parametrize("digits", CORPORATE)
def test_a_corporate_number_travels_through_the_field_as_it_is(digits: str) -> None:
    assert to_field13(CorporateNumber(digits)) == digits
    assert parse_field13(digits) == CorporateNumber(digits)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("123456789018", "FIELD_LENGTH"),
        ("00123456789018", "FIELD_LENGTH"),
        ("0123456789019", "CHECK_DIGIT"),
        ("0000000000000", "REPEATED_DIGIT"),
        ("8000012050002", "NOT_CORPORATE_NUMBER"),
        ("1.23457E+11", "SCIENTIFIC_NOTATION"),
        ("", "EMPTY"),
    ],
)
def test_what_fits_neither_kind_is_refused_by_name(text: str, problem: str) -> None:
    with pytest.raises(InvalidNumberError) as caught:
        parse_field13(text)
    assert caught.value.problem == problem


def test_the_sample_of_the_file_specification_is_read_in_a_sandbox() -> None:
    number = parse_field13("0123456789012", sandbox=True)
    assert isinstance(number, MyNumber)
    assert number.reveal() == "123456789012"
