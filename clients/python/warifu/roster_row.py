"""One row of a roster: a person, or the reasons why it cannot be used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from warifu.era import parse_date
from warifu.my_number import Problem, check
from warifu.roster_header import Field, Header, Kind, kind_of
from warifu.roster_problem import RosterProblem, number_problem, problem
from warifu.roster_seen import FirstSeen

_LONGEST: Final[dict[Field, int]] = {
    "external_id": 64,
    "employee": 64,
    "number": 64,
    "kind": 64,
    "birth_date": 64,
    "name": 300,
    "kana": 300,
    "address": 300,
}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of a roster.

    Attributes:
        line: the row as a spreadsheet numbers it.
        external_id: the company's own id of the person.
        kind: whose number it is.
        employee_external_id: for a spouse or dependent, the id of the employee.
        name: as written in the file.
        kana: "" when not given.
        birth_date: None when not given.
        address: "" when not given.
        number: 12 digits, "" when the file is read without; kept out of repr.
    """

    line: int
    external_id: str
    kind: Kind
    employee_external_id: str | None
    name: str
    kana: str
    birth_date: date | None
    address: str
    number: str = field(repr=False)


class RowReader:
    """Turns cells into people, remembering which ids and numbers it met."""

    def __init__(
        self, header: Header, employees: FirstSeen, *, key: bytes, sandbox: bool, numbers: bool = True
    ) -> None:
        """Prepare to read below a header.

        Args:
            header: where the columns are.
            employees: ids that a family member may name.
            key: random bytes of this run, for the memory of numbers and ids.
            sandbox: accept the published sample numbers.
            numbers: read the numbers.
        """
        self._header = header
        self._employees = employees
        self._sandbox = sandbox
        self._with_numbers = numbers
        self._ids = FirstSeen(key)
        self._numbers = FirstSeen(key)

    def read(self, line: int, cells: Sequence[str]) -> RosterRow | list[RosterProblem]:
        """The person of a row, or every problem the row has.

        Args:
            line: the row as a spreadsheet numbers it.
            cells: its cells.
        """
        expected = len(self._header.titles)
        if len(cells) < expected or any(map(str.strip, cells[expected:])):
            return [problem("RAGGED_ROW", line, expected=expected, found=len(cells))]
        if problems := self._too_long(line, cells):
            return problems
        external_id = self._required(line, cells, "external_id", problems)
        # The vault takes people without a name, and so an export may have some.
        name = self._header.cell(cells, "name")
        if self._with_numbers and not name:
            problems.append(self._problem("VALUE_MISSING", line, "name"))
        self._refuse_repeated_id(line, external_id, problems)
        number = self._number(line, cells, problems) if self._with_numbers else ""
        birth_date = self._birth_date(line, cells, problems)
        kind, employee = self._family(line, cells, external_id, problems)
        if problems or kind is None:
            return problems
        kana, address = self._header.cell(cells, "kana"), self._header.cell(cells, "address")
        return RosterRow(line, external_id, kind, employee or None, name, kana, birth_date, address, number)

    def _problem(self, code: str, line: int, field: Field, **details: object) -> RosterProblem:
        return problem(code, line, self._header.title(field), **details)

    def _too_long(self, line: int, cells: Sequence[str]) -> list[RosterProblem]:
        return [
            self._problem("FIELD_TOO_LONG", line, field, limit=_LONGEST[field])
            for field, place in self._header.places.items()
            if len(cells[place]) > _LONGEST[field]
        ]

    def _required(self, line: int, cells: Sequence[str], field: Field, problems: list[RosterProblem]) -> str:
        value = self._header.cell(cells, field)
        if not value:
            problems.append(self._problem("VALUE_MISSING", line, field))
        return value

    def _refuse_repeated_id(self, line: int, external_id: str, problems: list[RosterProblem]) -> None:
        if external_id and (first := self._ids.row_of(external_id, line)) != line:
            problems.append(self._problem("DUPLICATE_ID", line, "external_id", first=first))

    def _number(self, line: int, cells: Sequence[str], problems: list[RosterProblem]) -> str:
        number = check(self._header.cell(cells, "number"), sandbox=self._sandbox)
        if isinstance(number, Problem):
            problems.append(number_problem(number, line, self._header.title("number")))
            return ""
        if (first := self._numbers.row_of(number, line)) != line:
            problems.append(self._problem("DUPLICATE_NUMBER", line, "number", first=first))
        return number

    def _birth_date(self, line: int, cells: Sequence[str], problems: list[RosterProblem]) -> date | None:
        text = self._header.cell(cells, "birth_date")
        found = parse_date(text) if text else None
        if text and found is None:
            problems.append(self._problem("BAD_DATE", line, "birth_date"))
        return found

    def _family(
        self, line: int, cells: Sequence[str], external_id: str, problems: list[RosterProblem]
    ) -> tuple[Kind | None, str]:
        """Whose row it is, and the employee it belongs to."""
        employee = self._header.cell(cells, "employee")
        kind = row_kind(self._header, cells)
        if kind is None:
            problems.append(self._problem("UNKNOWN_KIND", line, "kind"))
        elif kind in ("employee", "payee"):
            if employee not in ("", external_id):
                problems.append(self._problem("EMPLOYEE_NOT_EXPECTED", line, "employee"))
            return kind, ""
        elif not employee:
            problems.append(self._problem("EMPLOYEE_MISSING", line, "employee"))
        elif employee not in self._employees:
            problems.append(self._problem("EMPLOYEE_NOT_FOUND", line, "employee"))
        return kind, employee


def row_kind(header: Header, cells: Sequence[str]) -> Kind | None:
    """Whose row it is. A row that says nothing is an employee's, unless it names another employee."""
    text = header.cell(cells, "kind")
    if text:
        return kind_of(text)
    return None if header.cell(cells, "employee") else "employee"
