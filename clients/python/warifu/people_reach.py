"""What a list of people should be looked at for before anybody is written to: warnings, which refuse nobody."""

from collections.abc import Iterator, Mapping, Sequence

from warifu.people_header import PeopleHeader, PersonField
from warifu.people_row import ListedPerson
from warifu.roster_problem import WHOLE_FILE, RosterProblem, problem

PutRight = Mapping[tuple[str, PersonField], Sequence[int]]
"""For each kind of repair and each field the rows in which it was done."""


def warnings_of(
    people: Sequence[ListedPerson], put_right: PutRight, header: PeopleHeader, line: int
) -> Iterator[RosterProblem]:
    """Everything worth a look.

    Args:
        people: who is in the list.
        put_right: what was read differently from how it was written.
        header: where the columns are.
        line: the row of the header.
    """
    for at in header.repeated:
        yield problem("SAME_MEANING", line, header.titles[at])
    for (code, name), rows in put_right.items():
        yield problem(code, line, header.title(name), count=len(rows), first=rows[0])
    if undecided := [person.line for person in people if person.channel is None]:
        yield problem("NO_CHANNEL", WHOLE_FILE, count=len(undecided), first=undecided[0])
    employees = {person.external_id: person for person in people if person.kind == "employee"}
    for person in people:
        yield from _unreachable(person, employees.get(person.employee_external_id or ""), header)
    yield from _repeated(people, header)


def _unreachable(
    person: ListedPerson, employee: ListedPerson | None, header: PeopleHeader
) -> Iterator[RosterProblem]:
    """What is missing for the channel. A family is reached through its employee."""
    reached = [person] if employee is None else [person, employee]
    if person.channel == "kit" and not any(each.address for each in reached):
        yield problem("ADDRESS_MISSING", person.line, header.title("address", "town", "city"))
    elif person.channel == "kit" and not any(each.postal_code for each in reached if each.address):
        yield problem("POSTAL_CODE_MISSING", person.line, header.title("postal_code"))
    if person.channel == "link_mail" and not any(each.email for each in reached):
        yield problem("EMAIL_MISSING", person.line, header.title("email"))


def _repeated(people: Sequence[ListedPerson], header: PeopleHeader) -> Iterator[RosterProblem]:
    """People who may be one, and addresses that are somebody else's: a family may share one."""
    persons: dict[tuple[str, object], int] = {}
    addresses: dict[str, tuple[int, str]] = {}
    for person in people:
        same = "".join(person.name.split()), person.birth_date
        first = persons.setdefault(same, person.line) if person.birth_date else person.line
        if first != person.line:
            yield problem("SAME_PERSON", person.line, header.title("name", "family_name"), first=first)
        if person.email:
            family = person.employee_external_id or person.external_id
            row, whose = addresses.setdefault(person.email.casefold(), (person.line, family))
            if whose != family:
                yield problem("SAME_EMAIL", person.line, header.title("email"), first=row)
