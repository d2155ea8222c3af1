"""Items: what else is sealed under a person's key, such as a number that is not registered yet, or an image of a paper.

A key begins at version 0, before its person has a number. An item that must die before the number does so with its key:
the person gets another, under which everything else is sealed anew, and in old copies the item opens for nobody once
their epochs are destroyed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tokenizer.crypto.envelope import item_data, key_data, number_data
from tokenizer.crypto.primitives import KEY_BYTES, RandomBytes, open_sealed, seal


class HeldKey(NamedTuple):
    """A person's key as the database holds it.

    Attributes:
        epoch: the epoch it is wrapped under.
        version: the version of the number in force, 0 while there is none.
        wrapped: the wrapped key.
    """

    epoch: int
    version: int
    wrapped: bytes


class HeldItem(NamedTuple):
    """An item as the database holds it."""

    item: int
    kind: str
    sealed: bytes


class HeldNumber(NamedTuple):
    """A version of a number as the database holds it."""

    version: int
    sealed: bytes


def begin_keys(
    wrap_key: bytes, tenant: int, epoch: int, persons: Sequence[int], random_bytes: RandomBytes
) -> list[bytes]:
    """Make a key of version 0 for each person, wrapped.

    Args:
        wrap_key: the tenant's wrapping key in `epoch`.
        tenant: whose persons these are.
        epoch: the epoch that `wrap_key` belongs to.
        persons: person ids.
        random_bytes: source of keys and nonces.
    """
    return [
        seal(wrap_key, random_bytes(KEY_BYTES), key_data(tenant, person, epoch, 0), random_bytes)
        for person in persons
    ]


def seal_item(
    wrap_key: bytes,
    tenant: int,
    person: int,
    held: HeldKey,
    kind: str,
    item: int,
    content: bytes,
    random_bytes: RandomBytes,
) -> bytes:
    """Seal an item under its person's key.

    Raises:
        SealBrokenError: the person key is not what was stored.
    """
    key = _unwrap(wrap_key, tenant, person, held)
    return seal(key, content, item_data(tenant, person, kind, item), random_bytes)


def open_items(
    wrap_key: bytes, tenant: int, person: int, held: HeldKey, items: Sequence[HeldItem]
) -> list[bytes]:
    """Open items of one person, in their order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    key = _unwrap(wrap_key, tenant, person, held)
    return [open_sealed(key, each.sealed, item_data(tenant, person, each.kind, each.item)) for each in items]


def rekey(
    wrap_key: bytes,
    tenant: int,
    person: int,
    held: HeldKey,
    numbers: Sequence[HeldNumber],
    items: Sequence[HeldItem],
    random_bytes: RandomBytes,
) -> tuple[bytes, list[bytes], list[bytes]]:
    """Give a person another key, and seal under it what is to stay.

    Args:
        wrap_key: the tenant's wrapping key in the epoch of `held`.
        tenant: whose person.
        person: their id.
        held: their key until now.
        numbers: every version of their number.
        items: the items that stay.
        random_bytes: source of key and nonces.

    Returns:
        The new key, wrapped for the same epoch and version; the numbers and the items, each in their order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    old, new = _unwrap(wrap_key, tenant, person, held), random_bytes(KEY_BYTES)

    def move(sealed: bytes, bound: bytes) -> bytes:
        return seal(new, open_sealed(old, sealed, bound), bound, random_bytes)

    wrapped = seal(wrap_key, new, key_data(tenant, person, held.epoch, held.version), random_bytes)
    return (
        wrapped,
        [move(each.sealed, number_data(tenant, person, each.version)) for each in numbers],
        [move(each.sealed, item_data(tenant, person, each.kind, each.item)) for each in items],
    )


def _unwrap(wrap_key: bytes, tenant: int, person: int, held: HeldKey) -> bytes:
    return open_sealed(wrap_key, held.wrapped, key_data(tenant, person, held.epoch, held.version))
