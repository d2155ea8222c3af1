"""Verifies the vault's audit log offline, with nothing of the vault's but its public key.

    entry = verify_proof(proof_text, entry_bytes, verifier_key)             # one entry is in the log
    verify_consistency(kept_checkpoint, new_checkpoint, path, verifier_key)  # the log only grew
    verify_log(read_export("log.jsonl"), checkpoint, verifier_key)           # a whole export is the log

Returning means proven; everything else raises `AuditVerificationError`. It was written apart from the vault's
own code, so that a fault in one does not hide in the other. The formats are RFC 6962 hashing,
c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

from warifu.audit_checkpoint import HASH_SIZE, Checkpoint, open_checkpoint, read_base64, read_decimal
from warifu.audit_error import AuditVerificationError

__all__ = [
    "AuditVerificationError",
    "Checkpoint",
    "VerifiedEntry",
    "parse_export",
    "read_export",
    "verify_consistency",
    "verify_log",
    "verify_proof",
]


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """An entry that is proven to be in the log.

    Attributes:
        index: Its position in the log, from 0.
        fields: What it says: `at` (milliseconds since 1970-01-01T00:00:00Z), `action`, `outcome` and others.
        checkpoint: The signed state of the log that it is proven against.
    """

    index: int
    fields: Mapping[str, Any]
    checkpoint: Checkpoint


def verify_proof(proof_text: str, entry: bytes, verifier_key: str) -> VerifiedEntry:
    """Verify that an entry is in the log.

    Args:
        proof_text: The proof, a `c2sp.org/tlog-proof@v1` text.
        entry: The entry's bytes, exactly as the vault gave them.
        verifier_key: The log's key, `<name>+<key id>+<base64>`, obtained from elsewhere than the proof.

    Raises:
        AuditVerificationError: It is not proven.
    """
    index, path, note = _read_proof(proof_text)
    checkpoint = open_checkpoint(note, verifier_key, "checkpoint")
    if checkpoint.size == 0:
        raise AuditVerificationError("empty-tree", "checkpoint")
    if index >= checkpoint.size:
        raise AuditVerificationError("index-out-of-range", "proof")
    if _root_above(index, checkpoint.size, _leaf_hash(entry), path) != checkpoint.root:
        raise AuditVerificationError("root-mismatch", "root")
    return VerifiedEntry(index, _fields(entry), checkpoint)


def verify_consistency(
    old_checkpoint: str, new_checkpoint: str, path: Sequence[bytes], verifier_key: str
) -> None:
    """Verify that the log only grew: that nothing of the old one was changed, removed or reordered.

    Args:
        old_checkpoint: The checkpoint kept from earlier.
        new_checkpoint: The checkpoint received now.
        path: The hashes of the consistency proof, 32 bytes each.
        verifier_key: The log's key.

    Raises:
        AuditVerificationError: It is not proven.
    """
    old = open_checkpoint(old_checkpoint, verifier_key, "old checkpoint")
    new = open_checkpoint(new_checkpoint, verifier_key, "new checkpoint")
    if old.size == 0:
        raise AuditVerificationError("empty-tree", "old checkpoint")
    if old.size > new.size:
        raise AuditVerificationError("sizes-out-of-order", "old checkpoint")
    if any(len(item) != HASH_SIZE for item in path):
        raise AuditVerificationError("hash-length", "proof")
    rest = list(path)
    computed = _roots_of_both(old.size, new.size, old.root, rest)
    if rest:
        raise AuditVerificationError("path-too-long", "proof")
    if computed != (old.root, new.root):
        raise AuditVerificationError("root-mismatch", "root")


def verify_log(entries: Iterable[bytes], checkpoint_text: str, verifier_key: str) -> Checkpoint:
    """Verify that entries are the whole log of a checkpoint: none changed, missing, added or moved.

    Args:
        entries: The bytes of every entry from index 0, for instance from `read_export`.
        checkpoint_text: The signed checkpoint.
        verifier_key: The log's key.

    Returns:
        The checkpoint, now known to be of exactly these entries.

    Raises:
        AuditVerificationError: They are not; `where` names the first index that is wrong, if it can be told.
    """
    checkpoint = open_checkpoint(checkpoint_text, verifier_key, "checkpoint")
    roots: list[bytes] = []  # of complete subtrees, ever smaller: one for each one-bit of the size so far
    size = 0
    for size, entry in enumerate(entries, 1):
        if size > checkpoint.size:
            raise AuditVerificationError("log-too-long", f"index {size - 1}")
        root, before = _leaf_hash(entry), size - 1
        while before & 1:
            root, before = _node_hash(roots.pop(), root), before >> 1
        roots.append(root)
    if size < checkpoint.size:
        raise AuditVerificationError("log-truncated", f"index {size}")
    if _root_over(roots) != checkpoint.root:
        raise AuditVerificationError("root-mismatch", "root")
    return checkpoint


def read_export(path: str | PathLike[str]) -> Iterator[bytes]:
    """Read the entries of an exported log, a file with a line for each entry; see `parse_export`."""
    with Path(path).open("rb") as lines:
        yield from parse_export(lines)


def parse_export(lines: Iterable[bytes]) -> Iterator[bytes]:
    r"""Give the entries of an exported log, each compared with the index and hash recorded for it.

    A line is `{"index":0,"entry":"<base64>","hash":"<base64>"}` and a newline, without spaces.

    Raises:
        AuditVerificationError: A line is malformed, out of order, or its entry does not have its hash.
    """
    for index, line in enumerate(lines):
        where = f"index {index}"
        match = _EXPORT_LINE.fullmatch(line)
        if match is None:
            raise AuditVerificationError("export-format", where)
        found, encoded, recorded = (group.decode() for group in match.groups())
        entry = read_base64(encoded, "export-format", where)
        if read_decimal(found, "export-format", where) != index:
            raise AuditVerificationError("export-index", where)
        if _leaf_hash(entry) != read_base64(recorded, "export-format", where):
            raise AuditVerificationError("entry-hash", where)
        yield entry


_EXPORT_LINE = re.compile(rb'{"index":([0-9]+),"entry":"([A-Za-z0-9+/=]+)","hash":"([A-Za-z0-9+/=]+)"}\n')


def _read_proof(text: str) -> tuple[int, list[bytes], str]:
    """Take a proof apart: the index, the path and the checkpoint's note."""
    head, separator, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != "c2sp.org/tlog-proof@v1" or not separator:
        raise AuditVerificationError("proof-format", "proof")
    if lines and lines[0].startswith("extra "):
        read_base64(lines.pop(0)[6:] or "?", "proof-format", "proof")  # proven by nothing, so of no use here
    if not lines or not lines[0].startswith("index "):
        raise AuditVerificationError("proof-format", "proof")
    index = read_decimal(lines[0][6:], "proof-format", "proof")
    path = [read_base64(line, "proof-format", "proof") for line in lines[1:]]
    if any(len(item) != HASH_SIZE for item in path):
        raise AuditVerificationError("hash-length", "proof")
    return index, path, note


