"""How a list of people was understood, to be shown to whoever sends it before anything is done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from warifu.people_header import PeopleHeader, PersonField
from warifu.people_row import ListedPerson
from warifu.people_value import Channel
from warifu.roster_problem import RosterProblem
from warifu.table_shape import Table, column_letters

FIRST_SHOWN: Final = 5
"""People shown as understood."""

_ENCODINGS: Final = {"utf-8-sig": "UTF-8", "cp932": "Shift_JIS (CP932)", "utf-16": "UTF-16"}


@dataclass(frozen=True, slots=True)
class ListedColumn:
    """A column of the file.

    Attributes:
        letters: its name as a spreadsheet shows it, like C.
        title: as the file spells it.
        field: what it was taken for, None when it was not understood.
    """

    letters: str
    title: str
    field: PersonField | None


@dataclass(frozen=True, slots=True)
class PeoplePreview:
    """How a list was understood.

    Attributes:
        file: the name of the file, "" when it came as bytes.
        sheet: of a workbook, "" in a text file.
        encoding: of a text file, "" in a workbook.
        header_row: the row of the titles.
        taken: which column was taken for what.
        not_understood: columns with a title that were left alone.
        rows: below the header that hold anything.
        people: rows that can be used.
        channels: how many people are to be asked in which way; None stands for those whose row does not say.
        first: the first five people as understood.
        warnings: what should be looked at; none of it refuses anybody.
    """

    file: str
    sheet: str
    encoding: str
    header_row: int
    taken: tuple[ListedColumn, ...]
    not_understood: tuple[ListedColumn, ...]
    rows: int
    people: int
    channels: tuple[tuple[Channel | None, int], ...]
    first: tuple[ListedPerson, ...]
    warnings: tuple[RosterProblem, ...]


def preview_of(
    table: Table[PeopleHeader], rows: int, people: Sequence[ListedPerson], warnings: tuple[RosterProblem, ...]
) -> PeoplePreview:
    """The preview of a list that was read."""
    header = table.header
    fields = {place: name for name, place in header.places.items()}
    columns = [
        ListedColumn(column_letters(table.left + at), title, fields.get(at))
        for at, title in enumerate(header.titles)
    ]
    used: list[Channel | None] = [person.channel for person in people]
    return PeoplePreview(
        file=table.file,
        sheet=table.sheet,
        encoding=_ENCODINGS.get(table.encoding, ""),
        header_row=table.line,
        taken=tuple(column for column in columns if column.field),
        not_understood=tuple(column for column in columns if column.field is None and column.title),
        rows=rows,
        people=len(people),
        channels=tuple((each, used.count(each)) for each in dict.fromkeys(used)),
        first=tuple(people[:FIRST_SHOWN]),
        warnings=warnings,
    )
