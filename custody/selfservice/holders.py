"""Whose link lets a number be given: the person's own, or that of the employee who brings a dependent's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from custody.collection.collection import Collection
from tokenizer.storage.transaction import Lookup, Transaction

_BY_ID: Final = Lookup(
    "p.person_id, p.birth_date, p.employee",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)
_BY_EXTERNAL_ID: Final = Lookup(
    "p.person_id, p.birth_date",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.external_id = keys.key",
    "text",
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has, or is given, a link; `birth_date` in ISO 8601, empty where none is on record."""

    id: int
    birth_date: str


def holders_of(tx: Transaction, tenant: int, collections: Sequence[Collection]) -> list[Holder | None]:
    """The holder for each collection; None where nobody is on record any more."""
    persons = [each.person for each in collections]
    found: list[Holder | None] = [None] * len(persons)
    brought: dict[int, str] = {}
    for place, person, birth_date, employee in tx.match(_BY_ID, {"tenant": tenant}, persons):
        found[place] = None if employee else Holder(person, birth_date)
        if employee:
            brought[place] = employee
    places = list(brought)
    rows = tx.match(_BY_EXTERNAL_ID, {"tenant": tenant}, list(brought.values()))
    for place, person, birth_date in rows:
        found[places[place]] = Holder(person, birth_date)
    return found
