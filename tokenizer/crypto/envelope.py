"""The envelope: a number, and whatever else dies with it, under its person's key; that key under (epoch, tenant).

Every sealed value is bound to its place by associated data, the length-prefixed fields

    format "warifu-envelope-1" | tenant (8 bytes) | person (8 bytes) | "number" | version (4 bytes)
    format "warifu-envelope-1" | tenant (8 bytes) | person (8 bytes) | "person-key" | epoch (4) | version (4)
    format "warifu-envelope-1" | tenant (8 bytes) | person (8 bytes) | "item" | kind (text) | item (8 bytes)

so that a value moved to another tenant, person, kind, epoch, version or item does not open. The version beside a person
key is the one in force: nobody can bring back the number before a change by writing to the version's column alone.
Version 0 is that of a key whose person has no number yet. How items are sealed stands in `tokenizer.crypto.items`.
Stored forms are specified in tests/vectors/README.md.

Batches are columns. One call for the random bytes of a whole batch and plain loops over local names are what keeps
the Python around a cipher cheaper than the cipher.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from tokenizer.crypto.primitives import (
    KEY_BYTES,
    NONCE_BYTES,
    RandomBytes,
    open_many,
    open_sealed,
    seal,
    seal_with_nonce,
)

_FORMAT: Final = b"warifu-envelope-1"
_REMEMBERED: Final = 4096
"""Spellings of tenants, epochs and versions: nothing secret, and the same for row after row."""

WrappedRow = tuple[int, int, bytes, int, *tuple[Any, ...]]
"""Person, epoch, wrapped person key, version; what else stands there is of no interest."""
SealedRow = tuple[int, int, bytes, int, bytes]
"""Person, epoch, wrapped person key, version, sealed number."""


def _field(value: bytes) -> bytes:
    return len(value).to_bytes(2) + value


@lru_cache(maxsize=_REMEMBERED)
def _head(tenant: int) -> bytes:
    return _field(_FORMAT) + _field(tenant.to_bytes(8)) + b"\x00\x08"


@lru_cache(maxsize=_REMEMBERED)
def _number_tail(version: int) -> bytes:
    return _field(b"number") + _field(version.to_bytes(4))


@lru_cache(maxsize=_REMEMBERED)
def _key_tail(epoch: int, version: int) -> bytes:
    return _field(b"person-key") + _field(epoch.to_bytes(4)) + _field(version.to_bytes(4))


def item_data(tenant: int, person: int, kind: str, item: int) -> bytes:
    """The associated data that binds a sealed item to its row."""
    return (
        _head(tenant)
        + person.to_bytes(8)
        + _field(b"item")
        + _field(kind.encode())
        + _field(item.to_bytes(8))
    )


def number_data(tenant: int, person: int, version: int) -> bytes:
    """The associated data that binds a sealed number to its row."""
    return _head(tenant) + person.to_bytes(8) + _number_tail(version)


def key_data(tenant: int, person: int, epoch: int, version: int) -> bytes:
    """The associated data that binds a wrapped person key to its row."""
    return _head(tenant) + person.to_bytes(8) + _key_tail(epoch, version)


def seal_batch(
    wrap_key: bytes,
    tenant: int,
    epoch: int,
    persons: Sequence[int],
    numbers: Sequence[bytes],
    random_bytes: RandomBytes,
) -> tuple[list[bytes], list[bytes]]:
    """Make a key for each new person, seal version 1 of their number, wrap the key.

    Args:
        wrap_key: the tenant's wrapping key in `epoch`.
        tenant: whose persons these are.
        epoch: the epoch that `wrap_key` belongs to.
        persons: person ids.
        numbers: 12 ASCII digits each, in the same order.
        random_bytes: source of keys and nonces.

    Returns:
        The wrapped person keys and the sealed numbers, each in the same order.
    """
    step = KEY_BYTES + 2 * NONCE_BYTES
    pool = random_bytes(step * len(persons))
    head, key_tail, number_tail = _head(tenant), _key_tail(epoch, 1), _number_tail(1)
    wrapped: list[bytes] = []
    sealed: list[bytes] = []
    position = 0
    for person, number in zip(persons, numbers, strict=True):
        key = pool[position : position + 32]
        row = head + person.to_bytes(8)
        sealed.append(seal_with_nonce(key, pool[position + 32 : position + 44], number, row + number_tail))
        wrapped.append(seal_with_nonce(wrap_key, pool[position + 44 : position + 56], key, row + key_tail))
        position += step
    return wrapped, sealed


def unwrap_batch(wrap_keys: Sequence[bytes], tenant: int, rows: Sequence[WrappedRow]) -> list[bytes]:
    """Unwrap many persons' keys, and open nothing that they seal.

    Args:
        wrap_keys: the wrapping key of each row's epoch.
        tenant: whose persons these are.
        rows: what is stored of each.

    Returns:
        The 32 bytes of each key, in the same order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    head = _head(tenant)
    tails = {place: _key_tail(*place) for place in {(row[1], row[3]) for row in rows}}
    places = [head + row[0].to_bytes(8) + tails[row[1], row[3]] for row in rows]
    return open_many(wrap_keys, [row[2] for row in rows], places)


