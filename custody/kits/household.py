"""Households: whose collections one envelope is for. An employee with the dependents who are asked for, or a payee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from custody.collection.collection import Collection
from custody.kits.facts import KitDependent
from policies.purposes import PersonKind
from tokenizer.storage.transaction import Lookup, Row, Transaction

_COLUMNS: Final = "p.person_id, p.external_id, p.kind, p.name, p.kana, p.birth_date, p.address, p.employee"
_BY_ID: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key", "bigint"
)
_BY_NAME: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.external_id = keys.key", "text"
)
BROUGHT: Final = frozenset({PersonKind.SPOUSE, PersonKind.DEPENDENT})
"""Whose number an employee brings; what is sent for them goes to that employee."""
_RELATIONS: Final = {PersonKind.SPOUSE: "配偶者", PersonKind.DEPENDENT: "扶養親族"}
_THIRD_CATEGORY: Final = "NP_3GO"


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person as far as paper needs them."""

    id: int
    external_id: str
    kind: PersonKind
    name: str
    kana: str
    born_on: date | None
    address: str
    employee: str


@dataclass(frozen=True, slots=True)
class Household:
    """Whom one envelope is for.

    Attributes:
        recipient: the employee, or the payee.
        own: the recipient's collection; None where only dependents' numbers are asked for.
        dependents: each with their collection.
    """

    recipient: Addressee
    own: Collection | None
    dependents: tuple[tuple[Addressee, Collection], ...] = ()

    @property
    def collections(self) -> tuple[Collection, ...]:
        """All of them, the recipient's first."""
        others = tuple(collection for _, collection in self.dependents)
        return others if self.own is None else (self.own, *others)

    def printed_dependents(self, purposes: Sequence[str]) -> tuple[KitDependent, ...]:
        """The dependents as the form names them; a spouse under 第3号 gets a power of attorney."""
        third = _THIRD_CATEGORY in purposes
        return tuple(
            KitDependent(each.name, _RELATIONS[each.kind], third and each.kind is PersonKind.SPOUSE)
            for each, _ in self.dependents
        )

    def principal(self, purposes: Sequence[str]) -> Collection | None:
        """The collection of whoever signs the power of attorney."""
        if _THIRD_CATEGORY not in purposes:
            return None
        return next((made for each, made in self.dependents if each.kind is PersonKind.SPOUSE), None)


def households(
    tx: Transaction, tenant: int, collections: Sequence[Collection]
) -> tuple[list[Household], list[Collection]]:
    """Sort collections by the envelope they go into.

    Returns:
        The households, in the order of their first collection; and the collections of dependents whose employee is
        not there.
    """
    people = _people(tx, tenant, [each.person for each in collections])
    employees = _employees(tx, tenant, people)
    heads: dict[str, Collection] = {}
    brought: dict[str, list[tuple[Addressee, Collection]]] = {}
    orphans: list[Collection] = []
    for collection in collections:
        person = people.get(collection.person)
        if person is None or (person.kind in BROUGHT and person.employee not in employees):
            orphans.append(collection)
        elif person.kind in BROUGHT:
            brought.setdefault(person.employee, []).append((person, collection))
        else:
            heads[person.external_id] = collection
            employees[person.external_id] = person
    names = dict.fromkeys([*heads, *brought])
    made = [Household(employees[name], heads.get(name), tuple(brought.get(name, ()))) for name in names]
    return made, orphans


def pieces_of(tx: Transaction, tenant: int, collections: Sequence[Collection]) -> int:
    """How many envelopes, cards or mails go out for collections: a household gets one."""
    made, orphans = households(tx, tenant, collections)
    return len(made) + len(orphans)


def _people(tx: Transaction, tenant: int, ids: Sequence[int]) -> dict[int, Addressee]:
    rows = tx.match(_BY_ID, {"tenant": tenant}, ids)
    return {row[1]: _addressee(row[1:]) for row in rows}


def _employees(tx: Transaction, tenant: int, people: Mapping[int, Addressee]) -> dict[str, Addressee]:
    """The employees who bring those among the people who are brought, by external id."""
    wanted = list(dict.fromkeys(each.employee for each in people.values() if each.kind in BROUGHT))
    rows = tx.match(_BY_NAME, {"tenant": tenant}, wanted) if wanted else []
    found = [_addressee(row[1:]) for row in rows]
    return {each.external_id: each for each in found if each.kind is PersonKind.EMPLOYEE}


def _addressee(row: Row) -> Addressee:
    identity, external_id, kind, name, kana, birth, address, employee = row
    born = date.fromisoformat(birth) if birth else None
    return Addressee(identity, external_id, PersonKind(kind), name, kana, born, address, employee)
