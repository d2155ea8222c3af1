"""The cipher, the MAC and the signature of the vault against vectors that others published.

The files come with the package `cryptography_vectors`: ChaCha20-Poly1305 of BoringSSL and OpenSSL (with RFC 8439),
HMAC-SHA-256 of RFC 4231, Ed25519 of its authors (RFC 8032 is a selection of them).
"""

from importlib.resources import files

import pytest

from tokenizer.crypto.primitives import (
    CHACHA20_POLY1305,
    mac,
    open_sealed,
    public_key,
    seal_with_nonce,
    sign,
    verify,
)
from tokenizer.errors import SealBrokenError

Vector = dict[str, str]


def read(*path: str) -> str:
    return files("cryptography_vectors").joinpath(*path).read_text()


def read_blocks(*path: str) -> list[Vector]:
    """Files of `name = value` lines, a blank line after each vector."""
    blocks = []
    for block in read(*path).split("\n\n"):
        pairs = (line.partition("=") for line in block.splitlines() if line and not line.startswith("#"))
        vector = {name.strip().lower(): value.strip() for name, _, value in pairs}
        blocks += [vector] if "key" in vector else []
    return blocks


def to_bytes(value: str) -> bytes:
    """Hexadecimal, or text in quotes."""
    return value[1:-1].encode() if value.startswith('"') else bytes.fromhex(value)


BORINGSSL = read_blocks("ciphers", "ChaCha20Poly1305", "boringssl.txt")
OPENSSL = read_blocks("ciphers", "ChaCha20Poly1305", "openssl.txt")
HMAC = read_blocks("HMAC", "rfc-4231-sha256.txt")
ED25519 = [line.split(":") for line in read("asymmetric", "Ed25519", "sign.input").splitlines()]


def test_the_published_vectors_are_all_there() -> None:
    assert (len(BORINGSSL), len(OPENSSL), len(HMAC), len(ED25519)) == (66, 5, 6, 1024)


@pytest.mark.parametrize("vector", BORINGSSL)
def test_chacha20_poly1305_of_boringssl(vector: Vector) -> None:
    key, nonce, plaintext, data, ciphertext, tag = (
        to_bytes(vector[name]) for name in ("key", "nonce", "in", "ad", "ct", "tag")
    )
    sealed = CHACHA20_POLY1305 + nonce + ciphertext + tag
    assert seal_with_nonce(key, nonce, plaintext, data) == sealed
    assert open_sealed(key, sealed, data) == plaintext


@pytest.mark.parametrize("vector", OPENSSL)
def test_chacha20_poly1305_of_openssl(vector: Vector) -> None:
    key, nonce, plaintext, data, ciphertext, tag = (
        to_bytes(vector[name]) for name in ("key", "iv", "plaintext", "aad", "ciphertext", "tag")
    )
    sealed = CHACHA20_POLY1305 + nonce + ciphertext + tag
    if "result" in vector:
        with pytest.raises(SealBrokenError):
            open_sealed(key, sealed, data)
    else:
        assert seal_with_nonce(key, nonce, plaintext, data) == sealed
        assert open_sealed(key, sealed, data) == plaintext


@pytest.mark.parametrize("vector", HMAC)
def test_hmac_sha_256_of_rfc_4231(vector: Vector) -> None:
    message = to_bytes(vector["msg"])
    assert len(message) * 8 == int(vector["len"])
    assert mac(to_bytes(vector["key"]), message) == to_bytes(vector["md"])


def test_ed25519_of_its_authors() -> None:
    for secret, public, message, signed, *_ in ED25519:
        seed, text, signature = bytes.fromhex(secret)[:32], bytes.fromhex(message), bytes.fromhex(signed)[:64]
        assert public_key(seed).hex() == public
        assert sign(seed, text) == signature
        assert verify(bytes.fromhex(public), text, signature)
        assert not verify(bytes.fromhex(public), text + b"\x00", signature)
        assert not verify(bytes.fromhex(public), text, bytes([signature[0] ^ 1]) + signature[1:])
