"""The people of an export as they come in `people.csv`: read batch by batch, each row as the file has it."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from warifu.client_base import MAX_ROWS
from warifu.errors import UnexpectedAnswerError
from warifu.spreadsheet import unguarded

_NEEDED: Final = ("external_id", "kind", "number_state", "notified", "ends")
_HELD: Final = "held"


@dataclass(frozen=True, slots=True)
class ExportedPerson:
    """A row of the file.

    Attributes:
        line: the row as a spreadsheet numbers it.
        cells: its cells as they stand there. Kept out of repr, like the id: a misplaced column may hold numbers.
        external_id: the tenant's own id.
        held: whether the vault holds the number.
        likeness: what makes people alike to the rules, as far as the file says it.
    """

    line: int
    cells: list[str]
    external_id: str
    held: bool
    likeness: tuple[str, ...]

    def __repr__(self) -> str:
        return f"ExportedPerson(line {self.line})"


class ExportedPeople:
    """A file of people.

    Attributes:
        titles: its first row.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read the first row.

        Args:
            file: all of it; read anew by everything below.

        Raises:
            UnexpectedAnswerError: it is no file of people.
        """
        self._file = file
        _, self.titles = next(self._rows(), (0, []))
        names = [title.rpartition("(")[2].removesuffix(")") for title in self.titles]
        if not set(_NEEDED) <= set(names):
            raise UnexpectedAnswerError("people.csv")
        self._places = [names.index(name) for name in _NEEDED]

    def __len__(self) -> int:
        return sum(1 for _ in self._rows()) - 1

    def batches(self, size: int = MAX_ROWS) -> Iterator[list[ExportedPerson]]:
        """Its people in order, so many at a time."""
        people = (self._person(line, cells) for line, cells in islice(self._rows(), 1, None))
        while batch := list(islice(people, size)):
            yield batch

    def _person(self, line: int, cells: list[str]) -> ExportedPerson:
        if len(cells) != len(self.titles):
            raise UnexpectedAnswerError("people.csv")
        external_id, kind, state, *rest = (unguarded(cells[place]) for place in self._places)
        return ExportedPerson(line, cells, external_id, state == _HELD, (kind, *rest))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        try:
            yield from enumerate(csv.reader(text, strict=True), 1)
        finally:
            text.detach()
