import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from tokenizer.audit import checkpoint as server_checkpoint
from tokenizer.audit import proof as server_proof
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.errors import AuditError
from tokenizer.audit.export import export_line
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import ProofPlan, plan_consistency, plan_inclusion
from tokenizer.audit.tree import Frontier, leaf_hash, leaf_hashes
from tokenizer.audit.verify import verify_consistency as server_verify_consistency
from warifu.audit import (
    AuditVerificationError,
    parse_export,
    read_export,
    verify_consistency,
    verify_log,
    verify_proof,
)
from warifu.audit_checkpoint import open_checkpoint
from warifu.audit_error import _MESSAGES

VECTORS = Path(__file__).parents[3] / "tests" / "vectors"
ORIGIN = "vault.example/tenant/1"
SIGNING = SigningKey(sha256(b"warifu test key, never use: log").digest())
PUBLIC = bytes(SIGNING.verify_key)
KEY = str(VerifierKey(ORIGIN, PUBLIC))
ENTRY = Entry(at=1, action=Action.NUMBER_RELEASE, outcome=Outcome.ALLOWED, reason="年末調整")
ENTRIES = [replace(ENTRY, at=1 + person, person=person).to_bytes() for person in range(300)]
HASHES = leaf_hashes(ENTRIES)


def sign(message: bytes) -> bytes:
    return bytes(SIGNING.sign(message).signature)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    with suppress(BadSignatureError):
        VerifyKey(public).verify(message, signature)
        return True
    return False


def checkpoint_of(hashes: list[bytes]) -> str:
    frontier = Frontier()
    frontier.extend(hashes)
    checkpoint = server_checkpoint.Checkpoint(ORIGIN, frontier.size, frontier.root())
    return server_checkpoint.sign(checkpoint, PUBLIC, sign)


def path_of(plan: ProofPlan) -> list[bytes]:
    store = {0: HASHES, 8: [node.hash for node in Frontier().extend(HASHES)]}
    return plan.path({span: store[span.level][span.start : span.stop] for span in plan.spans})


def proof_of(index: int, size: int) -> str:
    path = path_of(plan_inclusion(index, size))
    return server_proof.Proof(index, tuple(path), checkpoint_of(HASHES[:size])).to_text()


def export_of(entries: list[bytes]) -> list[bytes]:
    return [export_line(index, entry, leaf_hash(entry)) for index, entry in enumerate(entries)]


def failure(verify: Callable[[], object]) -> AuditVerificationError:
    with pytest.raises(AuditVerificationError) as refused:
        verify()
    return refused.value


# --- what is right is accepted


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 300])
def test_what_the_server_proves_is_proven(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        found = verify_proof(proof_of(index, size), ENTRIES[index], KEY)
        assert (found.index, found.checkpoint.size, found.checkpoint.origin) == (index, size, ORIGIN)
        assert found.fields == {
            "action": "vault:number:release",
            "at": 1 + index,
            "outcome": "allowed",
            "person": index,
            "reason": "年末調整",
            "v": 1,
        }


@settings(max_examples=40)
@given(data=st.data())
def test_a_log_that_only_grew_is_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    path = path_of(plan_consistency(old, new))
    verify_consistency(checkpoint_of(HASHES[:old]), checkpoint_of(HASHES[:new]), path, KEY)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 8, 15, 16, 100, 300])
def test_a_whole_log_is_verified_from_its_exported_file(size: int, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(export_of(ENTRIES[:size])))
    found = verify_log(read_export(file), checkpoint_of(HASHES[:size]), KEY)
    assert (found.origin, found.size) == (ORIGIN, size)


# --- the shared vectors


def cases(name: str, **having: str) -> list[Any]:
    found = json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in found if having.items() <= case.items()]


def outcome_of(verify: Callable[[], object]) -> str:
    try:
        verify()
    except AuditVerificationError as refused:
        return refused.fault
    return "ok"


@pytest.mark.parametrize("case", cases("checkpoint.json"))
def test_checkpoint(case: Any) -> None:
    note, key = case["input"]["note"], case["input"]["key"]
    assert outcome_of(lambda: open_checkpoint(note, key, "checkpoint")) == case["expect"]
    if case["expect"] == "ok":
        found = open_checkpoint(note, key, "checkpoint")
        said = {"origin": found.origin, "size": found.size, "root": b64encode(found.root).decode()}
        assert said == case["checkpoint"]


