"""Reads a list of people for a campaign (収集の名簿): who is to be asked for a number, and how they are reached.

Invariants:

1. No Individual Number is in anything that comes out: not in people, problems, previews, their reprs, or the error.
   A column of numbers refuses the list; a cell with one refuses its row. Both name the place and never the value.
2. Nothing is lost: each row that holds anything comes out, as a person or as its problems.
3. Nobody is guessed: what was put right (a zero in front of a postal code) is said in a warning.

    people = read_people_list("名簿.xlsx")
    print(people.preview.taken, people.preview.not_understood)
    for each in people.problems:
        print(each.text_ja)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from warifu.people_header import (
    PeopleHeader,
    PersonField,
    expected_people_titles,
    field_of,
    read_people_header,
    says_number,
)
from warifu.people_numbers import NumberColumns
from warifu.people_preview import PeoplePreview, preview_of
from warifu.people_reach import warnings_of
from warifu.people_row import ListedPerson, PeopleReader
from warifu.people_value import Channel
from warifu.roster_file import Record, Source
from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem
from warifu.table import open_table
from warifu.table_shape import Table, Wanted
from warifu.table_sheet import SEARCHED
from warifu.workbook import WorkbookLimits

__all__ = [
    "Channel",
    "ListedPerson",
    "PeopleList",
    "PeopleListError",
    "PeoplePreview",
    "PersonField",
    "RosterProblem",
    "read_people_list",
]

MOST_PEOPLE: Final = 100_000
"""Rows of one list. Larger companies send several."""


class PeopleListError(ValueError):
    """A list that cannot be used as a whole. Its text says where, why and what to do, in Japanese and English."""

    def __init__(self, problem: RosterProblem) -> None:
        super().__init__(f"{problem.text_ja} / {problem.text_en}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class PeopleList:
    """What a list says.

    Attributes:
        people: in the order of the file.
        problems: of rows that cannot be used, in the order of the file.
        preview: how the file was understood, to be shown before anything is done.
    """

    people: tuple[ListedPerson, ...]
    problems: tuple[RosterProblem, ...]
    preview: PeoplePreview


def read_people_list(
    source: Source,
    *,
    sheet: str | None = None,
    columns: Mapping[str, PersonField] | None = None,
    channel: Channel | None = None,
    known_employees: Iterable[str] = (),
    today: date | None = None,
    limits: WorkbookLimits | None = None,
    most: int = MOST_PEOPLE,
) -> PeopleList:
    """Read a list: CSV in UTF-8, Shift_JIS/CP932 or UTF-16, comma or tab separated; or a workbook.

    A workbook (.xlsx, .xls, .ods) needs python-calamine: `pip install 'warifu[excel]'`. The header is looked for in
    the first 20 rows. At least the own id and the name are needed.

    Args:
        source: a path, or the bytes of a file.
        sheet: the sheet of a workbook; None for the first shown one with a header.
        columns: what columns of these titles hold, where the titles alone would mislead.
        channel: how people are asked whose row does not say.
        known_employees: ids of employees on record, for a list of family members alone.
        today: birth dates after it are problems; None to leave that open.
        limits: how large a workbook may be.
        most: rows of people there may be.

    Raises:
        PeopleListError: the list as a whole cannot be used.
        OSError: the path cannot be opened or read.
    """
    wanted = Wanted(
        header=partial(read_people_header, chosen=columns or {}),
        knows=lambda title: field_of(title) is not None or says_number(title),
        expected=expected_people_titles(),
        sheet=sheet,
        search=SEARCHED,
        limits=limits,
    )
    with open_table(source, wanted) as table:
        if isinstance(table, RosterProblem):
            raise PeopleListError(table)
        reader = PeopleReader(table.header, channel=channel, today=today)
        return _Reading(table, reader, known_employees).whole(most)


class _Reading:
    """One list while it is read."""

    def __init__(
        self, table: Table[PeopleHeader], reader: PeopleReader, known_employees: Iterable[str]
    ) -> None:
        self._table = table
        self._header = table.header
        self._reader = reader
        self._employees = set(known_employees)
        self._ids: dict[str, int] = {}
        self._people: list[ListedPerson] = []
        self._problems: list[RosterProblem] = []

    def whole(self, most: int) -> PeopleList:
        """Everything there is.

        Raises:
            PeopleListError: there are columns of numbers, or more rows than `most`, or none, or reading stops.
        """
        if self._header.numbers:
            raise self._stop("NUMBER_COLUMN", self._header.titles[self._header.numbers[0]])
        columns, rows = NumberColumns(self._header.titles), 0
        for rows, record in enumerate(self._table.records(), 1):
            if rows > most:
                raise self._stop("TOO_MANY_ROWS", limit=most)
            columns.look_at(record.cells)
            self._take(record)
        if title := columns.suspected():
            raise self._stop("NUMBERS_IN_COLUMN", title)
        if not rows:
            raise self._stop("HEADER_ONLY")
        return self._list(rows)

    def _stop(self, code: str, title: str = "", **details: object) -> PeopleListError:
        line = self._table.line if title else WHOLE_FILE
        return PeopleListError(self._table.placed(problem(code, line, title, **details)))

    def _take(self, record: Record) -> None:
        if record.problem and record.problem.stops_reading:
            raise PeopleListError(self._table.placed(record.problem))
        found = [record.problem] if record.problem else self._reader.read(record)
        if isinstance(found, ListedPerson):
            first = self._ids.setdefault(found.external_id, found.line)
            self._employees.update([found.external_id] if found.kind == "employee" else [])
            if first == found.line:
                self._people.append(found)
                return
            title = self._header.title("external_id")
            found = [problem("DUPLICATE_ID", found.line, title, first=first)]
        elif self._reader.is_employee(record):  # with a problem of its own, its family has none
            self._employees.add(self._header.cell(record.cells, "external_id"))
        self._problems.extend(found)

    def _list(self, rows: int) -> PeopleList:
        title = self._header.title("employee")
        known: set[str | None] = {None, *self._employees}
        people = [each for each in self._people if each.employee_external_id in known]
        strays = [each for each in self._people if each.employee_external_id not in known]
        problems = [*self._problems, *(problem("EMPLOYEE_NOT_FOUND", each.line, title) for each in strays)]
        placed = self._table.placed
        warnings = (
            *self._table.notices,
            *warnings_of(people, self._reader.put_right, self._header, self._table.line),
        )
        return PeopleList(
            people=tuple(people),
            problems=tuple(map(placed, sorted(problems, key=lambda each: each.line))),
            preview=preview_of(self._table, rows, people, tuple(map(placed, warnings))),
        )
