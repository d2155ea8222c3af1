"""Argon2id (RFC 9106) for what people type from memory: login passwords, the passphrase of a key directory.

Text is brought to NFKC first (NIST SP 800-63B-4 section 3.1.1.2), so that a password typed on a Mac, on a
phone or through a Japanese input method is the same password.
Which passwords are good enough is not decided here.
"""

import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, hash_secret_raw

from tokenizer.crypto.primitives import KEY_BYTES, RandomBytes, system_random
from tokenizer.errors import SealBrokenError

SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Profile:
    """How much work one hash costs.

    Attributes:
        time_cost: passes over the memory.
        memory_kib: memory of one hash, in KiB.
        lanes: threads of one hash.
    """

    time_cost: int
    memory_kib: int
    lanes: int


RFC_9106_LOW_MEMORY: Final = Profile(time_cost=3, memory_kib=64 * 1024, lanes=4)
"""The second recommendation of RFC 9106 section 4, for logins: a server checks several at a time."""

KEY_DIRECTORY: Final = Profile(time_cost=3, memory_kib=256 * 1024, lanes=4)
"""For the passphrase of a key directory: paid once per start, attacked offline by who copies the files."""

CHEAP_FOR_TESTS: Final = Profile(time_cost=1, memory_kib=8, lanes=1)
"""Protects nothing. For tests and benchmarks of other things."""


class Passwords:
    """Hashes and checks login passwords.

    A hash takes the profile's memory while it runs: callers bound how many run at once.
    """

    def __init__(
        self, profile: Profile = RFC_9106_LOW_MEMORY, random_bytes: RandomBytes = system_random
    ) -> None:
        self._random_bytes = random_bytes
        self._hasher = PasswordHasher(
            profile.time_cost, profile.memory_kib, profile.lanes, _HASH_BYTES, SALT_BYTES, type=Type.ID
        )
        self._nobody = _hash_of_nobody(profile, random_bytes)

    def hash(self, password: str) -> str:
        """The text to store: algorithm, costs, salt and hash in one."""
        return self._hasher.hash(_to_bytes(password), salt=self._random_bytes(SALT_BYTES))

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether `password` is the one behind `stored`.

        Raises:
            SealBrokenError: `stored` is no hash of ours, or there was no memory to compute it.
        """
        try:
            return self._hasher.verify(stored, _to_bytes(password))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError):
            raise _no_hash() from None

    def verify_nobody(self, password: str) -> bool:
        """Do the work of `verify` for a login that does not exist, and say no.

        Without it, the time of the answer would tell which logins exist.
        """
        return self.verify(self._nobody, password)

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether `stored` was made at other costs: hash again at the next successful login.

        Raises:
            SealBrokenError: `stored` is no hash of ours.
        """
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            raise _no_hash() from None


def normalise(password: str) -> str:
    """The form of a password that is hashed, and that rules are to look at: NFKC."""
    return unicodedata.normalize("NFKC", password)


def derive_key(passphrase: str, salt: bytes, profile: Profile = KEY_DIRECTORY) -> bytes:
    """Derive a 32-byte key from a passphrase, by Argon2id with the given salt and costs."""
    return hash_secret_raw(
        _to_bytes(passphrase),
        salt,
        profile.time_cost,
        profile.memory_kib,
        profile.lanes,
        KEY_BYTES,
        Type.ID,
    )


def _to_bytes(password: str) -> bytes:
    # JSON can carry a lone surrogate: it must not end in an encoding error, which would quote the password.
    return normalise(password).encode("utf-8", "surrogatepass")


def _hash_of_nobody(profile: Profile, random_bytes: RandomBytes) -> str:
    """A stored hash whose password nobody knows: the hash part is random, so nothing has to be computed."""
    salt, digest = (_unpadded(random_bytes(size)) for size in (SALT_BYTES, _HASH_BYTES))
    costs = f"m={profile.memory_kib},t={profile.time_cost},p={profile.lanes}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


def _unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


def _no_hash() -> SealBrokenError:
    return SealBrokenError(
        "保存されたパスワードのハッシュを照合できません(破損またはメモリ不足)。メモリとデータベースを確かめてください。",
        "A stored password hash cannot be checked (damaged, or no memory left). Check memory and database.",
    )
