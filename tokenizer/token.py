"""Tokens, keys, sessions and recovery codes: random text that names itself and shows its own typing errors.

Form of all of them: a prefix that says what it is, base62 characters, and six base62 digits of the CRC-32 of
everything before. The checksum guards against slips and lets a secret scanner drop false alarms; it is no
secret. Nothing here is derived from a number or a person.

======================  ==========================  =========================================
kind                    between prefix and CRC      random bits
======================  ==========================  =========================================
token                   22 random                   131
client key, session     9 tenant, 43 random         256
certificate key         9 tenant, 43 random         256
link, visit             9 tenant, 43 random         256
recovery code           22 random                   131
======================  ==========================  =========================================
"""

import hashlib
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from tokenizer.errors import InvalidTokenError

RandomBytes = Callable[[int], bytes]


class Kind(StrEnum):
    """The secrets that belong to a tenant and say so; the value is their prefix."""

    CLIENT_KEY = "wfk_"
    SESSION = "wfs_"
    CERTIFICATE_KEY = "wfc_"
    LINK = "wfl_"
    VISIT = "wfv_"


LARGEST_TENANT: Final = 2**48 - 1

SCANNER_PATTERN: Final = r"\bwf(?:t_(?:test_)?|r_|[cklsv]_[0-9A-Za-z]{30})[0-9A-Za-z]{28}\b"
"""Regular expression for secret scanners (gitleaks, GitHub custom patterns, DLP): all minted texts match.

It needs no look-around, so RE2 engines take it. A hit whose CRC-32 does not match is a false alarm.
"""

_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PAIRS: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
_PAIR_BASE: Final = len(_PAIRS)
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}

# 248 is the largest multiple of 62 in a byte: dropping the bytes above keeps every character equally likely.
_FAIR: Final = 248
_TO_CHARACTER: Final = bytes(ord(_ALPHABET[byte % 62]) for byte in range(256))
_UNFAIR: Final = bytes(range(_FAIR, 256))

_RANDOM: Final = 22
_TENANT: Final = 9
_LONG_RANDOM: Final = 43
_CHECKSUM: Final = 6


class _Form(NamedTuple):
    prefix: str
    length: int  # characters between the prefix and the checksum


_TOKEN: Final = _Form("wft_", _RANDOM)
_SANDBOX_TOKEN: Final = _Form("wft_test_", _RANDOM)
_RECOVERY_CODE: Final = _Form("wfr_", _RANDOM)
_SECRETS: Final = {kind: _Form(kind.value, _TENANT + _LONG_RANDOM) for kind in Kind}


class TokenProblem(StrEnum):
    """Why a text is nothing we minted."""

    UNKNOWN_PREFIX = "unknown-prefix"
    FOREIGN_CHARACTER = "foreign-character"
    WRONG_LENGTH = "wrong-length"
    CHECKSUM_MISMATCH = "checksum-mismatch"
    TENANT_OUT_OF_RANGE = "tenant-out-of-range"


_MESSAGES: Final = {
    TokenProblem.UNKNOWN_PREFIX: (
        "先頭の文字が違います。割符が発行した値をそのまま貼り付けてください。",
        "The prefix is not the expected one. Paste the value as Warifu issued it.",
    ),
    TokenProblem.FOREIGN_CHARACTER: (
        "使われない文字が含まれています。空白や改行を入れずに貼り付けてください。",
        "It holds a character that is never used. Paste it without spaces or line breaks inside.",
    ),
    TokenProblem.WRONG_LENGTH: (
        "文字数が違います。途中で切れていないか確かめてください。",
        "Its length is wrong. See whether part of it was cut off.",
    ),
    TokenProblem.CHECKSUM_MISMATCH: (
        "検査文字が合いません。写し間違いがないか確かめ、元の値を貼り付けてください。",
        "Its checksum does not match: it was mistyped somewhere. Paste the original.",
    ),
    TokenProblem.TENANT_OUT_OF_RANGE: (
        "事業者の番号が範囲外です。割符が発行した値をそのまま貼り付けてください。",
        "The tenant in it is out of range. Paste the value as Warifu issued it.",
    ),
}


@dataclass(frozen=True, slots=True)
class ParsedToken:
    """A well-formed token; whether it exists is another question. The text is kept out of `repr`."""

    text: str = field(repr=False)
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Secret:
    """A well-formed secret of one of the kinds that name their tenant. The text is kept out of `repr`."""

    kind: Kind
    tenant: int
    text: str = field(repr=False)


def mint_tokens(count: int, *, sandbox: bool, random_bytes: RandomBytes) -> list[str]:
    """Make `count` tokens of 131 random bits each, `wft_test_` for a sandbox tenant."""
    return _mint_many(_SANDBOX_TOKEN.prefix if sandbox else _TOKEN.prefix, count, random_bytes)


def mint_recovery_codes(count: int, random_bytes: RandomBytes) -> list[str]:
    """Make `count` single-use codes of 131 random bits each, for a person who lost the second factor."""
    return _mint_many(_RECOVERY_CODE.prefix, count, random_bytes)


