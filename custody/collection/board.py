"""The board of a campaign: how many stand where, since when; the lists behind it, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, bindparam, case, func, literal_column, select, text

from custody.collection.campaign import CAMPAIGN, Campaign, campaign_of, parse_campaign_id, read_campaign
from custody.collection.collection import (
    COLLECTION,
    Collection,
    collection_of,
    collections_by_id,
    parse_collection_id,
)
from custody.collection.dispatch import DISPATCH, Dispatch, DispatchState, dispatches_to, last_dispatched
from custody.collection.item import SubmittedItem, items_of_collection
from custody.collection.verification import VerificationRecord, verifications_of
from custody.custodian import Custodian, entry, record_refusal
from custody.kits.household import BROUGHT
from custody.listing import Page, Window, list_rows, page_of
from custody.people import BY_ID, PERSON, Person, person_of
from policies.actor import Actor
from policies.authorize import may
from policies.collection import State
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_PERSON_COLUMNS: Final = len(PERSON.columns)
_COUNTS: Final = Statement(
    select(
        COLLECTION.c.state,
        func.count(),
        func.min(COLLECTION.c.since),
        func.max(COLLECTION.c.since),
    )
    .where(COLLECTION.c.tenant_id == bindparam("tenant"), COLLECTION.c.campaign_id == bindparam("campaign"))
    .group_by(COLLECTION.c.state)
)
_HOUSE: Final = case(
    (PERSON.c.kind.in_([literal_column(f"'{kind.value}'") for kind in sorted(BROUGHT)]), PERSON.c.employee),
    else_=PERSON.c.external_id,
)
"""Who gets what is sent for somebody, as `households` has it: the employee who brings the number, or themselves."""

_PIECES: Final = (
    select(DISPATCH.c.order_id, _HOUSE.label("house"), DISPATCH.c.cost_yen)
    .distinct()
    .select_from(
        COLLECTION.join(
            DISPATCH,
            and_(
                DISPATCH.c.tenant_id == COLLECTION.c.tenant_id,
                DISPATCH.c.collection_id == COLLECTION.c.collection_id,
            ),
        ).join(
            PERSON,
            and_(PERSON.c.tenant_id == COLLECTION.c.tenant_id, PERSON.c.person_id == COLLECTION.c.person_id),
        )
    )
    .where(
        COLLECTION.c.tenant_id == bindparam("tenant"),
        COLLECTION.c.campaign_id == bindparam("campaign"),
        DISPATCH.c.state == bindparam("state"),
    )
    .subquery()
)
_COSTS: Final = Statement(
    select(func.count(), func.coalesce(func.sum(_PIECES.c.cost_yen), 0)).select_from(_PIECES)
)
_PAPERS: Final = Statement(
    select(
        func.count(),
        func.min(COLLECTION.c.papers_until),
        func.max(COLLECTION.c.papers_until),
    ).where(
        COLLECTION.c.tenant_id == bindparam("tenant"),
        text("papers_until > 0"),  # as the index has it
        COLLECTION.c.campaign_id == bindparam("campaign"),
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many collections are in a state, and when the first and the last of them came into it (milliseconds)."""

    state: State
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign at a glance.

    Attributes:
        states: every state, in the order of the table; those nobody is in with a count of 0.
        sent: how many things have gone out; a household gets one.
        cost_yen: what they cost.
        papers: how many collections have images that outlive the registration.
        papers_from: when the first of them are destroyed, in milliseconds since the epoch; 0 for none.
        papers_to: when the last of them are.
    """

    campaign: Campaign
    states: tuple[Standing, ...]
    sent: int
    cost_yen: int
    papers: int = 0
    papers_from: int = 0
    papers_to: int = 0


@dataclass(frozen=True, slots=True)
class ListedCollection:
    """A collection and whose it is.

    Attributes:
        dispatched_at: when something last went out for it, or was ordered to, in milliseconds since the epoch; 0 for
            never.
    """

    collection: Collection
    person: Person
    dispatched_at: int


@dataclass(frozen=True, slots=True)
class ShownCollection:
    """One collection with all that belongs to it, the contents of what was submitted left out."""

    collection: Collection
    person: Person
    items: list[SubmittedItem]
    verifications: list[VerificationRecord]
    dispatches: list[Dispatch]

    @property
    def dispatched_at(self) -> int:
        """As for a `ListedCollection`."""
        return last_dispatched(self.dispatches).get(self.collection.id, 0)


async def show_board(custodian: Custodian, actor: Actor, campaign_id: str, now: int) -> Board | Denied:
    """A campaign at a glance."""
    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    identity = parse_campaign_id(campaign_id) or 0

    def work(tx: Transaction) -> Board | Denied:
        campaign = read_campaign(tx, custodian.authority, actor.tenant, identity)
        if campaign is None:
            return denied("campaign-unknown")
        place: dict[str, Any] = {"tenant": actor.tenant, "campaign": identity}
        found = {row[0]: row for row in tx.all(_COUNTS, place)}
        states = tuple(Standing(state, *found.get(state.value, _NOBODY)[1:]) for state in State)
        cost = tx.one(_COSTS, {**place, "state": DispatchState.SENT.value}) or (0, 0)
        papers = tx.one(_PAPERS, place) or (0, 0, 0)
        return Board(campaign, states, int(cost[0]), int(cost[1]), *(int(each or 0) for each in papers))

    return await custodian.database.read(actor.tenant, work)


async def list_campaigns(
    custodian: Custodian, actor: Actor, window: Window, now: int
) -> Page[Campaign] | Denied:
    """A page of campaigns, oldest first."""
    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    query = select(CAMPAIGN).where(CAMPAIGN.c.tenant_id == actor.tenant)
    rows = await list_rows(custodian, actor.tenant, query, CAMPAIGN.c.campaign_id, window)
    return page_of([campaign_of(custodian.authority, row) for row in rows], window)


async def list_collections(
    custodian: Custodian,
    actor: Actor,
    campaign_id: str,
    state: State | None,
    window: Window,
    now: int,
) -> Page[ListedCollection] | Denied:
    """A page of a campaign's collections in the order in which they were added; of one state, or of all."""
    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    same = and_(PERSON.c.tenant_id == COLLECTION.c.tenant_id, PERSON.c.person_id == COLLECTION.c.person_id)
    query = (
        select(PERSON, COLLECTION)
        .select_from(COLLECTION.join(PERSON, same))
        .where(
            COLLECTION.c.tenant_id == actor.tenant,
            COLLECTION.c.campaign_id == (parse_campaign_id(campaign_id) or 0),
        )
    )
    if state is not None:
        query = query.where(COLLECTION.c.state == state.value)
    rows = await list_rows(custodian, actor.tenant, query, COLLECTION.c.collection_id, window)
    there = [
        (collection_of(custodian.authority, row[_PERSON_COLUMNS:]), person_of(row[:_PERSON_COLUMNS]))
        for row in rows
    ]
    ids = [each.id for each, _ in there]

    def look(tx: Transaction) -> dict[int, int]:
        return last_dispatched(dispatches_to(tx, custodian.authority, actor.tenant, ids))

    last = await custodian.database.read(actor.tenant, look) if ids else {}
    return page_of([ListedCollection(each, whose, last.get(each.id, 0)) for each, whose in there], window)


