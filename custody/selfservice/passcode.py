"""Passcodes: eight characters that are told apart from a link, on paper or by telephone.

No character looks like another one of them in most typefaces, nor sounds like a number read aloud: neither 0 and O nor
1, I and L. What is typed is forgiven its case, its width, and the spaces and hyphens that people put between groups.
"""

import unicodedata
from typing import Final

from tokenizer.crypto.primitives import RandomBytes


class Passcode:
    """The alphabet of passcodes: drawing one, showing it, reading what was typed.

    Attributes:
        LENGTH: characters of a passcode.
        ALPHABET: the characters, each equally likely; 30 of them make 39 bits.
    """

    LENGTH: Final = 8
    ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

    _GROUP: Final = 4
    _FAIR: Final = 256 - 256 % len(ALPHABET)

    @classmethod
    def draw(cls, random_bytes: RandomBytes) -> str:
        """A new passcode, without its hyphen."""
        drawn = ""
        while len(drawn) < cls.LENGTH:
            fair = [byte for byte in random_bytes(2 * cls.LENGTH) if byte < cls._FAIR]
            drawn += "".join(cls.ALPHABET[byte % len(cls.ALPHABET)] for byte in fair)
        return drawn[: cls.LENGTH]

    @classmethod
    def show(cls, passcode: str) -> str:
        """A passcode as it is printed: two groups of four."""
        return f"{passcode[: cls._GROUP]}-{passcode[cls._GROUP :]}"

    @classmethod
    def read(cls, typed: str) -> str:
        """What was typed, in the form in which passcodes are drawn; whether it is one is another question."""
        folded = unicodedata.normalize("NFKC", typed).upper()
        return "".join(character for character in folded if character in cls.ALPHABET)
