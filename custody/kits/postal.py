"""Postal addresses out of a person's address: seven digits at its start, with 〒 or without, then the rest."""

import re
import unicodedata
from typing import Final

from custody.kits.facts import PostalAddress

_SIGNS: Final = r"[-‐-―−ー]?"
_CODE: Final = re.compile(rf"〒?\s*([0-9]{{3}})\s*{_SIGNS}\s*([0-9]{{4}})(?![0-9])")


def postal_of(address: str) -> PostalAddress | None:
    """Where a letter goes; None if the address does not begin with a postal code, or has nothing after it.

    What follows the code stays as it was written.
    """
    text = address.strip()
    for end in range(7, min(len(text), _LONGEST) + 1):
        # Character by character, since normalising may change how many there are.
        code = postal_code(text[:end])
        following = unicodedata.normalize("NFKC", text[end : end + 1])
        if code is not None and not following[:1].isdecimal():
            rest = text[end:].strip()
            return PostalAddress(code, rest) if rest else None
    return None


def postal_code(text: str) -> str | None:
    """A postal code such as `100-0001`, however it was written; None if it is none."""
    found = _CODE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return f"{found[1]}-{found[2]}" if found else None


_LONGEST: Final = 16
