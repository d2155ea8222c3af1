"""Reads a roster (名簿) of any size: a stream of people and of problems, in flat memory.

Invariants:

1. Nothing is lost: each row that holds anything comes out, as a `RosterRow` or as its `RosterProblem`s.
2. No message, error or repr holds a number.
3. Memory grows by some 60 bytes a row, not with what the rows hold: ids and numbers are remembered as hashes
   under a random key of this run (see `roster_seen`), and the file is read again for whatever needs a second
   look (its encoding, the ids of its employees).

Rows are numbered as a spreadsheet shows them: the header is row 1, and a cell with line breaks is one row.

    for row in read_roster("roster.csv"):
        if isinstance(row, RosterProblem):
            print(row.line, row.column, row.message_ja)
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final

from warifu.roster_file import Source
from warifu.roster_header import Header, Kind, expected_titles, knows, read_header
from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem
from warifu.roster_row import RosterRow, RowReader, row_kind
from warifu.roster_seen import FirstSeen
from warifu.table import open_table
from warifu.table_shape import Table, Wanted

__all__ = ["RosterColumns", "RosterProblem", "RosterRow", "columns", "read_roster"]

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class RosterColumns:
    """Some people as parallel lists, in the shape batches have in the API. The numbers are kept out of repr.

    Attributes:
        lines: rows of the file, to place what the server answers by index.
        external_ids: the company's own ids.
        numbers: 12 digits each.
        kinds: employee, spouse, dependent or payee.
        names: as written.
        kana: "" where not given.
        birth_dates: ISO 8601, None where not given.
        addresses: "" where not given.
        employees: for family members the id of the employee, else None.
    """

    lines: list[int]
    external_ids: list[str]
    numbers: list[str] = field(repr=False)
    kinds: list[Kind]
    names: list[str]
    kana: list[str]
    birth_dates: list[str | None]
    addresses: list[str]
    employees: list[str | None]


def read_roster(
    source: Source,
    *,
    known_employees: Iterable[str] = (),
    sandbox: bool = False,
    numbers: bool = True,
    hash_key: bytes | None = None,
    sheet: str | None = None,
    notice: Callable[[RosterProblem], None] | None = None,
) -> Iterator[RosterRow | RosterProblem]:
    """Read a roster: CSV, comma or tab separated, in UTF-8, Shift_JIS/CP932, or UTF-16 with BOM; or a workbook.

    A workbook (.xlsx, .xls, .ods) needs python-calamine, which `pip install 'warifu[excel]'` brings. It is known by
    its content, not its name, and may have the header below other rows.

    A family member is accepted when its employee has a row anywhere in the file, even one with a problem.
    So send nothing before every problem is dealt with, and employees before their families.

    Args:
        source: a path, or the bytes of a file.
        known_employees: ids of employees that are on record already, for a file of family members alone.
        sandbox: accept the published sample numbers; for tenants that hold no real person.
        numbers: read the numbers. Without them the people of an export can be read (`people.csv`), which has none.
        hash_key: 16 to 64 bytes for the memory of numbers and ids; random when None.
        sheet: the sheet of a workbook to read; None for the first one with a header.
        notice: called with what was left alone, such as hidden sheets, before anything is read.

    Yields:
        People and problems in the order of the file. A problem with `stops_reading` comes last.

    Raises:
        OSError: the path cannot be opened or read.
    """
    wanted = Wanted(
        partial(read_header, numbers=numbers), knows, expected_titles(numbers=numbers), sheet=sheet
    )
    with open_table(source, wanted) as table:
        if isinstance(table, RosterProblem):
            yield table
            return
        if notice:
            for each in table.notices:
                notice(table.placed(each))
        key = hash_key or secrets.token_bytes(_KEY_BYTES)
        employees = _employees(table, key)
        for known in known_employees:
            employees.row_of(known, WHOLE_FILE)
        reader = RowReader(table.header, employees, key=key, sandbox=sandbox, numbers=numbers)
        for found in _people(table, reader):
            yield table.placed(found) if isinstance(found, RosterProblem) else found


def columns(rows: Iterable[RosterRow], size: int = 1000) -> Iterator[RosterColumns]:
    """Group people into parallel lists.

    Args:
        rows: people, with the problems already taken out.
        size: people per group, the last one may have fewer.
    """
    people = iter(rows)
    while group := list(islice(people, size)):
        yield RosterColumns(
            lines=[row.line for row in group],
            external_ids=[row.external_id for row in group],
            numbers=[row.number for row in group],
            kinds=[row.kind for row in group],
            names=[row.name for row in group],
            kana=[row.kana for row in group],
            birth_dates=[row.birth_date.isoformat() if row.birth_date else None for row in group],
            addresses=[row.address for row in group],
            employees=[row.employee_external_id for row in group],
        )


def _people(table: Table[Header], reader: RowReader) -> Iterator[RosterRow | RosterProblem]:
    empty = True
    for record in table.records():
        empty = False
        found = [record.problem] if record.problem else reader.read(record.line, record.cells)
        if isinstance(found, RosterRow):
            yield found
        else:
            yield from found
    if empty:
        yield problem("HEADER_ONLY", WHOLE_FILE)


def _employees(table: Table[Header], key: bytes) -> FirstSeen:
    """The ids of all employees in the file, for family members may stand above them."""
    ids, header = FirstSeen(key), table.header
    if "employee" not in header.places:
        return ids
    for record in table.records():
        if len(record.cells) >= len(header.titles) and row_kind(header, record.cells) == "employee":
            ids.row_of(header.cell(record.cells, "external_id"), record.line)
    return ids
