"""Tokens, keys, sessions and recovery codes: their form, their randomness, and what is refused."""

import hashlib
import json
import math
import random
import re
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.errors import InvalidTokenError
from tokenizer.token import (
    LARGEST_TENANT,
    SCANNER_PATTERN,
    Kind,
    check_tokens,
    digest,
    find_secret_problem,
    find_token_problem,
    mint_recovery_codes,
    mint_secret,
    mint_tokens,
    parse_recovery_code,
    parse_secret,
    parse_token,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "token.json").read_text(encoding="utf-8"))[
    "cases"
]
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

tenants = st.integers(min_value=0, max_value=LARGEST_TENANT)
kinds = st.sampled_from(Kind)
generators = st.binary(max_size=8).map(lambda seed: lambda size: hashlib.shake_256(seed).digest(size))


def base62(number: int) -> str:
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def with_checksum(body: str) -> str:
    return body + base62(crc32(body.encode()))


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_each_vector_is_read_as_it_says(case: dict[str, Any]) -> None:
    assert (find_token_problem(case["input"].strip()) or "ok") == case["expect"]
    assert check_tokens([case["input"]]) == [case["expect"] == "ok"]
    if case["expect"] == "ok":
        token = parse_token(case["input"])
        assert (token.text, token.sandbox) == (case["token"], case["sandbox"])


def test_the_vectors_name_every_way_to_fail() -> None:
    expected = {"ok", "unknown-prefix", "foreign-character", "wrong-length", "checksum-mismatch"}
    assert {case["expect"] for case in VECTORS} == expected


# --- tokens


@given(st.integers(min_value=0, max_value=40), st.booleans(), generators)
def test_every_minted_token_is_read_back(
    count: int, sandbox: bool, random_bytes: Callable[[int], bytes]
) -> None:
    tokens = mint_tokens(count, sandbox=sandbox, random_bytes=random_bytes)
    assert len(tokens) == count
    assert check_tokens(tokens) == [True] * count
    for token in tokens:
        assert parse_token(f" {token}\n").text == token
        assert parse_token(token).sandbox is sandbox
        assert token == with_checksum(token[:-6])
        assert token.startswith("wft_test_" if sandbox else "wft_")


def test_a_token_carries_at_least_128_random_bits() -> None:
    token = mint_tokens(1, sandbox=False, random_bytes=random.randbytes)[0]
    assert (len(token) - len("wft_") - 6) * math.log2(62) >= 128


