import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.audit.errors import Fault, TreeError
from tokenizer.audit.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    Frontier,
    StoredNode,
    leaf_hash,
    leaf_hashes,
    node_hash,
)

PUBLISHED = json.loads(Path(__file__, "../../../vectors/published/rfc6962.json").resolve().read_text("utf-8"))


def grown(hashes: list[bytes]) -> Frontier:
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == PUBLISHED["empty_root"]
    assert Frontier().root() == EMPTY_ROOT
    assert (Frontier().size, Frontier().to_bytes()) == (0, b"")


def test_leaves_and_nodes_hash_as_published() -> None:
    hasher = PUBLISHED["hasher"]
    assert leaf_hash(b"").hex() == hasher["empty_leaf"]
    assert leaf_hash(b"L123456").hex() == hasher["leaf_L123456"]
    assert node_hash(b"N123", b"N456").hex() == hasher["node_N123_N456"]


def test_a_leaf_can_not_pass_for_the_node_above_two_leaves() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert node_hash(left, right) != node_hash(right, left)


def test_the_reference_tree_of_certificate_transparency_has_its_published_roots() -> None:
    frontier = Frontier()
    for leaf, root in zip(PUBLISHED["leaves"], PUBLISHED["roots"], strict=True):
        frontier.extend([leaf_hash(bytes.fromhex(leaf))])
        assert frontier.root().hex() == root


def test_many_leaves_hash_as_each_alone() -> None:
    data = [b"", b"a", bytes(300)]
    assert leaf_hashes(data) == [leaf_hash(item) for item in data]


@pytest.mark.parametrize("size", [*range(301), 511, 512, 513, 1023, 1024, 2047, 2048])
def test_the_root_is_the_one_the_rfc_defines(size: int, test_leaves: list[bytes], naive: Any) -> None:
    assert grown(test_leaves[:size]).root() == naive.root(0, size)


def test_a_frontier_split_at_any_point_gives_the_same_tree(test_leaves: list[bytes]) -> None:
    whole = grown(test_leaves[:600])
    for split in range(601):
        frontier = grown(test_leaves[:split])
        frontier.extend(test_leaves[split:600])
        assert (frontier.size, frontier.to_bytes()) == (600, whole.to_bytes())


@given(sizes=st.lists(st.integers(0, 400), max_size=8))
def test_appending_in_any_portions_completes_the_same_stored_nodes(
    sizes: list[int], test_leaves: list[bytes]
) -> None:
    hashes = (test_leaves * 2)[: sum(sizes)]
    whole = Frontier()
    expected = whole.extend(hashes)
    frontier, found, start = Frontier(), list[StoredNode](), 0
    for size in sizes:
        frontier = Frontier.from_bytes(start, frontier.to_bytes())
        found += frontier.extend(hashes[start : start + size])
        start += size
    assert sorted(found) == sorted(expected)
    assert frontier.root() == whole.root()


def test_every_256_leaves_complete_one_stored_node(test_leaves: list[bytes], naive: Any) -> None:
    frontier = Frontier()
    assert frontier.extend(test_leaves[:255]) == []
    assert frontier.extend(test_leaves[255:256]) == [StoredNode(8, 0, naive.root(0, 256))]
    assert frontier.extend(test_leaves[256:1030]) == [
        StoredNode(8, 1, naive.root(256, 512)),
        StoredNode(8, 2, naive.root(512, 768)),
        StoredNode(8, 3, naive.root(768, 1024)),
    ]
    assert frontier.extend([]) == []


def test_every_65536_leaves_complete_a_stored_node_of_the_second_row() -> None:
    frontier = Frontier()
    rows = frontier.extend([leaf_hash(b"x")] * 65535)
    assert {node.level for node in rows} == {8}
    last = frontier.extend([leaf_hash(b"x")] * 2)
    assert [(node.level, node.position) for node in last] == [(8, 255), (16, 0)]
    same = leaf_hash(b"x")
    for _ in range(16):
        same = node_hash(same, same)
    assert last[1].hash == same


def test_a_frontier_is_as_long_as_its_size_has_one_bits(test_leaves: list[bytes]) -> None:
    for size in (1, 2, 3, 255, 256, 1000):
        assert len(grown(test_leaves[:size]).to_bytes()) == HASH_SIZE * size.bit_count()


@pytest.mark.parametrize(("size", "length"), [(0, 32), (1, 0), (1, 31), (1, 33), (3, 32), (3, 96), (-1, 32)])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, length: int) -> None:
    with pytest.raises(TreeError) as refused:
        Frontier.from_bytes(size, bytes(length))
    assert refused.value.fault is Fault.FRONTIER_LENGTH
    assert "バックアップ" in refused.value.message_ja
    assert "backup" in refused.value.message_en


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33)])
def test_a_hash_of_another_length_is_refused_and_changes_nothing(
    bad: bytes, test_leaves: list[bytes]
) -> None:
    frontier = grown(test_leaves[:5])
    before = (frontier.size, frontier.to_bytes())
    with pytest.raises(TreeError) as refused:
        frontier.extend([test_leaves[5], bad])
    assert refused.value.fault is Fault.HASH_LENGTH
    assert (frontier.size, frontier.to_bytes()) == before
