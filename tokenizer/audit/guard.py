"""Keeps Individual Numbers out of the audit log, whose leaves outlive the numbers they speak of."""

import re
import unicodedata
from typing import Final

_DASHES_AND_SPACES: Final = r"[ \-ー‐–—−・]?"
_NUMBER: Final = re.compile(
    rf"(?<![0-9])0?([0-9]{{4}}){_DASHES_AND_SPACES}([0-9]{{4}}){_DASHES_AND_SPACES}([0-9]{{4}})(?![0-9])"
)
_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def holds_number(text: str) -> bool:
    """Tell whether an Individual Number seems to stand somewhere in text that a human typed.

    Looked for are 12 digits, half or full width, together or as 4-4-4, with or without the leading zero of
    13-digit fields, whose check digit is right. One in ten other 12-digit numbers is taken for one as well.
    """
    return any(map(_has_check_digit, _NUMBER.finditer(_plain(text))))


def is_number(text: str) -> bool:
    """Tell whether text is an Individual Number and nothing else.

    For ids and digests, in which twelve digits may follow each other by chance.
    """
    match = _NUMBER.fullmatch(_plain(text).strip())
    return match is not None and _has_check_digit(match)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _has_check_digit(match: re.Match[str]) -> bool:
    """Check the last digit (総務省令 平成26年第85号 第5条)."""
    digits = [int(digit) for group in match.groups() for digit in group]
    remainder = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return digits[11] == (11 - remainder if remainder > 1 else 0)
