"""Signed notes with Ed25519 (c2sp.org/signed-note): a text, a blank line, and a line for each signature.

A signature covers the text only, not the name on its line. Whoever opens a note must therefore find in the
text itself what it speaks for: a checkpoint is compared by its origin.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from tokenizer.audit.errors import CheckpointError, Fault
from tokenizer.audit.text import from_base64, is_clean, to_base64

Sign = Callable[[bytes], bytes]
"""Signs a message with Ed25519, giving 64 bytes."""
Verify = Callable[[bytes, bytes, bytes], bool]
"""Tells whether (public key, message, signature) fit, by Ed25519."""

MAX_LENGTH: Final = 256 * 1024
"""The longest note read, in characters: far above 16 of the largest signatures in use."""

_ED25519: Final = b"\x01"
_PUBLIC_KEY_SIZE: Final = 32
_SIGNATURE_SIZE: Final = 64
_KEY_ID_SIZE: Final = 4
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who may sign: a name and an Ed25519 public key, written `<name>+<key id>+<base64>`.

    Attributes:
        name: The signer's name; for a log its origin.
        public_key: 32 bytes (RFC 8032).
        key_id: The four bytes that mark this key's signatures.

    Raises:
        CheckpointError: The name is empty, has spaces, `+` or control characters, or the key is not 32 bytes.
    """

    name: str
    public_key: bytes
    key_id: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _is_name(self.name) or len(self.public_key) != _PUBLIC_KEY_SIZE:
            raise CheckpointError(Fault.KEY_FORMAT)
        hashed = sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()
        object.__setattr__(self, "key_id", hashed[:_KEY_ID_SIZE])

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key as text.

        Raises:
            CheckpointError: It is not of the form, not for Ed25519, or its key id is not the key's.
        """
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        data = from_base64(encoded)
        if not _KEY_ID.fullmatch(key_id) or data is None or data[:1] != _ED25519:
            raise CheckpointError(Fault.KEY_FORMAT)
        key = cls(name, data[1:])
        if key.key_id.hex() != key_id:
            raise CheckpointError(Fault.KEY_FORMAT)
        return key


def sign_text(text: str, key: VerifierKey, sign: Sign) -> str:
    """Sign a text to a note.

    Args:
        text: The text, ending in a newline.
        key: The name and public key to sign as.
        sign: Signs with the private key that belongs to it.

    Raises:
        CheckpointError: The text does not end in a newline or has control characters.
    """
    if not text.endswith("\n") or not is_clean(text):
        raise CheckpointError(Fault.NOTE_FORMAT)
    return f"{text}\n— {key.name} {to_base64(key.key_id + sign(text.encode()))}\n"


def open_text(note: str, key: VerifierKey, verify: Verify) -> str:
    """Give the text of a note that this key signed; signatures of other keys are ignored.

    Raises:
        CheckpointError: The note is malformed, too large, altered, or not signed by this key.
    """
    if len(note) > MAX_LENGTH:
        raise CheckpointError(Fault.NOTE_TOO_LARGE)
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not note.endswith("\n") or not is_clean(note):
        raise CheckpointError(Fault.NOTE_FORMAT)
    text += "\n"
    signature = _signatures(signatures).get((key.name, key.key_id))
    if signature is None:
        raise CheckpointError(Fault.UNKNOWN_KEY)
    if len(signature) != _SIGNATURE_SIZE or not verify(key.public_key, text.encode(), signature):
        raise CheckpointError(Fault.BAD_SIGNATURE)
    return text


def _signatures(lines: str) -> dict[tuple[str, bytes], bytes]:
    """Read the signatures by key name and key id; each key signs once."""
    found: dict[tuple[str, bytes], bytes] = {}
    for line in lines.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        data = from_base64(encoded)
        if dash != "—" or not _is_name(name) or data is None or len(data) <= _KEY_ID_SIZE:
            raise CheckpointError(Fault.NOTE_FORMAT)
        signer = (name, data[:_KEY_ID_SIZE])
        if signer in found:
            raise CheckpointError(Fault.NOTE_FORMAT)
        found[signer] = data[_KEY_ID_SIZE:]
    return found


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and is_clean(name) and not any(map(str.isspace, name))
