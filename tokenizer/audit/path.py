"""Plans a Merkle proof: first what to read, then the path (RFC 9162 sections 2.1.3.1 and 2.1.4.1).

    plan = plan_inclusion(index, size)
    stored = {span: await read(span) for span in plan.spans}
    path = plan.path(stored)

Each hash of a path covers a range of leaves: one complete subtree or, at the tree's right edge, a few.
A complete subtree's root is computed from the nearest stored level below it: at most 128 hashes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokenizer.audit.errors import Fault, ProofError, TreeError
from tokenizer.audit.tree import HASH_SIZE, STORED_LEVELS, Node, fold, parents


class Span(NamedTuple):
    """A run of stored hashes: positions `start` up to, not including, `stop` of one stored level."""

    level: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ProofPlan:
    """How to build one proof.

    Attributes:
        parts: For each hash of the path the complete subtrees it covers, left to right.
        spans: The stored hashes to read: one or two runs of each stored level, together at most 512 hashes.
    """

    parts: tuple[tuple[Node, ...], ...]
    spans: tuple[Span, ...]

    def path(self, stored: Mapping[Span, Sequence[bytes]]) -> list[bytes]:
        """Compute the path from what was read.

        Args:
            stored: For each of `spans`, its hashes in order.

        Raises:
            TreeError: A span is missing or has not exactly the hashes it should have.
        """
        for span in self.spans:
            _check_stored(span, stored)
        return [fold([_subtree_root(node, stored) for node in part]) for part in self.parts]


def plan_inclusion(index: int, size: int) -> ProofPlan:
    """Plan the proof that leaf `index` is in the tree of `size` leaves.

    Raises:
        ProofError: The tree is empty or the index lies outside it.
    """
    if size <= 0:
        raise ProofError(Fault.EMPTY_TREE)
    if not 0 <= index < size:
        raise ProofError(Fault.INDEX_OUT_OF_RANGE)
    start, stop = 0, size
    siblings: list[range] = []
    while stop - start > 1:
        middle = _middle(start, stop)
        if index < middle:
            siblings.append(range(middle, stop))
            stop = middle
        else:
            siblings.append(range(start, middle))
            start = middle
    return _plan(siblings)


def plan_consistency(old_size: int, new_size: int) -> ProofPlan:
    """Plan the proof that the tree of `old_size` leaves is the beginning of the tree of `new_size`.

    Raises:
        ProofError: The old tree is empty or larger than the new one.
    """
    if old_size <= 0:
        raise ProofError(Fault.EMPTY_TREE)
    if old_size > new_size:
        raise ProofError(Fault.SIZES_OUT_OF_ORDER)
    start, stop = 0, new_size
    siblings: list[range] = []
    while stop != old_size:
        middle = _middle(start, stop)
        if old_size <= middle:
            siblings.append(range(middle, stop))
            stop = middle
        else:
            siblings.append(range(start, middle))
            start = middle
    if start:  # else the last subtree is the whole old tree, whose root the verifier knows
        siblings.append(range(start, stop))
    return _plan(siblings)


def _middle(start: int, stop: int) -> int:
    """Split a range of leaves after the largest power of two smaller than its length."""
    return start + (1 << (stop - start - 1).bit_length() - 1)


def _plan(siblings: Sequence[range]) -> ProofPlan:
    """Turn ranges of leaves, found from the root down, into a plan from the leaf up."""
    parts = tuple(tuple(_complete_subtrees(leaves)) for leaves in reversed(siblings))
    return ProofPlan(parts, tuple(_merged(_stored_under(node) for part in parts for node in part)))


def _complete_subtrees(leaves: range) -> Iterable[Node]:
    start = leaves.start
    for level in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> level & 1:
            yield Node(level, start >> level)
            start += 1 << level


def _stored_under(node: Node) -> Span:
    """Find the stored hashes that a complete subtree's root is computed from."""
    height = node.level % STORED_LEVELS
    return Span(node.level - height, node.position << height, node.position + 1 << height)


def _merged(spans: Iterable[Span]) -> Iterable[Span]:
    """Join runs that touch or leave out one hash only (that of the path itself), to read in fewer queries."""
    waiting: Span | None = None
    for span in sorted(spans):
        if waiting and span.level == waiting.level and span.start <= waiting.stop + 1:
            waiting = waiting._replace(stop=span.stop)  # no two overlap: siblings share no leaf
        else:
            if waiting:
                yield waiting
            waiting = span
    if waiting:
        yield waiting


def _check_stored(span: Span, stored: Mapping[Span, Sequence[bytes]]) -> None:
    hashes = stored.get(span, ())
    if len(hashes) != span.stop - span.start or not set(map(len, hashes)) <= {HASH_SIZE}:
        raise TreeError(Fault.STORED_HASHES, f"level {span.level}, {span.start} to {span.stop}")


def _subtree_root(node: Node, stored: Mapping[Span, Sequence[bytes]]) -> bytes:
    level, start, stop = _stored_under(node)
    run = next(run for run in stored if run.level == level and run.start <= start and stop <= run.stop)
    row = list(stored[run][start - run.start : stop - run.start])
    while len(row) > 1:
        row = parents(row)
    return row[0]
