"""Errands: the mails of an order that are due, sorted by whom they go to. A household gets one mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from custody.collection.collection import Collection, collections_by_id, collections_of
from custody.collection.dispatch import (
    Dispatch,
    DispatchState,
    Sending,
    dispatches_to,
    waiting_mails,
)
from custody.custodian import Custodian
from custody.kits.household import Household, households
from custody.rejections import Rejection, rejection
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Errand:
    """One mail that is due.

    Attributes:
        collections: ids of the collections of one household that it is about.
        email: where it goes; empty if no address is known.
    """

    tenant: int
    order: int
    kind: Sending
    collections: tuple[int, ...]
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an errand is about, as it stands now: dispatches that have not gone out, and their collections."""

    dispatches: list[Dispatch]
    collections: list[Collection]


async def due_errands(custodian: Custodian, tenant: int, now: int, most: int) -> list[Errand]:
    """The mails of a tenant whose time has come.

    Args:
        custodian: what the use case works with.
        tenant: whose.
        now: milliseconds since the epoch.
        most: so many dispatches are looked at.

    Raises:
        SealBrokenError: a dispatch or a collection was altered.
    """

    def work(tx: Transaction) -> list[Errand]:
        waiting = waiting_mails(tx, custodian.authority, tenant, now, most)
        ids = sorted({each.collection for each in waiting})
        there = collections_by_id(tx, custodian.authority, tenant, ids)
        orders: dict[tuple[int, Sending], list[Collection]] = {}
        for each in waiting:
            if each.collection in there:
                orders.setdefault((each.order, each.kind), []).append(there[each.collection])
        return [
            errand
            for (order, kind), collections in orders.items()
            for errand in _sorted(tx, custodian.authority, tenant, order, kind, collections)
        ]

    return await custodian.database.read(tenant, work)


def still_waiting(tx: Transaction, custodian: Custodian, errand: Errand) -> Waiting:
    """What of an errand is still to be done, in a transaction that has locked the tenant's log.

    Raises:
        SealBrokenError: a dispatch or a collection was altered.
    """
    wanted = list(errand.collections)
    dispatches = [
        each
        for each in dispatches_to(tx, custodian.authority, errand.tenant, wanted)
        if each.order == errand.order and each.state is DispatchState.ORDERED
    ]
    ids = [each.collection for each in dispatches]
    there = collections_by_id(tx, custodian.authority, errand.tenant, ids)
    return Waiting(dispatches, [there[each] for each in ids if each in there])


def reject_unmailable(
    tx: Transaction,
    authority: Authority,
    tenant: int,
    kind: Sending,
    able: Mapping[int, Collection],
    rejected: dict[int, Rejection],
) -> dict[int, Collection]:
    """Those of chosen collections to whom a mail can go; the others are rejected.

    A link asks for the birth date of whoever opens it: a passcode in the same mail would be no second factor.
    """
    made, orphans = households(tx, tenant, list(able.values()))
    wrong = {each.id: "EMPLOYEE_UNKNOWN" for each in orphans}
    emails = emails_of(tx, authority, tenant, made)
    for one in made:
        code = _why_unmailable(one, kind, emails[one.recipient.id])
        if code:
            wrong |= {each.id: code for each in one.collections}
    for row, collection in able.items():
        if collection.id in wrong:
            rejected[row] = rejection(row, wrong[collection.id])
    return {row: each for row, each in able.items() if each.id not in wrong}


def emails_of(
    tx: Transaction, authority: Authority, tenant: int, made: Sequence[Household]
) -> dict[int, str]:
    """Where households get mail, by recipient; empty where no address is known.

    At the recipient's address, or one that was given with a dependent, or else at the one by which the recipient was
    asked in the same campaign.

    Raises:
        SealBrokenError: a collection was altered.
    """
    found = {
        one.recipient.id: next((each.email for each in one.collections if each.email), "") for one in made
    }
    asked = {one.recipient.id: one.collections[0].campaign for one in made}
    lacking = [person for person, email in found.items() if not email]
    for each in collections_of(tx, authority, tenant, lacking) if lacking else ():
        if each.campaign == asked[each.person]:
            found[each.person] = each.email
    return found


def _why_unmailable(household: Household, kind: Sending, email: str) -> str:
    if not email:
        return "EMAIL_MISSING"
    lacks_factor = kind is Sending.LINK_MAIL and household.recipient.born_on is None
    return "BIRTH_DATE_MISSING" if lacks_factor else ""


def _sorted(
    tx: Transaction,
    authority: Authority,
    tenant: int,
    order: int,
    kind: Sending,
    collections: Sequence[Collection],
) -> list[Errand]:
    made, orphans = households(tx, tenant, collections)
    emails = emails_of(tx, authority, tenant, made)
    errands = [
        Errand(tenant, order, kind, tuple(each.id for each in one.collections), emails[one.recipient.id])
        for one in made
    ]
    return errands + [Errand(tenant, order, kind, (each.id,), "") for each in orphans]
