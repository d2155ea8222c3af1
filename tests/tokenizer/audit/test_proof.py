import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.audit.checkpoint import Checkpoint, sign
from tokenizer.audit.errors import AuditError, CheckpointError, Fault, ProofError
from tokenizer.audit.export import export_line
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.audit.text import from_base64
from tokenizer.audit.tree import Frontier, leaf_hash, leaf_hashes

ORIGIN = "vault.example/tenant/1"
LEAVES = [b'{"n":%d}' % number for number in range(11)]
HASHES = leaf_hashes(LEAVES)


def make_proof(index: int, signer: Any, size: int = len(LEAVES)) -> Proof:
    frontier = Frontier()
    frontier.extend(HASHES[:size])
    plan = plan_inclusion(index, size)
    path = plan.path({span: HASHES[span.start : span.stop] for span in plan.spans})
    note = sign(Checkpoint(ORIGIN, size, frontier.root()), signer.public, signer.sign)
    return Proof(index, tuple(path), note)


@pytest.mark.parametrize("index", range(len(LEAVES)))
def test_every_leaf_is_proven_by_its_proof_as_text(index: int, signer: Any, ed25519: Any) -> None:
    text = make_proof(index, signer).to_text()
    proof = Proof.parse(text)
    assert proof.to_text() == text
    checkpoint = proof.verify(LEAVES[index], signer.key(ORIGIN), ed25519)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 11)


def test_the_text_has_a_header_the_index_the_hashes_and_the_checkpoint(signer: Any) -> None:
    proof = make_proof(2, signer, size=3)
    assert proof.to_text().split("\n\n", 1) == [
        f"c2sp.org/tlog-proof@v1\nindex 2\n{line(proof.path[0])}",
        proof.checkpoint,
    ]


def line(data: bytes) -> str:
    return json.loads(export_line(0, data, b""))["entry"]


def test_a_log_of_one_leaf_has_a_proof_without_hashes(signer: Any, ed25519: Any) -> None:
    proof = make_proof(0, signer, size=1)
    assert proof.to_text().startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nvault.example")
    Proof.parse(proof.to_text()).verify(LEAVES[0], signer.key(ORIGIN), ed25519)


def test_extra_data_is_carried_and_proves_nothing(signer: Any, ed25519: Any) -> None:
    proof = replace(make_proof(4, signer), extra=b"shelf 7")
    text = proof.to_text()
    assert text.splitlines()[1] == "extra c2hlbGYgNw=="
    read = Proof.parse(text)
    assert read.extra == b"shelf 7"
    read.verify(LEAVES[4], signer.key(ORIGIN), ed25519)


@given(
    index=st.integers(0, 2**53 - 1),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    checkpoint=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    extra=st.none() | st.binary(min_size=1, max_size=60),
)
def test_every_proof_reads_back_as_it_prints(
    index: int, path: list[bytes], checkpoint: str, extra: bytes | None
) -> None:
    proof = Proof(index, tuple(path), checkpoint, extra)
    assert Proof.parse(proof.to_text()) == proof


def test_another_leaf_or_another_index_is_not_proven(signer: Any, ed25519: Any) -> None:
    proof, key = make_proof(4, signer), signer.key(ORIGIN)
    for leaf in {*LEAVES, b""} - {LEAVES[4]}:
        with pytest.raises(ProofError) as refused:
            proof.verify(leaf, key, ed25519)
        assert refused.value.fault is Fault.ROOT_MISMATCH
    for index in set(range(20)) - {4}:
        with pytest.raises(ProofError):
            replace(proof, index=index).verify(LEAVES[4], key, ed25519)


def test_a_proof_against_another_logs_checkpoint_is_refused(
    signer: Any, other_signer: Any, ed25519: Any
) -> None:
    with pytest.raises(CheckpointError) as refused:
        make_proof(4, other_signer).verify(LEAVES[4], signer.key(ORIGIN), ed25519)
    assert refused.value.fault is Fault.UNKNOWN_KEY


def test_a_proof_against_an_empty_log_is_refused(signer: Any, ed25519: Any) -> None:
    note = sign(Checkpoint(ORIGIN, 0, Frontier().root()), signer.public, signer.sign)
    with pytest.raises(ProofError) as refused:
        Proof(0, (), note).verify(b"", signer.key(ORIGIN), ed25519)
    assert refused.value.fault is Fault.EMPTY_TREE


def test_no_byte_of_a_proof_can_change(signer: Any, ed25519: Any) -> None:
    data, key = make_proof(4, signer).to_text().encode(), signer.key(ORIGIN)
    for position in range(len(data)):
        byte = data[position]
        for change in (
            bytes([byte ^ 1]),
            bytes([byte ^ 0x20]),
            b"",
            bytes([byte, byte]),
            b"\n" + bytes([byte]),
        ):
            spoiled = (data[:position] + change + data[position + 1 :]).decode(errors="replace")
            if spoiled.encode() == data:
                continue
            with pytest.raises(AuditError):
                Proof.parse(spoiled).verify(LEAVES[4], key, ed25519)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.PROOF_FORMAT),
        ("wrong-header\nindex 0\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\n\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex 0\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex notanumber\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex -5\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex 05\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex  5\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex 5\r\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex 0\nextra eHg=\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nextra eHg=\nextra eHg=\nindex 0\n\nx\n", Fault.PROOF_FORMAT),
        ("c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\nx\n", Fault.PROOF_FORMAT),
        (f"c2sp.org/tlog-proof@v1\nindex 0\n{'A' * 40}\n\nx\n", Fault.HASH_LENGTH),
    ],
)
def test_a_text_that_is_no_proof_is_refused_by_name(text: str, fault: Fault) -> None:
    with pytest.raises(ProofError) as refused:
        Proof.parse(text)
    assert refused.value.fault is fault


@pytest.mark.parametrize("change", [{"index": -1}, {"index": 2**53}, {"extra": b""}, {"path": (bytes(31),)}])
def test_a_proof_that_could_not_be_written_can_not_be_made(change: dict[str, Any], signer: Any) -> None:
    with pytest.raises(ProofError):
        replace(make_proof(0, signer), **change)


def test_an_exported_line_is_json_with_the_index_the_entry_and_its_stored_hash() -> None:
    exported = export_line(7, LEAVES[7], HASHES[7])
    assert exported.startswith(b'{"index":7,"entry":"')
    assert exported.endswith(b'"}\n')
    found = json.loads(exported)
    assert from_base64(found["entry"]) == LEAVES[7]
    assert from_base64(found["hash"]) == leaf_hash(LEAVES[7])
