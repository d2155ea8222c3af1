"""What the tests of the audit log share: a test key, and the tree as the RFC writes it down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from tokenizer.audit.note import VerifierKey


@dataclass(frozen=True)
class TestSigner:
    """A signer from a fixed, published seed: for tests only."""

    __test__ = False
    signing: SigningKey

    @property
    def public(self) -> bytes:
        return bytes(self.signing.verify_key)

    def sign(self, message: bytes) -> bytes:
        return bytes(self.signing.sign(message).signature)

    def key(self, origin: str) -> VerifierKey:
        return VerifierKey(origin, self.public)


def make_signer(label: str = "log") -> TestSigner:
    return TestSigner(SigningKey(sha256(f"warifu test key, never use: {label}".encode()).digest()))


@pytest.fixture(scope="session")
def signer() -> TestSigner:
    return make_signer()


@pytest.fixture(scope="session")
def other_signer() -> TestSigner:
    return make_signer("other")


@pytest.fixture(scope="session")
def ed25519() -> Callable[[bytes, bytes, bytes], bool]:
    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            VerifyKey(public).verify(message, signature)
        except BadSignatureError:
            return False
        return True

    return verify


class NaiveTree:
    """The definitions of RFC 6962 section 2.1, word for word and slow, over given leaf hashes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self.root = cache(self._root)

    def _root(self, start: int, stop: int) -> bytes:
        if start == stop:
            return sha256(b"").digest()
        if stop - start == 1:
            return self._leaves[start]
        k = self._k(stop - start)
        return sha256(b"\x01" + self.root(start, start + k) + self.root(start + k, stop)).digest()

    def path(self, m: int, start: int, stop: int) -> list[bytes]:
        """PATH(m, D[start:stop])."""
        if stop - start == 1:
            return []
        k = self._k(stop - start)
        if m < k:
            return [*self.path(m, start, start + k), self.root(start + k, stop)]
        return [*self.path(m - k, start + k, stop), self.root(start, start + k)]

    def subproof(self, m: int, start: int, stop: int, *, whole: bool) -> list[bytes]:
        """SUBPROOF(m, D[start:stop], whole)."""
        if m == stop - start:
            return [] if whole else [self.root(start, stop)]
        k = self._k(stop - start)
        if m <= k:
            return [*self.subproof(m, start, start + k, whole=whole), self.root(start + k, stop)]
        return [*self.subproof(m - k, start + k, stop, whole=False), self.root(start, start + k)]

    @staticmethod
    def _k(n: int) -> int:
        """The largest power of two smaller than n."""
        k = 1
        while k * 2 < n:
            k *= 2
        return k


@pytest.fixture(scope="session")
def test_leaves() -> list[bytes]:
    """Leaf hashes 0 to 2047 of a test log."""
    return [sha256(b"\x00" + index.to_bytes(4, "big")).digest() for index in range(2048)]


@pytest.fixture(scope="session")
def naive(test_leaves: list[bytes]) -> NaiveTree:
    return NaiveTree(test_leaves)
