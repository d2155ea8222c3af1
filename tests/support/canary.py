"""Synthetic numbers planted like canaries, and the search for them in whatever a program left behind."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from tests.support.numbers import synthetic_numbers

_WIDE: Final = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
_SEEDS: Final = count(1)


def wrong(number: str) -> str:
    """The number with another check digit: what somebody mistyped."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def grouped(number: str, sign: str) -> str:
    """Four, four and four digits, as cards print them."""
    return sign.join((number[:4], number[4:8], number[8:]))


FORMS: Final[dict[str, Callable[[str], Any]]] = {
    "bare": str,
    "hyphenated": lambda number: grouped(number, "-"),
    "full width": lambda number: number.translate(_WIDE),
    "full width with long vowel marks": lambda number: grouped(number.translate(_WIDE), "ー"),
    "spaced": lambda number: f" {grouped(number, ' ')} ",
    "after a zero": lambda number: "0" + number,
    "in a sentence": lambda number: f"個人番号は{number}です。",
    "as a JSON number": int,
}


class Canaries:
    """Hands out numbers that nobody else has, and knows where each was put."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self._numbers = self._endless()

    def plant(self, label: str, form: str = "bare", *, right: bool = True) -> Any:
        """A new number in this form, its check digit right or wrong."""
        number = next(self._numbers)
        number = number if right else wrong(number)
        self.planted[number] = f"{label}, {form}, {'right' if right else 'wrong'}"
        return FORMS[form](number)

    @property
    def latest(self) -> str:
        """The number planted last, bare."""
        return next(reversed(self.planted))

    def hits(self, data: bytes) -> set[str]:
        """Where the numbers were planted that now stand in this data."""
        return {self.planted[number] for number in numbers_in(data) if number in self.planted}

    def _endless(self) -> Iterator[str]:
        while True:
            # The first digit is never 0: as a JSON number it would be lost, and the search with it.
            yield from (
                number for number in synthetic_numbers(2_000, next(_SEEDS) + 10**6) if number[0] != "0"
            )


_BETWEEN: Final = r"(?:[^\w]|[_ー]){0,3}"
_RUN: Final = re.compile(rf"\d(?:{_BETWEEN}\d){{11,}}")
_NOT_DIGITS: Final = re.compile(r"\D+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_LENGTH: Final = 12


def numbers_in(data: bytes) -> set[str]:
    """Every twelve digits in a row, in UTF-8, UTF-16 or base64 of them, of either width, with signs between or not."""
    found = _plain_numbers(data)
    for run in set(_BASE64.findall(data)):
        for start in range(4):
            found |= _plain_numbers(_decoded(run[start:]))
    return found


def _plain_numbers(data: bytes) -> set[str]:
    found = set()
    for encoding, start in (
        ("utf-8", 0),
        *((name, at) for name in ("utf-16-le", "utf-16-be") for at in (0, 1)),
    ):
        text = data[start:].decode(encoding, "ignore")
        for run in _RUN.findall(text):
            digits = "".join(str(int(digit)) for digit in _NOT_DIGITS.sub("", run))
            found |= {digits[place : place + _LENGTH] for place in range(len(digits) - _LENGTH + 1)}
    return found


def _decoded(run: bytes) -> bytes:
    whole = run + b"A" * (-len(run) % 4)
    try:
        return b64decode(whole, altchars=b"-_" if set(whole) & set(b"-_") else None)
    except Base64Error:
        return b""
