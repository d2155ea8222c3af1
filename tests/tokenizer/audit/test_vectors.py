"""The vectors that all implementations share, read by the server."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.checkpoint import Checkpoint, open_note, sign
from tokenizer.audit.entry import Entry
from tokenizer.audit.errors import AuditError, Fault, ProofError
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.proof import Proof
from tokenizer.audit.text import to_base64
from tokenizer.audit.tree import leaf_hash
from tokenizer.audit.verify import verify_consistency, verify_inclusion

VECTORS = Path(__file__).parents[2] / "vectors"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def cases(name: str, **having: str) -> list[Any]:
    chosen = [case for case in read(name)["cases"] if having.items() <= case.items()]
    return [pytest.param(case, id=case["name"]) for case in chosen]


def outcome_of(check: Any) -> str:
    try:
        check()
    except AuditError as refused:
        return str(refused.fault)
    return "ok"


@pytest.mark.parametrize("case", cases("leaf.json"))
def test_leaf(case: Any) -> None:
    data = case["input"]["leaf"].encode()
    assert outcome_of(lambda: Entry.from_bytes(data)) == case["expect"]
    if case["expect"] == "ok":
        fields = case["entry"]
        written = Entry(
            **fields | {"action": Action(fields["action"]), "outcome": Outcome(fields["outcome"])}
        )
        assert written.to_bytes() == data
        assert Entry.from_bytes(data) == written
        assert to_base64(leaf_hash(data)) == case["hash"]


@pytest.mark.parametrize("case", cases("checkpoint.json"))
def test_checkpoint(case: Any, ed25519: Any) -> None:
    given = case["input"]
    assert (
        outcome_of(lambda: open_note(given["note"], VerifierKey.parse(given["key"]), ed25519))
        == case["expect"]
    )
    if case["expect"] == "ok":
        checkpoint = open_note(given["note"], VerifierKey.parse(given["key"]), ed25519)
        said = {"origin": checkpoint.origin, "size": checkpoint.size, "root": to_base64(checkpoint.root)}
        assert said == case["checkpoint"]


def test_the_first_checkpoint_is_signed_anew_to_the_same_note(signer: Any) -> None:
    vectors = read("checkpoint.json")
    case = vectors["cases"][0]
    said = case["checkpoint"]
    checkpoint = Checkpoint(said["origin"], said["size"], b64decode(said["root"]))
    assert signer.public.hex() == vectors["test_keys"]["log"]["public"]
    assert sign(checkpoint, signer.public, signer.sign) == case["input"]["note"]


@pytest.mark.parametrize("case", cases("proof.json", kind="inclusion"))
def test_inclusion(case: Any, ed25519: Any) -> None:
    given = case["input"]

    def verified() -> tuple[Proof, Checkpoint]:
        proof = Proof.parse(given["proof"])
        return proof, proof.verify(given["leaf"].encode(), VerifierKey.parse(given["key"]), ed25519)

    assert outcome_of(verified) == case["expect"]
    if case["expect"] == "ok":
        proof, checkpoint = verified()
        assert proof.to_text() == given["proof"]
        assert proof.index == case["index"]
        said = {"origin": checkpoint.origin, "size": checkpoint.size, "root": to_base64(checkpoint.root)}
        assert said == case["checkpoint"]


@pytest.mark.parametrize("case", cases("proof.json", kind="consistency"))
def test_consistency(case: Any, ed25519: Any) -> None:
    given = case["input"]

    def verified() -> None:
        key = VerifierKey.parse(given["key"])
        old, new = open_note(given["old"], key, ed25519), open_note(given["new"], key, ed25519)
        verify_consistency(
            old.size, new.size, old.root, new.root, [b64decode(item) for item in given["path"]]
        )

    assert outcome_of(verified) == case["expect"]


def test_every_failure_that_a_vector_names_is_one_of_ours() -> None:
    named = {
        case["expect"] for name in ("leaf", "checkpoint", "proof") for case in read(f"{name}.json")["cases"]
    }
    own = {Fault.FRONTIER_LENGTH, Fault.STORED_HASHES, Fault.NOTE_TOO_LARGE}
    assert named == {"ok"} | set(Fault) - own


def decoded(encoded: list[str] | None) -> list[bytes]:
    return [b64decode(item) for item in encoded or []]


@pytest.mark.parametrize(
    "item",
    [pytest.param(item["vector"], id=item["file"]) for item in read("published/merkle-inclusion.json")],
)
def test_published_inclusion(item: Any) -> None:
    index = item["leafIdx"] if "leafIdx" in item else item["leafIndex"]
    leaf, root = b64decode(item["leafHash"]), b64decode(item["root"])

    def verify() -> None:
        verify_inclusion(index, item["treeSize"], leaf, decoded(item["proof"]), root)

    if item["wantErr"]:
        with pytest.raises(ProofError):
            verify()
    else:
        verify()


@pytest.mark.parametrize(
    "item",
    [pytest.param(item["vector"], id=item["file"]) for item in read("published/merkle-consistency.json")],
)
def test_published_consistency(item: Any) -> None:
    before, after = b64decode(item["root1"]), b64decode(item["root2"])

    def verify() -> None:
        verify_consistency(item["size1"], item["size2"], before, after, decoded(item["proof"]))

    if item["wantErr"]:
        with pytest.raises(ProofError):
            verify()
    else:
        verify()
