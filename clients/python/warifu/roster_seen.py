"""Which texts were seen before, and in which row, in a few bytes each.

A roster of 590,000 rows is read in little memory, so neither numbers nor ids are kept: each leaves an 8-byte
BLAKE2b hash and a 4-byte row. The hash is keyed with random bytes of this run alone, because 10^11 numbers
are few enough to try them all against an unkeyed hash. Two different texts share a hash about once in 10^8
such rosters.
"""

import hashlib
from array import array
from typing import Final

_HASH_BYTES: Final = 8
_SMALLEST: Final = 1024


class FirstSeen:
    """A set of texts that remembers the row of each, open-addressed in two arrays."""

    def __init__(self, key: bytes) -> None:
        """Start empty.

        Args:
            key: up to 64 random bytes, for this run alone.
        """
        self._keyed = hashlib.blake2b(digest_size=_HASH_BYTES, key=key)
        self._hashes = array("Q", bytes(_HASH_BYTES * _SMALLEST))
        self._rows = array("I", [0]) * _SMALLEST
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def __contains__(self, text: str) -> bool:
        return self._hashes[self._slot(self._hash(text))] != 0

    def row_of(self, text: str, row: int) -> int:
        """The row in which this text was first seen: `row` itself when that is now."""
        hashed = self._hash(text)
        slot = self._slot(hashed)
        if self._hashes[slot]:
            return self._rows[slot]
        self._hashes[slot], self._rows[slot] = hashed, row
        self._used += 1
        if self._used * 3 > len(self._hashes) * 2:
            self._grow()
        return row

    def _hash(self, text: str) -> int:
        keyed = self._keyed.copy()
        keyed.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(keyed.digest(), "little") or 1  # 0 marks a free slot

    def _slot(self, hashed: int) -> int:
        hashes, mask = self._hashes, len(self._hashes) - 1
        slot = hashed & mask
        while hashes[slot] not in (0, hashed):
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        hashes, rows, size = self._hashes, self._rows, 2 * len(self._hashes)
        self._hashes = array("Q", bytes(_HASH_BYTES * size))
        self._rows = array("I", [0]) * size
        for hashed, row in zip(hashes, rows, strict=True):
            if hashed:
                slot = self._slot(hashed)
                self._hashes[slot], self._rows[slot] = hashed, row
