"""The blind index finds equal numbers under one key, and tells nothing else."""

import hmac
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from tests.support.numbers import synthetic_numbers
from tokenizer.crypto.blind_index import blind_index, blind_indexes

KEY, OTHER = b"k" * 32, b"o" * 32
NUMBERS = [number.encode() for number in synthetic_numbers(2_000)]
digits = st.integers(0, 10**12 - 1).map(lambda value: f"{value:012d}".encode())


@given(digits, digits)
def test_equal_numbers_and_no_others_share_an_index(left: bytes, right: bytes) -> None:
    assert (blind_index(KEY, left) == blind_index(KEY, right)) is (left == right)


@given(digits)
def test_the_same_number_has_another_index_under_another_key(number: bytes) -> None:
    assert blind_index(KEY, number) != blind_index(OTHER, number)


def test_a_column_is_indexed_as_its_rows_are() -> None:
    assert blind_indexes(KEY, NUMBERS) == [blind_index(KEY, number) for number in NUMBERS]
    assert blind_indexes(KEY, []) == []


def test_an_index_is_the_beginning_of_an_hmac_and_short_enough_to_keep() -> None:
    full = hmac.digest(KEY, NUMBERS[0], "sha256")
    index = blind_index(KEY, NUMBERS[0])
    assert len(index) == 20
    assert index.isascii()
    assert b64decode(index) == full[:15]


def test_no_index_holds_its_number() -> None:
    assert not any(number.decode() in blind_index(KEY, number) for number in NUMBERS)
