"""Verifies Merkle proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

Returning means proven; everything else is a `ProofError` that names why. Nothing is proven about an empty
tree, every hash has 32 bytes, and a path has exactly the hashes it needs.
"""

from collections.abc import Sequence

from tokenizer.audit.errors import Fault, ProofError
from tokenizer.audit.tree import HASH_SIZE, node_hash


def verify_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Verify that a leaf is at `index` of the tree of `size` leaves that has this root.

    Args:
        index: The leaf's position, from 0.
        size: How many leaves the tree has.
        leaf_hash: The leaf's hash, 32 bytes.
        path: The siblings' hashes, from the leaf up.
        root: The tree's root hash, 32 bytes.

    Raises:
        ProofError: The path does not prove it.
    """
    if size <= 0:
        raise ProofError(Fault.EMPTY_TREE)
    if not 0 <= index < size:
        raise ProofError(Fault.INDEX_OUT_OF_RANGE)
    _check_lengths(leaf_hash, root, *path)
    position, last = index, size - 1
    computed = leaf_hash
    for sibling in path:
        if last == 0:
            raise ProofError(Fault.PATH_TOO_LONG)
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            position, last = _up_to_right_child(position, last)
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError(Fault.PATH_TOO_SHORT)
    if computed != root:
        raise ProofError(Fault.ROOT_MISMATCH)


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Verify that a tree is the beginning of another: that nothing in it was changed, removed or reordered.

    Args:
        old_size: How many leaves the earlier tree has.
        new_size: How many leaves the later tree has.
        old_root: The earlier tree's root hash, 32 bytes.
        new_root: The later tree's root hash, 32 bytes.
        path: The hashes of the consistency proof, in order.

    Raises:
        ProofError: The path does not prove it.
    """
    if old_size <= 0:
        raise ProofError(Fault.EMPTY_TREE)
    if old_size > new_size:
        raise ProofError(Fault.SIZES_OUT_OF_ORDER)
    _check_lengths(old_root, new_root, *path)
    if old_size == new_size:
        _verify_same(old_root, new_root, path)
    else:
        _verify_grown(old_size, new_size, old_root, new_root, path)


def _verify_same(old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise ProofError(Fault.PATH_TOO_LONG)
    if old_root != new_root:
        raise ProofError(Fault.ROOT_MISMATCH)


def _verify_grown(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    if not path:
        raise ProofError(Fault.PATH_TOO_SHORT)
    # A complete old tree is itself the first subtree; its root is known and left out of the path.
    first, *rest = path if old_size & (old_size - 1) else (old_root, *path)
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = first
    for sibling in rest:
        if last == 0:
            raise ProofError(Fault.PATH_TOO_LONG)
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            position, last = _up_to_right_child(position, last)
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError(Fault.PATH_TOO_SHORT)
    if old != old_root or new != new_root:
        raise ProofError(Fault.ROOT_MISMATCH)


def _up_to_right_child(position: int, last: int) -> tuple[int, int]:
    """Climb while the node has no sibling: at the right edge of a ragged tree a subtree moves up as it is."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _check_lengths(*hashes: bytes) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise ProofError(Fault.HASH_LENGTH)
