"""Tells a column of Individual Numbers by what is in it, whatever it is called.

A cell that is one refuses its row. A column of them refuses the list, and so does one in which a spreadsheet has
dropped the zeros in front: such numbers have 11 digits, and by themselves could be anything.
"""

from collections.abc import Sequence
from typing import Final

from warifu.my_number import DIGITS
from warifu.number_guard import holds_number

_FEWEST: Final = 3  # by chance one in eleven other numbers has the right check digit
_FEWEST_SHORT: Final = 5


class NumberColumns:
    """Counts what looks like a number in each column."""

    def __init__(self, titles: Sequence[str]) -> None:
        """Start at the row below the header."""
        self._titles = titles
        self._filled = [0] * len(titles)
        self._whole = [0] * len(titles)
        self._short = [0] * len(titles)

    def look_at(self, cells: Sequence[str]) -> None:
        """Count the cells of a row."""
        for at, cell in enumerate(cells[: len(self._titles)]):
            if cell.strip():
                self._filled[at] += 1
                self._whole[at] += holds_number(cell)
                self._short[at] += _lost_its_zero(cell)

    def suspected(self) -> str:
        """The title of the first column of which half the cells or more look like numbers; "" when there is none."""
        for at, title in enumerate(self._titles):
            like = self._whole[at] + self._short[at]
            enough = self._whole[at] >= _FEWEST or like >= _FEWEST_SHORT
            if enough and 2 * like >= self._filled[at]:
                return title or "-"
        return ""


def _lost_its_zero(cell: str) -> bool:
    """A phone number has 11 digits, too, and begins with a zero."""
    digits = cell.strip().removesuffix(".0")
    short = len(digits) == DIGITS - 1 and digits.isascii() and digits.isdigit() and digits[0] != "0"
    return short and holds_number(f"0{digits}")
