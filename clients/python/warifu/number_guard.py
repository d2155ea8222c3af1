"""Keeps Individual Numbers out of where none may be: finds them in any text, and takes them out of names."""

import re
import unicodedata
from typing import Final

from warifu.my_number import DIGITS, Problem, TaxNumber, check, from_tax_field

_LONGEST_WHOLE: Final = 64
_GAP: Final = r"[-‐‑–—ー・\s]?"
_WITHIN: Final = re.compile(rf"(?<![0-9])(?<![0-9][-\s])0?(?:[0-9]{{4}}{_GAP}){{2}}[0-9]{{4}}(?!{_GAP}[0-9])")


def holds_number(text: str) -> bool:
    """Whether there are 12 digits in a text that an Individual Number could be, published samples included.

    The check digit is right for one in eleven of other 12-digit numbers, and so those are taken for one, too.
    """
    if len(text) < DIGITS or sum(map(str.isnumeric, text)) < DIGITS:
        return False
    if len(text) <= _LONGEST_WHOLE and _is_number(text):
        return True
    plain = unicodedata.normalize("NFKC", text)
    return any(_is_number(found) for found in _WITHIN.findall(plain))


def masked(name: str) -> str:
    """A name as it may be shown: without its digits if an Individual Number could be among them."""
    return re.sub(r"\d", "*", name) if holds_number(name) else name


def _is_number(text: str) -> bool:
    return not isinstance(check(text, sandbox=True), Problem) or _is_tax_field(text)


def _is_tax_field(text: str) -> bool:
    found = from_tax_field(text)
    return isinstance(found, TaxNumber) and found.kind == "individual"
