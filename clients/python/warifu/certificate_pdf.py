"""Takes the machine-readable certificate out of the PDF that carries it."""

import re
import zlib

from warifu.audit_error import CertificateVerificationError

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_START = b'{"certificate":'
_LARGEST = 256 * 1024 * 1024


def attached_certificate(pdf: bytes) -> bytes:
    """Give the certificate that is attached to a PDF, as the vault printed it.

    Verifying it proves the attachment, not what the pages show: compare the two. A PDF that other software saved anew
    may keep the attachment in another way; save it with a PDF viewer then.

    Raises:
        CertificateVerificationError: There is none, or more than one.
    """
    found = {data for data in map(_unpacked, _STREAM.findall(pdf)) if data is not None}
    if len(found) != 1:
        raise CertificateVerificationError("certificate-format", "PDF attachment")
    return found.pop()


def _unpacked(stream: bytes) -> bytes | None:
    """Give what a stream holds, if that is a certificate."""
    if stream.startswith(_START):
        return stream
    unpacker = zlib.decompressobj()
    try:
        if unpacker.decompress(stream, len(_START)) != _START:
            return None
        rest = unpacker.decompress(unpacker.unconsumed_tail, _LARGEST)
    except zlib.error:
        return None
    return _START + rest if unpacker.eof else None