@pytest.mark.parametrize("case", cases("proof.json", kind="inclusion"))
def test_inclusion(case: Any) -> None:
    given = case["input"]
    leaf = given["leaf"].encode()
    assert outcome_of(lambda: verify_proof(given["proof"], leaf, given["key"])) == case["expect"]
    if case["expect"] == "ok":
        assert verify_proof(given["proof"], leaf, given["key"]).index == case["index"]


@pytest.mark.parametrize("case", cases("proof.json", kind="consistency"))
def test_consistency(case: Any) -> None:
    given = case["input"]
    path = [b64decode(item) for item in given["path"]]
    verdict = outcome_of(lambda: verify_consistency(given["old"], given["new"], path, given["key"]))
    assert verdict == case["expect"]


@pytest.mark.parametrize("case", cases("leaf.json", expect="ok"))
def test_leaf(case: Any) -> None:
    entry = b64encode(case["input"]["leaf"].encode()).decode()
    line = f'{{"index":0,"entry":"{entry}","hash":"{case["hash"]}"}}\n'.encode()
    assert list(parse_export([line])) == [case["input"]["leaf"].encode()]


# --- two verifiers, one verdict


def server_verdict(verify: Callable[[], object]) -> str:
    try:
        verify()
    except AuditError as refused:
        return str(refused.fault)
    return "ok"


hashes = st.sampled_from(HASHES) | st.binary(min_size=31, max_size=33)
mutations = st.lists(
    st.tuples(st.sampled_from(["drop", "add", "swap", "flip"]), st.integers(0, 20), hashes), max_size=2
)


def mutated(path: list[bytes], changes: list[tuple[str, int, bytes]]) -> list[bytes]:
    path = list(path)
    for change, number, other in changes:
        place = number % (len(path) + 1)
        match change:
            case "drop":
                del path[place : place + 1]
            case "add":
                path.insert(place, other)
            case "swap":
                path[place : place + 2] = reversed(path[place : place + 2])
            case _:
                path[place : place + 1] = [bytes(item ^ 1 for item in one) for one in path[place : place + 1]]
    return path


@given(data=st.data(), changes=mutations)
def test_client_and_server_agree_on_every_inclusion_proof(
    data: st.DataObject, changes: list[tuple[str, int, bytes]]
) -> None:
    size = data.draw(st.integers(1, 40))
    index = data.draw(st.integers(0, size - 1))
    claimed = data.draw(st.just(index) | st.integers(0, size + 1))
    shown = data.draw(st.just(index) | st.integers(0, size))
    path = mutated(path_of(plan_inclusion(index, size)), changes)
    lines = ["c2sp.org/tlog-proof@v1", f"index {claimed}", *(b64encode(item).decode() for item in path)]
    text = "\n".join([*lines, "", checkpoint_of(HASHES[:size])])
    key = VerifierKey(ORIGIN, PUBLIC)
    server = server_verdict(lambda: server_proof.Proof.parse(text).verify(ENTRIES[shown], key, is_signed))
    assert outcome_of(lambda: verify_proof(text, ENTRIES[shown], KEY)) == server
    assert (server == "ok") == (
        (claimed, shown, path) == (index, index, path_of(plan_inclusion(index, size)))
    )


@given(data=st.data(), changes=mutations)
def test_client_and_server_agree_on_every_consistency_proof(
    data: st.DataObject, changes: list[tuple[str, int, bytes]]
) -> None:
    new = data.draw(st.integers(1, 40))
    old = data.draw(st.integers(1, new))
    claimed = data.draw(st.just(old) | st.integers(0, new + 2))
    path = mutated(path_of(plan_consistency(old, new)), changes)
    before, after = Frontier(), Frontier()
    before.extend(HASHES[:claimed])
    after.extend(HASHES[:new])
    server = server_verdict(
        lambda: server_verify_consistency(claimed, new, before.root(), after.root(), path)
    )
    notes = checkpoint_of(HASHES[:claimed]), checkpoint_of(HASHES[:new])
    assert outcome_of(lambda: verify_consistency(*notes, path, KEY)) == server
    if claimed == old:
        assert (server == "ok") == (path == path_of(plan_consistency(old, new)))


