"""The first step of a contract's end, when its last day is over: the door is shut, and the way is cleared.

One transaction ends every session, key, client and account, and every use that is not released, cancels disposals that
others decided on, and makes the run by which the numbers go. Before it commits the ledger has it on disk that the
contract ended.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import bindparam, delete

from custody.calendar import day_in_japan
from custody.certificates.facts import Kind
from custody.contract.ask import is_past
from custody.contract.end import ContractEnd, EndState, more_erased, read_end, save_end
from custody.contract.erase import erase_access
from custody.contract.waits import Stake, stake_of
from custody.custodian import Custodian, one_leaf
from custody.disposal.review import retract
from custody.disposal.run import Run, RunState, insert_run, save_run
from custody.disposal.scope import note_destruction
from custody.uses import USE, UseState
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_END_USES: Final = Statement(
    delete(USE).where(USE.c.tenant_id == bindparam("tenant"), USE.c.state != UseState.RELEASED.value)
)


async def begin_end(custodian: Custodian, tenant: int, now: int) -> ContractEnd | Stake | None:
    """Shut the door of a tenant whose contract was to end before today.

    Args:
        custodian: what the step works with.
        tenant: whose contract.
        now: milliseconds since the epoch.

    Returns:
        The contract's end, begun now or before; what it waits for; None if it is not due, not approved or complete.

    Raises:
        SealBrokenError: the row of the end, a hold or a run was altered.
        StorageError: the database or the ledger cannot take it; nothing has begun.
    """
    end = await custodian.database.read(tenant, lambda tx: read_end(tx, custodian.authority, tenant))
    if end is None or end.state is EndState.ENDING:
        return end
    if end.state is not EndState.APPROVED or not is_past(end, day_in_japan(now)):
        return None
    run = custodian.vault.new_ids(1, now)[0]
    return await custodian.database.write(tenant, partial(_begin, custodian, tenant, run, now))


def _begin(
    custodian: Custodian, tenant: int, run: int, now: int, tx: Transaction
) -> ContractEnd | Stake | None:
    log = custodian.vault.log(tenant)
    log.lock(tx)
    end = read_end(tx, custodian.authority, tenant, lock=True)
    if end is None or end.state is not EndState.APPROVED:
        return end
    stake = stake_of(tx, custodian, tenant)
    if stake.waits_for:
        return stake
    for each in stake.runs:
        _cancel(tx, custodian, each, now)
    erased = {**erase_access(tx, tenant), "use": tx.run(_END_USES, {"tenant": tenant})}
    note_destruction(tx, tenant)  # who is at work reads anew, and finds the door shut
    insert_run(tx, custodian.authority, _run(end, run, now))
    detail = {"ends_on": end.ends_on, "run": f"run_{run}", "approver": end.approved_by}
    log.append(tx, one_leaf(said_of(end, Action.CONTRACT_END_BEGIN, now, detail)))
    begun = replace(end, state=EndState.ENDING, began_at=now, run=run, erased=more_erased(end, erased))
    save_end(tx, custodian.authority, begun)
    custodian.ledger.record_contract_end(tenant, now)
    return begun


def said_of(end: ContractEnd, action: Action, now: int, detail: dict[str, str]) -> Entry:
    """A leaf of the contract's end: the system acts for the two humans who stand behind it."""
    return Entry(
        at=now,
        action=action,
        outcome=Outcome.ALLOWED,
        human=end.requested_by,
        reason=end.reason,
        detail=detail,
    )


def _run(end: ContractEnd, run: int, now: int) -> Run:
    """The disposal of all numbers, on the day after the last."""
    day = (date.fromisoformat(end.ends_on) + timedelta(days=1)).isoformat()
    return Run(end.tenant, run, Kind.CONTRACT_END, RunState.GATHERING, end.reason, day, "", now)


def _cancel(tx: Transaction, custodian: Custodian, run: Run, now: int) -> None:
    retract(tx, custodian, run, now)
    said = Entry(
        at=now,
        action=Action.DISPOSAL_CANCEL,
        outcome=Outcome.ALLOWED,
        detail={"run": run.public_id, "why": "contract-end"},
    )
    custodian.vault.log(run.tenant).append(tx, one_leaf(said))
    save_run(tx, custodian.authority, replace(run, state=RunState.CANCELLED, finished_at=now))