def open_batch(wrap_keys: Sequence[bytes], tenant: int, rows: Sequence[SealedRow]) -> list[bytes]:
    """Open many persons' numbers: `unwrap_batch`, and then `open_numbers`.

    Args:
        wrap_keys: the wrapping key of each row's epoch.
        tenant: whose persons these are.
        rows: what is stored of each.

    Returns:
        12 ASCII digits each, in the same order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    keys = unwrap_batch(wrap_keys, tenant, rows)
    return open_numbers(keys, tenant, [(row[0], row[3], row[4]) for row in rows])


def reseal(
    wrap_key: bytes,
    tenant: int,
    person: int,
    epoch: int,
    wrapped: bytes,
    version: int,
    number: bytes,
    random_bytes: RandomBytes,
) -> tuple[bytes, bytes]:
    """Seal the next version of a person's number under the key the person already has.

    Args:
        wrap_key: the tenant's wrapping key in `epoch`.
        tenant: whose person.
        person: their id.
        epoch: the epoch their key is wrapped under.
        wrapped: their wrapped key.
        version: the version in force until now.
        number: the 12 ASCII digits of the next one.
        random_bytes: source of nonces.

    Returns:
        The key, wrapped for the next version, and the sealed number.

    Raises:
        SealBrokenError: the person key is not what was stored.
    """
    key = open_sealed(wrap_key, wrapped, key_data(tenant, person, epoch, version))
    return (
        seal(wrap_key, key, key_data(tenant, person, epoch, version + 1), random_bytes),
        seal(key, number, number_data(tenant, person, version + 1), random_bytes),
    )


def rewrap_batch(
    wrap_keys: Sequence[bytes],
    new_wrap_key: bytes,
    tenant: int,
    new_epoch: int,
    rows: Sequence[WrappedRow],
    random_bytes: RandomBytes,
) -> tuple[list[bytes], list[bytes]]:
    """Wrap persons' keys anew, under another epoch.

    Args:
        wrap_keys: the wrapping key of each row's epoch.
        new_wrap_key: the tenant's wrapping key in `new_epoch`.
        tenant: whose persons these are.
        new_epoch: the epoch they move to.
        rows: what is stored of each.
        random_bytes: source of nonces.

    Returns:
        The persons' keys, and the same wrapped under the new epoch, each in the same order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    keys = unwrap_batch(wrap_keys, tenant, rows)
    head = _head(tenant)
    tails = {version: _key_tail(new_epoch, version) for version in {row[3] for row in rows}}
    pool = random_bytes(NONCE_BYTES * len(rows))
    nonces = (pool[start : start + NONCE_BYTES] for start in range(0, len(pool), NONCE_BYTES))
    wrapped = [
        seal_with_nonce(new_wrap_key, nonce, key, head + row[0].to_bytes(8) + tails[row[3]])
        for nonce, key, row in zip(nonces, keys, rows, strict=True)
    ]
    return keys, wrapped


def open_numbers(keys: Sequence[bytes], tenant: int, rows: Sequence[tuple[int, int, bytes]]) -> list[bytes]:
    """Open sealed numbers under keys that were unwrapped already.

    Args:
        keys: the person's key for each row.
        tenant: whose persons these are.
        rows: (person, version, sealed number).

    Returns:
        12 ASCII digits each, in the same order.

    Raises:
        SealBrokenError: a row is not what was stored.
    """
    head = _head(tenant)
    tails = {version: _number_tail(version) for version in {row[1] for row in rows}}
    places = [head + row[0].to_bytes(8) + tails[row[1]] for row in rows]
    return open_many(keys, [row[2] for row in rows], places)
