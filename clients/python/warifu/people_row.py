"""One row of a list of people: somebody to be asked for a number, or the reasons why the row cannot be used."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from warifu.era import parse_date
from warifu.number_guard import holds_number
from warifu.people_header import PeopleHeader, PersonField
from warifu.people_value import Channel, Cleaned, channel_of, email, own_id, phone, postal_code
from warifu.roster_file import Record
from warifu.roster_header import Kind, kind_of
from warifu.roster_problem import RosterProblem, problem

_LONGEST: Final = 300
_LONGEST_OF: Final[Mapping[PersonField, int]] = {
    "external_id": 64,
    "employee": 64,
    "birth_date": 64,
    "postal_code": 64,
}


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """Somebody to be asked for a number.

    Attributes:
        line: the row as a spreadsheet numbers it.
        external_id: the company's own id of the person.
        kind: employee, spouse, dependent or payee.
        employee_external_id: for a family member, the id of the employee.
        name: family name and given name with a space between where the file has them apart.
        kana: "" when not given.
        birth_date: None when not given.
        postal_code: like 100-0001, "" when not given.
        address: in one line, "" when not given.
        email: "" when not given.
        phone: "" when not given.
        channel: how the person is to be asked, None when not said.
    """

    line: int
    external_id: str
    kind: Kind
    employee_external_id: str | None
    name: str
    kana: str
    birth_date: date | None
    postal_code: str
    address: str
    email: str
    phone: str
    channel: Channel | None


class PeopleReader:
    """Turns the cells of a row into a person. Use one for a whole list: it counts what it put right."""

    def __init__(self, header: PeopleHeader, *, channel: Channel | None, today: date | None) -> None:
        """Prepare to read below a header.

        Args:
            header: where the columns are.
            channel: of people whose row says none.
            today: nobody is born later; None to leave that open.
        """
        self.put_right: dict[tuple[str, PersonField], list[int]] = {}
        self._header = header
        self._channel = channel
        self._today = today
        self._record = Record(0, [])
        self._problems: list[RosterProblem] = []

    def read(self, record: Record) -> ListedPerson | list[RosterProblem]:
        """The person of a row, or every problem it has."""
        cells = record.cells
        if len(cells) < len(self._header.titles) or any(map(str.strip, cells[len(self._header.titles) :])):
            return [problem("RAGGED_ROW", record.line, expected=len(self._header.titles), found=len(cells))]
        self._record = record
        self._problems = [*self._refused()]
        if self._problems:
            return self._problems
        kind, employee = self._family()
        person = ListedPerson(
            line=record.line,
            external_id=self._id("external_id", needed=True),
            kind=kind or "employee",
            employee_external_id=employee or None,
            name=self._name("name", "family_name", "given_name", needed=True),
            kana=self._name("kana", "family_kana", "given_kana", needed=False),
            birth_date=self._birth_date(),
            postal_code=self._cleaned("postal_code", postal_code, "BAD_POSTAL_CODE"),
            address=self._address(),
            email=self._cleaned("email", email, "BAD_EMAIL"),
            phone=self._cleaned("phone", phone, "BAD_PHONE"),
            channel=self._wanted_channel(),
        )
        return self._problems or person

    def is_employee(self, record: Record) -> bool:
        """Whether a row, with or without problems, is an employee's."""
        if len(record.cells) < len(self._header.titles):
            return False
        said, employee = (self._header.cell(record.cells, name) for name in ("kind", "employee"))
        said = self._header.cell(record.cells, "relation") or said
        return kind_of(said) == "employee" if said else not employee

    def _refused(self) -> Iterator[RosterProblem]:
        """Numbers where none may be, in whatever column, and values too long for theirs."""
        for at, cell in enumerate(self._record.cells[: len(self._header.titles)]):
            if holds_number(cell):
                yield problem("NUMBER_IN_CELL", self._record.line, self._header.titles[at])
        for name, at in self._header.places.items():
            limit = _LONGEST_OF.get(name, _LONGEST)
            if len(self._record.cells[at]) > limit:
                yield problem("FIELD_TOO_LONG", self._record.line, self._header.title(name), limit=limit)

    def _cell(self, name: PersonField) -> str:
        return self._header.cell(self._record.cells, name)

    def _wrong(self, code: str, *names: PersonField) -> None:
        self._problems.append(problem(code, self._record.line, self._header.title(*names)))

    def _cleaned(self, name: PersonField, clean: Callable[[str], Cleaned | None], code: str) -> str:
        text = self._cell(name)
        if not text:
            return ""
        found = clean(text)
        if found is None:
            self._wrong(code, name)
            return ""
        if found.warning:
            self._count(found.warning, name)
        return found.text

    def _count(self, code: str, name: PersonField) -> None:
        self.put_right.setdefault((code, name), []).append(self._record.line)

    def _id(self, name: PersonField, *, needed: bool) -> str:
        found = self._cleaned(name, own_id, "ID_AS_QUANTITY")
        if needed and not self._cell(name):
            self._wrong("VALUE_MISSING", name)
        if found and self._header.places[name] in self._record.quantities:
            self._count("IDS_ARE_QUANTITIES", name)
        return found

    def _name(self, whole: PersonField, family: PersonField, given: PersonField, *, needed: bool) -> str:
        parts = [part for part in (self._cell(family), self._cell(given)) if part]
        if written := self._cell(whole):
            return written
        if len(parts) == 1:
            self._wrong("NAME_INCOMPLETE", *((given, family) if self._cell(family) else (family, given)))
        elif needed and not parts:
            self._wrong("VALUE_MISSING", whole, family)
        return " ".join(parts)

    def _birth_date(self) -> date | None:
        text = self._cell("birth_date")
        found = parse_date(text) if text else None
        if text and found is None:
            self._wrong("BAD_DATE", "birth_date")
        if found and self._today and found > self._today:
            self._wrong("BORN_LATER", "birth_date")
        return found

    def _address(self) -> str:
        """The parts of an address in one line; a part that the address begins with already is not said again."""
        region = self._cell("prefecture") + self._cell("city")
        street = self._cell("address") + self._cell("town")
        prefecture = self._cell("prefecture")
        whole = street if prefecture and street.startswith(prefecture) else region + street
        address = " ".join(filter(None, (whole, self._cell("building"))))
        if len(address) > _LONGEST:
            self._problems.append(
                problem(
                    "FIELD_TOO_LONG",
                    self._record.line,
                    self._header.title("address", "town", "city"),
                    limit=_LONGEST,
                )
            )
        return address

    def _wanted_channel(self) -> Channel | None:
        text = self._cell("channel")
        found = channel_of(text) if text else self._channel
        if text and found is None:
            self._wrong("UNKNOWN_CHANNEL", "channel")
        return found

    def _family(self) -> tuple[Kind | None, str]:
        """Whose row it is, and the employee it belongs to; whether the employee exists is seen at the end."""
        said = self._cell("relation") or self._cell("kind")
        employee = self._id("employee", needed=False)
        kind: Kind | None = kind_of(said) if said else (None if employee else "employee")
        if kind is None:
            self._wrong("UNKNOWN_KIND", "relation", "kind", "employee")
        elif kind in ("employee", "payee"):
            if employee not in ("", self._cell("external_id")):
                self._wrong("EMPLOYEE_NOT_EXPECTED", "employee")
            return kind, ""
        elif not self._cell("employee"):
            self._wrong("EMPLOYEE_MISSING", "employee", "relation", "kind")
        return kind, employee
