"""Encryption of a stream too long for memory: libsodium's secretstream (XChaCha20-Poly1305), chunk by chunk.

A chunk that was altered, moved, repeated or left out does not open, and neither does what follows it; only the last
chunk says that it is the last. One key seals one stream.
"""

from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError

from tokenizer.crypto.primitives import KEY_BYTES
from tokenizer.errors import SealBrokenError

HEADER_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
CHUNK_OVERHEAD_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
STREAM_KEY_BYTES: Final = KEY_BYTES

_MESSAGE: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: Final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class StreamSealer:
    """Seals a stream.

    Args:
        key: 32 bytes, of this stream alone.
        associated: what the stream belongs to; the same must be given to open it.

    Attributes:
        header: to be stored before the first chunk.
    """

    def __init__(self, key: bytes, associated: bytes) -> None:
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self._associated = associated
        self.header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)

    def seal(self, chunk: bytes, *, last: bool) -> bytes:
        """The next chunk, sealed: longer by `CHUNK_OVERHEAD_BYTES`."""
        tag = _FINAL if last else _MESSAGE
        return bindings.crypto_secretstream_xchacha20poly1305_push(self._state, chunk, self._associated, tag)


class StreamOpener:
    """Opens what a `StreamSealer` sealed.

    Args:
        key: 32 bytes.
        header: as the sealer gave it.
        associated: as it was given to the sealer.

    Raises:
        SealBrokenError: the header is none.
    """

    def __init__(self, key: bytes, header: bytes, associated: bytes) -> None:
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self._associated = associated
        if len(header) != HEADER_BYTES:
            raise _broken()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        """The next chunk.

        Args:
            sealed: as `StreamSealer.seal` gave it.
            last: whether it must be the last one; the stream goes on after any other.

        Raises:
            SealBrokenError: it is not the chunk that was sealed next, or the stream ends too early or too late.
        """
        try:
            chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(
                self._state, sealed, self._associated
            )
        except (CryptoError, ValueError, TypeError, RuntimeError):
            raise _broken() from None
        if (tag == _FINAL) is not last:
            raise _broken()
        return chunk


def _broken() -> SealBrokenError:
    return SealBrokenError(
        "暗号化された写しを開けません(鍵が違うか、途中で切れているか、書き換えられています)。別の写しを使ってください。",
        "An encrypted copy does not open (another key, cut short, or altered). Use another copy.",
    )
