"""Sending things to people: the company orders it and is told what it costs; only then it goes out, once.

What goes out takes a step of the collection; a kit or a link also gives the purpose notice that lies in it. Whoever has
answered between the order and the sending gets nothing: their dispatch is void, and costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from custody.collection.acting import Acting, company
from custody.collection.campaign import Campaign
from custody.collection.campaigns import open_campaign
from custody.collection.collection import Collection, collections_by_id
from custody.collection.dispatch import (
    MAILED,
    Dispatch,
    DispatchState,
    Sending,
    dispatches_of_order,
    dispatches_to,
    insert_dispatches,
    order_public_id,
    parse_order_id,
    save_dispatches,
    step_of,
)
from custody.collection.errand import reject_unmailable
from custody.collection.steps import Chosen, find_chosen, stepped, write_steps
from custody.collection.taking import take
from custody.collection.telling import Telling, refuse_telling, tell
from custody.custodian import Custodian
from custody.kits.given import printed_notice
from custody.kits.household import pieces_of
from custody.leaves import leaves_of
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from custody.roster import MAX_ROWS
from policies.actor import Actor
from policies.collection import Step, allowed
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_DEAREST_YEN: Final = 100_000


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order: its public id, for how many collections, and the rows left out.

    Attributes:
        pieces: how many things are to be sent; a household gets one.
        cost_yen: what they cost together.
    """

    order: str
    count: int
    pieces: int
    cost_yen: int
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sent:
    """For how many collections an order has gone out now, and for how many it was void.

    Attributes:
        pieces: how many things went out; a household gets one, also if not all of it still needs it.
        cost_yen: what they cost together.
    """

    count: int
    pieces: int
    cost_yen: int
    void: int


