"""Keeps Individual Numbers out of the audit log, whose leaves outlive the numbers they speak of.

The last of several guards: callers refuse such text earlier and with better advice. Here a valid number in a
leaf is a fault of the program, so only text with the right check digit is refused.
"""

import re
import unicodedata
from typing import Final

from tokenizer.errors import InvalidNumberError
from tokenizer.my_number import MyNumber

_SIGN: Final = r"[ \-ー‐–—−・]?"
_TWELVE_DIGITS: Final = re.compile(rf"(?<![0-9])0?([0-9]{{4}}{_SIGN}[0-9]{{4}}{_SIGN}[0-9]{{4}})(?![0-9])")


def holds_number(text: str) -> bool:
    """Tell whether an Individual Number seems to stand somewhere in text that a human typed.

    Looked for are 12 digits, half or full width, together or as 4-4-4, with or without the leading zero of
    13-digit fields, whose check digit is right. One in ten other 12-digit numbers is taken for one as well.
    """
    return any(_is_valid(match[1]) for match in _TWELVE_DIGITS.finditer(_plain(text)))


def is_number(text: str) -> bool:
    """Tell whether text is an Individual Number and nothing else.

    For ids and digests, in which twelve digits may follow each other by chance.
    """
    match = _TWELVE_DIGITS.fullmatch(_plain(text).strip())
    return match is not None and _is_valid(match[1])


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _is_valid(text: str) -> bool:
    try:
        MyNumber.parse(text)
    except InvalidNumberError:
        return False
    return True
