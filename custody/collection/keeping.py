"""Papers that outlive a registration: kept for the days the campaign says, then destroyed, with a leaf.

Not kept at all unless the company wants it: what proved whose a number is is needed no more once that was verified. A
legal hold on the person lets them wait; the disposal of the number takes them whatever the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, select, text

from custody.calendar import day_in_japan, start_of_day_in_japan
from custody.collection.acting import program
from custody.collection.campaign import read_campaign
from custody.collection.collection import COLLECTION, Collection, collection_of, save_collections
from custody.collection.item import bury, bury_all, items_of_collection
from custody.contract.door import refuse_closed
from custody.custodian import Custodian
from custody.hold import held_persons
from custody.leaves import leaves_of
from tokenizer.audit.action import Action
from tokenizer.items import NUMBER
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

AT_ONCE: Final = 200
"""The papers of so many collections are destroyed in one transaction."""

_DUE: Final = Statement(
    select(COLLECTION)
    .where(
        COLLECTION.c.tenant_id == bindparam("tenant"),
        text("papers_until > 0"),  # as the index has it
        COLLECTION.c.papers_until <= bindparam("now"),
        text(
            "NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.tenant_id = collection.tenant_id "
            "AND h.person_id = collection.person_id AND h.lifted_at = 0)"
        ),
    )
    .order_by(COLLECTION.c.papers_until, COLLECTION.c.collection_id)
    .limit(bindparam("most"))
)


def settle_papers(
    tx: Transaction, custodian: Custodian, tenant: int, registered: Sequence[Collection], now: int
) -> list[Collection]:
    """Destroy what was submitted for numbers that are registered now, but for images that are to be kept.

    Args:
        tx: a transaction that has locked the tenant's log.
        custodian: what it works with.
        tenant: whose.
        registered: collections of one registration; their rows are not written yet.
        now: milliseconds since the epoch.

    Returns:
        The collections, each with the day on which its images go, in the same order.

    Raises:
        SealBrokenError: a campaign, or what stays of a person, was altered.
    """
    days = _days(tx, custodian, tenant, registered)
    bury_all(tx, custodian, tenant, [each for each in registered if not days[each.campaign]])
    return [
        _keep(tx, custodian, each, days[each.campaign], now) if days[each.campaign] else each
        for each in registered
    ]


async def destroy_papers(custodian: Custodian, tenant: int, now: int, at_once: int = AT_ONCE) -> int:
    """Destroy the images of a tenant whose day has come; says of how many collections.

    Args:
        custodian: what it works with.
        tenant: whose.
        now: milliseconds since the epoch.
        at_once: how many collections one transaction takes.

    Raises:
        SealBrokenError: a collection, a hold, or what stays of a person was altered.
    """
    count, found = 0, at_once
    while found == at_once:
        found = await custodian.database.write(
            tenant, lambda tx: _destroy(tx, custodian, tenant, now, at_once)
        )
        count += found
    return count


def _days(
    tx: Transaction, custodian: Custodian, tenant: int, registered: Sequence[Collection]
) -> Mapping[int, int]:
    campaigns = {
        each: read_campaign(tx, custodian.authority, tenant, each)
        for each in {collection.campaign for collection in registered}
    }
    return {identity: found.papers_days if found else 0 for identity, found in campaigns.items()}


def _keep(tx: Transaction, custodian: Custodian, collection: Collection, days: int, now: int) -> Collection:
    there = items_of_collection(tx, collection.tenant, collection.id)
    bury(tx, custodian, collection, [each.id for each in there if each.kind == NUMBER])
    if all(each.kind == NUMBER for each in there):
        return collection
    until = start_of_day_in_japan(day_in_japan(now) + timedelta(days=days + 1))
    return replace(collection, papers_until=until)


def _destroy(tx: Transaction, custodian: Custodian, tenant: int, now: int, most: int) -> int:
    custodian.vault.log(tenant).lock(tx)
    if refuse_closed(tx, tenant):
        return 0
    rows = tx.all(_DUE, {"tenant": tenant, "now": now, "most": most})
    due = [collection_of(custodian.authority, row) for row in rows]
    held = held_persons(tx, custodian.authority, tenant, [each.person for each in due])
    doomed = [each for each in due if each.person not in held]
    save_collections(tx, custodian.authority, [replace(each, papers_until=0) for each in doomed])
    counts = [bury_all(tx, custodian, tenant, [each]) for each in doomed]
    _record(tx, custodian, tenant, doomed, counts, now)
    return len(doomed)


def _record(
    tx: Transaction,
    custodian: Custodian,
    tenant: int,
    doomed: Sequence[Collection],
    counts: Sequence[int],
    now: int,
) -> None:
    """A leaf for each whose images were destroyed now; those of whoever was disposed of were gone before."""
    gone = [(each, count) for each, count in zip(doomed, counts, strict=True) if count]
    if not gone:
        return
    acting = program(tenant)
    record = leaves_of(
        [each.person for each, _ in gone],
        [(each.campaign, count) for each, count in gone],
        lambda alike: acting.says(
            Action.COLLECTION_DESTROY_PAPERS,
            now,
            {"campaign": f"cmp_{alike[0]}", "papers": str(alike[1])},
        ),
    )
    custodian.vault.log(tenant).append(tx, record)
