"""One step of a run by a human: find it, see whether it can take the step, take it, and record it or the refusal."""

from collections.abc import Callable
from typing import TypeVar

from custody.contract.door import refuse_closed
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.disposal.run import Run, RunState, parse_run_id, read_run
from policies.actor import Actor
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

T = TypeVar("T")


async def take_step(
    custodian: Custodian,
    actor: Actor,
    action: Action,
    run_id: str,
    denial: Denied | None,
    now: int,
    work: Callable[[Transaction, Run], T | Denied],
) -> T | Denied:
    """Take a step of a run in one transaction.

    Args:
        custodian: what the step works with.
        actor: who takes it.
        action: what the log calls it.
        run_id: public id of the run.
        denial: why it is refused whatever the run is, if it is.
        now: milliseconds since the epoch.
        work: takes the step and records it; the tenant's log and the run are locked. A `Denied` it returns must come
            before its first change.
    """
    identity = parse_run_id(run_id)
    if denial is not None:
        return await refuse_step(custodian, actor, action, identity, denial, now)
    log = custodian.vault.log(actor.tenant)

    def take(tx: Transaction) -> T | Denied:
        log.lock(tx)
        run = read_run(tx, custodian.authority, actor.tenant, identity or 0, lock=True)
        closed = refuse_closed(tx, actor.tenant)
        outcome = closed or (denied("run-unknown") if run is None else work(tx, run))
        if isinstance(outcome, Denied):
            refused = entry(actor, action, now, denied=outcome, detail=_detail(run.id if run else None))
            log.append(tx, one_leaf(refused))
        return outcome

    return await custodian.database.write(actor.tenant, take)


async def find_run(custodian: Custodian, actor: Actor, run_id: str) -> Run | None:
    """A run of the caller's tenant."""
    identity = parse_run_id(run_id) or 0
    return await custodian.database.read(
        actor.tenant, lambda tx: read_run(tx, custodian.authority, actor.tenant, identity)
    )


async def refuse_step(
    custodian: Custodian, actor: Actor, action: Action, identity: int | None, denial: Denied, now: int
) -> Denied:
    """Record that a step was refused, then say so."""
    refused = entry(actor, action, now, denied=denial, detail=_detail(identity))
    return await record_refusal(custodian, actor, refused, denial)


def refuse_unless(run: Run, *wanted: RunState) -> Denied | None:
    """Why a run cannot take a step for which it has to be in one of these states."""
    if run.state in wanted and not run.is_under_way:
        return None
    if run.state is RunState.GATHERING:
        return denied("run-gathering")
    if run.state in {RunState.DONE, RunState.CANCELLED}:
        return denied("run-closed")
    if run.is_under_way:
        return denied("run-under-way")
    if run.state is RunState.PROPOSED:
        return denied("run-not-confirmed")
    return denied("run-already-confirmed" if run.state is RunState.CONFIRMED else "run-already-approved")


def _detail(identity: int | None) -> dict[str, str]:
    return {"run": f"run_{identity}"} if identity else {}
