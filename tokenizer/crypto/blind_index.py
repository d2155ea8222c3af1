"""The blind index: finds a number that is already in the same tenant, and nothing else.

It is HMAC-SHA-256 of the number under the tenant's index key of one epoch, cut to 120 bits. With the key, all 10^11
numbers can be tried in hours, so the key dies with its epoch, no index leaves the vault, and no other hash of a
number exists anywhere.
"""

from binascii import b2a_base64
from collections.abc import Sequence
from hmac import digest

_KEPT_BYTES = 15


def blind_index(index_key: bytes, number: bytes) -> str:
    """The index of one number, 20 characters of base64."""
    return b2a_base64(digest(index_key, number, "sha256")[:_KEPT_BYTES], newline=False).decode()


def blind_indexes(index_key: bytes, numbers: Sequence[bytes]) -> list[str]:
    """The index of each number, in the same order."""
    return [
        b2a_base64(digest(index_key, number, "sha256")[:_KEPT_BYTES], newline=False).decode()
        for number in numbers
    ]