def _root_above(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Compute the root over `size` leaves from one leaf and its siblings (RFC 6962 section 2.1.1)."""
    if size == 1:
        if path:
            raise AuditVerificationError("path-too-long", "proof")
        return leaf
    if not path:
        raise AuditVerificationError("path-too-short", "proof")
    left = _left_of(size)
    if index < left:
        return _node_hash(_root_above(index, left, leaf, path[:-1]), path[-1])
    return _node_hash(path[-1], _root_above(index - left, size - left, leaf, path[:-1]))


def _roots_of_both(old: int, new: int, known: bytes | None, path: list[bytes]) -> tuple[bytes, bytes]:
    """Compute the roots over `old` and `new` leaves, taking hashes off the path (RFC 6962 section 2.1.2).

    Args:
        old: How many leaves the old tree has in this subtree.
        new: How many the new tree has.
        known: The old root, while this subtree holds all of the old tree: then the path leaves it out.
        path: The rest of the proof, the subtree's own hashes last.
    """
    if old == new and known is not None:
        return known, known
    if not path:
        raise AuditVerificationError("path-too-short", "proof")
    sibling = path.pop()
    if old == new:
        return sibling, sibling
    left = _left_of(new)
    if old <= left:
        old_root, new_root = _roots_of_both(old, left, known, path)
        return old_root, _node_hash(new_root, sibling)
    old_root, new_root = _roots_of_both(old - left, new - left, None, path)
    return _node_hash(sibling, old_root), _node_hash(sibling, new_root)


def _root_over(roots: Sequence[bytes]) -> bytes:
    """Compute the root over complete subtrees, ever smaller to the right."""
    if not roots:
        return sha256(b"").digest()
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = _node_hash(left, root)
    return root


def _left_of(size: int) -> int:
    """Give the largest power of two smaller than the size: how many leaves stand in the left subtree."""
    return 1 << (size - 1).bit_length() - 1


def _leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _fields(entry: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(entry)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise AuditVerificationError("entry-format", "entry")
    return fields
