"""Items under a person's key: what opens them, that nothing opens elsewhere, and what another key leaves behind."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.support.numbers import synthetic_numbers
from tokenizer.crypto.envelope import item_data, key_data, open_batch, reseal, seal_batch
from tokenizer.crypto.items import (
    HeldItem,
    HeldKey,
    HeldNumber,
    begin_keys,
    open_items,
    rekey,
    seal_item,
)
from tokenizer.crypto.primitives import mac, open_sealed, system_random
from tokenizer.errors import SealBrokenError

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "item.json").read_text(encoding="utf-8")
)["cases"]
GOOD = [case for case in VECTORS if case["expect"] == "ok"]
WRAP = b"w" * 32
TENANT, PERSON, EPOCH = 9, 4, 3
NUMBER, OTHER = (number.encode() for number in synthetic_numbers(2, seed=61))


def random_of(*parts: str) -> Any:
    """A source of randomness that has exactly these bytes, in hexadecimal, to give."""
    pool = bytearray(b"".join(bytes.fromhex(part) for part in parts))

    def draw(count: int) -> bytes:
        assert len(pool) >= count
        drawn, pool[:] = bytes(pool[:count]), pool[count:]
        return drawn

    return draw


def wrap_of(case: dict[str, Any]) -> bytes:
    given = case["input"]
    return mac(bytes.fromhex(given["epoch_key"]), b"wrap\x00" + given["tenant"].to_bytes(8))


def held_of(case: dict[str, Any]) -> HeldKey:
    given = case["input"]
    return HeldKey(given["epoch"], given["version"], b64decode(given["wrapped"]))


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_each_vector_opens_or_fails_as_it_says(case: dict[str, Any]) -> None:
    given = case["input"]
    item = HeldItem(given["item"], given["kind"], b64decode(given["sealed"]))
    place = given["tenant"], given["person"], held_of(case)
    if case["expect"] == "ok":
        assert open_items(wrap_of(case), *place, [item]) == [bytes.fromhex(case["content"])]
    else:
        assert case["expect"] == "seal-broken"
        with pytest.raises(SealBrokenError):
            open_items(wrap_of(case), *place, [item])


@pytest.mark.parametrize("case", GOOD, ids=[case["name"] for case in GOOD])
def test_the_writer_writes_exactly_what_a_good_vector_holds(case: dict[str, Any]) -> None:
    given = case["input"]
    tenant, person, kind, item = (given[name] for name in ("tenant", "person", "kind", "item"))
    assert item_data(tenant, person, kind, item).hex() == case["item_data"]
    assert key_data(tenant, person, given["epoch"], given["version"]).hex() == case["key_data"]
    written = seal_item(
        wrap_of(case),
        tenant,
        person,
        held_of(case),
        kind,
        item,
        bytes.fromhex(case["content"]),
        random_of(case["item_nonce"]),
    )
    assert written == b64decode(given["sealed"])


def test_the_writer_begins_keys_as_the_vector_of_version_0_holds_it() -> None:
    case = GOOD[0]
    given = case["input"]
    drawn = random_of(case["person_key"], case["key_nonce"])
    begun = begin_keys(wrap_of(case), given["tenant"], given["epoch"], [given["person"]], drawn)
    assert begun == [b64decode(given["wrapped"])]


def begun() -> HeldKey:
    (wrapped,) = begin_keys(WRAP, TENANT, EPOCH, [PERSON], system_random)
    return HeldKey(EPOCH, 0, wrapped)


def sealed(held: HeldKey, item: int, kind: str, content: bytes) -> HeldItem:
    box = seal_item(WRAP, TENANT, PERSON, held, kind, item, content, system_random)
    return HeldItem(item, kind, box)


def test_a_number_that_is_registered_later_is_version_1_under_the_key_of_its_items() -> None:
    held = begun()
    item = sealed(held, 1, "image", b"a picture")
    wrapped, box = reseal(WRAP, TENANT, PERSON, EPOCH, held.wrapped, 0, NUMBER, system_random)
    assert open_batch([WRAP], TENANT, [(PERSON, EPOCH, wrapped, 1, box)]) == [NUMBER]
    assert open_items(WRAP, TENANT, PERSON, HeldKey(EPOCH, 1, wrapped), [item]) == [b"a picture"]
    with pytest.raises(SealBrokenError):
        open_items(WRAP, TENANT, PERSON, HeldKey(EPOCH, 1, held.wrapped), [item])


def test_under_another_key_what_stays_opens_and_what_was_sealed_before_does_not() -> None:
    wrapped, boxes = seal_batch(WRAP, TENANT, EPOCH, [PERSON], [NUMBER], system_random)
    first = HeldNumber(1, boxes[0])
    rewrapped, box = reseal(WRAP, TENANT, PERSON, EPOCH, wrapped[0], 1, OTHER, system_random)
    second, held = HeldNumber(2, box), HeldKey(EPOCH, 2, rewrapped)
    dies, stays = sealed(held, 1, "image", b"goes"), sealed(held, 2, "image", b"stays")

    fresh, numbers, (kept,) = rekey(WRAP, TENANT, PERSON, held, [first, second], [stays], system_random)

    new = HeldKey(EPOCH, 2, fresh)
    assert open_batch([WRAP], TENANT, [(PERSON, EPOCH, fresh, 2, numbers[1])]) == [OTHER]
    assert open_items(WRAP, TENANT, PERSON, new, [HeldItem(2, "image", kept)]) == [b"stays"]
    for old in (dies, stays):
        with pytest.raises(SealBrokenError):
            open_items(WRAP, TENANT, PERSON, new, [old])
    key, before = (open_sealed(WRAP, each, key_data(TENANT, PERSON, EPOCH, 2)) for each in (fresh, rewrapped))
    assert key != before


def test_nothing_is_sealed_anew_from_a_row_that_was_altered() -> None:
    held = begun()
    item = sealed(held, 1, "image", b"a picture")
    for numbers, items in (
        ([], [item._replace(kind="number")]),
        ([], [item._replace(sealed=item.sealed[:-1])]),
        ([HeldNumber(1, item.sealed)], []),
    ):
        with pytest.raises(SealBrokenError):
            rekey(WRAP, TENANT, PERSON, held, numbers, items, system_random)