def test_every_character_is_equally_likely_and_no_byte_is_bent_to_fit() -> None:
    # Each of the 256 byte values once per character: the 248 that are kept cover each character exactly 4 times.
    tokens = mint_tokens(124, sandbox=False, random_bytes=lambda size: (bytes(range(256)) * size)[:size])
    counted = Counter("".join(token[4:-6] for token in tokens))
    assert len(counted) == 62
    assert set(counted.values()) == {124 * 22 // 62}


def test_a_source_that_yields_too_many_unusable_bytes_is_asked_again() -> None:
    asked = []

    def mostly_unusable(size: int) -> bytes:
        asked.append(size)
        return (b"\xff" * 3 + b"\x00") * (size // 4)

    assert (
        mint_tokens(3, sandbox=False, random_bytes=mostly_unusable) == [with_checksum("wft_" + "0" * 22)] * 3
    )
    assert len(asked) > 1


def test_a_batch_asks_the_source_once_as_a_rule() -> None:
    asked = []

    def counting(size: int) -> bytes:
        asked.append(size)
        return hashlib.shake_256(b"any seed").digest(size)

    assert len(set(mint_tokens(5000, sandbox=False, random_bytes=counting))) == 5000
    assert len(asked) == 1


@given(generators, st.integers(min_value=0, max_value=31), st.sampled_from(BASE62))
def test_a_change_of_any_one_character_is_noticed(
    random_bytes: Callable[[int], bytes], place: int, character: str
) -> None:
    token = mint_tokens(1, sandbox=False, random_bytes=random_bytes)[0]
    changed = token[:place] + character + token[place + 1 :]
    assert check_tokens([changed]) == [changed == token]


@given(st.text(max_size=60))
def test_any_text_gets_the_same_answer_from_both_readers(text: str) -> None:
    for candidate in (text, "wft_" + text, with_checksum("wft_" + text) if text.isascii() else text):
        try:
            parse_token(candidate)
        except InvalidTokenError:
            assert check_tokens([candidate]) == [False]
        else:
            assert check_tokens([candidate]) == [True]


@pytest.mark.parametrize(
    "case", [case for case in VECTORS if case["expect"] != "ok" and len(case["input"]) > 8]
)
def test_a_refusal_is_bilingual_and_never_repeats_the_text(case: dict[str, str]) -> None:
    with pytest.raises(InvalidTokenError) as caught:
        parse_token(case["input"])
    assert case["input"].strip()[4:] not in str(caught.value)
    assert caught.value.message_en.isascii()
    assert not caught.value.message_ja.isascii()


def test_a_token_prints_without_its_text() -> None:
    token = mint_tokens(1, sandbox=True, random_bytes=random.randbytes)[0]
    assert token not in repr(parse_token(token))


# --- client keys and sessions


@given(kinds, tenants, generators)
def test_every_minted_secret_is_read_back_with_its_tenant(
    kind: Kind, tenant: int, random_bytes: Callable[[int], bytes]
) -> None:
    text = mint_secret(kind, tenant, random_bytes)
    secret = parse_secret(kind, f"\t{text} ")
    assert (secret.kind, secret.tenant, secret.text) == (kind, tenant, text)
    assert text not in repr(secret)
    assert len(text) == 4 + 9 + 43 + 6


def test_a_secret_carries_256_random_bits() -> None:
    assert 43 * math.log2(62) >= 256
    assert len({mint_secret(Kind.CLIENT_KEY, 1, random.randbytes) for _ in range(100)}) == 100


@pytest.mark.parametrize("tenant", [-1, LARGEST_TENANT + 1])
def test_a_tenant_beyond_48_bits_gets_no_secret(tenant: int) -> None:
    with pytest.raises(ValueError, match="tenant"):
        mint_secret(Kind.SESSION, tenant, random.randbytes)


def test_a_tenant_beyond_48_bits_is_not_read_though_its_digits_would_fit() -> None:
    largest = mint_secret(Kind.SESSION, LARGEST_TENANT, random.randbytes)
    assert parse_secret(Kind.SESSION, largest).tenant == LARGEST_TENANT
    beyond = with_checksum("wfs_" + "z" * 9 + largest[13:-6])
    assert find_secret_problem(Kind.SESSION, beyond) == "tenant-out-of-range"
    with pytest.raises(InvalidTokenError):
        parse_secret(Kind.SESSION, beyond)


@given(tenants, generators, st.data())
def test_a_secret_is_of_one_kind_and_whole(
    tenant: int, random_bytes: Callable[[int], bytes], data: st.DataObject
) -> None:
    key = mint_secret(Kind.CLIENT_KEY, tenant, random_bytes)
    assert find_secret_problem(Kind.SESSION, key) == "unknown-prefix"
    assert find_secret_problem(Kind.SESSION, "wfs_" + key[4:]) == "checksum-mismatch"
    assert find_secret_problem(Kind.CLIENT_KEY, key[:-1]) == "wrong-length"
    place = data.draw(st.integers(min_value=4, max_value=len(key) - 1))
    assert find_secret_problem(Kind.CLIENT_KEY, key[:place] + "-" + key[place + 1 :]) == "foreign-character"
    assert check_tokens([key]) == [False]


# --- recovery codes


@given(generators)
def test_ten_recovery_codes_are_ten_different_ones_and_read_back(
    random_bytes: Callable[[int], bytes],
) -> None:
    codes = mint_recovery_codes(10, random_bytes)
    assert len(set(codes)) == 10
    for code in codes:
        assert parse_recovery_code(f"\u3000{code}\r\n") == code
        assert code == with_checksum(code[:-6])


@pytest.mark.parametrize("text", ["", "wfr_", "wfr_" + "0" * 28, "wft_" + "0" * 28])
def test_what_is_no_recovery_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        parse_recovery_code(text)


# --- digests and scanners


def test_the_digest_is_sha_256_of_the_text() -> None:
    assert digest("wfk_x") == hashlib.sha256(b"wfk_x").digest()


@given(generators, tenants)
def test_the_scanner_pattern_finds_everything_that_is_minted(
    random_bytes: Callable[[int], bytes], tenant: int
) -> None:
    minted = [
        *mint_tokens(1, sandbox=False, random_bytes=random_bytes),
        *mint_tokens(1, sandbox=True, random_bytes=random_bytes),
        *mint_recovery_codes(1, random_bytes),
        *(mint_secret(kind, tenant, random_bytes) for kind in Kind),
    ]
    text = "key = '" + "'; other=\"".join(minted) + '"\n'
    assert re.findall(SCANNER_PATTERN, text) == minted


@pytest.mark.parametrize(
    "text", ["wft_", "wft_short", "xwft_" + "0" * 28, "wft_" + "0" * 29, "wfk_" + "0" * 28, "wfx_" + "0" * 28]
)
def test_the_scanner_pattern_passes_over_what_has_another_form(text: str) -> None:
    assert re.search(SCANNER_PATTERN, text) is None
