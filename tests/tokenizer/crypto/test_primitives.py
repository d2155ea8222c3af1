"""Seals, MACs and signatures: what opens, what does not, and that nothing secret prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.crypto.primitives import (
    KEY_BYTES,
    OVERHEAD_BYTES,
    MacKey,
    Signer,
    equal,
    mac,
    open_many,
    open_sealed,
    public_key,
    seal,
    seal_with_nonce,
    sign,
    verify,
)
from tokenizer.errors import SealBrokenError

KEY, OTHER = bytes(range(32)), bytes(32)
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@given(keys, st.binary(max_size=200), st.binary(max_size=200))
def test_what_was_sealed_opens_under_the_same_key_and_place(key: bytes, text: bytes, place: bytes) -> None:
    sealed = seal(key, text, place)
    assert open_sealed(key, sealed, place) == text
    assert len(sealed) == len(text) + OVERHEAD_BYTES


def test_a_seal_of_the_same_text_differs_each_time() -> None:
    assert seal(KEY, b"x", b"place") != seal(KEY, b"x", b"place")


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_seal_with_any_bit_changed_does_not_open(text: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, text, b"place"))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBrokenError):
        open_sealed(KEY, bytes(sealed), b"place")


@pytest.mark.parametrize("length", range(OVERHEAD_BYTES + 3))
def test_a_seal_cut_short_does_not_open(length: int) -> None:
    sealed = seal(KEY, b"abc", b"place")
    assert len(sealed) == OVERHEAD_BYTES + 3
    with pytest.raises(SealBrokenError):
        open_sealed(KEY, sealed[:length], b"place")


@pytest.mark.parametrize(
    ("key", "place"), [(OTHER, b"place"), (KEY, b"other"), (KEY, b""), (KEY[:31], b"place"), (b"", b"place")]
)
def test_a_seal_does_not_open_under_another_key_or_place(key: bytes, place: bytes) -> None:
    with pytest.raises(SealBrokenError) as caught:
        open_sealed(key, seal(KEY, b"abc", b"place"), place)
    assert caught.value.__cause__ is None  # the library's error could quote what it was given


def test_another_algorithm_byte_is_not_opened() -> None:
    sealed = seal(KEY, b"abc", b"")
    for byte in (0, 2, 255):
        with pytest.raises(SealBrokenError):
            open_sealed(KEY, bytes([byte]) + sealed[1:], b"")
        with pytest.raises(SealBrokenError):
            open_many([KEY], [bytes([byte]) + sealed[1:]], [b""])


def test_a_column_opens_as_its_rows_do() -> None:
    column = [bytes([row]) * 12 for row in range(20)]
    places = [bytes([row]) for row in range(20)]
    row_keys = [bytes([row]) * KEY_BYTES for row in range(20)]
    sealed = [seal(key, text, place) for key, text, place in zip(row_keys, column, places, strict=True)]
    assert open_many(row_keys, sealed, places) == column


@pytest.mark.parametrize("bad", [b"", b"\x01", b"\x01" * 20, b"\x02" * 60])
def test_one_bad_row_fails_the_column(bad: bytes) -> None:
    sealed = [seal(KEY, b"x", b""), bad]
    with pytest.raises(SealBrokenError):
        open_many([KEY, KEY], sealed, [b"", b""])


def test_columns_of_different_length_open_nothing() -> None:
    with pytest.raises(SealBrokenError):
        open_many([KEY], [], [])


def test_the_nonce_stands_in_the_seal_as_it_was_given() -> None:
    assert seal_with_nonce(KEY, b"n" * 12, b"x", b"")[1:13] == b"n" * 12


@given(keys, st.binary(max_size=100), st.binary(max_size=100))
def test_two_messages_share_a_mac_only_if_they_are_the_same(key: bytes, left: bytes, right: bytes) -> None:
    assert (mac(key, left) == mac(key, right)) is (left == right)
    assert equal(mac(key, left), mac(key, right)) is (left == right)


@given(st.binary(min_size=1, max_size=80), st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_a_prepared_key_makes_the_same_macs_however_often_it_is_used(
    key: bytes, messages: list[bytes]
) -> None:
    prepared = MacKey(key)
    assert [prepared.mac(each) for each in messages] == [mac(key, each) for each in messages]


def test_a_prepared_key_prints_without_the_key() -> None:
    assert repr(MacKey(b"\x07" * 32)) == "MacKey(****)"


def test_a_signature_counts_for_its_message_and_key_only() -> None:
    seed, other = bytes(range(32)), bytes(32)
    signature = sign(seed, b"message")
    assert verify(public_key(seed), b"message", signature)
    assert not verify(public_key(seed), b"massage", signature)
    assert not verify(public_key(other), b"message", signature)
    assert not verify(public_key(seed), b"message", signature[:-1])
    assert not verify(b"short", b"message", signature)
    assert not verify(public_key(seed), b"message", b"")


def test_a_signer_signs_as_its_seed_does_and_prints_without_it() -> None:
    seed = bytes(range(32))
    signer = Signer(seed)
    assert signer.sign(b"message") == sign(seed, b"message")
    assert signer.public == public_key(seed)
    assert seed.hex() not in repr(signer)
    assert repr(signer) == f"Signer(public={signer.public.hex()})"
