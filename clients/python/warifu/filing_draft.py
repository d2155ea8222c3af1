"""A record being filled in: each value is checked against its column as it arrives."""

import re
from typing import Final

from warifu.filing_columns import COLUMNS, NOTE, Column, Form
from warifu.filing_problem import FilingProblem, problem
from warifu.filing_text import has_line_break, instead_of, outside_jis, to_full_width
from warifu.my_number import Problem

_HALF_WIDTH: Final = {Form.DIGITS: re.compile("[0-9]*"), Form.PHONE: re.compile(r"[0-9()\-]*")}
_LIKE_A_NUMBER: Final = re.compile("[０-９]{12}")


class Draft:
    """132 values and everything that stands against them.

    Attributes:
        values: what the record will hold, blank where nothing was put.
        problems: in the order they were met.
    """

    def __init__(self, record: int) -> None:
        """Start blank.

        Args:
            record: which slip of the file this is, from 1.
        """
        self.values = [""] * len(COLUMNS)
        self.problems: list[FilingProblem] = []
        self._record = record

    def __getitem__(self, place: int) -> str:
        return self.values[place - 1]

    def put(self, place: int, value: str) -> None:
        """Record a value, unless its column does not take it."""
        column = COLUMNS[place - 1]
        if "," in value:
            self.refuse("COMMA", place)
        elif has_line_break(value):
            self.refuse("LINE_BREAK", place)
        elif column.form is Form.TEXT:
            self._put_text(column, to_full_width(value.strip()))
        elif _HALF_WIDTH[column.form].fullmatch(value):
            self._put_checked(column, value)
        else:
            self.refuse("NOT_DIGITS", place)

    def put_flag(self, place: int, *, on: bool) -> None:
        """Record 1 or 0."""
        self.put(place, "1" if on else "0")

    def put_count(self, place: int, count: int) -> None:
        """Record how many there are; none leaves the column blank."""
        self.put(place, str(count) if count else "")

    def refuse(self, code: str, place: int = 0, **details: object) -> None:
        """Note a problem."""
        self.problems.append(problem(code, self._record, place, **details))

    def refuse_number(self, place: int, found: Problem) -> None:
        """Note a problem of a number."""
        name = COLUMNS[place - 1].name
        self.problems.append(
            FilingProblem(self._record, place, name, found.code.value, found.message_ja, found.message_en)
        )

    def _put_text(self, column: Column, text: str) -> None:
        if character := outside_jis(text):
            self._refuse_character(column.place, character)
        elif column.place != NOTE and _LIKE_A_NUMBER.search(text):
            self.refuse("NUMBER_IN_TEXT", column.place)
        else:
            self._put_checked(column, text)

    def _put_checked(self, column: Column, value: str) -> None:
        if len(value) > column.limit:
            self.refuse("TOO_LONG", column.place, limit=column.limit, found=len(value))
        else:
            self.values[column.place - 1] = value

    def _refuse_character(self, place: int, character: str) -> None:
        usual = instead_of(character)
        answer = f"本人に確かめ、「{usual}」に替えてください。" if usual else "仮名で記録してください。"
        self.refuse(
            "CHARACTER_NOT_ALLOWED",
            place,
            character=character,
            code_point=f"U+{ord(character):04X}",
            instead=answer,
            instead_en=f"Ask the person and write {usual} instead." if usual else "Write it in kana.",
        )
