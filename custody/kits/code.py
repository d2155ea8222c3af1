"""Kit codes: random text that says whose kit it is by a look-up, and nothing by itself.

A code is `WK1-`, 20 random characters (100 bits) and two that check them, from an alphabet without 0, O, 1 and I. The
check is a Reed-Solomon code over GF(32): no slip in one or two characters goes unnoticed, exchanged ones included; of
graver ones, one in a thousand does. It guards against typing errors and is no secret.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from custody.kits.errors import KitError, KitFault
from tokenizer.token import RandomBytes

PREFIX: Final = "WK1-"
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH: Final = 26

_RANDOM: Final = 20
_BYTES: Final = 13
_GROUP: Final = 4
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_SIGNS: Final = re.compile(r"[\s\-‐-―−ー]+")
_TWELVE: Final = re.compile("[0-9]{12}")
_FIELD: Final = 32
_POLYNOMIAL: Final = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)
_ALPHA: Final = 2
_ALPHA_SQUARED: Final = 4


def new_kit_code(random: RandomBytes) -> str:
    """A new code.

    Args:
        random: where its 100 bits come from.

    Returns:
        The code as it is stored and looked up. It never holds twelve digits in a row, which logs would take for an
        Individual Number.
    """
    while _TWELVE.search(code := _complete(int.from_bytes(random(_BYTES)))):
        pass
    return code


def parse_kit_code(text: str) -> str:
    """Read a code as somebody typed it: upper or lower case, full width, with spaces and hyphens or without.

    Returns:
        The code as it is stored and looked up.

    Raises:
        KitError: it is no code, or mistyped; it says what to do, never what was typed.
    """
    bare = _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()
    prefix, rest = bare[:3], bare[3:]
    if prefix != PREFIX[:3]:
        raise KitError(KitFault.CODE_FORM)
    if not _VALUES.keys() >= set(rest):
        raise KitError(KitFault.CODE_CHARACTER)
    if len(PREFIX + rest) != LENGTH:
        raise KitError(KitFault.CODE_LENGTH)
    if any(_at(_values(rest), root) for root in (_ALPHA, _ALPHA_SQUARED)):
        raise KitError(KitFault.CODE_CHECK)
    return PREFIX + rest


def in_groups(code: str) -> str:
    """A code as it is printed: `WK1-AAAA-BBBB-CCCC-DDDD-EEEE-FF`."""
    rest = code.removeprefix(PREFIX)
    return PREFIX + "-".join(rest[start : start + _GROUP] for start in range(0, len(rest), _GROUP))


def _complete(bits: int) -> str:
    values = [bits >> 5 * place & _FIELD - 1 for place in range(_RANDOM)]
    # The two last characters are such that the whole, as a polynomial, vanishes at alpha and at its square.
    padded = [*values, 0, 0]
    one, other = _at(padded, _ALPHA), _at(padded, _ALPHA_SQUARED)
    first = _quotient(one ^ other, _ALPHA ^ _ALPHA_SQUARED)
    last = one ^ _product(first, _ALPHA)
    return PREFIX + "".join(ALPHABET[value] for value in (*values, first, last))


def _values(rest: str) -> list[int]:
    return [_VALUES[character] for character in rest]


def _at(values: Iterable[int], root: int) -> int:
    total = 0
    for value in values:
        total = _product(total, root) ^ value
    return total


def _product(one: int, other: int) -> int:
    total = 0
    while other:
        total ^= one if other & 1 else 0
        one, other = one << 1, other >> 1
        one ^= _POLYNOMIAL if one & _FIELD else 0
    return total


def _quotient(dividend: int, divisor: int) -> int:
    return next(value for value in range(_FIELD) if _product(value, divisor) == dividend)
