"""The strict spellings of bytes and integers in notes, checkpoints and proofs: one value, one text."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 7493 section 2.2)."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_UNCLEAN: Final = re.compile("[\\x00-\\x09\\x0b-\\x1f\\ud800-\\udfff]")
_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")


def to_base64(data: bytes) -> str:
    """Spell bytes in standard base64 with padding (RFC 4648 section 4)."""
    return b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Read canonical base64; None when it is anything else, spare bits and missing padding included."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, Base64Error):
        return None
    return data if to_base64(data) == text else None


def from_decimal(text: str) -> int | None:
    """Read an ASCII decimal without sign or leading zeros, up to 2^53 - 1; None when it is anything else."""
    number = int(text) if _DECIMAL.fullmatch(text) else None
    return number if number is not None and number <= MAX_INTEGER else None


def is_clean(text: str) -> bool:
    """Tell whether text has UTF-8 and no ASCII control characters other than the newline."""
    return _UNCLEAN.search(text) is None


def has_utf8(text: str) -> bool:
    """Tell whether text has UTF-8, as it has unless it holds lone surrogates."""
    return _SURROGATE.search(text) is None
