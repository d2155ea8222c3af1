"""Time-based one-time codes (RFC 6238): six digits, SHA-1, 30 seconds, as every authenticator app makes them.

Everything here is pure. A right code is not yet an accepted one: the caller takes the step that
`matching_step` returns by a conditional update (`SET last_step = :step WHERE last_step < :step`), so that
each code counts once, on whichever node it arrives. White space and full-width digits make no other code and
no other step; they open no second use.

ASVS 5.0 asks for a life of at most 30 seconds (6.5.5). One step back is accepted by default, since a code
typed at the end of its half-minute would otherwise fail; strict sites set `steps_back=0`. A code of the
future never passes.
"""

import hmac
import re
import unicodedata
from base64 import b32encode
from collections.abc import Callable
from typing import Final

from pyotp import TOTP
from typing_extensions import override

SEED_BYTES: Final = 20
STEP_MS: Final = 30_000
_DIGITS: Final = 6
_LONGEST_TEXT: Final = 64
_SEED: Final = re.compile(r"[A-Z2-7]{32}")
_BASE_32: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
"""The digits of RFC 4648 section 6, and those of `int`."""


class _Generator(TOTP):
    """Pyotp's arithmetic with the seed decoded once, and as a number: `base64` takes longer for it than for a code."""

    _decoded: bytes | None = None

    @override
    def byte_secret(self) -> bytes:
        if self._decoded is None:
            usual = _SEED.fullmatch(self.secret)
            self._decoded = (
                int(self.secret.translate(_BASE_32), 32).to_bytes(SEED_BYTES)
                if usual
                else super().byte_secret()
            )
        return self._decoded


def new_seed(random_bytes: Callable[[int], bytes]) -> str:
    """A seed of 160 bits, as RFC 4226 section 4 recommends, in base32."""
    return b32encode(random_bytes(SEED_BYTES)).decode()


def provisioning_uri(seed: str, account: str, issuer: str) -> str:
    """The `otpauth://` address that authenticator apps read from a QR code.

    It holds the seed: show it once, to the person who enrols.
    """
    return TOTP(seed).provisioning_uri(name=account, issuer_name=issuer)


def normalise_code(text: str) -> str | None:
    """The six ASCII digits of a code typed with any white space and in any width; None if it is no code."""
    if len(text) > _LONGEST_TEXT:
        return None
    code = "".join(unicodedata.normalize("NFKC", text).split())
    return code if len(code) == _DIGITS and code.isdigit() and code.isascii() else None


def matching_step(seed: str, code: str, now_ms: int, steps_back: int = 1) -> int | None:
    """The time step whose code was typed, or None.

    Args:
        seed: base32.
        code: as typed.
        now_ms: milliseconds since 1970-01-01 UTC.
        steps_back: how many past steps are accepted beside the current one.

    Returns:
        The number of 30-second steps since 1970 (the latest, should two steps share a code).
    """
    typed = normalise_code(code)
    if typed is None:
        return None
    now, generator = step_at(now_ms), _Generator(seed)
    # Latest first, and then no further: the time taken tells which step was right, to whoever typed a right code.
    for step in range(now, max(0, now - steps_back) - 1, -1):
        if hmac.compare_digest(generator.generate_otp(step), typed):
            return step
    return None


def step_at(now_ms: int) -> int:
    """The time step of a moment."""
    return now_ms // STEP_MS


def code_at(seed: str, now_ms: int) -> str:
    """The code that an authenticator shows at a moment: for tests, the demo, and clients that hold a seed."""
    return TOTP(seed).generate_otp(step_at(now_ms))
