"""The shape of every act that changes rights: ask the rules, change the rows, record it, in one transaction."""

from collections.abc import Callable
from typing import Final, TypeVar

from custody.contract.door import ContractOver, check_open
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.replay import Once
from policies.actor import Actor
from policies.authorize import may_administer
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Conflict, Transaction

T = TypeVar("T")

_ATTEMPTS: Final = 2
"""A conflict is either a name that is taken or the same request at the same moment; the second look tells."""


async def refuse_change(
    custodian: Custodian, actor: Actor, permission: str, action: Action, invalid: Denied, now: int
) -> Denied:
    """Record that a change was refused for what it says; the record holds nothing of that.

    Args:
        custodian: what the change works with.
        actor: who wanted it.
        permission: the Cedar action they need; whoever lacks it is told that instead.
        action: what the log calls it.
        invalid: what is wrong with it.
        now: milliseconds since the epoch.
    """
    denial = may_administer(actor, permission, now) or invalid
    return await record_refusal(custodian, actor, entry(actor, action, now, denied=denial), denial)


async def administer(
    custodian: Custodian,
    actor: Actor,
    permission: str,
    action: Action,
    detail: dict[str, str],
    now: int,
    work: Callable[[Transaction], T | Denied],
    once: Once[T] | None = None,
    reason: str | None = None,
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
        once: makes the request idempotent.
        reason: why, in the human's words.
    """
    denial = may_administer(actor, permission, now)
    if denial is not None:
        refused = entry(actor, action, now, denied=denial, detail=detail)
        return await record_refusal(custodian, actor, refused, denial)
    log, taken = custodian.vault.log(actor.tenant), denied("name-taken")

    def act(tx: Transaction) -> T | Denied:
        answered = once.answer(tx, custodian.vault, now) if once else None
        if answered is not None and not isinstance(answered, Denied):
            return answered
        outcome = answered or work(tx)
        refusal = outcome if isinstance(outcome, Denied) else None
        if once is not None and not isinstance(outcome, Denied):
            once.remember(tx, custodian.vault, outcome, now)
        log.append(tx, one_leaf(entry(actor, action, now, denied=refusal, reason=reason, detail=detail)))
        check_open(tx, actor.tenant)
        return outcome

    for _ in range(_ATTEMPTS):
        try:
            return await custodian.database.write(actor.tenant, act)
        except Conflict:
            continue
        except ContractOver:
            taken = denied("contract-ended")
            break
    refused = entry(actor, action, now, denied=taken, detail=detail)
    return await record_refusal(custodian, actor, refused, taken)
