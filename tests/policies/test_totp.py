"""One-time codes against the published vectors, and what counts as the same code."""

import random
from importlib.resources import files
from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.totp import (
    SEED_BYTES,
    STEP_MS,
    code_at,
    matching_step,
    new_seed,
    normalise_code,
    provisioning_uri,
    step_at,
)

RFC_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # base32 of the ASCII seed 12345678901234567890 of both RFCs
NOW = 1_760_000_000_000


def read_vectors(name: str) -> list[dict[str, str]]:
    text = (files("cryptography_vectors") / "twofactor" / name).read_text()
    blocks = [block.splitlines() for block in text.split("\n\n") if "COUNT = " in block]
    return [dict(line.split(" = ", 1) for line in block if " = " in line) for block in blocks]


HOTP = read_vectors("rfc-4226.txt")
TOTP = [vector for vector in read_vectors("rfc-6238.txt") if vector["MODE"] == "SHA1"]

seeds = st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES).map(lambda raw: new_seed(lambda _: raw))
moments = st.integers(min_value=STEP_MS, max_value=4_000_000_000_000)


def test_the_published_vectors_are_all_there() -> None:
    assert len(HOTP) == 10
    assert len(TOTP) == 6


@pytest.mark.parametrize("vector", HOTP, ids=lambda vector: vector["COUNTER"])
def test_rfc_4226_appendix_d(vector: dict[str, str]) -> None:
    assert vector["SECRET"] == "12345678901234567890"
    step = int(vector["COUNTER"])
    assert code_at(RFC_SEED, step * STEP_MS) == vector["HOTP"]
    assert matching_step(RFC_SEED, vector["HOTP"], step * STEP_MS) == step


@pytest.mark.parametrize("vector", TOTP, ids=lambda vector: vector["TIME"])
def test_rfc_6238_appendix_b(vector: dict[str, str]) -> None:
    # The appendix prints eight digits; ours are the last six of them (RFC 4226 section 5.3: modulo 10^6).
    now_ms, expected = int(vector["TIME"]) * 1000, vector["TOTP"][-6:]
    assert code_at(RFC_SEED, now_ms) == expected
    assert matching_step(RFC_SEED, expected, now_ms) == int(vector["TIME"]) // 30


def test_a_seed_is_160_random_bits_in_base32() -> None:
    assert new_seed(lambda size: b"12345678901234567890"[:size]) == RFC_SEED
    assert new_seed(random.randbytes) != new_seed(random.randbytes)


@given(seeds, moments)
def test_the_code_of_now_and_of_the_step_before_match_their_own_steps(seed: str, now: int) -> None:
    step = step_at(now)
    assert matching_step(seed, code_at(seed, now), now) == step
    before = code_at(seed, now - STEP_MS)
    if before != code_at(seed, now):
        assert matching_step(seed, before, now) == step - 1
        assert matching_step(seed, before, now, steps_back=0) is None


@given(seeds, moments)
def test_a_code_of_the_future_or_of_two_steps_ago_does_not_match(seed: str, now: int) -> None:
    accepted = {code_at(seed, now), code_at(seed, now - STEP_MS)}
    for other in (now + STEP_MS, now - 2 * STEP_MS):
        if other >= 0 and code_at(seed, other) not in accepted:
            assert matching_step(seed, code_at(seed, other), now) is None


@pytest.mark.parametrize(("offset", "matches"), [(-1, False), (0, True), (59_999, True), (60_000, False)])
def test_a_code_lives_from_its_first_millisecond_to_the_end_of_the_step_after(
    offset: int, matches: bool
) -> None:
    start = step_at(NOW) * STEP_MS
    code = code_at(RFC_SEED, start)
    assert (matching_step(RFC_SEED, code, start + offset) == step_at(NOW)) is matches


@given(seeds, moments, st.data())
def test_a_replay_dressed_in_white_space_or_full_width_is_the_same_step(
    seed: str, now: int, data: st.DataObject
) -> None:
    code = code_at(seed, now)
    spaces = st.text(st.sampled_from(" \t\n\r\u3000\u00a0\u2009\u202f"), max_size=3)
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    typed = "".join(
        data.draw(spaces) + data.draw(st.sampled_from(pair)) for pair in zip(code, wide, strict=True)
    ) + data.draw(spaces)
    assert normalise_code(typed) == code
    assert matching_step(seed, typed, now) == matching_step(seed, code, now) == step_at(now)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "123-456",
        "+12345",
        "-12345",
        "1234.5",
        "١٢٣٤٥٦",
        "一二三四五六",
        "0" * 65,
    ],
)
def test_what_is_not_six_digits_is_no_code(text: str) -> None:
    assert normalise_code(text) is None
    assert matching_step(RFC_SEED, text, NOW) is None


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    code = normalise_code(text)
    assert code is None or (len(code) == 6 and code.isascii() and code.isdigit())


def test_two_steps_that_share_a_code_count_as_the_later_one() -> None:
    twins = 56_188_870  # found by search: steps 56188870 and 56188871 both show 617002
    assert code_at(RFC_SEED, twins * STEP_MS) == code_at(RFC_SEED, (twins + 1) * STEP_MS)
    assert matching_step(RFC_SEED, code_at(RFC_SEED, twins * STEP_MS), (twins + 1) * STEP_MS) == twins + 1


def test_the_first_half_minute_of_1970_has_no_step_before() -> None:
    assert matching_step(RFC_SEED, code_at(RFC_SEED, 0), 0) == 0


def test_the_address_for_apps_names_issuer_account_and_seed() -> None:
    address = urlparse(provisioning_uri(RFC_SEED, "経理 花子@example.jp", "割符"))
    query = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert query["secret"] == [RFC_SEED]
    assert query["issuer"] == ["割符"]
    # Defaults of the format are SHA-1, six digits, 30 seconds: whatever is written must not say otherwise.
    assert query.get("algorithm", ["SHA1"]) == ["SHA1"]
    assert query.get("digits", ["6"]) == ["6"]
    assert query.get("period", ["30"]) == ["30"]
