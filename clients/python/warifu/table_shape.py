"""A list of people as a table, whatever file it comes in: a header, rows below it, and where everything stands."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from warifu.roster_file import Record
from warifu.roster_problem import RosterProblem
from warifu.workbook import WorkbookLimits

_LETTERS: Final = 26


class Titles(Protocol):
    """What a header says of its columns."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The title of every column."""

    @property
    def known(self) -> frozenset[int]:
        """The columns, from 0, that are understood."""


H = TypeVar("H", bound=Titles)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[H]):
    """What is looked for in a file.

    Attributes:
        header: makes a header of a row's cells and its number, or says why it is none.
        knows: whether a title is a known one; tells a header with faults from the title of a page.
        expected: the titles that would do, for messages.
        sheet: the name of the sheet to read; None for the first one with a header.
        search: how many rows of a text file may come before the header is found.
        limits: of workbooks; None for the usual ones.
    """

    header: Callable[[Sequence[str], int], H | RosterProblem]
    knows: Callable[[str], bool]
    expected: str
    sheet: str | None = None
    search: int = 1
    limits: WorkbookLimits | None = None

    def best(self, rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, H] | tuple[int, RosterProblem]:
        """The first row that is a header, or the row most like one with its problem: how alike, and the problem.

        Args:
            rows: the number and the cells of each.
        """
        alike: tuple[int, RosterProblem] | None = None
        for line, cells in rows:
            found = self.header(cells, line)
            if not isinstance(found, RosterProblem):
                return line, found
            known = sum(map(self.knows, cells))
            if alike is None or known > alike[0]:
                alike = known, found
        if alike is None:
            raise ValueError("行がありません / there are no rows")
        return alike


@dataclass(frozen=True, slots=True)
class Table(Generic[H]):
    """An open table.

    Attributes:
        header: what its columns are.
        line: the row of the header, the last one if it has several.
        encoding: of a text file, as Python names it; "" for a workbook.
        sheet: of a workbook; "" for a text file.
        file: the name of the file, "" when it came as bytes.
        left: the column of the first cell of each row, from 0.
        notices: what was left alone, as problems that stop nothing.
        records: reads the rows below the header that hold anything; can be called again once they are read.
    """

    header: H
    line: int
    encoding: str
    sheet: str
    file: str
    left: int
    notices: tuple[RosterProblem, ...]
    records: Callable[[], Iterator[Record]]

    def placed(self, problem: RosterProblem) -> RosterProblem:
        """A problem with the file, sheet and cell where it stands."""
        titles, known = self.header.titles, self.header.known
        places = [at for at, title in enumerate(titles) if problem.line and title == problem.column != ""]
        # Where two columns have one title, the one that was read is meant.
        place = min(places, key=lambda at: (at not in known, at), default=None)
        cell = problem.cell if place is None else f"{column_letters(self.left + place)}{problem.line}"
        return replace(problem, cell=cell, sheet=self.sheet, file=self.file)


def column_letters(place: int) -> str:
    """The name of a column as a spreadsheet shows it: 0 is A, 26 is AA."""
    letters = ""
    while place >= 0:
        place, letter = divmod(place, _LETTERS)
        letters = chr(ord("A") + letter) + letters
        place -= 1
    return letters
