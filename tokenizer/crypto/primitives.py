"""Every cipher, MAC and signature of the vault, each with the one algorithm we use.

- Sealing: ChaCha20-Poly1305 (RFC 8439) under a 32-byte key, with a random 12-byte nonce. Every key seals few
  messages (a person key a handful, a wrapping key at most the persons of one tenant in one epoch), far below
  the 2**32 after which random 96-bit nonces would have to be counted.
- MAC and key derivation: HMAC-SHA-256 (RFC 2104) with a label that names the use.
- Signing: Ed25519 (RFC 8032).

The three stand on Japan's e-government recommended ciphers list (CRYPTREC, 2023 edition). A sealed value starts
with one algorithm byte, so that another algorithm can be told apart from this one later; no caller chooses.
"""

import hmac
import os
from collections.abc import Callable, Sequence

from nacl import bindings
from nacl.exceptions import CryptoError

from tokenizer.errors import SealBrokenError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
CHACHA20_POLY1305 = b"\x01"
OVERHEAD_BYTES = len(CHACHA20_POLY1305) + NONCE_BYTES + TAG_BYTES

RandomBytes = Callable[[int], bytes]
system_random: RandomBytes = os.urandom

_encrypt = bindings.crypto_aead_chacha20poly1305_ietf_encrypt
_decrypt = bindings.crypto_aead_chacha20poly1305_ietf_decrypt


def seal(
    key: bytes, plaintext: bytes, associated_data: bytes, random_bytes: RandomBytes = system_random
) -> bytes:
    """Encrypt `plaintext` so that it opens only under `key` and the same `associated_data`.

    Returns:
        One algorithm byte, a 12-byte nonce, the ciphertext and its 16-byte tag.
    """
    return seal_with_nonce(key, random_bytes(NONCE_BYTES), plaintext, associated_data)


def seal_with_nonce(key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """`seal` with the nonce given: for published vectors and for batches that drew their nonces at once.

    A nonce must never be used twice under one key.
    """
    return CHACHA20_POLY1305 + nonce + _encrypt(plaintext, associated_data, nonce, key)


def open_sealed(key: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """Return the plaintext of a value made by `seal`.

    Raises:
        SealBrokenError: another key, another row, another format, or altered bytes.
    """
    if sealed[:1] != CHACHA20_POLY1305:
        raise _broken()
    try:
        return _decrypt(sealed[13:], associated_data, sealed[1:13], key)
    except (CryptoError, ValueError, TypeError):
        raise _broken() from None


def open_many(keys: Sequence[bytes], sealed: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
    """`open_sealed` over parallel columns; one bad row fails the batch.

    Raises:
        SealBrokenError: as `open_sealed`.
    """
    try:
        return [
            _decrypt(box[13:], data, box[1:13], key)
            for key, box, data in zip(keys, sealed, associated, strict=True)
            if box[0] == 1 or _refuse()
        ]
    except (CryptoError, ValueError, TypeError, IndexError):
        raise _broken() from None


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 of `data`, 32 bytes. Also the one way keys are derived: `data` then starts with a label."""
    return hmac.digest(key, data, "sha256")


class MacKey:
    """A key whose MACs are the same as those of `mac` and take half as long: what they begin with is worked out once.

    Prints without the key.
    """

    __slots__ = ("_begun",)

    def __init__(self, key: bytes) -> None:
        self._begun = hmac.new(key, digestmod="sha256")

    def __repr__(self) -> str:
        return "MacKey(****)"

    def mac(self, data: bytes) -> bytes:
        """HMAC-SHA-256 of `data`, 32 bytes."""
        begun = self._begun.copy()
        begun.update(data)
        return begun.digest()


def equal(left: bytes, right: bytes) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


def public_key(seed: bytes) -> bytes:
    """The 32-byte Ed25519 public key that belongs to a 32-byte seed."""
    return bindings.crypto_sign_seed_keypair(seed)[0]


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign `message` with Ed25519; returns the 64-byte signature."""
    secret = bindings.crypto_sign_seed_keypair(seed)[1]
    return bindings.crypto_sign(message, secret)[:64]


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` over `message` was made by the seed behind `public`."""
    try:
        bindings.crypto_sign_open(signature + message, public)
    except (CryptoError, ValueError, TypeError):
        return False
    return True


class Signer:
    """An Ed25519 seed with its public key worked out once; prints without the seed."""

    __slots__ = ("_secret", "public")

    def __init__(self, seed: bytes) -> None:
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)

    def __repr__(self) -> str:
        return f"Signer(public={self.public.hex()})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over `message`."""
        return bindings.crypto_sign(message, self._secret)[:64]


def _broken() -> SealBrokenError:
    return SealBrokenError(
        "保存された値を開けません(鍵・行・内容のいずれかが一致しません)。監査ログを検証し、管理者に連絡してください。",
        "A stored value does not open (key, row or content do not match). Verify the audit log and call the operator.",
    )


def _refuse() -> bool:
    raise _broken()
