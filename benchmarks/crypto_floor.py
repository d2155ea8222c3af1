"""The cryptography alone: what any implementation has to compute for a batch, with the vault's primitives.

Nothing else is in these loops: no validation of what came in, no rows, no objects, no choice of key by epoch. They
call the same library functions (libsodium through PyNaCl, OpenSSL's SHA-256 and HMAC through `hashlib` and `hmac`).
"""

import os
from binascii import b2a_base64
from collections.abc import Sequence
from hashlib import sha256
from hmac import digest

from nacl import bindings

from tokenizer.crypto.envelope import key_data, number_data
from tokenizer.my_number import check_numbers
from tokenizer.token import mint_tokens

_seal = bindings.crypto_aead_chacha20poly1305_ietf_encrypt
_open = bindings.crypto_aead_chacha20poly1305_ietf_decrypt

_EPOCH = 1
_VERSION = 1

SealedRow = tuple[int, int, bytes, bytes]
"""Place in the batch, person, wrapped person key, sealed number."""


def tokenize(
    numbers: Sequence[str], persons: Sequence[int], keys: tuple[bytes, bytes], tenant: int, leaf: bytes
) -> None:
    """Check digits, person keys, two seals a number, blind index, token, leaf hash, tree.

    Args:
        numbers: twelve digits each.
        persons: their ids.
        keys: wrapping key and index key.
        tenant: whose numbers.
        leaf: a leaf's bytes with `%d` for the person.
    """
    wrap_key, index_key = keys
    place, key_kind, number_kind = _bound(tenant)
    checked, _ = check_numbers(numbers)
    digits = [number for number in checked if number is not None]
    pool = os.urandom(56 * len(numbers))
    position = 0
    for person, number in zip(persons, digits, strict=True):
        key, nonce = pool[position : position + 32], pool[position + 32 : position + 44]
        here, wrap_nonce = place + person.to_bytes(8), pool[position + 44 : position + 56]
        _ = b"\x01" + nonce + _seal(number, here + number_kind, nonce, key)
        _ = b"\x01" + wrap_nonce + _seal(key, here + key_kind, wrap_nonce, wrap_key)
        position += 56
    for number in digits:
        b2a_base64(digest(index_key, number, "sha256")[:15], newline=False)
    mint_tokens(len(numbers), sandbox=False, random_bytes=os.urandom)
    _grow_tree(persons, leaf)


def release(rows: Sequence[SealedRow], wrap_key: bytes, tenant: int, leaf: bytes) -> list[bytes]:
    """Unwrap, open, leaf hash, tree.

    Args:
        rows: as stored, so that they really open.
        wrap_key: the wrapping key of their epoch, the first.
        tenant: whose rows.
        leaf: a leaf's bytes with `%d` for the person.
    """
    place, key_kind, number_kind = _bound(tenant)
    numbers = []
    for _, person, wrapped, sealed in rows:
        here = place + person.to_bytes(8)
        key = _open(wrapped[13:], here + key_kind, wrapped[1:13], wrap_key)
        numbers.append(_open(sealed[13:], here + number_kind, sealed[1:13], key))
    _grow_tree([row[1] for row in rows], leaf)
    return numbers


def _bound(tenant: int) -> tuple[bytes, bytes, bytes]:
    """The associated data before the person, and after it for the person key and for the number."""
    key, number = key_data(tenant, 0, _EPOCH, _VERSION), number_data(tenant, 0, _VERSION)
    start = key.index(tenant.to_bytes(8)) + 10
    return key[:start], key[start + 8 :], number[start + 8 :]


def _grow_tree(persons: Sequence[int], leaf: bytes) -> None:
    row = [sha256(b"\x00" + leaf % person).digest() for person in persons]
    while len(row) > 1:
        nodes = iter(row)
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=False)]