# --- what was tampered with is rejected, and where

SIZE = 11
LOG = ENTRIES[:SIZE]
NOTE = checkpoint_of(HASHES[:SIZE])


def verdict(lines: Iterable[bytes]) -> AuditVerificationError:
    return failure(lambda: verify_log(parse_export(lines), NOTE, KEY))


def spoilings(data: bytes) -> Iterable[bytes]:
    """Every byte changed by its lowest bit, changed by its case, deleted, doubled, and one put before it."""
    for at, byte in enumerate(data):
        before, after = data[:at], data[at + 1 :]
        for change in (
            bytes([byte ^ 1]),
            bytes([byte ^ 0x20]),
            b"",
            bytes([byte, byte]),
            bytes([0x20, byte]),
        ):
            yield before + change + after


def test_no_byte_of_an_export_can_be_changed_deleted_or_added() -> None:
    export = b"".join(export_of(LOG[:3]))
    note = checkpoint_of(HASHES[:3])
    for spoiled in spoilings(export):
        lines = spoiled.splitlines(keepends=True)
        failure(lambda lines=lines: verify_log(parse_export(lines), note, KEY))


def test_no_byte_of_an_entry_can_be_changed_even_if_its_hash_is_changed_with_it() -> None:
    for spoiled in spoilings(LOG[5]):
        found = verdict(export_of([*LOG[:5], spoiled, *LOG[6:]]))
        assert (found.fault, found.where) == ("root-mismatch", "root")


def test_an_entry_that_was_changed_is_found_by_its_index() -> None:
    for index in range(SIZE):
        lines = export_of(LOG)
        lines[index] = export_line(index, LOG[index].replace(b"allowed", b"denied!"), HASHES[index])
        found = verdict(lines)
        assert (found.fault, found.where) == ("entry-hash", f"index {index}")


def test_an_export_cut_off_at_any_byte_is_rejected() -> None:
    export = b"".join(export_of(LOG))
    for length in range(len(export)):
        found = verdict(export[:length].splitlines(keepends=True))
        assert found.fault in {"log-truncated", "export-format"}
        whole_lines = export[:length].count(b"\n")
        assert found.where == f"index {whole_lines}"


def test_a_truncated_log_is_rejected_where_it_ends() -> None:
    for size in range(SIZE):
        found = verdict(export_of(LOG[:size]))
        assert (found.fault, found.where) == ("log-truncated", f"index {size}")


def test_a_removed_entry_is_found_as_a_gap_and_if_renumbered_by_the_missing_end() -> None:
    for index in range(SIZE):
        lines = export_of(LOG)
        del lines[index]
        found = verdict(lines)
        expected = (
            ("export-index", f"index {index}") if index < SIZE - 1 else ("log-truncated", f"index {index}")
        )
        assert (found.fault, found.where) == expected
        assert verdict(export_of(LOG[:index] + LOG[index + 1 :])).fault == "log-truncated"


def test_a_repeated_entry_is_found_and_if_renumbered_as_one_too_many() -> None:
    for index in range(SIZE):
        lines = export_of(LOG)
        lines.insert(index, lines[index])
        found = verdict(lines)
        at_end = index == SIZE - 1
        assert (found.fault, found.where) == ("export-index", f"index {index + 1}") or at_end
        assert verdict(export_of([*LOG[:index], LOG[index], *LOG[index:]])).fault == "log-too-long"


def test_entries_exchanged_are_rejected_renumbered_or_not() -> None:
    for first, second in combinations(range(SIZE), 2):
        lines, entries = export_of(LOG), list(LOG)
        lines[first], lines[second] = lines[second], lines[first]
        entries[first], entries[second] = entries[second], entries[first]
        found = verdict(lines)
        assert (found.fault, found.where) == ("export-index", f"index {first}")
        assert verdict(export_of(entries)).fault == "root-mismatch"


