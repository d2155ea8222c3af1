from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenizer.audit.errors import Fault, ProofError, TreeError
from tokenizer.audit.path import ProofPlan, Span, plan_consistency, plan_inclusion
from tokenizer.audit.tree import Frontier, fold, leaf_hash, node_hash
from tokenizer.audit.verify import verify_consistency, verify_inclusion

Store = dict[int, list[bytes]]


def store_of(hashes: Sequence[bytes]) -> Store:
    """What the database keeps of a log: leaf hashes and every eighth level."""
    store: Store = {0: list(hashes)}
    for level, position, node in sorted(Frontier().extend(hashes)):
        row = store.setdefault(level, [])
        assert position == len(row)
        row.append(node)
    return store


def built(plan: ProofPlan, store: Store) -> list[bytes]:
    return plan.path({span: store[span.level][span.start : span.stop] for span in plan.spans})


@pytest.fixture(scope="module")
def store(test_leaves: list[bytes]) -> Store:
    return store_of(test_leaves)


def of_complete_subtrees(plan: ProofPlan, naive: Any) -> list[bytes]:
    """The path of a plan, with each subtree's root from the definition instead of from stored hashes."""
    return [
        fold([naive.root(node.position << node.level, node.position + 1 << node.level) for node in part])
        for part in plan.parts
    ]


def test_every_inclusion_path_up_to_300_leaves_is_the_one_the_rfc_defines(
    test_leaves: list[bytes], naive: Any
) -> None:
    for size in range(1, 301):
        root = naive.root(0, size)
        for index in range(size):
            path = of_complete_subtrees(plan_inclusion(index, size), naive)
            assert path == naive.path(index, 0, size)
            verify_inclusion(index, size, test_leaves[index], path, root)


def test_every_consistency_path_up_to_300_leaves_is_the_one_the_rfc_defines(naive: Any) -> None:
    for new in range(1, 301):
        root = naive.root(0, new)
        for old in range(1, new + 1):
            path = of_complete_subtrees(plan_consistency(old, new), naive)
            assert path == naive.subproof(old, 0, new, whole=True)
            verify_consistency(old, new, naive.root(0, old), root, path)


@pytest.mark.parametrize("size", [*range(1, 40), 127, 128, 129, 255, 256, 257, 300])
def test_paths_from_stored_hashes_are_the_ones_the_rfc_defines(size: int, store: Store, naive: Any) -> None:
    for index in range(size):
        assert built(plan_inclusion(index, size), store) == naive.path(index, 0, size)
        old = index + 1
        assert built(plan_consistency(old, size), store) == naive.subproof(old, 0, size, whole=True)


@given(data=st.data())
def test_paths_in_a_log_with_stored_subtrees_are_the_ones_the_rfc_defines(
    data: st.DataObject, test_leaves: list[bytes], store: Store, naive: Any
) -> None:
    size = data.draw(st.integers(1, len(test_leaves)))
    index = data.draw(st.integers(0, size - 1))
    assert built(plan_inclusion(index, size), store) == naive.path(index, 0, size)
    assert built(plan_consistency(index + 1, size), store) == naive.subproof(index + 1, 0, size, whole=True)


class EqualLeaves:
    """A log of any size whose leaves are all equal: every complete subtree of one level has one root."""

    def __init__(self) -> None:
        self.levels = [leaf_hash(b"same")]
        while len(self.levels) < 60:
            self.levels.append(node_hash(self.levels[-1], self.levels[-1]))

    def path(self, plan: ProofPlan) -> list[bytes]:
        return plan.path({span: [self.levels[span.level]] * (span.stop - span.start) for span in plan.spans})

    def root(self, size: int) -> bytes:
        roots = [self.levels[level] for level in reversed(range(60)) if size >> level & 1]
        return Frontier.from_bytes(size, b"".join(roots)).root()


