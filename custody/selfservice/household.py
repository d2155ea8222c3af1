"""Who stands behind a visit: the visitor and their family, each with the collection of theirs in the campaign.

Read anew in the transaction of each act: a link that was revoked, a visit that has ended, a collection of somebody else
is found out where it matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from custody.collection.acting import Acting
from custody.collection.acting import person as themselves
from custody.collection.campaign import Campaign, read_campaign
from custody.collection.collection import Collection, collections_of, parse_collection_id
from custody.collection.taking import take
from custody.collection.verify import subject_of
from custody.custodian import Custodian
from custody.people import BY_ID, PERSON, Person, person_of
from custody.selfservice.link import Link, read_link
from custody.selfservice.visit import living_visit
from custody.selfservice.visits import Visit
from policies.collection import By, Step, allowed
from policies.identity_case import Subject
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Lookup, Transaction

T = TypeVar("T")

MOST_FAMILY: Final = 50
"""So many of a family are shown."""

MOST_ADDED: Final = 20
"""A family with so many gets no more of them at the door."""

_FAMILY_KINDS: Final = frozenset({PersonKind.DEPENDENT, PersonKind.SPOUSE})
_COLUMNS: Final = ", ".join(f"p.{column.name}" for column in PERSON.columns)
_FAMILY: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.employee = keys.key AND p.employee <> ''",
    "text",
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A collection that the visitor brings the number of, and whose it is."""

    collection: Collection
    person: Person

    def can_give(self, link: Link, now: int) -> bool:
        """Whether something can be given for it."""
        return link.gives(now) and allowed(self.collection.state, Step.SUBMIT, By.PERSON) is not None


@dataclass(frozen=True, slots=True)
class Household:
    """Everything a visit is about.

    Attributes:
        link: as it is now; in an act its row is held.
        visitor: who came in.
        family: their dependents and spouse, whether or not in the campaign.
        brought: their own collection first, then those of the family.
    """

    link: Link
    campaign: Campaign
    visitor: Person
    family: tuple[Person, ...]
    brought: tuple[Brought, ...]

    def find(self, collection_id: str) -> Brought | Denied:
        """One of the collections; an id of any other is unknown."""
        identity = parse_collection_id(collection_id)
        found = [each for each in self.brought if each.collection.id == identity]
        return found[0] if found else denied("collection-unknown")

    def is_told(self, person: Person) -> bool:
        """Whether the visitor said that they were told of every purpose for somebody."""
        return self.link.told_at > 0 and set(self.campaign.purposes) <= person.notified.keys()

    @property
    def untold(self) -> list[int]:
        """Who was not told of every purpose yet."""
        return [each.person.id for each in self.brought if not self.is_told(each.person)]

    def subject(self, person: Person) -> Subject:
        """What somebody's number is to the rules of verification."""
        return subject_of(person.kind, self.campaign.purposes)

    def may_add(self, now: int) -> bool:
        """Whether people can be added to the family here."""
        able = self.visitor.kind is PersonKind.EMPLOYEE and not self.campaign.closed_at
        return able and len(self.family) < MOST_ADDED and self.link.gives(now)


def acting(visit: Visit) -> Acting:
    """The visitor, as one who takes steps."""
    return themselves(visit.tenant, visit.request, sandbox=visit.sandbox)


async def act(
    custodian: Custodian,
    visit: Visit,
    action: Action,
    now: int,
    work: Callable[[Transaction, Household], T | Denied],
    denial: Denied | None = None,
    *,
    giving: bool = True,
) -> T | Denied:
    """Do something for a visitor in one transaction, or refuse it; a refusal is recorded.

    Args:
        custodian: what the act works with.
        visit: who does it.
        action: what the log calls it.
        now: milliseconds since the epoch.
        work: does it; a `Denied` it returns must come before its first change.
        denial: why it is refused in any case, if it is.
        giving: whether it gives something, which a link allows for a time only.
    """

    def whole(tx: Transaction) -> T | Denied:
        household = enter(tx, custodian, visit, now, lock=True)
        if isinstance(household, Denied):
            return household
        if giving and not household.link.gives(now):
            return denied("giving-ended")
        return work(tx, household)

    return await take(custodian, acting(visit), action, denial, now, whole)


def enter(
    tx: Transaction, custodian: Custodian, visit: Visit, now: int, *, lock: bool = False
) -> Household | Denied:
    """Who stands behind a visit, if it has not ended; `lock` holds the link's row until the transaction ends.

    Raises:
        SealBrokenError: a row was altered.
    """
    authority, tenant = custodian.authority, visit.tenant
    living = living_visit(tx, authority, tenant, visit.digest, now)
    through = living is not None and living.link == visit.link.id
    link = read_link(tx, authority, tenant, visit.link.id, lock=lock) if through else None
    if link is None or not link.reads(now):
        return denied("visit-ended")
    campaign = read_campaign(tx, authority, tenant, link.campaign)
    row = tx.one(BY_ID, {"tenant": tenant, "person": link.person})
    if campaign is None or row is None:
        return denied("visit-ended")
    visitor = person_of(row)
    family = _family(tx, visitor)
    return Household(link, campaign, visitor, family, _brought(tx, custodian, campaign, visitor, family))


def _family(tx: Transaction, visitor: Person) -> tuple[Person, ...]:
    if visitor.kind is not PersonKind.EMPLOYEE:
        return ()
    rows = tx.match(_FAMILY, {"tenant": visitor.tenant}, [visitor.external_id])
    family = sorted((person_of(row[1:]) for row in rows), key=lambda person: person.id)
    return tuple(person for person in family if person.kind in _FAMILY_KINDS)[:MOST_FAMILY]


def _brought(
    tx: Transaction, custodian: Custodian, campaign: Campaign, visitor: Person, family: tuple[Person, ...]
) -> tuple[Brought, ...]:
    people = {person.id: person for person in (visitor, *family)}
    found = collections_of(tx, custodian.authority, visitor.tenant, list(people))
    there = {each.person: each for each in found if each.campaign == campaign.id}
    return tuple(Brought(there[one], person) for one, person in people.items() if one in there)
