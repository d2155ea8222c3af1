"""Argon2id as the vault uses it: what is stored, what is equal, what an unknown login costs."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenizer.crypto.passwords import (
    CHEAP_FOR_TESTS,
    KEY_DIRECTORY,
    RFC_9106_LOW_MEMORY,
    Passwords,
    Profile,
    derive_key,
    normalise,
)
from tokenizer.errors import SealBrokenError

PASSWORD = "correct horse 割符 battery"
CHEAP = Passwords(CHEAP_FOR_TESTS)


def counting_bytes(size: int) -> bytes:
    return bytes(range(size))


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_text_verifies_against_its_own_hash_and_not_against_another(password: str) -> None:
    stored = CHEAP.hash(password)
    assert CHEAP.verify(stored, password)
    assert not CHEAP.verify(stored, password + "x")


def test_a_stored_hash_names_argon2id_and_its_costs_and_not_the_password() -> None:
    stored = CHEAP.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert PASSWORD not in stored


def test_the_default_profile_is_the_low_memory_one_of_rfc_9106() -> None:
    assert Profile(time_cost=3, memory_kib=65536, lanes=4) == RFC_9106_LOW_MEMORY
    stored = Passwords().hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_two_hashes_of_one_password_differ_by_their_salt() -> None:
    assert CHEAP.hash(PASSWORD) != CHEAP.hash(PASSWORD)
    fixed = Passwords(CHEAP_FOR_TESTS, counting_bytes)
    assert fixed.hash(PASSWORD) == fixed.hash(PASSWORD)


@pytest.mark.parametrize("typed", ["ｐａｓｓ ガード", "pass カ\u3099ート\u3099", "pass ｶﾞｰﾄﾞ"])
def test_a_password_is_the_same_in_every_unicode_form(typed: str) -> None:
    assert CHEAP.verify(CHEAP.hash("pass ガード"), typed)


def test_a_lone_surrogate_is_hashed_rather_than_quoted_in_an_encoding_error() -> None:
    assert CHEAP.verify(CHEAP.hash("abc\ud800"), "abc\ud800")
    assert not CHEAP.verify(CHEAP.hash("abc\ud800"), "abc?")


def test_a_login_that_does_not_exist_is_refused_at_the_same_costs() -> None:
    passwords = Passwords(Profile(time_cost=2, memory_kib=16, lanes=2), random.randbytes)
    assert not passwords.verify_nobody(PASSWORD)
    # The hash of nobody is one that this profile itself would make: same algorithm, costs and lengths.
    real, nobody = passwords.hash(PASSWORD), passwords._nobody
    assert real.split("$")[:4] == nobody.split("$")[:4]
    assert list(map(len, real.split("$"))) == list(map(len, nobody.split("$")))
    assert not passwords.needs_rehash(nobody)


def test_a_hash_of_other_costs_still_verifies_and_asks_to_be_made_again() -> None:
    old = CHEAP.hash(PASSWORD)
    dearer = Passwords(Profile(time_cost=2, memory_kib=8, lanes=1))
    assert dearer.verify(old, PASSWORD)
    assert dearer.needs_rehash(old)
    assert not CHEAP.needs_rehash(old)


@pytest.mark.parametrize("stored", ["", "x", "$2b$12$" + "a" * 53, "$argon2id$v=19$m=8,t=1,p=1$"])
def test_a_stored_text_that_is_no_hash_of_ours_is_told_as_broken(stored: str) -> None:
    with pytest.raises(SealBrokenError):
        CHEAP.verify(stored, PASSWORD)
    with pytest.raises(SealBrokenError):
        CHEAP.needs_rehash(stored)


def test_a_derived_key_depends_on_passphrase_salt_and_every_cost() -> None:
    salt = bytes(16)
    keys = {
        derive_key(PASSWORD, salt, CHEAP_FOR_TESTS),
        derive_key(PASSWORD + "x", salt, CHEAP_FOR_TESTS),
        derive_key(PASSWORD, b"\x01" * 16, CHEAP_FOR_TESTS),
        derive_key(PASSWORD, salt, Profile(2, 8, 1)),
        derive_key(PASSWORD, salt, Profile(1, 16, 1)),
        derive_key(PASSWORD, salt, Profile(1, 16, 2)),
    }
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}


def test_a_key_derived_for_a_directory_stays_the_same_from_release_to_release() -> None:
    salt = bytes(range(16))
    assert (
        derive_key("ひみつ for tests", salt, CHEAP_FOR_TESTS).hex()
        == "a2762e20e7bf35127ae4e2a7bb9d2cea4caace89ff1310b69764c6cabccfc5c7"
    )


def test_a_directory_costs_an_attacker_more_than_a_login() -> None:
    assert KEY_DIRECTORY.memory_kib > RFC_9106_LOW_MEMORY.memory_kib


@given(st.text())
def test_normalising_twice_changes_nothing_more(password: str) -> None:
    assert normalise(normalise(password)) == normalise(password)
