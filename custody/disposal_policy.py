"""Changing the tenant's choice of when numbers go, and bringing it to everybody who has left."""

from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, or_, select

from custody.administration import administer
from custody.custodian import Custodian
from custody.disposal.policy import EVERYBODY, Choice, read_choice, write_choice
from custody.people import PERSON
from custody.settle import settle
from policies.actor import Actor
from policies.disposal_plan import DisposalPolicy
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_STEP: Final = 2_000
_WHO_LEFT: Final = Statement(
    select(PERSON.c.person_id)
    .where(
        PERSON.c.tenant_id == bindparam("tenant"),
        PERSON.c.person_id > bindparam("after"),
        or_(PERSON.c.due_on != "", PERSON.c.ends != "{}"),
    )
    .order_by(PERSON.c.person_id)
    .limit(bindparam("count"))
)


async def change_disposal_policy(
    custodian: Custodian, actor: Actor, policy: DisposalPolicy, now: int
) -> DisposalPolicy | Denied:
    """Choose when numbers that have fallen due go; an administrator's act, with a one-time code of late.

    Args:
        custodian: what the use case works with.
        actor: the administrator.
        policy: the choice.
        now: milliseconds since the epoch.
    """
    detail = {
        "mode": policy.mode.value,
        "month": str(policy.month),
        "copies_years": str(policy.copies_years),
        "notice_days": str(policy.notice_days),
    }

    def work(tx: Transaction) -> DisposalPolicy:
        custodian.vault.log(actor.tenant).lock(tx)
        write_choice(tx, custodian.authority, actor.tenant, Choice(policy, 0))
        return policy

    action = Action.DISPOSAL_POLICY_CHANGE
    chosen = await administer(custodian, actor, "manageTenant", action, detail, now, work)
    if not isinstance(chosen, Denied):
        await apply_policy(custodian, actor.tenant, now)
    return chosen


async def apply_policy(custodian: Custodian, tenant: int, now: int) -> None:
    """Bring the choice to everybody it has not reached yet, a few at a time. Ends at once if there is nobody."""
    while await custodian.database.read(tenant, lambda tx: _is_behind(tx, custodian, tenant)):
        await custodian.database.write(tenant, lambda tx: _step(tx, custodian, tenant, now))


def _is_behind(tx: Transaction, custodian: Custodian, tenant: int) -> bool:
    return not read_choice(tx, custodian.authority, tenant).is_applied


def _step(tx: Transaction, custodian: Custodian, tenant: int, now: int) -> None:
    custodian.vault.log(tenant).lock(tx)
    choice = read_choice(tx, custodian.authority, tenant)
    params = {"tenant": tenant, "after": choice.applied_to, "count": _STEP}
    persons = [row[0] for row in tx.all(_WHO_LEFT, params)]
    settle(tx, custodian, tenant, persons, now)
    reached = persons[-1] if len(persons) == _STEP else EVERYBODY
    write_choice(tx, custodian.authority, tenant, replace(choice, applied_to=reached))
