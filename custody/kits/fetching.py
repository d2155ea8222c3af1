"""Fetching what was printed: names and addresses leave the house, and before they do a leaf says who took them."""

import asyncio

from custody.collection.acting import company
from custody.collection.dispatch import parse_order_id
from custody.collection.taking import take
from custody.custodian import Custodian, one_leaf
from custody.kits.files import PrintPlace
from custody.kits.printout import Printout, read_printout
from policies.actor import Actor
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction


async def fetch_print(
    custodian: Custodian, actor: Actor, order_id: str, name: str, place: PrintPlace, now: int
) -> bytes | Denied:
    """A file of a printing.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        order_id: public id of the order.
        name: of the file, one of those that the printing names.
        place: where files are.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> Printout | Denied:
        found = read_printout(tx, actor.tenant, parse_order_id(order_id) or 0)
        if found is None:
            return denied("print-unknown")
        if name not in found.names:
            return denied("print-file-unknown")
        said = company(actor).says(Action.KIT_FETCH, now, {"order": found.order_id, "file": name})
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return found

    found = await take(custodian, company(actor), Action.KIT_FETCH, None, now, work)
    if isinstance(found, Denied):
        return found
    data = await asyncio.to_thread(place.read, found.tenant, found.order, name)
    return denied("print-file-unknown") if data is None else data
