"""Approving that a contract ends: another human than who asked, with a one-time code bound to what was asked for."""

from dataclasses import replace

from custody.account import living_account_by_id
from custody.calendar import day_in_japan
from custody.code_check import check_act_code
from custody.contract.ask import is_past
from custody.contract.door import refuse_closed
from custody.contract.end import ContractEnd, EndState, read_end, save_end
from custody.contract.waits import stake_of
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from policies.actor import Actor, ActorKind
from policies.authorize import may_approve_contract_end
from policies.refusals import Denied, denied
from policies.step_up import Accepted, spend
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction


async def approve_end(
    custodian: Custodian, actor: Actor, digest: str, code: str, now: int
) -> ContractEnd | Denied:
    """Approve, as the second human, that the contract ends with the day that was asked for, and all of it is erased.

    Args:
        custodian: what the use case works with.
        actor: an administrator or an approver, never who asked.
        digest: that of the request the human saw.
        code: their one-time code.
        now: milliseconds since the epoch.
    """
    refusal = await custodian.database.read(
        actor.tenant, lambda tx: _refuse(tx, custodian, actor, digest, now)
    )
    if refusal is not None:
        return await _record(custodian, actor, refusal, now)
    checked = await _check(custodian, actor, code, now)
    if isinstance(checked, Denied):
        return checked
    return await custodian.database.write(
        actor.tenant, lambda tx: _approve(tx, custodian, actor, digest, checked, now)
    )


def _approve(
    tx: Transaction, custodian: Custodian, actor: Actor, digest: str, checked: Accepted, now: int
) -> ContractEnd | Denied:
    log = custodian.vault.log(actor.tenant)
    log.lock(tx)
    refusal = refuse_closed(tx, actor.tenant) or _refuse(tx, custodian, actor, digest, now)
    account = living_account_by_id(tx, custodian.authority, actor.tenant, actor.id)
    if refusal is None and account is None:
        refusal = denied("session-ended")
    if refusal is None and not spend(tx, checked):
        refusal = denied("code-used")
    end = read_end(tx, custodian.authority, actor.tenant, lock=True)
    if refusal is not None or end is None or account is None:
        refusal = refusal or denied("contract-end-unknown")
        leaf = entry(actor, Action.CONTRACT_END_APPROVE, now, denied=refusal)
        log.append(tx, one_leaf(leaf))
        return refusal
    detail = {"ends_on": end.ends_on, "digest": end.digest, "requested_by": end.requested_by}
    log.append(tx, one_leaf(entry(actor, Action.CONTRACT_END_APPROVE, now, detail=detail)))
    approved = replace(
        end,
        state=EndState.APPROVED,
        approved_by=actor.name,
        approved_name=account.name,
        approved_at=now,
    )
    return save_end(tx, custodian.authority, approved)


def _refuse(tx: Transaction, custodian: Custodian, actor: Actor, digest: str, now: int) -> Denied | None:
    """Why the contract's end cannot be approved, or not by this human, or not as they saw it."""
    end = read_end(tx, custodian.authority, actor.tenant)
    requested = end is not None and actor.kind is ActorKind.HUMAN and end.requested_by == actor.name
    refusal = may_approve_contract_end(actor, requested=requested)
    if refusal is not None or end is None:
        return refusal or denied("contract-end-unknown")
    if end.state is not EndState.REQUESTED:
        return denied("contract-ended" if end.is_closed else "contract-end-approved")
    if end.digest != digest:
        return denied("contract-end-changed")
    if is_past(end, day_in_japan(now)):
        return denied("contract-end-past")
    return denied("contract-end-on-hold") if stake_of(tx, custodian, actor.tenant).holds else None


async def _check(custodian: Custodian, actor: Actor, code: str, now: int) -> Accepted | Denied:
    def refused(denial: Denied) -> Entry:
        return entry(actor, Action.CODE_REFUSE, now, denied=denial, detail={"act": "contract-end"})

    return await check_act_code(custodian, actor, actor, code, now, refused)


async def _record(custodian: Custodian, actor: Actor, refusal: Denied, now: int) -> Denied:
    refused = entry(actor, Action.CONTRACT_END_APPROVE, now, denied=refusal)
    return await record_refusal(custodian, actor, refused, refusal)
