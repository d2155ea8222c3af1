"""The shape of every act that changes rights: ask the rules, change the rows, record it, in one transaction."""

from collections.abc import Callable
from typing import TypeVar

from custody.custodian import Custodian, entry, one_leaf, record_refusal
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Conflict, Transaction

T = TypeVar("T")


async def administer(
    custodian: Custodian,
    actor: Actor,
    permission: str,
    action: Action,
    detail: dict[str, str],
    now: int,
    work: Callable[[Transaction], T | Denied],
) -> T | Denied:
    """Change rights, or refuse; either way the log says so.

    Args:
        custodian: what the change works with.
        actor: who changes.
        permission: the Cedar action they need.
        action: what the log calls it.
        detail: what the log says of it.
        now: milliseconds since the epoch.
        work: changes the rows; a `Denied` it returns must come before its first change.
    """
    denial = may(actor, permission)
    if denial is not None:
        refused = entry(actor, action, now, denied=denial, detail=detail)
        return await record_refusal(custodian, actor, refused, denial)
    log = custodian.vault.log(actor.tenant)

    def act(tx: Transaction) -> T | Denied:
        outcome = work(tx)
        refusal = outcome if isinstance(outcome, Denied) else None
        log.append(tx, one_leaf(entry(actor, action, now, denied=refusal, detail=detail)))
        return outcome

    try:
        return await custodian.database.write(actor.tenant, act)
    except Conflict:
        taken = denied("name-taken")
        refused = entry(actor, action, now, denied=taken, detail=detail)
        return await record_refusal(custodian, actor, refused, taken)