async def show_collection(
    custodian: Custodian, actor: Actor, collection_id: str, now: int
) -> ShownCollection | Denied:
    """One collection with what was submitted, decided and sent."""
    denial = await _refuse_reading(custodian, actor, now)
    if denial is not None:
        return denial
    identity = parse_collection_id(collection_id) or 0

    def work(tx: Transaction) -> ShownCollection | Denied:
        authority, tenant = custodian.authority, actor.tenant
        found = collections_by_id(tx, authority, tenant, [identity]).get(identity)
        person = tx.one(BY_ID, {"tenant": tenant, "person": found.person}) if found else None
        if found is None or person is None:
            return denied("collection-unknown")
        return ShownCollection(
            found,
            person_of(person),
            items_of_collection(tx, tenant, identity),
            verifications_of(tx, authority, tenant, identity),
            sorted(dispatches_to(tx, authority, tenant, [identity]), key=lambda each: each.order),
        )

    return await custodian.database.read(actor.tenant, work)


async def _refuse_reading(custodian: Custodian, actor: Actor, now: int) -> Denied | None:
    denial = may(actor, "readCollections")
    if denial is None:
        return None
    refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
    return await record_refusal(custodian, actor, refused, denial)


_NOBODY: Final[Sequence[Any]] = ("", 0, 0, 0)