@settings(max_examples=60)
@given(data=st.data())
def test_paths_in_logs_of_billions_of_leaves_verify_and_read_little(data: st.DataObject) -> None:
    log = EqualLeaves()
    size = data.draw(st.integers(1, 2**45))
    index = data.draw(st.integers(0, size - 1))
    inclusion, consistency = plan_inclusion(index, size), plan_consistency(index + 1, size)
    verify_inclusion(index, size, log.levels[0], log.path(inclusion), log.root(size))
    verify_consistency(index + 1, size, log.root(index + 1), log.root(size), log.path(consistency))
    for plan in (inclusion, consistency):
        for level in {span.level for span in plan.spans}:
            runs = [span for span in plan.spans if span.level == level]
            assert len(runs) <= 2
            assert sum(run.stop - run.start for run in runs) <= 512


def test_a_plan_names_stored_levels_and_complete_nodes_only() -> None:
    size = 70_000
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        for plan in (plan_inclusion(index, size), plan_consistency(index + 1, size)):
            assert all(
                span.level % 8 == 0 and 0 <= span.start < span.stop <= size >> span.level
                for span in plan.spans
            )


def test_a_log_of_one_leaf_needs_nothing_read() -> None:
    assert plan_inclusion(0, 1).spans == ()
    assert plan_inclusion(0, 1).path({}) == []
    assert plan_consistency(7, 7).path({}) == []


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (lambda: plan_inclusion(0, 0), Fault.EMPTY_TREE),
        (lambda: plan_inclusion(0, -1), Fault.EMPTY_TREE),
        (lambda: plan_inclusion(-1, 3), Fault.INDEX_OUT_OF_RANGE),
        (lambda: plan_inclusion(3, 3), Fault.INDEX_OUT_OF_RANGE),
        (lambda: plan_consistency(0, 3), Fault.EMPTY_TREE),
        (lambda: plan_consistency(4, 3), Fault.SIZES_OUT_OF_ORDER),
    ],
)
def test_a_proof_that_can_not_be_is_refused_before_anything_is_read(
    plan: Callable[[], ProofPlan], fault: Fault
) -> None:
    with pytest.raises(ProofError) as refused:
        plan()
    assert refused.value.fault is fault


@pytest.mark.parametrize("spoil", ["missing", "short", "long", "narrow"])
def test_hashes_missing_from_the_database_are_named(spoil: str, store: Store) -> None:
    plan = plan_inclusion(3, 700)
    read: dict[Span, list[bytes]] = {span: store[span.level][span.start : span.stop] for span in plan.spans}
    first = plan.spans[0]
    match spoil:
        case "missing":
            del read[first]
        case "short":
            read[first].pop()
        case "long":
            read[first].append(bytes(32))
        case _:
            read[first][0] = bytes(31)
    with pytest.raises(TreeError) as refused:
        plan.path(read)
    assert refused.value.fault is Fault.STORED_HASHES
    assert f"level {first.level}" in refused.value.where


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if position == bit // 8 else 0) for position, byte in enumerate(data))


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (4, 5), (5, 7), (6, 11)])
def test_any_single_bit_changed_in_an_inclusion_proof_fails(
    index: int, size: int, test_leaves: list[bytes], store: Store, naive: Any
) -> None:
    path, root, leaf = built(plan_inclusion(index, size), store), naive.root(0, size), test_leaves[index]
    for bit in range(256):
        with pytest.raises(ProofError):
            verify_inclusion(index, size, flipped(leaf, bit), path, root)
        with pytest.raises(ProofError):
            verify_inclusion(index, size, leaf, path, flipped(root, bit))
        for place in range(len(path)):
            spoiled = [flipped(item, bit) if at == place else item for at, item in enumerate(path)]
            with pytest.raises(ProofError):
                verify_inclusion(index, size, leaf, spoiled, root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 3), (3, 7), (4, 6), (6, 8)])
