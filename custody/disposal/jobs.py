"""What the scheduler does about disposals, for every tenant: finish what was begun, propose, carry out, see copies end.

Each is safe to be killed at any point and to be done again at any time.
"""

from collections.abc import Collection, Sequence

from custody.custodian import Custodian
from custody.disposal.execute import Means, execute
from custody.disposal.extinction import mark_extinct
from custody.disposal.propose import propose_due
from custody.disposal.run import Run, RunState, runs_in_state
from custody.disposal_policy import apply_policy
from custody.tenants import list_tenants
from tokenizer.storage.database import NO_TENANT


async def propose_runs(custodian: Custodian, now: int) -> list[Run]:
    """Apply policies that were changed half-way, then propose what falls due; gives what was proposed."""
    found: list[Run] = []
    for tenant in await _tenants(custodian):
        await apply_policy(custodian, tenant, now)
        found += await propose_due(custodian, tenant, now)
    return found


async def execute_runs(custodian: Custodian, means: Means) -> list[Run]:
    """Carry out every approved run whose day has come, and those that were left unfinished; gives what is done."""
    found: list[Run] = []
    for tenant in await _tenants(custodian):
        for run in await _approved(custodian, tenant):
            done = await execute(custodian, means, tenant, run.id)
            if done is not None and done.state is RunState.DONE:
                found.append(done)
    return found


async def mark_extinct_runs(custodian: Custodian, living: Collection[int], now: int) -> list[Run]:
    """Declare runs extinct whose epoch is gone; gives them.

    Args:
        custodian: what the job works with.
        living: numbers of the epochs whose keys exist.
        now: milliseconds since the epoch.
    """
    return [
        run
        for tenant in await _tenants(custodian)
        for run in await mark_extinct(custodian, tenant, living, now)
    ]


async def _tenants(custodian: Custodian) -> list[int]:
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    return [tenant.id for tenant in tenants]


async def _approved(custodian: Custodian, tenant: int) -> Sequence[Run]:
    return await custodian.database.read(
        tenant, lambda tx: runs_in_state(tx, custodian.authority, tenant, RunState.APPROVED)
    )
