"""Postal codes at the start of addresses, as people write them."""

import pytest

from custody.kits.facts import PostalAddress
from custody.kits.postal import postal_code, postal_of

HOME = PostalAddress("100-0001", "東京都千代田区千代田9番99号")


@pytest.mark.parametrize(
    "start",
    [
        "〒100-0001 ",
        "100-0001",
        "1000001 ",
        "〒1000001",
        "〒１００－０００１　",
        "〒 100 ー 0001 ",
        "100‐0001\n",
    ],
)
def test_an_address_begins_with_its_postal_code_however_it_is_written(start: str) -> None:
    assert postal_of(f"{start}東京都千代田区千代田9番99号") == HOME


@pytest.mark.parametrize(
    "address",
    [
        "",
        "東京都千代田区",
        "〒100-0001",
        "〒100-000 東京都",
        "東京都〒100-0001",
        "10000012 東京都",
        "〒100-00011",
    ],
)
def test_an_address_without_one_goes_nowhere(address: str) -> None:
    assert postal_of(address) is None


def test_what_follows_the_code_stays_as_it_was_written() -> None:
    found = postal_of("1000001髙﨑町１－２\nビル８階")
    assert found == PostalAddress("100-0001", "髙﨑町１－２\nビル８階")


@pytest.mark.parametrize("text", ["12345678", "123-456", "〒", "abc-defg", "123456789018"])
def test_what_is_no_postal_code_is_none(text: str) -> None:
    assert postal_code(text) is None
