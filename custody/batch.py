"""The shape of every batch of rows about persons: refuse it as a whole, or take it in one transaction, once."""

from collections.abc import Callable
from typing import Final, TypeVar

from custody.contract.door import refuse_closed
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.replay import Once
from policies.actor import Actor
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Conflict, Transaction

T = TypeVar("T")

_ATTEMPTS: Final = 6


async def take_batch(
    custodian: Custodian,
    actor: Actor,
    action: Action,
    denial: Denied | None,
    now: int,
    work: Callable[[Transaction], T],
    once: Once[T] | None = None,
) -> T | Denied:
    """Take a batch, or refuse it; a refusal is recorded.

    Args:
        custodian: what the batch works with.
        actor: who sends it.
        action: what the log calls it.
        denial: why it is refused as a whole, if it is.
        now: milliseconds since the epoch.
        work: takes the rows and records them; the tenant's log is locked. It may run again after a conflict.
        once: makes the request idempotent.
    """
    if denial is not None:
        return await record_refusal(custodian, actor, entry(actor, action, now, denied=denial), denial)
    log = custodian.vault.log(actor.tenant)

    def take(tx: Transaction) -> T | Denied:
        log.lock(tx)
        answered = once.answer(tx, custodian.vault, now) if once else None
        if answered is None:
            answered = refuse_closed(tx, actor.tenant)
        if isinstance(answered, Denied):
            log.append(tx, one_leaf(entry(actor, action, now, denied=answered)))
        if answered is not None:
            return answered
        outcome = work(tx)
        if once is not None:
            once.remember(tx, custodian.vault, outcome, now)
        return outcome

    for _ in range(_ATTEMPTS):
        try:
            return await custodian.database.write(actor.tenant, take)
        except Conflict:
            continue  # an id that another node drew, or the same request at the same moment
    raise Conflict
