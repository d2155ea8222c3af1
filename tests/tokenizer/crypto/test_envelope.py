"""The envelope: what is stored, what opens it, and that nothing opens in another place."""

import hmac
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.numbers import synthetic_numbers
from tokenizer.crypto.blind_index import blind_index
from tokenizer.crypto.envelope import key_data, number_data, open_batch, reseal, seal_batch
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.primitives import open_sealed, system_random
from tokenizer.errors import SealBrokenError
from tokenizer.my_number import MyNumber

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "envelope.json").read_text(encoding="utf-8")
)["cases"]
GOOD = [case for case in VECTORS if case["expect"] == "ok"]
WRAP = b"w" * 32
NUMBERS = [number.encode() for number in synthetic_numbers(50)]
PERSONS = list(range(1, 51))

ids = st.integers(0, 2**63 - 1)
places = st.tuples(
    st.sampled_from(["number", "person-key"]), ids, ids, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
)


class OneEpoch:
    """A key provider that holds the one key of a vector."""

    def __init__(self, number: int, key: bytes) -> None:
        self._number = number
        self._key = key

    def epoch_numbers(self) -> list[int]:
        return [self._number]

    def has_epoch(self, number: int) -> bool:
        return number == self._number

    def epoch_key(self, number: int) -> bytes:
        return self._key

    def authority_key(self) -> bytes:
        return bytes(32)

    def log_seed(self) -> bytes:
        return bytes(32)


def random_of(*parts: str) -> Any:
    """A source of randomness that has exactly these bytes, in hexadecimal, to give."""
    pool = bytearray(b"".join(bytes.fromhex(part) for part in parts))

    def draw(count: int) -> bytes:
        assert len(pool) >= count
        drawn, pool[:] = bytes(pool[:count]), pool[count:]
        return drawn

    return draw


def case_row(case: dict[str, Any]) -> tuple[int, int, bytes, int, bytes]:
    given_ = case["input"]
    return (
        given_["person"],
        given_["epoch"],
        b64decode(given_["wrapped"]),
        given_["version"],
        b64decode(given_["sealed"]),
    )


def keys_of(case: dict[str, Any]) -> Any:
    given_ = case["input"]
    keyring = Keyring(OneEpoch(given_["epoch"], bytes.fromhex(given_["epoch_key"])))
    return keyring.tenant(given_["tenant"], given_["epoch"])


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_each_vector_opens_or_fails_as_it_says(case: dict[str, Any]) -> None:
    wrap = keys_of(case).wrap
    if case["expect"] == "ok":
        assert open_batch([wrap], case["input"]["tenant"], [case_row(case)]) == [case["number"].encode()]
    else:
        assert case["expect"] == "seal-broken"
        with pytest.raises(SealBrokenError):
            open_batch([wrap], case["input"]["tenant"], [case_row(case)])


@pytest.mark.parametrize("case", GOOD, ids=[case["name"] for case in GOOD])
def test_keys_places_and_index_of_each_good_vector_are_as_it_says(case: dict[str, Any]) -> None:
    given_, keys = case["input"], keys_of(case)
    tenant, person, version = given_["tenant"], given_["person"], given_["version"]
    assert keys.wrap.hex() == case["wrapping_key"]
    assert key_data(tenant, person, given_["epoch"], version).hex() == case["key_data"]
    assert number_data(tenant, person, version).hex() == case["number_data"]
    assert blind_index(keys.index, case["number"].encode()) == case["blind_index"]
    opened = open_sealed(keys.wrap, b64decode(given_["wrapped"]), bytes.fromhex(case["key_data"]))
    assert opened.hex() == case["person_key"]
    assert MyNumber.parse(case["number"]).reveal() == case["number"]


@pytest.mark.parametrize("case", [case for case in GOOD if case["input"]["version"] == 1], ids=str)
def test_the_writer_writes_exactly_what_a_vector_of_version_1_holds(case: dict[str, Any]) -> None:
    given_ = case["input"]
    drawn = random_of(case["person_key"], case["number_nonce"], case["key_nonce"])
    wrapped, sealed = seal_batch(
        keys_of(case).wrap,
        given_["tenant"],
        given_["epoch"],
        [given_["person"]],
        [case["number"].encode()],
        drawn,
    )
    assert (wrapped, sealed) == ([b64decode(given_["wrapped"])], [b64decode(given_["sealed"])])


def test_the_writer_of_a_changed_number_writes_exactly_what_the_vector_holds() -> None:
    before, after = GOOD[0], next(case for case in GOOD if case["input"]["version"] == 2)
    given_ = after["input"]
    drawn = random_of(after["key_nonce"], after["number_nonce"])
    place = given_["tenant"], given_["person"], given_["epoch"]
    wrapped = b64decode(before["input"]["wrapped"])
    written = reseal(keys_of(after).wrap, *place, wrapped, 1, after["number"].encode(), drawn)
    assert written == (b64decode(given_["wrapped"]), b64decode(given_["sealed"]))


