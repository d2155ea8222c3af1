"""Reads the signed checkpoints of an audit log (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from warifu.audit_error import AuditVerificationError

HASH_SIZE = 32
_SIGNATURE_SIZE = 64
_KEY_ID_SIZE = 4
_MAX_INTEGER = 2**53 - 1
_MAX_NOTE = 256 * 1024
_DECIMAL = re.compile("0|[1-9][0-9]{0,15}")
_NAME = re.compile(r"[^\s+]+")
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log looked like at one moment: its name, how many entries it had, and their root hash."""

    origin: str
    size: int
    root: bytes


def open_checkpoint(note: str, verifier_key: str, where: str) -> Checkpoint:
    """Give what a signed checkpoint says, if this key signed it and it is of the log the key is named after.

    The signature leaves the signer's name out, and one key may sign for many logs: hence the origin's check.
    """
    name, text = open_note(note, verifier_key, where)
    match text.split("\n"):
        case [origin, decimal, encoded, *extensions, ""] if origin and all(extensions):
            size = read_decimal(decimal, "checkpoint-format", where)
            root = read_base64(encoded, "checkpoint-format", where)
        case _:
            raise AuditVerificationError("checkpoint-format", where)
    if len(root) != HASH_SIZE:
        raise AuditVerificationError("checkpoint-format", where)
    if origin != name:
        raise AuditVerificationError("wrong-origin", where)
    return Checkpoint(origin, size, root)


def open_note(note: str, verifier_key: str, where: str) -> tuple[str, str]:
    """Give the name that a verifier key is for, and the text of a note that the key signed."""
    name, key_id, public_key = _read_key(verifier_key)
    return name, _signed_text(note, name, key_id, public_key, where)


def _read_key(text: str) -> tuple[str, bytes, VerifyKey]:
    """Read `<name>+<key id>+<base64 of 0x01 and the public key>`."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = read_base64(encoded, "key-format", "verifier key")
    computed = sha256(name.encode(errors="replace") + b"\n" + data).digest()[:_KEY_ID_SIZE]
    if not _is_name(name) or data[:1] != b"\x01" or len(data) != 1 + HASH_SIZE or key_id != computed.hex():
        raise AuditVerificationError("key-format", "verifier key")
    return name, computed, VerifyKey(data[1:])


def _signed_text(note: str, name: str, key_id: bytes, public_key: VerifyKey, where: str) -> str:
    if len(note) > _MAX_NOTE:
        raise AuditVerificationError("note-too-large", where)
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not note.endswith("\n") or _FORBIDDEN.search(note):
        raise AuditVerificationError("note-format", where)
    signatures = _signatures(lines, where)
    if (name, key_id) not in signatures:
        raise AuditVerificationError("unknown-key", where)
    if not _is_signature(signatures[name, key_id], f"{text}\n".encode(), public_key):
        raise AuditVerificationError("bad-signature", where)
    return f"{text}\n"


def _signatures(lines: str, where: str) -> dict[tuple[str, bytes], bytes]:
    """Read the signatures by signer and key id; each key signs once."""
    found: dict[tuple[str, bytes], bytes] = {}
    for line in lines.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        data = read_base64(encoded, "note-format", where)
        key_id, signature = data[:_KEY_ID_SIZE], data[_KEY_ID_SIZE:]
        if dash != "—" or not _is_name(signer) or not signature or (signer, key_id) in found:
            raise AuditVerificationError("note-format", where)
        found[signer, key_id] = signature
    return found


def _is_signature(signature: bytes, message: bytes, public_key: VerifyKey) -> bool:
    if len(signature) != _SIGNATURE_SIZE:
        return False
    try:
        public_key.verify(message, signature)
    except BadSignatureError:
        return False
    return True


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and not _FORBIDDEN.search(text)


def read_base64(text: str, fault: str, where: str) -> bytes:
    """Read canonical base64: neither spare bits nor missing padding."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, Base64Error):
        raise AuditVerificationError(fault, where) from None
    if b64encode(data).decode() != text:
        raise AuditVerificationError(fault, where)
    return data


def read_decimal(text: str, fault: str, where: str) -> int:
    """Read a decimal without sign or leading zeros, up to what every JSON reader keeps exact."""
    if not _DECIMAL.fullmatch(text) or int(text) > _MAX_INTEGER:
        raise AuditVerificationError(fault, where)
    return int(text)