async def order_dispatches(
    custodian: Custodian,
    actor: Actor,
    campaign_id: str,
    chosen: Chosen,
    kind: Sending,
    cost_yen: int,
    now: int,
    replay: Replay | None = None,
) -> Ordered | Denied:
    """Instruct that something is sent to people: the first kit or link, a second one, a reminder.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client: whoever speaks for the company.
        campaign_id: public id of the campaign.
        chosen: at most 10,000 of its collections.
        kind: what is sent.
        cost_yen: what each thing that is sent costs, in yen; a household gets one.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = _refuse(chosen, cost_yen)
    if denial is None and kind in MAILED and not custodian.mails:
        denial = denied("mail-not-set-up")
    once: Once[Ordered | Denied] | None = Once(replay, _to_answer, _from_answer) if replay else None

    def work(tx: Transaction) -> Ordered | Denied:
        campaign = open_campaign(tx, custodian, actor.tenant, campaign_id)
        if isinstance(campaign, Denied):
            return campaign
        rejected: dict[int, Rejection] = {}
        found = find_chosen(tx, custodian, actor.tenant, chosen, rejected)
        able = _sendable(tx, custodian, company(actor), campaign, found, kind, rejected)
        (order,) = custodian.vault.new_ids(1, now)
        made = [
            Dispatch(actor.tenant, order, each.id, kind, cost_yen, actor.name, now) for each in able.values()
        ]
        insert_dispatches(tx, custodian.authority, made)
        _record(tx, custodian, company(actor), order, kind, cost_yen, list(able.values()), now)
        told = [rejected[row] for row in sorted(rejected)]
        pieces = pieces_of(tx, actor.tenant, list(able.values()))
        return Ordered(order_public_id(order), len(made), pieces, cost_yen * pieces, told)

    ordered = await take(custodian, company(actor), Action.COLLECTION_ORDER, denial, now, work, once)
    if isinstance(ordered, Ordered) and kind in MAILED:
        custodian.errands.set()
    return ordered


async def record_dispatched(
    custodian: Custodian, actor: Actor, order_id: str, telling: Telling | None, now: int
) -> Sent | Denied:
    """Record that an order has gone out on paper or by hand; the server itself records what it mailed.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        order_id: public id of the order.
        telling: the purpose notice that lay in it; None for the one that was printed with it, if one was.
        now: milliseconds since the epoch.
    """
    denial = refuse_telling(custodian, telling, now) if telling else None

    def work(tx: Transaction) -> Sent | Denied:
        told = telling or printed_notice(tx, custodian, actor.tenant, order_id, now)
        return send(tx, custodian, company(actor), order_id, told, now)

    return await take(custodian, company(actor), Action.COLLECTION_DISTRIBUTE, denial, now, work)


def send(
    tx: Transaction, custodian: Custodian, acting: Acting, order_id: str, telling: Telling | None, now: int
) -> Sent | Denied:
    """Take the steps of an order that goes out, in a transaction that has locked the tenant's log.

    Raises:
        SealBrokenError: a dispatch or a collection was altered.
    """
    order = parse_order_id(order_id) or 0
    ordered = dispatches_of_order(tx, custodian.authority, acting.tenant, order)
    if not ordered:
        return denied("dispatch-unknown")
    if ordered[0].kind in MAILED:
        return denied("dispatch-goes-by-mail")
    open_ones = [each for each in ordered if each.state is DispatchState.ORDERED]
    there = collections_by_id(tx, custodian.authority, acting.tenant, [each.collection for each in open_ones])
    going: dict[Step, list[Collection]] = {}
    saved: list[Dispatch] = []
    for each in open_ones:
        collection = there.get(each.collection)
        step = step_of(each.kind, collection.state) if collection else None
        if collection is None or step is None or allowed(collection.state, step, acting.by) is None:
            saved.append(replace(each, state=DispatchState.VOID))
            continue
        going.setdefault(step, []).append(stepped(collection, step, acting, now))
        saved.append(replace(each, state=DispatchState.SENT, sent_at=now))
    save_dispatches(tx, custodian.authority, order, saved)
    for step, collections in going.items():
        details = {"order": order_public_id(order), "kind": open_ones[0].kind.value}
        write_steps(tx, custodian, acting, step, collections, now, details)
    if telling is not None:
        persons = sorted({each.person for collections in going.values() for each in collections})
        tell(tx, custodian, acting, persons, telling, now)
    sent = [each for collections in going.values() for each in collections]
    pieces = pieces_of(tx, acting.tenant, sent)
    return Sent(len(sent), pieces, ordered[0].cost_yen * pieces, len(saved) - len(sent))


def _sendable(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    campaign: Campaign,
    found: dict[int, Collection],
    kind: Sending,
    rejected: dict[int, Rejection],
) -> dict[int, Collection]:
    ids = [each.id for each in found.values()]
    waiting = {
        each.collection
        for each in dispatches_to(tx, custodian.authority, acting.tenant, ids)
        if each.state is DispatchState.ORDERED
    }
    able = {}
    for row, collection in found.items():
        if collection.campaign != campaign.id:
            rejected[row] = rejection(row, "COLLECTION_UNKNOWN")
        elif allowed(collection.state, step_of(kind, collection.state), acting.by) is None:
            rejected[row] = rejection(row, "STEP_NOT_ALLOWED")
        elif collection.id in waiting:
            rejected[row] = rejection(row, "ORDER_UNDER_WAY")
        else:
            able[row] = collection
    if kind not in MAILED:
        return able
    return reject_unmailable(tx, custodian.authority, acting.tenant, kind, able, rejected)


def _record(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    order: int,
    kind: Sending,
    cost_yen: int,
    collections: Sequence[Collection],
    now: int,
) -> None:
    if not collections:
        return
    detail = {"order": order_public_id(order), "kind": kind.value, "cost_yen": str(cost_yen)}
    record = leaves_of(
        [each.person for each in collections],
        [each.campaign for each in collections],
        lambda campaign: acting.says(Action.COLLECTION_ORDER, now, {**detail, "campaign": f"cmp_{campaign}"}),
    )
    custodian.vault.log(acting.tenant).append(tx, record)


def _refuse(chosen: Chosen, cost_yen: int) -> Denied | None:
    if not chosen.lengths_agree():
        return denied("columns-differ")
    if len(chosen) > MAX_ROWS:
        return denied("too-many-rows")
    return None if 0 <= cost_yen <= _DEAREST_YEN else denied("dispatch-invalid")


def _to_answer(ordered: Ordered | Denied) -> Any:
    if isinstance(ordered, Denied):
        return None  # refusals are not kept
    told = [[item.row, item.code, item.message_ja, item.message_en] for item in ordered.rejections]
    counts = {"count": ordered.count, "pieces": ordered.pieces, "cost_yen": ordered.cost_yen}
    return {"order": ordered.order, **counts, "rejections": told}


def _from_answer(answer: Any) -> Ordered:
    rejections = [Rejection(*item) for item in answer["rejections"]]
    return Ordered(answer["order"], answer["count"], answer["pieces"], answer["cost_yen"], rejections)