def test_the_wrapping_key_is_derived_with_its_label_and_tenant() -> None:
    case = GOOD[0]
    epoch_key = bytes.fromhex(case["input"]["epoch_key"])
    message = b"wrap\x00" + case["input"]["tenant"].to_bytes(8)
    assert hmac.digest(epoch_key, message, "sha256").hex() == case["wrapping_key"]


def place_bytes(place: tuple[str, int, int, int, int]) -> bytes:
    kind, tenant, person, epoch, version = place
    if kind == "number":
        return number_data(tenant, person, version)
    return key_data(tenant, person, epoch, version)


@given(places, places)
def test_no_two_places_share_their_associated_data(
    left: tuple[str, int, int, int, int], right: tuple[str, int, int, int, int]
) -> None:
    def meaning(place: tuple[str, int, int, int, int]) -> tuple[object, ...]:
        kind, tenant, person, epoch, version = place
        return (kind, tenant, person, None if kind == "number" else epoch, version)

    assert (place_bytes(left) == place_bytes(right)) is (meaning(left) == meaning(right))


@given(places)
def test_associated_data_reads_back_field_by_field(place: tuple[str, int, int, int, int]) -> None:
    kind, tenant, person, epoch, version = place
    data, fields = place_bytes(place), []
    while data:
        size = int.from_bytes(data[:2])
        fields.append(data[2 : 2 + size])
        data = data[2 + size :]
    numbers = [version] if kind == "number" else [epoch, version]
    assert fields[:1] == [b"warifu-envelope-1"]
    assert [int.from_bytes(field) for field in fields[1:3]] == [tenant, person]
    assert fields[3] == kind.encode()
    assert [int.from_bytes(field) for field in fields[4:]] == numbers


def sealed_batch(tenant: int = 9, epoch: int = 3) -> list[tuple[int, int, bytes, int, bytes]]:
    wrapped, sealed = seal_batch(WRAP, tenant, epoch, PERSONS, NUMBERS, system_random)
    return [(person, epoch, key, 1, box) for person, key, box in zip(PERSONS, wrapped, sealed, strict=True)]


def test_a_batch_opens_in_its_order_with_every_leading_zero() -> None:
    rows = sealed_batch()
    assert open_batch([WRAP] * 50, 9, rows) == NUMBERS
    assert open_batch([WRAP] * 50, 9, rows[::-1]) == NUMBERS[::-1]
    assert open_batch([], 9, []) == []
    assert seal_batch(WRAP, 9, 3, [], [], system_random) == ([], [])


def test_rows_of_different_epochs_open_under_their_own_keys() -> None:
    wrapped, sealed = seal_batch(b"v" * 32, 9, 4, PERSONS[:1], NUMBERS[1:2], system_random)
    rows = [sealed_batch()[0], (1, 4, wrapped[0], 1, sealed[0])]
    assert open_batch([WRAP, b"v" * 32], 9, rows) == NUMBERS[:2]
    with pytest.raises(SealBrokenError):
        open_batch([b"v" * 32, WRAP], 9, rows)


def test_every_person_has_a_key_of_their_own_and_no_nonce_comes_twice() -> None:
    rows = sealed_batch()
    opened = {open_sealed(WRAP, row[2], key_data(9, row[0], 3, 1)) for row in rows}
    nonces = {box[1:13] for row in rows for box in (row[2], row[4])}
    assert (len(opened), len(nonces)) == (50, 100)


def test_the_same_number_sealed_twice_shares_no_bytes_to_tell_by() -> None:
    _, sealed = seal_batch(WRAP, 9, 3, [1, 2], [NUMBERS[0]] * 2, system_random)
    assert sealed[0][1:] != sealed[1][1:]
    assert {len(box) for box in sealed} == {41}


@pytest.mark.parametrize("column", [0, 1, 2, 3, 4])
def test_two_rows_with_one_column_exchanged_do_not_open(column: int) -> None:
    first, second, third = sealed_batch()[0], sealed_batch()[1], sealed_batch(epoch=4)[0]
    other = third if column == 1 else second
    moved: list[Any] = list(first)
    moved[column] = 2 if column == 3 else other[column]
    person, epoch, wrapped, version, sealed = moved
    with pytest.raises(SealBrokenError) as caught:
        open_batch([WRAP], 9, [(person, epoch, wrapped, version, sealed)])
    assert not any(number.decode() in str(caught.value) for number in NUMBERS)


def test_a_row_of_another_tenant_does_not_open() -> None:
    with pytest.raises(SealBrokenError):
        open_batch([WRAP], 10, sealed_batch()[:1])


def test_a_number_is_not_changed_under_a_key_that_was_altered() -> None:
    person, epoch, wrapped, version, _ = sealed_batch()[0]
    for bad in (wrapped[:-1], b"\x01" + bytes(60), b""):
        with pytest.raises(SealBrokenError):
            reseal(WRAP, 9, person, epoch, bad, version, NUMBERS[1], system_random)
    with pytest.raises(SealBrokenError):
        reseal(WRAP, 9, person, epoch, wrapped, version + 1, NUMBERS[1], system_random)
