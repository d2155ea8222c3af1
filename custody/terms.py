"""A person's terms: for each purpose the first day its use is refused, and the day the number is to go.

They follow from documents, departure, purposes told of and the tenant's choice, and stand on the person's row as
`ends` and `due_on`. Whoever changes one of these calls `settle` in the same transaction, with the tenant's log locked.
Persons who are with the company, or whose number is not in the vault, have no terms.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import orjson

from custody.bulk import Put
from custody.departure import Departure, departures_of
from custody.document import Document, Paper, documents_of, held_of
from custody.people import PERSON, NumberState, notified_codes, notified_text
from policies.disposal_plan import DisposalPolicy, run_day
from policies.purposes import Catalogue
from policies.retention import due_on, ends_of
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Lookup, Transaction

DEPARTURE: Final = "departure"
"""In the place of a rule for a purpose without documents: nothing keeps the number once the person has left."""

_REMEMBERED: Final = 4096
_PUT: Final = Put(PERSON, "person_id", ("ends", "due_on"))
_PERSONS: Final = Lookup(
    "p.person_id, p.number_state, p.notified, p.ends, p.due_on, e.person_id",
    "{keys} CROSS JOIN person p LEFT JOIN person e "
    "ON e.tenant_id = p.tenant_id AND e.external_id = p.employee AND p.employee <> '' "
    "WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for persons who are alike in documents, departure and purposes.

    Attributes:
        ends: JSON text: purpose code -> first day its use is refused.
        due_on: day on which the number is to go, ISO 8601; empty while there is none.
        grounds: JSON text: for each purpose its code, the rule of its documents, and that same first day (empty
            while the purpose lives).
    """

    ends: str
    due_on: str
    grounds: str


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A person's terms as they are now, beside those that stand on their row."""

    person: int
    state: str
    before: tuple[str, str]
    terms: Terms

    @property
    def is_changed(self) -> bool:
        """Whether the row says something else."""
        return self.before != (self.terms.ends, self.terms.due_on)


class Reckoner:
    """Counts terms, once for all who are alike.

    Args:
        catalogue: the purposes and their rules.
        policy: the tenant's choice.
    """

    def __init__(self, catalogue: Catalogue, policy: DisposalPolicy) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._known: dict[tuple[str, str, tuple[Paper, ...]], Terms] = {}

    def __call__(self, notified: str, departed_on: str, papers: tuple[Paper, ...]) -> Terms:
        """The terms of a person.

        Args:
            notified: the purposes they were told of, as their row holds them.
            departed_on: the day they left, ISO 8601; empty while they are with the company.
            papers: their documents.
        """
        alike = (notified, departed_on, papers)
        known = self._known.get(alike)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[alike] = self._count(*alike)
        return known

    def _count(self, notified: str, departed_on: str, papers: tuple[Paper, ...]) -> Terms:
        documents = [held_of(self._catalogue, *paper) for paper in papers]
        left = date.fromisoformat(departed_on) if departed_on else None
        told = notified_codes(notified)
        ends = ends_of(documents, left, told, self._policy)
        due = due_on(documents, left, told, self._policy)
        day = run_day(due, self._policy.mode, self._policy.month).isoformat() if due else ""
        days = {code: end.isoformat() for code, end in ends.items()}
        return Terms(notified_text(days), day, self._grounds(told, papers, days))

    def _grounds(self, told: Collection[str], papers: tuple[Paper, ...], days: dict[str, str]) -> str:
        documented = {paper[0] for paper in papers}
        grounds = [
            {"purpose": code, "rule": self._rule(code, documented), "free_on": days.get(code, "")}
            for code in sorted(documented.union(told))
        ]
        return orjson.dumps(grounds).decode()

    def _rule(self, code: str, documented: set[str]) -> str:
        known = self._catalogue.get(code)
        return known.retention.rule.value if known and code in documented else DEPARTURE


NO_TERMS: Final = Terms("{}", "", "[]")


def reckon(
    tx: Transaction,
    authority: Authority,
    reckoner: Reckoner,
    tenant: int,
    persons: Sequence[int],
    *,
    grounds: bool = True,
) -> list[Reckoned]:
    """Count the terms of persons from what stands in the database; those nobody knows are left out.

    Args:
        tx: the transaction.
        authority: checks the stamps.
        reckoner: counts.
        tenant: whose persons.
        persons: their ids.
        grounds: whether the grounds of those matter who are still with the company.

    Raises:
        SealBrokenError: a document or a departure was altered.
    """
    rows = tx.match(_PERSONS, {"tenant": tenant}, persons)
    everybody = {row[1] for row in rows}.union(row[6] for row in rows if row[6] is not None)
    departures = departures_of(tx, authority, tenant, list(everybody))
    left = {row[1]: _left(departures, row[1], row[6]) for row in rows}
    documents = documents_of(tx, authority, tenant, [row[1] for row in rows if grounds or left[row[1]]])
    found = []
    for _, person, state, notified, ends, due, _ in rows:
        counts = state == NumberState.HELD.value and (grounds or left[person])
        papers = papers_of(documents.get(person, ()))
        terms = reckoner(notified, left[person], papers) if counts else NO_TERMS
        found.append(Reckoned(person, state, (ends, due), terms))
    return found


def _left(departures: Mapping[int, Departure], person: int, employee: int | None) -> str:
    """The day a person left, or the employee left whose family they are; empty while neither has."""
    departure = departures.get(person) or (departures.get(employee) if employee is not None else None)
    return departure.ended_on if departure else ""


def papers_of(documents: Sequence[Document]) -> tuple[Paper, ...]:
    """What the clock looks at, in an order that does not depend on when documents were recorded."""
    return tuple(sorted(document.paper for document in documents))


def write_terms(tx: Transaction, tenant: int, reckoned: Sequence[Reckoned]) -> list[Reckoned]:
    """Put terms on the persons' rows; returns those whose row said something else."""
    changed = [each for each in reckoned if each.is_changed]
    _PUT(tx, tenant, [(each.person, each.terms.ends, each.terms.due_on) for each in changed])
    return changed
