"""The shape of whatever changes collections: refuse it, or take it in one transaction; what is refused is recorded."""

from collections.abc import Callable
from typing import Final, TypeVar

from custody.collection.acting import Acting, refuse_acting
from custody.contract.door import refuse_closed
from custody.custodian import Custodian, one_leaf
from custody.replay import Once
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.audit.log import Leaves
from tokenizer.storage.transaction import Conflict, Transaction

T = TypeVar("T")

_ATTEMPTS: Final = 6


async def take(
    custodian: Custodian,
    acting: Acting,
    action: Action,
    denial: Denied | None,
    now: int,
    work: Callable[[Transaction], T | Denied],
    once: Once[T | Denied] | None = None,
) -> T | Denied:
    """Take steps, or refuse them.

    Args:
        custodian: what the steps work with.
        acting: who takes them.
        action: what the log calls it.
        denial: why it is refused as a whole, if it is, besides that they may not.
        now: milliseconds since the epoch.
        work: takes the steps and records them; the tenant's log is locked. A `Denied` it returns must come before its
            first change. It may run again after a conflict.
        once: makes the request idempotent.
    """
    log = custodian.vault.log(acting.tenant)
    refusal = refuse_acting(acting) or denial

    def refused(denied: Denied) -> Leaves:
        return one_leaf(acting.says(action, now, {}, denied=denied))

    def whole(tx: Transaction) -> T | Denied:
        log.lock(tx)
        answered = refusal or (once.answer(tx, custodian.vault, now) if once else None)
        if answered is not None and not isinstance(answered, Denied):
            return answered
        outcome = answered or refuse_closed(tx, acting.tenant) or work(tx)
        if isinstance(outcome, Denied):
            log.append(tx, refused(outcome))
        elif once is not None:
            once.remember(tx, custodian.vault, outcome, now)
        return outcome

    for _ in range(_ATTEMPTS):
        try:
            return await custodian.database.write(acting.tenant, whole)
        except Conflict:
            continue  # an id that another node drew, or the same request at the same moment
    raise Conflict