def test_any_single_bit_changed_in_a_consistency_proof_fails(
    old: int, new: int, store: Store, naive: Any
) -> None:
    path, before, after = built(plan_consistency(old, new), store), naive.root(0, old), naive.root(0, new)
    for bit in range(256):
        with pytest.raises(ProofError):
            verify_consistency(old, new, flipped(before, bit), after, path)
        with pytest.raises(ProofError):
            verify_consistency(old, new, before, flipped(after, bit), path)
        for place in range(len(path)):
            spoiled = [flipped(item, bit) if at == place else item for at, item in enumerate(path)]
            with pytest.raises(ProofError):
                verify_consistency(old, new, before, after, spoiled)


def test_a_proof_holds_for_its_own_index_and_no_other(
    test_leaves: list[bytes], store: Store, naive: Any
) -> None:
    size, index = 45, 17
    path = built(plan_inclusion(index, size), store)
    for claimed in set(range(size)) - {index}:
        with pytest.raises(ProofError):
            verify_inclusion(claimed, size, test_leaves[index], path, naive.root(0, size))


def test_proofs_with_hashes_added_removed_or_moved_fail(
    test_leaves: list[bytes], store: Store, naive: Any
) -> None:
    random = Random(6962)  # noqa: S311 - a fixed sequence of test cases
    for _ in range(200):
        size = random.randrange(2, 400)
        index = random.randrange(size)
        root = naive.root(0, size)
        path = built(plan_inclusion(index, size), store)
        place = random.randrange(len(path) + 1)
        for fault, spoiled in (
            (Fault.PATH_TOO_LONG, [*path[:place], random.randbytes(32), *path[place:]]),
            (Fault.PATH_TOO_SHORT, [*path[:place][:-1], *path[max(place, 1) :]]),
        ):
            with pytest.raises(ProofError) as refused:
                verify_inclusion(index, size, test_leaves[index], spoiled, root)
            assert refused.value.fault is fault
        if len(path) > 1:
            with pytest.raises(ProofError):
                verify_inclusion(index, size, test_leaves[index], path[::-1], root)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_hashes_of_other_lengths_are_refused_before_any_computing(length: int) -> None:
    bad, good = bytes(length), bytes(32)
    for verify in (
        lambda: verify_inclusion(0, 1, bad, [], good),
        lambda: verify_inclusion(0, 1, good, [], bad),
        lambda: verify_inclusion(0, 2, good, [bad], good),
        lambda: verify_consistency(1, 1, bad, bad, []),
        lambda: verify_consistency(1, 2, good, bad, [good]),
        lambda: verify_consistency(1, 2, good, good, [bad]),
    ):
        with pytest.raises(ProofError) as refused:
            verify()
        assert refused.value.fault is Fault.HASH_LENGTH


def test_what_can_not_be_is_refused_by_name() -> None:
    root = bytes(32)
    for fault, verify in (
        (Fault.EMPTY_TREE, lambda: verify_inclusion(0, 0, root, [], root)),
        (Fault.INDEX_OUT_OF_RANGE, lambda: verify_inclusion(1, 1, root, [], root)),
        (Fault.INDEX_OUT_OF_RANGE, lambda: verify_inclusion(-1, 1, root, [], root)),
        (Fault.EMPTY_TREE, lambda: verify_consistency(0, 0, root, root, [])),
        (Fault.EMPTY_TREE, lambda: verify_consistency(0, 5, root, root, [])),
        (Fault.SIZES_OUT_OF_ORDER, lambda: verify_consistency(2, 1, root, root, [])),
        (Fault.PATH_TOO_LONG, lambda: verify_consistency(2, 2, root, root, [root])),
        (Fault.PATH_TOO_SHORT, lambda: verify_consistency(1, 2, root, root, [])),
        (Fault.ROOT_MISMATCH, lambda: verify_consistency(2, 2, root, bytes(31) + b"1", [])),
    ):
        with pytest.raises(ProofError) as refused:
            verify()
        assert refused.value.fault is fault
