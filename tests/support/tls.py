"""A certificate for loopback, made anew for a test: self-signed, Ed25519, valid for a few days around now."""

import ssl
from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

_ED25519: Final = bytes.fromhex("300506032b6570")
"""The algorithm's identifier, 1.3.101.112 (RFC 8410)."""
_PRIVATE: Final = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes of a private key in PKCS #8."""
_COMMON_NAME: Final = bytes.fromhex("0603550403")
_ALTERNATIVE_NAME: Final = bytes.fromhex("0603551d11")
_LOOPBACK: Final = bytes([127, 0, 0, 1])


class Certificate:
    """A server's certificate and its key, as contexts for either side.

    Args:
        directory: where the files are put.
    """

    def __init__(self, directory: Path) -> None:
        key = SigningKey.generate()
        certificate = _certificate(key)
        self._file = directory / "server.pem"
        private = _pem("PRIVATE KEY", _PRIVATE + bytes(key))
        self._file.write_text(private + _pem("CERTIFICATE", certificate), encoding="ascii")
        self._public = _pem("CERTIFICATE", certificate)

    def server(self) -> ssl.SSLContext:
        """For the server that has the key."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._file)
        return context

    def client(self) -> ssl.SSLContext:
        """For a client that believes this certificate and no other."""
        return ssl.create_default_context(cadata=self._public)


def _certificate(key: SigningKey) -> bytes:
    now = datetime.now(UTC)
    name = _der(0x30, _der(0x31, _der(0x30, _COMMON_NAME + _der(0x0C, b"Warifu test"))))
    dates = _der(0x30, _time(now - timedelta(days=1)) + _time(now + timedelta(days=2)))
    public = _der(0x30, _ED25519 + _der(0x03, b"\0" + bytes(key.verify_key)))
    names = _der(0x30, _der(0x82, b"localhost") + _der(0x87, _LOOPBACK))
    extensions = _der(0xA3, _der(0x30, _der(0x30, _ALTERNATIVE_NAME + _der(0x04, names))))
    version, serial = _der(0xA0, _der(0x02, b"\x02")), _der(0x02, b"\x01")
    signed = _der(0x30, version + serial + _ED25519 + name + dates + name + public + extensions)
    return _der(0x30, signed + _ED25519 + _der(0x03, b"\0" + key.sign(signed).signature))


def _time(moment: datetime) -> bytes:
    return _der(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _der(tag: int, content: bytes) -> bytes:
    """A value of DER; its length in one byte, or in two that follow a byte which says so."""
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2)
    if 0x80 <= size < 0x100:
        length = b"\x81" + bytes([size])
    return bytes([tag]) + length + content


def _pem(kind: str, der: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{encodebytes(der).decode()}-----END {kind}-----\n"
