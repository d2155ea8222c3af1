"""Confirming and approving a run: two humans, never the same, each with a one-time code bound to the list they saw."""

from dataclasses import replace

from custody.code_check import check_act_code
from custody.custodian import Custodian, entry, one_leaf
from custody.disposal.digest import list_digest
from custody.disposal.item import listed_page
from custody.disposal.run import Run, RunState, save_run
from custody.disposal.step import find_run, refuse_step, refuse_unless, take_step
from policies.actor import Actor, ActorKind
from policies.authorize import may_approve_disposal, may_confirm_disposal
from policies.refusals import Denied, denied
from policies.step_up import Accepted, spend
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction


async def confirm(
    custodian: Custodian, actor: Actor, run_id: str, digest: str, code: str, now: int
) -> Run | Denied:
    """Stand behind the disposal of exactly the persons that were shown.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        run_id: public id of the run.
        digest: that of the list the human saw.
        code: their one-time code.
        now: milliseconds since the epoch.
    """
    run = await find_run(custodian, actor, run_id)
    denial = (
        may_confirm_disposal(actor)
        or (denied("run-unknown") if run is None else None)
        or (refuse_unless(run, RunState.PROPOSED) if run else None)
    )
    return await _decide(custodian, actor, Action.DISPOSAL_CONFIRM, run, denial, digest, code, now)


async def approve(
    custodian: Custodian, actor: Actor, run_id: str, digest: str, code: str, now: int
) -> Run | Denied:
    """Approve, as the second human, a list that another has confirmed. From its day on it is carried out.

    Args:
        custodian: what the use case works with.
        actor: an approver or an administrator, never who confirmed.
        run_id: public id of the run.
        digest: that of the list the human saw.
        code: their one-time code.
        now: milliseconds since the epoch.
    """
    run = await find_run(custodian, actor, run_id)
    confirmed = run is not None and actor.kind is ActorKind.HUMAN and run.confirmed_by == actor.name
    denial = (
        may_approve_disposal(actor, confirmed=confirmed)
        or (denied("run-unknown") if run is None else None)
        or (refuse_unless(run, RunState.CONFIRMED) if run else None)
    )
    decided = await _decide(custodian, actor, Action.DISPOSAL_APPROVE, run, denial, digest, code, now)
    if isinstance(decided, Run):
        custodian.errands.set()
    return decided


async def _decide(
    custodian: Custodian,
    actor: Actor,
    action: Action,
    run: Run | None,
    denial: Denied | None,
    digest: str,
    code: str,
    now: int,
) -> Run | Denied:
    """Check the list and the code, then take the step with both."""
    if denial is None and run is not None:
        denial = await _refuse_list(custodian, run, digest)
    if denial is not None or run is None:
        known = run.id if run else None
        return await refuse_step(custodian, actor, action, known, denial or denied("run-unknown"), now)
    checked = await _check(custodian, actor, run, code, now)
    if isinstance(checked, Denied):
        return checked
    seen = run

    def work(tx: Transaction, current: Run) -> Run | Denied:
        if not spend(tx, checked):
            return denied("code-used")
        if (current.state, current.revision) != (seen.state, seen.revision):
            return denied("run-changed")
        decided = _decided(current, actor, digest, now)
        detail = {"run": run.public_id, "persons": str(run.listed), "digest": digest}
        custodian.vault.log(run.tenant).append(tx, one_leaf(entry(actor, action, now, detail=detail)))
        return save_run(tx, custodian.authority, decided)

    return await take_step(custodian, actor, action, run.public_id, None, now, work)


async def _refuse_list(custodian: Custodian, run: Run, digest: str) -> Denied | None:
    """Why what the human saw is not the list, or there is nobody on it."""
    if await list_digest(custodian, run) != digest or (run.digest and run.digest != digest):
        return denied("run-changed")
    left = await custodian.database.read(run.tenant, lambda tx: listed_page(tx, run, 0, 1))
    return None if left else denied("run-is-empty")


def _decided(run: Run, actor: Actor, digest: str, now: int) -> Run:
    if run.state is RunState.PROPOSED:
        return replace(
            run, state=RunState.CONFIRMED, digest=digest, confirmed_by=actor.name, confirmed_at=now
        )
    return replace(run, state=RunState.APPROVED, approved_by=actor.name, approved_at=now)


async def _check(custodian: Custodian, actor: Actor, run: Run, code: str, now: int) -> Accepted | Denied:
    def refused(denial: Denied) -> Entry:
        return entry(actor, Action.CODE_REFUSE, now, denied=denial, detail={"run": run.public_id})

    return await check_act_code(custodian, actor, actor, code, now, refused)
