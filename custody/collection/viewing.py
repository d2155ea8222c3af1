"""Looking at what was submitted: an act with a leaf, on disk before anything opens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from custody.collection.acting import desk
from custody.collection.collection import collections_by_id, parse_collection_id
from custody.collection.item import SubmittedItem, items_of_collection
from custody.custodian import Custodian, one_leaf
from custody.leaves import leaves_of
from policies.actor import Actor
from policies.authorize import may_see_submitted
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.items import Refused, open_recorded
from tokenizer.storage.transaction import Transaction

MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Opened:
    """Things that were submitted, with what they say; prints nothing of it."""

    items: list[SubmittedItem]
    contents: list[bytes] = field(repr=False)


async def open_submitted(
    custodian: Custodian, actor: Actor, collection_id: str, item_ids: Sequence[str], now: int
) -> Opened | Denied:
    """Open the number and images of one collection, for whoever verifies it.

    Args:
        custodian: what the use case works with.
        actor: a handler with a recent one-time code.
        collection_id: public id of the collection.
        item_ids: public ids of at most 8 things that were submitted.
        now: milliseconds since the epoch.

    Raises:
        StorageError: the record cannot be written; nothing was opened.
        SealBrokenError: an item was altered.
    """
    acting, identity = desk(actor), parse_collection_id(collection_id) or 0

    def look(tx: Transaction) -> tuple[int, list[SubmittedItem]] | Denied:
        found = collections_by_id(tx, custodian.authority, actor.tenant, [identity]).get(identity)
        there = {each.public_id: each for each in items_of_collection(tx, actor.tenant, identity)}
        if found is None:
            return denied("collection-unknown")
        if not 0 < len(item_ids) <= MOST or not set(item_ids) <= there.keys():
            return denied("collection-item-unknown")
        return found.person, [there[each] for each in dict.fromkeys(item_ids)]

    looked: tuple[int, list[SubmittedItem]] | Denied | None = may_see_submitted(actor, now)
    if looked is None:
        looked = await custodian.database.read(actor.tenant, look)
    if isinstance(looked, Denied):
        refused = one_leaf(acting.says(Action.COLLECTION_VIEW, now, {}, denied=looked))
        log = custodian.vault.log(actor.tenant)
        await custodian.database.write(actor.tenant, lambda tx: log.append(tx, refused))
        return looked
    person, items = looked
    record = leaves_of(
        [person] * len(items),
        [each.public_id for each in items],
        lambda item: acting.says(Action.COLLECTION_VIEW, now, {"item": item}),
    )
    shown = await open_recorded(
        custodian.vault, actor.tenant, person, [each.id for each in items], record, _freely
    )
    if shown is None or isinstance(shown, Refused):
        return denied("collection-item-unknown")
    return Opened(items, shown.contents)


def _freely(tx: Transaction) -> Denied | None:
    return None
