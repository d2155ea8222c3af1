"""Checkpoints: the size and root of a log, signed (c2sp.org/tlog-checkpoint).

    example.com/log42
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

One Ed25519 key may sign for many logs, and a note's signature does not cover the signer's name. So a
checkpoint counts for a verifier key only when its origin is that key's name: no log can pass for another.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from tokenizer.audit.errors import CheckpointError, Fault
from tokenizer.audit.note import Sign, VerifierKey, Verify, open_text, sign_text
from tokenizer.audit.text import MAX_INTEGER, from_base64, from_decimal, is_clean, to_base64
from tokenizer.audit.tree import HASH_SIZE


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log looked like at one moment.

    Attributes:
        origin: The log's name; a URL without scheme by custom.
        size: How many leaves it had.
        root: The root hash over them, 32 bytes.
        extensions: Further lines, opaque to us; we write none.

    Raises:
        CheckpointError: A field cannot be written as a checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if not all(line and "\n" not in line and is_clean(line) for line in lines):
            raise CheckpointError(Fault.CHECKPOINT_FORMAT)
        if not 0 <= self.size <= MAX_INTEGER or len(self.root) != HASH_SIZE:
            raise CheckpointError(Fault.CHECKPOINT_FORMAT)

    def to_text(self) -> str:
        """Give the text that is signed."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint, without signatures.

        Raises:
            CheckpointError: A line is missing or empty, or not written the one right way.
        """
        match text.split("\n"):
            case [origin, decimal, encoded, *extensions, ""]:
                size, root = from_decimal(decimal), from_base64(encoded)
            case _:
                raise CheckpointError(Fault.CHECKPOINT_FORMAT)
        if size is None or root is None:
            raise CheckpointError(Fault.CHECKPOINT_FORMAT)
        return cls(origin, size, root, tuple(extensions))


def sign(checkpoint: Checkpoint, public_key: bytes, signer: Sign) -> str:
    """Sign a checkpoint under the log's own name.

    Args:
        checkpoint: What to sign; its origin is the key's name.
        public_key: The Ed25519 public key, 32 bytes.
        signer: Signs with the private key that belongs to it.

    Raises:
        CheckpointError: The origin cannot be a key's name (it has spaces or `+`), or the key is not 32 bytes.
    """
    return sign_text(checkpoint.to_text(), _key(checkpoint.origin, public_key), signer)


@lru_cache(maxsize=4096)
def _key(origin: str, public_key: bytes) -> VerifierKey:
    """The key a log signs as, which takes as long to make as half a signature."""
    return VerifierKey(origin, public_key)


def open_note(text: str, key: VerifierKey, verify: Verify) -> Checkpoint:
    """Give the checkpoint of a note that the log's key signed.

    Args:
        text: The signed note, exactly as received.
        key: The verifier key of the log that is expected.
        verify: Tells whether (public key, message, signature) fit.

    Raises:
        CheckpointError: The note is malformed, not signed by the key, altered, or speaks of another log.
    """
    checkpoint = Checkpoint.parse(open_text(text, key, verify))
    if checkpoint.origin != key.name:
        raise CheckpointError(Fault.WRONG_ORIGIN)
    return checkpoint
