"""The hashes of the Merkle tree and its growing right edge (RFC 6962 section 2.1, RFC 9162 section 2.1.1).

- A leaf's hash is SHA-256(0x00 || data), a node's SHA-256(0x01 || left || right); the two never meet.
- The node (level, position) is the root of the complete subtree over the leaves position * 2^level up to
  (position + 1) * 2^level; level 0 is the leaves themselves. Once complete it never changes.
- Appending needs only the `Frontier`: the roots of the largest complete subtrees, left to right, one for each
  one-bit of the size.
- Stored for later proofs are the leaf hashes and every eighth level above them (8, 16, 24, ...): the levels
  between are computed from at most 128 stored hashes.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple, Self

from tokenizer.audit.errors import Fault, TreeError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
STORED_LEVELS = 8
"""The distance, in levels, between two rows of stored nodes: one stored node covers 256 of the row below."""


class Node(NamedTuple):
    """The position of a complete subtree's root."""

    level: int
    position: int


class StoredNode(NamedTuple):
    """A complete subtree's root that the database keeps."""

    level: int
    position: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's data to its 32 bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """Hash many leaves, in order."""
    return [sha256(b"\x00" + data).digest() for data in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children to their parent's 32 bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def fold(roots: Sequence[bytes]) -> bytes:
    """Hash the roots of adjacent complete subtrees, ever smaller to the right, to the root over them all."""
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    Attributes:
        size: How many leaves the tree has.
    """

    __slots__ = ("_roots", "size")

    def __init__(self) -> None:
        self.size = 0
        self._roots: dict[int, bytes] = {}  # level -> root, for each one-bit of size

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """Read back what `to_bytes` gave for a tree of `size` leaves.

        Raises:
            TreeError: The length of `data` is not 32 bytes for each one-bit of `size`.
        """
        if size < 0 or len(data) != HASH_SIZE * size.bit_count():
            raise TreeError(Fault.FRONTIER_LENGTH)
        frontier = cls()
        frontier.size = size
        starts = range(0, len(data), HASH_SIZE)
        frontier._roots = {
            level: data[start : start + HASH_SIZE]
            for level, start in zip(reversed(_one_bits(size)), starts, strict=True)
        }
        return frontier

    def to_bytes(self) -> bytes:
        """Give the subtree roots, largest subtree first; the size is kept elsewhere."""
        return b"".join(self._left_to_right())

    def root(self) -> bytes:
        """Give the root hash over all leaves so far."""
        return fold(self._left_to_right()) if self._roots else EMPTY_ROOT

    def extend(self, hashes: Sequence[bytes]) -> list[StoredNode]:
        """Append leaf hashes, level by level, about half a microsecond each.

        Args:
            hashes: Leaf hashes of 32 bytes, in the order of the log.

        Returns:
            The nodes at levels 8, 16, 24, ... that became complete; the database stores them.

        Raises:
            TreeError: A hash is not 32 bytes long; the frontier is as before.
        """
        if not set(map(len, hashes)) <= {HASH_SIZE}:
            raise TreeError(Fault.HASH_LENGTH)
        roots: dict[int, bytes] = {}
        completed: list[StoredNode] = []
        row, level = list(hashes), 0
        while row or self.size >> level:
            first = self.size >> level  # position of the first node this call adds
            if level and level % STORED_LEVELS == 0:
                completed += [StoredNode(level, position, node) for position, node in enumerate(row, first)]
            if first & 1:
                row.insert(0, self._roots[level])
            if len(row) & 1:
                roots[level] = row[-1]
            row, level = parents(row), level + 1
        self.size += len(hashes)
        self._roots = roots
        return completed

    def _left_to_right(self) -> list[bytes]:
        return [self._roots[level] for level in sorted(self._roots, reverse=True)]


def parents(row: Sequence[bytes]) -> list[bytes]:
    """Hash each pair of a row; an odd last node waits on the frontier."""
    nodes = iter(row)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=False)]


def _one_bits(size: int) -> list[int]:
    return [level for level in range(size.bit_length()) if size >> level & 1]
