"""Which links a number can be brought by, as whoever sees the collection is told: no secret, and nothing of one."""

from custody.collection.collection import Collection
from custody.custodian import Custodian, entry, record_refusal
from custody.selfservice.holders import holders_of
from custody.selfservice.link import Link, links_of
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction


async def links_to(
    custodian: Custodian, actor: Actor, collection: Collection, now: int
) -> list[Link] | Denied:
    """The links behind which a collection stands, oldest first; of a dependent's those of the employee.

    Args:
        custodian: what the use case works with.
        actor: whoever may see collections.
        collection: one of the actor's tenant.
        now: milliseconds since the epoch.

    Raises:
        SealBrokenError: a row was altered.
    """
    denial = may(actor, "readCollections")
    if denial is not None:
        refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)

    def work(tx: Transaction) -> list[Link]:
        (holder,) = holders_of(tx, actor.tenant, [collection])
        theirs = links_of(tx, custodian.authority, actor.tenant, [holder.id]) if holder else []
        found = [each for each in theirs if each.campaign == collection.campaign]
        return sorted(found, key=lambda link: link.id)

    return await custodian.database.read(actor.tenant, work)
