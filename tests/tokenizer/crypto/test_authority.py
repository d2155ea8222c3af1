"""Rows that grant power: a MAC over every value, secrets sealed to their row."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenizer.crypto.authority import Authority, Value
from tokenizer.crypto.primitives import mac, system_random
from tokenizer.errors import SealBrokenError

AUTHORITY = Authority(b"a" * 32)
OTHER = Authority(b"b" * 32)
values = st.lists(
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=12), st.binary(max_size=12), st.none()),
    max_size=5,
)


@given(st.text(max_size=8), values)
def test_a_stamped_row_passes_its_check(table: str, row: list[Value]) -> None:
    AUTHORITY.check(table, row, AUTHORITY.stamp(table, row))


@given(st.text(max_size=8), values, st.text(max_size=8), values)
def test_two_rows_share_a_stamp_only_if_table_values_and_types_are_the_same(
    table: str, row: list[Value], other_table: str, other: list[Value]
) -> None:
    same = (table, [(type(value), value) for value in row]) == (
        other_table,
        [(type(value), value) for value in other],
    )
    assert (AUTHORITY.stamp(table, row) == AUTHORITY.stamp(other_table, other)) is same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([1, 23], [12, 3]),
        (["a", "b"], ["ab"]),
        (["a", ""], ["a"]),
        ([1], ["1"]),
        (["x"], [b"x"]),
        ([None], ["None"]),
        ([None], [b""]),
        ([""], [b""]),
        (["a\x00b"], ["a", "b"]),
        ([0], [None]),
    ],
)
def test_rows_that_look_alike_when_joined_have_different_stamps(
    left: list[Value], right: list[Value]
) -> None:
    assert AUTHORITY.stamp("client", left) != AUTHORITY.stamp("client", right)


def test_the_table_is_part_of_the_stamp() -> None:
    assert AUTHORITY.stamp("client", ["x"]) != AUTHORITY.stamp("account", ["x"])
    assert AUTHORITY.stamp("client", ["x"]) != AUTHORITY.stamp("", ["client", "x"])


def test_a_row_stamped_by_another_key_is_refused_and_the_table_named() -> None:
    with pytest.raises(SealBrokenError) as caught:
        AUTHORITY.check("client", ["payroll"], OTHER.stamp("client", ["payroll"]))
    assert "client" in caught.value.message_ja
    assert "client" in caught.value.message_en
    assert "payroll" not in str(caught.value)


@pytest.mark.parametrize("stamp", [b"", b"\x00" * 32, AUTHORITY.stamp("client", ["payroll"])[:31]])
def test_anything_but_the_whole_stamp_is_refused(stamp: bytes) -> None:
    with pytest.raises(SealBrokenError):
        AUTHORITY.check("client", ["payroll"], stamp)


@given(values, values, st.binary(max_size=40))
def test_a_secret_opens_in_its_own_row_only(place: list[Value], other: list[Value], secret: bytes) -> None:
    assume([(type(value), value) for value in place] != [(type(value), value) for value in other])
    sealed = AUTHORITY.seal("seed", place, secret, system_random)
    assert AUTHORITY.open("seed", place, sealed) == secret
    for authority, kind, where in (
        (AUTHORITY, "seed", other),
        (AUTHORITY, "other", place),
        (OTHER, "seed", place),
    ):
        with pytest.raises(SealBrokenError):
            authority.open(kind, where, sealed)


def test_the_key_prints_nowhere() -> None:
    assert repr(AUTHORITY) == str(AUTHORITY) == "Authority(****)"


def test_seals_and_stamps_use_different_keys() -> None:
    stamped = AUTHORITY._mac_key.mac(b"x")
    assert len({stamped, mac(AUTHORITY._seal_key, b"x"), mac(b"a" * 32, b"x")}) == 3
    assert stamped == mac(mac(b"a" * 32, b"row-mac"), b"x")


def test_a_stamped_row_is_made_into_its_value_once() -> None:
    made: list[tuple[Value, ...]] = []

    def build(row: Sequence[Any]) -> object:
        made.append(tuple(row))
        return object()

    authority = Authority(b"a" * 32)
    row = ("payroll", 7, authority.stamp("client", ("payroll", 7)))
    assert authority.read("client", row, build) is authority.read("client", tuple(row), build)
    assert made == [row]


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("table", "values"), [("account", ("payroll", 7)), ("client", ("payroll", 8)), ("client", ("payrol1", 7))]
)
def test_what_differs_from_a_row_that_was_read_is_refused(
    table: str, values: tuple[Value, ...], *, is_known: bool
) -> None:
    authority = Authority(b"a" * 32)
    stamp = authority.stamp("client", ("payroll", 7))
    if is_known:
        authority.read("client", ("payroll", 7, stamp), tuple)
    with pytest.raises(SealBrokenError):
        authority.read(table, (*values, stamp), tuple)
    with pytest.raises(SealBrokenError):
        authority.read("client", ("payroll", 7, b"\x00" * 32), tuple)


@pytest.mark.parametrize("other", [True, 1.0])
def test_a_value_of_another_type_is_another_row_though_they_are_equal(other: Value) -> None:
    authority = Authority(b"a" * 32)
    stamp = authority.stamp("client", (1,))
    authority.check("client", (1,), stamp)
    with pytest.raises(SealBrokenError):
        authority.check("client", (other,), stamp)


def test_what_one_function_made_of_a_row_is_not_taken_for_what_another_makes() -> None:
    authority = Authority(b"a" * 32)
    row = ("payroll", authority.stamp("client", ("payroll",)))
    assert authority.read("client", row, len) == 2
    assert authority.read("client", row, tuple) == row
    authority.check("client", row[:1], row[1])