def test_an_entry_added_anywhere_is_rejected() -> None:
    for index in range(SIZE + 1):
        found = verdict(export_of([*LOG[:index], b"{}", *LOG[index:]]))
        assert (found.fault, found.where) == ("log-too-long", f"index {SIZE}")


def test_an_entry_put_in_the_place_of_another_is_rejected() -> None:
    for index in range(SIZE):
        found = verdict(export_of([*LOG[:index], ENTRIES[SIZE], *LOG[index + 1 :]]))
        assert (found.fault, found.where) == ("root-mismatch", "root")


def test_no_byte_of_a_proof_a_checkpoint_or_an_entry_can_change() -> None:
    proof, old, new = proof_of(4, SIZE), checkpoint_of(HASHES[:6]), NOTE
    path = path_of(plan_consistency(6, SIZE))
    for spoiled in spoilings(proof.encode()):
        text = spoiled.decode(errors="replace")
        failure(lambda text=text: verify_proof(text, ENTRIES[4], KEY))
    for spoiled in spoilings(ENTRIES[4]):
        failure(lambda entry=spoiled: verify_proof(proof, entry, KEY))
    for spoiled in spoilings(old.encode()):
        text = spoiled.decode(errors="replace")
        assert failure(lambda note=text: verify_consistency(note, new, path, KEY)).where == "old checkpoint"
    for spoiled in spoilings(new.encode()):
        text = spoiled.decode(errors="replace")
        assert failure(lambda note=text: verify_consistency(old, note, path, KEY)).where == "new checkpoint"


def test_a_checkpoint_that_is_too_large_is_refused_unread() -> None:
    note = NOTE + "— witness.example AAAAAAAAAAAAAAAA\n" * 8000
    found = failure(lambda: verify_log([], note, KEY))
    assert (found.fault, found.where) == ("note-too-large", "checkpoint")


def test_a_log_rolled_back_forked_or_rewritten_is_not_consistent() -> None:
    kept = checkpoint_of(HASHES[:8])
    rolled_back = checkpoint_of(HASHES[:7])
    assert failure(lambda: verify_consistency(kept, rolled_back, [], KEY)).fault == "sizes-out-of-order"
    forked = checkpoint_of([*HASHES[:7], *HASHES[8:9]])
    assert failure(lambda: verify_consistency(kept, forked, [], KEY)).fault == "root-mismatch"
    rewritten = checkpoint_of([*HASHES[:3], HASHES[200], *HASHES[4:SIZE]])
    path = path_of(plan_consistency(8, SIZE))
    assert failure(lambda: verify_consistency(kept, rewritten, path, KEY)).fault == "root-mismatch"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b'{"index":0,"entry":"e30=","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}',
        b'{"index":0, "entry":"e30=","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\n',
        b'{"entry":"e30=","index":0,"hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\n',
        b'{"index":00,"entry":"e30=","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\n',
        b'{"index":0,"entry":"e31=","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\n',
        b'{"index":0,"entry":"e30","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\n',
        b'{"index":0,"entry":"e30=","hash":"=="}\n',
        b'{"index":0,"entry":"e30=","hash":"' + b64encode(leaf_hash(b"{}")) + b'"}\r\n',
        b"\xff\n",
    ],
)
def test_a_line_in_another_form_is_refused_at_its_index(line: bytes) -> None:
    found = failure(lambda: list(parse_export([line])))
    assert (found.fault, found.where) == ("export-format", "index 0")


@pytest.mark.parametrize("entry", [b"not json", b"[]", b"\xff", b""])
def test_an_entry_that_is_proven_but_no_object_is_refused(entry: bytes) -> None:
    proof = server_proof.Proof(0, (), checkpoint_of([leaf_hash(entry)])).to_text()
    assert failure(lambda: verify_proof(proof, entry, KEY)).fault == "entry-format"


def test_refusals_say_where_and_what_to_do_in_both_languages() -> None:
    for fault in _MESSAGES:
        error = AuditVerificationError(fault, "index 7")
        assert "(index 7)" in error.message_ja
        assert "(index 7)" in error.message_en
        assert error.message_en.isascii()
        assert "改ざん" in error.message_ja
        assert str(error) == f"{error.message_ja} / {error.message_en}"
