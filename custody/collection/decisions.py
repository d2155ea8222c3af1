"""What the desk and the company decide of collections: arrived, deficient, refused, no number, asked again, closed.

Each takes up to ten thousand collections; a row that cannot take the step is rejected by itself. What was submitted
dies with a collection that ends without a number.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from custody.calendar import day_in_japan
from custody.collection.acting import Acting, company, counter, desk
from custody.collection.collection import Collection
from custody.collection.item import bury_all
from custody.collection.steps import (
    ACTIONS,
    Chosen,
    Moved,
    find_chosen,
    sort_allowed,
    stepped,
    write_steps,
)
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.rejections import Rejection
from custody.roster import MAX_ROWS
from policies.actor import Actor
from policies.collection import Step
from policies.collection_codes import Closing, Deficiency, NoNumber, RefusalOutcome
from policies.refusals import Denied, denied
from tokenizer.storage.transaction import Transaction

Change = Callable[[Collection], Collection]


async def record_arrival(custodian: Custodian, actor: Actor, chosen: Chosen, now: int) -> Moved | Denied:
    """Record that kits have come back, or papers were handed over; whoever stands at the counter may.

    Args:
        custodian: what the use case works with.
        actor: a handler, an administrator or a client.
        chosen: which collections.
        now: milliseconds since the epoch.
    """
    return await _decide(custodian, counter(actor), Step.ARRIVE, chosen, now)


async def record_deficiencies(
    custodian: Custodian, actor: Actor, chosen: Chosen, codes: Sequence[Deficiency], now: int
) -> Moved | Denied:
    """Record why what arrived does not do; the company is told, and nothing goes out before it says so.

    Args:
        custodian: what the use case works with.
        actor: a handler.
        chosen: which collections.
        codes: at least one, for all of them.
        now: milliseconds since the epoch.
    """
    denial = None if codes else denied("collection-codes-invalid")
    told = tuple(sorted({code.value for code in codes}))
    return await _decide(
        custodian, desk(actor), Step.FIND_FAULT, chosen, now, lambda each: replace(each, codes=told), denial
    )


async def record_refusal_of(
    custodian: Custodian,
    acting: Acting,
    chosen: Chosen,
    outcome: RefusalOutcome,
    asked_on: date,
    now: int,
) -> Moved | Denied:
    """Record that persons did not give their number: that they were asked, when, and how it ended; no reasons.

    Args:
        custodian: what the use case works with.
        acting: the counter, the company, or the person.
        chosen: which collections.
        outcome: how it ended.
        asked_on: the day on which they were asked.
        now: milliseconds since the epoch.
    """
    denial = denied("date-in-future") if asked_on > day_in_japan(now) else None
    day = asked_on.isoformat()
    return await _decide(
        custodian,
        acting,
        Step.REFUSE,
        chosen,
        now,
        lambda each: replace(each, codes=(outcome.value,), asked_on=day),
        denial,
        ends=True,
    )


async def record_no_number(
    custodian: Custodian, actor: Actor, chosen: Chosen, evidence: NoNumber, now: int
) -> Moved | Denied:
    """Record that persons have no number, and what shows it.

    Args:
        custodian: what the use case works with.
        actor: a handler, an administrator or a client.
        chosen: which collections.
        evidence: what shows it.
        now: milliseconds since the epoch.
    """
    return await _decide(
        custodian,
        counter(actor),
        Step.NOT_ASSIGNED,
        chosen,
        now,
        lambda each: replace(each, codes=(evidence.value,)),
        ends=True,
    )


async def ask_again(custodian: Custodian, actor: Actor, chosen: Chosen, now: int) -> Moved | Denied:
    """Ask persons again who refused, as is done each year.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        chosen: which collections.
        now: milliseconds since the epoch.
    """
    return await _decide(custodian, company(actor), Step.ASK_AGAIN, chosen, now)


async def close_collections(
    custodian: Custodian, actor: Actor, chosen: Chosen, why: Closing, now: int
) -> Moved | Denied:
    """End collections without a number, as the company wants it.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        chosen: which collections.
        why: the reason.
        now: milliseconds since the epoch.
    """
    return await _decide(
        custodian,
        company(actor),
        Step.CLOSE,
        chosen,
        now,
        lambda each: replace(each, codes=(why.value,)),
        ends=True,
    )


def end_collections(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    collections: Sequence[Collection],
    why: Closing,
    now: int,
) -> list[Collection]:
    """End collections by rule, in a transaction that has locked the tenant's log."""
    ended = [
        replace(stepped(each, Step.CLOSE, acting, now), codes=(why.value,), number_item=0)
        for each in collections
    ]
    bury_all(tx, custodian, acting.tenant, ended)
    return write_steps(tx, custodian, acting, Step.CLOSE, ended, now)


def _same(collection: Collection) -> Collection:
    return collection


async def _decide(
    custodian: Custodian,
    acting: Acting,
    step: Step,
    chosen: Chosen,
    now: int,
    change: Change = _same,
    denial: Denied | None = None,
    *,
    ends: bool = False,
) -> Moved | Denied:
    def work(tx: Transaction) -> Moved | Denied:
        rejected: dict[int, Rejection] = {}
        found = find_chosen(tx, custodian, acting.tenant, chosen, rejected)
        able = sort_allowed(found, step, acting, rejected)
        moved = [change(stepped(each, step, acting, now)) for each in able.values()]
        if ends:
            moved = [replace(each, number_item=0) for each in moved]
            bury_all(tx, custodian, acting.tenant, moved)
        done = write_steps(tx, custodian, acting, step, moved, now)
        return Moved(done, [rejected[row] for row in sorted(rejected)])

    return await take(custodian, acting, ACTIONS[step], _refuse_shape(chosen) or denial, now, work)


def _refuse_shape(chosen: Chosen) -> Denied | None:
    if not chosen.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-rows") if len(chosen) > MAX_ROWS else None
