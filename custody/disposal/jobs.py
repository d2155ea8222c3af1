"""What the scheduler does about disposals, for every tenant: finish what was begun, propose, carry out, see copies end.

Each is safe to be killed at any point and to be done again at any time. A tenant whose rows somebody altered stops no
other; what is wrong is raised when the others are done.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from custody.certificates.facts import Kind
from custody.custodian import Custodian
from custody.disposal.execute import Means, empty, finish
from custody.disposal.extinction import mark_extinct
from custody.disposal.propose import propose_due
from custody.disposal.run import Run, RunState, runs_in_state
from custody.disposal_policy import apply_policy
from custody.tenants import list_tenants
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import NO_TENANT


async def propose_runs(custodian: Custodian, now: int) -> list[Run]:
    """Apply policies that were changed half-way, then propose what falls due; gives what was proposed.

    Raises:
        SealBrokenError: a row was altered; the tenants where none was are done.
    """

    async def propose(tenant: int) -> list[Run]:
        await apply_policy(custodian, tenant, now)
        return await propose_due(custodian, tenant, now)

    found, broken = await _for_each(custodian, propose)
    _raise(broken)
    return found


async def execute_runs(custodian: Custodian, means: Means) -> list[Run]:
    """Carry out every approved run whose day has come, and those that were left unfinished; gives what is done.

    Many tenants' numbers fall due on the same day: residue is removed once, when all of them are gone.

    Raises:
        SealBrokenError: a row was altered; the tenants where none was are done.
        StorageError: the database or the ledger cannot take it; the runs go on when they are carried out again.
    """

    async def empty_all(tenant: int) -> list[Run]:
        runs = [await empty(custodian, means, tenant, run.id) for run in await _approved(custodian, tenant)]
        return [run for run in runs if run is not None]

    emptied, broken = await _for_each(custodian, empty_all)
    if emptied:
        await means.scrub()
    finished = [await finish(custodian, means, run) for run in emptied]
    _raise(broken)
    return [run for run in finished if run is not None and run.state is RunState.DONE]


async def mark_extinct_runs(custodian: Custodian, living: Collection[int], now: int) -> list[Run]:
    """Declare runs extinct whose epoch is gone; gives them.

    Args:
        custodian: what the job works with.
        living: numbers of the epochs whose keys exist.
        now: milliseconds since the epoch.

    Raises:
        SealBrokenError: a row was altered; the tenants where none was are done.
    """
    found, broken = await _for_each(custodian, lambda tenant: mark_extinct(custodian, tenant, living, now))
    _raise(broken)
    return found


async def _for_each(
    custodian: Custodian, work: Callable[[int], Awaitable[list[Run]]]
) -> tuple[list[Run], list[SealBrokenError]]:
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    found: list[Run] = []
    broken: list[SealBrokenError] = []
    for tenant in tenants:
        try:
            found += await work(tenant.id)
        except SealBrokenError as error:
            broken.append(error)
    return found, broken


def _raise(broken: Sequence[SealBrokenError]) -> None:
    if broken:
        raise broken[0]


async def _approved(custodian: Custodian, tenant: int) -> Sequence[Run]:
    """The runs to carry out; that of a contract's end is done with all else that is erased then."""
    runs = await custodian.database.read(
        tenant, lambda tx: runs_in_state(tx, custodian.authority, tenant, RunState.APPROVED)
    )
    return [run for run in runs if run.kind is not Kind.CONTRACT_END]