def mint_secret(kind: Kind, tenant: int, random_bytes: RandomBytes) -> str:
    """Make a client key, a session, a certificate key, a link or a visit of 256 random bits.

    It carries its tenant in the clear, so that the lookup is by (tenant, digest) and never across tenants.

    Raises:
        ValueError: the tenant is negative or does not fit into 48 bits.
    """
    if not 0 <= tenant <= LARGEST_TENANT:
        raise ValueError(
            f"事業者の番号は0から{LARGEST_TENANT}までです / a tenant is a number up to {LARGEST_TENANT}"
        )
    body = f"{kind.value}{_write_tenant(tenant)}{_random_characters(_LONG_RANDOM, random_bytes).decode()}"
    return body + _checksum(crc32(body.encode()))


def parse_token(text: str) -> ParsedToken:
    """Read a token, with white space around it but nothing else amiss.

    Raises:
        InvalidTokenError: names what is wrong and never repeats the text.
    """
    text = text.strip()
    problem = find_token_problem(text)
    if problem:
        raise _error(problem)
    return ParsedToken(text, sandbox=text.startswith(_SANDBOX_TOKEN.prefix))


def parse_secret(kind: Kind, text: str) -> Secret:
    """Read a client key or a session, with white space around it but nothing else amiss.

    Raises:
        InvalidTokenError: names what is wrong and never repeats the text.
    """
    text = text.strip()
    problem = find_secret_problem(kind, text)
    if problem:
        raise _error(problem)
    return Secret(kind, _read_tenant(text), text)


def parse_recovery_code(text: str) -> str:
    """Read a recovery code, with white space around it but nothing else amiss; returns it bare.

    Raises:
        InvalidTokenError: names what is wrong and never repeats the text.
    """
    text = text.strip()
    problem = _find_problem(_RECOVERY_CODE, text)
    if problem:
        raise _error(problem)
    return text


def check_tokens(texts: Sequence[str]) -> list[bool]:
    """Tell for each row whether `parse_token` would read it."""
    return [find_token_problem(text.strip()) is None for text in texts]


def find_token_problem(text: str) -> TokenProblem | None:
    """Name what keeps a text, already stripped, from being a token; None if nothing does."""
    return _find_problem(_SANDBOX_TOKEN if text.startswith("wft_test_") else _TOKEN, text)


def find_secret_problem(kind: Kind, text: str) -> TokenProblem | None:
    """Name what keeps a text, already stripped, from being a client key or session; None if nothing does."""
    problem = _find_problem(_SECRETS[kind], text)
    if problem is None and _read_tenant(text) > LARGEST_TENANT:
        return TokenProblem.TENANT_OUT_OF_RANGE
    return problem


def digest(text: str) -> bytes:
    """SHA-256 of a secret, 32 bytes: what is stored and looked up instead of the secret.

    A fast, unsalted hash is right here and wrong for passwords: nobody searches 2**131 values,
    let alone 2**256.
    """
    return hashlib.sha256(text.encode()).digest()


def _mint_many(prefix: str, count: int, random_bytes: RandomBytes) -> list[str]:
    characters = _random_characters(count * _RANDOM, random_bytes)
    start, pairs = crc32(prefix.encode()), _PAIRS
    minted = []
    for offset in range(0, len(characters), _RANDOM):
        body = characters[offset : offset + _RANDOM]
        rest, low = divmod(crc32(body, start), _PAIR_BASE)
        high, middle = divmod(rest, _PAIR_BASE)
        minted.append(f"{prefix}{body.decode()}{pairs[high]}{pairs[middle]}{pairs[low]}")
    return minted


def _random_characters(count: int, random_bytes: RandomBytes) -> bytes:
    characters = b""
    while len(characters) < count:
        missing = count - len(characters)
        spare = missing // 16 + 16  # 3 in 100 bytes are dropped, so that one round nearly always does
        characters += random_bytes(missing + spare).translate(_TO_CHARACTER, _UNFAIR)
    return characters[:count]


def _checksum(crc: int) -> str:
    rest, low = divmod(crc, _PAIR_BASE)
    high, middle = divmod(rest, _PAIR_BASE)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def _find_problem(form: _Form, text: str) -> TokenProblem | None:
    prefix, length = form
    if not text.startswith(prefix):
        return TokenProblem.UNKNOWN_PREFIX
    rest = text[len(prefix) :]
    if rest and not (rest.isalnum() and rest.isascii()):
        return TokenProblem.FOREIGN_CHARACTER
    if len(rest) != length + _CHECKSUM:
        return TokenProblem.WRONG_LENGTH
    if text[-_CHECKSUM:] != _checksum(crc32(text[:-_CHECKSUM].encode())):
        return TokenProblem.CHECKSUM_MISMATCH
    return None


def _write_tenant(tenant: int) -> str:
    digits = ""
    for _ in range(_TENANT):
        tenant, digit = divmod(tenant, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def _read_tenant(text: str) -> int:
    return _tenant_of(text[4 : 4 + _TENANT])


@lru_cache(maxsize=1024)
def _tenant_of(digits: str) -> int:
    """The tenant that some digits spell: no secret, and the same in every request of that tenant."""
    tenant = 0
    for digit in digits:
        tenant = tenant * len(_ALPHABET) + _VALUES[digit]
    return tenant


def _error(problem: TokenProblem) -> InvalidTokenError:
    return InvalidTokenError(*_MESSAGES[problem])
