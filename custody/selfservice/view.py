"""What somebody sees who came in: who asks, what for, until when, and what is wanted for each person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from custody.calendar import day_in_japan
from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem, items_of_collection
from custody.collection.notice_text import purposes_of
from custody.custodian import Custodian
from custody.selfservice.household import Brought, Household, enter
from custody.selfservice.papers import Papers, missing, papers_for
from custody.selfservice.visits import Visit
from custody.selfservice.wording import telling_of
from custody.tenants import read_tenant
from policies.catalogue_table import Bilingual
from policies.collection import State
from policies.collection_codes import DEFICIENCIES, Deficiency
from policies.purposes import PersonKind, Purpose
from policies.refusals import Denied
from tokenizer.items import NUMBER
from tokenizer.storage.transaction import Transaction

_WANTED = frozenset({State.DEFICIENT, State.DISTRIBUTED})
"""The states in which the codes of a collection are what the desk found wanting."""


@dataclass(frozen=True, slots=True)
class GivenItem:
    """Something that was given: `itm_...`, `number` or `image`, of which document and side, when (milliseconds)."""

    id: str
    kind: str
    document: str
    side: str
    at: int


@dataclass(frozen=True, slots=True)
class CollectionView:
    """The collection of one person's number, as its bringer sees it.

    Attributes:
        id: public id, `col_...`.
        name: of the person; may be empty, then only the external id is known.
        external_id: the company's own id of the person.
        kind: employee, dependent, spouse or payee.
        own: whether it is the visitor's own number.
        state: where it stands.
        deficiencies: why what was sent does not do; empty if nothing was found.
        papers: of which documents images are wanted.
        missing: what is still wanted before the number can be given, in words.
        needs_authority: whether a power of attorney is wanted (the spouse of the third category).
        items: what was given and is still there.
        number_given: whether a number was given and is still there.
        can_give: whether something can be given now, once the notice is acknowledged.
    """

    id: str
    name: str
    external_id: str
    kind: PersonKind
    own: bool
    state: State
    deficiencies: tuple[Bilingual, ...]
    papers: Papers
    missing: tuple[Bilingual, ...]
    needs_authority: bool
    items: tuple[GivenItem, ...]
    number_given: bool
    can_give: bool


@dataclass(frozen=True, slots=True)
class DoorView:
    """Everything on the person's page.

    Attributes:
        company: name of the company.
        campaign: name of the campaign.
        name: of the visitor.
        deadline: by when they are asked to answer.
        gives_until: until when something can be given; milliseconds since the epoch.
        reads_until: until when the link opens.
        purposes: what the numbers are for.
        notice: the text of the purpose notice.
        acknowledged: whether they said that they were told; nothing can be given before.
        gives: whether the link still lets something be given.
        may_add_dependents: whether they can add people.
        finished_at: when they said that they are done, 0 for not yet; then there is a receipt.
        collections: their own first, then their family's.
    """

    company: str
    campaign: str
    name: str
    deadline: date
    gives_until: int
    reads_until: int
    purposes: tuple[Purpose, ...]
    notice: str
    acknowledged: bool
    gives: bool
    may_add_dependents: bool
    finished_at: int
    collections: tuple[CollectionView, ...]


async def look(custodian: Custodian, visit: Visit, now: int) -> DoorView | Denied:
    """What the visitor sees; refused once the visit or its link has ended.

    Raises:
        SealBrokenError: a row was altered.
    """

    def work(tx: Transaction) -> DoorView | Denied:
        household = enter(tx, custodian, visit, now)
        if isinstance(household, Denied):
            return household
        company = read_tenant(tx, custodian.authority, visit.tenant).name
        return _door(tx, custodian, household, company, now)

    return await custodian.database.read(visit.tenant, work)


def _door(tx: Transaction, custodian: Custodian, household: Household, company: str, now: int) -> DoorView:
    campaign, link = household.campaign, household.link
    return DoorView(
        company,
        campaign.name,
        household.visitor.name,
        date.fromisoformat(campaign.deadline),
        link.gives_until,
        link.reads_until,
        tuple(purposes_of(custodian.catalogue, campaign.purposes)),
        telling_of(tx, custodian, household, now).text,
        link.told_at > 0 and not household.untold,
        link.gives(now),
        household.may_add(now),
        link.finished_at,
        tuple(
            _collection(household, each, items_of_collection(tx, link.tenant, each.collection.id), now)
            for each in household.brought
        ),
    )


def _collection(
    household: Household, brought: Brought, items: Sequence[SubmittedItem], now: int
) -> CollectionView:
    collection, person = brought.collection, brought.person
    wanted = papers_for(household.subject(person), household.campaign.documents, day_in_japan(now))
    return CollectionView(
        collection.public_id,
        person.name,
        person.external_id,
        person.kind,
        person.id == household.visitor.id,
        collection.state,
        _deficiencies(collection),
        wanted,
        missing(wanted, items),
        bool(wanted.authority),
        tuple(
            GivenItem(each.public_id, each.kind, each.document, each.side, each.created_at) for each in items
        ),
        any(each.kind == NUMBER for each in items),
        brought.can_give(household.link, now),
    )


def _deficiencies(collection: Collection) -> tuple[Bilingual, ...]:
    codes = collection.codes if collection.state in _WANTED else ()
    return tuple(DEFICIENCIES[Deficiency(code)] for code in codes)
