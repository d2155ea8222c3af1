"""Proofs as text: that one leaf is in a log, for anyone to verify offline (c2sp.org/tlog-proof).

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

    <the signed checkpoint>

The leaf itself is not part of the text; the verifier brings it.
"""

from dataclasses import dataclass
from typing import Final, Self

from tokenizer.audit.checkpoint import Checkpoint, open_note
from tokenizer.audit.errors import Fault, ProofError
from tokenizer.audit.note import VerifierKey, Verify
from tokenizer.audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64
from tokenizer.audit.tree import HASH_SIZE, leaf_hash
from tokenizer.audit.verify import verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is in the log at one checkpoint.

    Attributes:
        index: The leaf's position, from 0.
        path: The siblings' hashes, from the leaf up, 32 bytes each.
        checkpoint: The signed note, verbatim.
        extra: Further data for applications, proven by nothing; we write none.

    Raises:
        ProofError: A field cannot be written as a proof.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_INTEGER or self.extra == b"":
            raise ProofError(Fault.PROOF_FORMAT)
        if any(len(item) != HASH_SIZE for item in self.path):
            raise ProofError(Fault.HASH_LENGTH)

    def to_text(self) -> str:
        """Give the proof as text, to be kept as a `.tlog-proof` file."""
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(to_base64, self.path), "", self.checkpoint]
        return "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a proof; nothing is verified yet, not even the form of its checkpoint.

        Raises:
            ProofError: A line is missing, unknown, or not written the one right way.
        """
        head, separator, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if header != HEADER or not separator:
            raise ProofError(Fault.PROOF_FORMAT)
        extra = _decoded(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise ProofError(Fault.PROOF_FORMAT, "index")
        index = from_decimal(lines.pop(0)[6:])
        if index is None:
            raise ProofError(Fault.PROOF_FORMAT, "index")
        return cls(index, tuple(map(_decoded, lines)), checkpoint, extra)

    def verify(self, leaf: bytes, key: VerifierKey, verify: Verify) -> Checkpoint:
        """Verify that the leaf is in the log, at the index the proof names.

        Args:
            leaf: The leaf's data: the entry's canonical bytes.
            key: The verifier key of the log.
            verify: Tells whether (public key, message, signature) fit.

        Returns:
            The checkpoint that it is proven against.

        Raises:
            CheckpointError: The checkpoint is not one that this log signed.
            ProofError: The path does not lead from this leaf to the checkpoint's root.
        """
        checkpoint = open_note(self.checkpoint, key, verify)
        verify_inclusion(self.index, checkpoint.size, leaf_hash(leaf), self.path, checkpoint.root)
        return checkpoint


def _decoded(encoded: str) -> bytes:
    data = from_base64(encoded)
    if data is None:
        raise ProofError(Fault.PROOF_FORMAT, "base64")
    return data
