"""Carrying a contract's end out, from the day after its last: killed at any point, and begun again where it stopped.

1. The door is shut (`begin`).
2. Everybody is listed (`gather`) and disposed of, as any run is: a leaf for each, and the ledger.
3. All else is erased (`erase`), but what is kept for a reason; what deleted rows left in files is removed.
4. The run is declared done, with the epoch by which copies are extinct: no key of the tenant is left that a sweep could
   move on from there. Then the log says that the contract has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from custody.calendar import day_in_japan
from custody.contract.ask import is_past
from custody.contract.begin import begin_end, said_of
from custody.contract.end import ContractEnd, EndState, read_end, save_end
from custody.contract.erase import BATCH, erase, is_erased
from custody.contract.gather import STEP, gather_all
from custody.contract.waits import Stake, Wait, stake_of
from custody.custodian import Custodian, one_leaf
from custody.disposal.execute import Means, empty, finish
from custody.disposal.review import BATCH as PERSONS
from custody.disposal.run import Run, RunState, read_run
from custody.tenants import list_tenants
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done in one transaction, at most."""

    listed: int = STEP
    disposed: int = PERSONS
    erased: int = BATCH


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of one contract.

    Attributes:
        tenant: whose.
        waits_for: what has to be settled first; empty if it has ended.
    """

    tenant: int
    waits_for: Sequence[Wait] = ()


async def end_contracts(custodian: Custodian, means: Means) -> list[Progress]:
    """End every contract whose last day is over; gives those that ended now, and those that wait.

    Raises:
        SealBrokenError: a row was altered; the tenants where none was are done.
        StorageError: the database or the ledger cannot take it; it goes on when it is called again.
    """
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    found: list[Progress] = []
    broken: list[SealBrokenError] = []
    for tenant in tenants:
        try:
            progress = await end_contract(custodian, means, tenant.id)
        except SealBrokenError as error:
            broken.append(error)
        else:
            found += [progress] if progress else []
    if broken:
        raise broken[0]
    return found


async def overdue_ends(custodian: Custodian, now: int) -> list[Progress]:
    """The contracts whose last day is over and that wait for something; nothing is done about them.

    Raises:
        SealBrokenError: a row was altered.
    """
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    found = [
        await custodian.database.read(tenant.id, partial(_waiting, custodian, tenant.id, now))
        for tenant in tenants
    ]
    return [progress for progress in found if progress is not None]


async def end_contract(
    custodian: Custodian, means: Means, tenant: int, sizes: Sizes | None = None
) -> Progress | None:
    """End one contract, if its day has come; None if there is nothing to do.

    Args:
        custodian: what the step works with.
        means: clock, epochs, and the removal of residue.
        tenant: whose contract.
        sizes: how much is done in one transaction.

    Raises:
        SealBrokenError: a row was altered.
        StorageError: the database or the ledger cannot take it; it goes on when it is called again.
    """
    sizes = sizes or Sizes()
    end = await begin_end(custodian, tenant, means.clock())
    if isinstance(end, Stake):
        return Progress(tenant, end.waits_for)
    if end is None or end.state is not EndState.ENDING:
        return None
    await gather_all(custodian, end, means.clock(), sizes.listed)
    emptied = await empty(custodian, means, tenant, end.run, sizes.disposed)
    await _check_emptied(custodian, end, emptied)
    ended = False
    while not ended:
        await erase(custodian, tenant, sizes.erased)
        await means.scrub()
        if emptied is not None:
            await finish(custodian, means, emptied)
        ended = await custodian.database.write(tenant, partial(_finish, custodian, tenant, means.clock()))
    return Progress(tenant)


def _waiting(custodian: Custodian, tenant: int, now: int, tx: Transaction) -> Progress | None:
    end = read_end(tx, custodian.authority, tenant)
    if end is None or end.state is not EndState.APPROVED or not is_past(end, day_in_japan(now)):
        return None
    waits_for = stake_of(tx, custodian, tenant).waits_for
    return Progress(tenant, waits_for) if waits_for else None


def _finish(custodian: Custodian, tenant: int, now: int, tx: Transaction) -> bool:
    """Declare a contract ended of which nothing is left; False if something is.

    Raises:
        SealBrokenError: somebody took the run away, or changed it.
    """
    log = custodian.vault.log(tenant)
    log.lock(tx)
    end = read_end(tx, custodian.authority, tenant, lock=True)
    if end is None or end.state is not EndState.ENDING:
        return True
    if not is_erased(tx, tenant, end.run):
        return False
    _check_done(read_run(tx, custodian.authority, tenant, end.run))
    detail = {"run": f"run_{end.run}", "ends_on": end.ends_on, "approver": end.approved_by}
    detail |= {f"rows.{table}": str(count) for table, count in sorted(end.counts.items())}
    receipt = log.append(tx, one_leaf(said_of(end, Action.CONTRACT_ENDED, now, detail)))
    ended = replace(end, state=EndState.ENDED, ended_at=now, ended_leaf=receipt.first_index)
    save_end(tx, custodian.authority, ended)
    return True


async def _check_emptied(custodian: Custodian, end: ContractEnd, emptied: Run | None) -> None:
    """Make sure that the numbers are disposed of before anything else goes.

    Raises:
        SealBrokenError: somebody took the run away, or changed it.
    """
    if emptied is None:
        _check_done(
            await custodian.database.read(
                end.tenant, lambda tx: read_run(tx, custodian.authority, end.tenant, end.run)
            )
        )


def _check_done(run: Run | None) -> None:
    """Make sure that the numbers are disposed of, and that this is recorded.

    Raises:
        SealBrokenError: somebody took the run away, or changed it.
    """
    if run is None or run.state is not RunState.DONE:
        raise SealBrokenError(
            "契約終了の廃棄が完了していません。データベースが書き換えられた可能性があります。監査ログを検証してください。",
            "The disposal of the contract's end is not done. The database may have been altered. Verify the audit log.",
        )
