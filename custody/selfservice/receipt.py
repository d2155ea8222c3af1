"""The receipt (受付票): what was given for whom, when, as one leaf of the log with its proof.

It holds no number and no digit of one. Whoever keeps it can show later that it was given, also to somebody who has only
the log's key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem, items_of_collection
from custody.collection.submission import IMAGE
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.record import verifier_key
from custody.selfservice.household import Brought, Household, act, acting, enter
from custody.selfservice.link import save_link
from custody.selfservice.proofs import read_proven
from custody.selfservice.visits import Visit
from custody.tenants import read_tenant
from policies.collection import State
from policies.collection_codes import RefusalOutcome
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_JAPAN: Final = timezone(timedelta(hours=9))
_NUMBER: Final = "number"
_DECLINED: Final = "declined"
_GIVEN: Final = frozenset({State.ARRIVED, State.VERIFIED, State.REGISTERED})


@dataclass(frozen=True, slots=True)
class Given:
    """What was given for one person.

    Attributes:
        collection: public id of the collection.
        name: of the person, as it is on record now; empty for somebody who is not any more.
        kind: employee, dependent, spouse or payee; None for somebody who is not on record any more.
        number: whether a number was given.
        declined: whether they said that none is given.
        documents: codes of the documents on the images.
        at: when the number was given or declined; ISO 8601 to the second, Japan time.
    """

    collection: str
    name: str
    kind: PersonKind | None
    number: bool
    declined: bool
    documents: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt.

    Attributes:
        company: name of the company.
        campaign: name of the campaign.
        campaign_id: its public id.
        link: public id of the link.
        finished_at: milliseconds since the epoch.
        given: person by person.
        leaf_index: where the log says so.
        entry: the leaf itself, as text.
        proof: its inclusion proof with the checkpoint (c2sp.org/tlog-proof).
        verifier_key: the key that checks the checkpoint.
    """

    company: str
    campaign: str
    campaign_id: str
    link: str
    finished_at: int
    given: tuple[Given, ...]
    leaf_index: int
    entry: str
    proof: str
    verifier_key: str


async def finish(custodian: Custodian, visit: Visit, now: int) -> Receipt | Denied:
    """End the giving; a second time shows the receipt again.

    Args:
        custodian: what the use case works with.
        visit: who is done.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction, household: Household) -> Denied | None:
        link = household.link
        if link.finished_at:
            return None
        if not link.gives(now):
            return denied("giving-ended")
        told = _told(tx, household)
        if not told:
            return denied("nothing-given")
        detail = {"link": link.public_id, "campaign": household.campaign.public_id, **told}
        said = acting(visit).says(Action.LINK_FINISH, now, detail)
        log = custodian.vault.log(visit.tenant)
        done = log.append(tx, leaves_of([link.person], [0], lambda _: said))
        save_link(tx, custodian.authority, replace(link, finished_at=now, finished_leaf=done.first_index))
        return None

    refused = await act(custodian, visit, Action.LINK_FINISH, now, work, giving=False)
    return refused or await receipt(custodian, visit, now)


async def receipt(custodian: Custodian, visit: Visit, now: int) -> Receipt | Denied:
    """The receipt of a link whose giving was finished.

    Args:
        custodian: what the use case works with.
        visit: whose.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> Receipt | Denied:
        household = enter(tx, custodian, visit, now)
        if isinstance(household, Denied):
            return household
        return _read(tx, custodian, household) if household.link.finished_at else denied("receipt-not-there")

    return await custodian.database.read(visit.tenant, work)


def _read(tx: Transaction, custodian: Custodian, household: Household) -> Receipt:
    link, campaign = household.link, household.campaign
    (leaf,) = read_proven(tx, custodian, link.tenant, [link.finished_leaf])
    people = {each.collection.public_id: each for each in household.brought}
    given = [
        _given(collection, told, people)
        for collection, told in leaf.entry.detail.items()
        if collection.startswith("col_")
    ]
    return Receipt(
        read_tenant(tx, custodian.authority, link.tenant).name,
        campaign.name,
        campaign.public_id,
        link.public_id,
        link.finished_at,
        tuple(given),
        leaf.index,
        leaf.text,
        leaf.proof,
        verifier_key(custodian, link.tenant),
    )


def _told(tx: Transaction, household: Household) -> dict[str, str]:
    """By collection: when, then `number` or `declined`, then the documents that were shown."""
    told: dict[str, str] = {}
    for each in household.brought:
        what = _what(each.collection)
        if what:
            items = items_of_collection(tx, household.link.tenant, each.collection.id)
            told[each.collection.public_id] = " ".join([*what, *_documents(items)])
    return told


def _what(collection: Collection) -> list[str]:
    if collection.state in _GIVEN:
        return [_moment(collection.arrived_at), _NUMBER]
    declined = collection.state is State.REFUSED and collection.codes == (RefusalOutcome.DECLINED.value,)
    return [_moment(collection.ended_at), _DECLINED] if declined else []


def _documents(items: Sequence[SubmittedItem]) -> list[str]:
    return sorted({each.document for each in items if each.kind == IMAGE})


def _given(collection: str, told: str, people: Mapping[str, Brought]) -> Given:
    at, what, *documents = told.split(" ")
    person = people[collection].person if collection in people else None
    return Given(
        collection,
        person.name if person else "",
        person.kind if person else None,
        what == _NUMBER,
        what == _DECLINED,
        tuple(documents),
        at,
    )


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(_JAPAN).isoformat()
