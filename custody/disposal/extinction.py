"""The end of every copy: once the key of a run's epoch is destroyed, no backup of before can be read any more."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from custody.certificates.digest import extinction_detail
from custody.custodian import Custodian, one_leaf
from custody.disposal.run import Run, RunState, read_run, runs_in_state, save_run
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction


async def mark_extinct(custodian: Custodian, tenant: int, living: Collection[int], now: int) -> list[Run]:
    """Declare those runs extinct whose epoch, and every older one, has no key any more; gives them.

    Args:
        custodian: what the use case works with.
        tenant: whose runs.
        living: numbers of the epochs whose keys exist.
        now: milliseconds since the epoch.
    """
    oldest = min(living, default=0)
    done = await custodian.database.read(
        tenant, lambda tx: runs_in_state(tx, custodian.authority, tenant, RunState.DONE)
    )
    ended = [run for run in done if not run.extinct_at and run.epoch < oldest]
    marked = [await custodian.database.write(tenant, partial(_mark, custodian, run, now)) for run in ended]
    return [run for run in marked if run is not None]


def _mark(custodian: Custodian, ended: Run, now: int, tx: Transaction) -> Run | None:
    log = custodian.vault.log(ended.tenant)
    log.lock(tx)
    run = read_run(tx, custodian.authority, ended.tenant, ended.id, lock=True)
    if run is None or run.extinct_at:
        return None
    said = Entry(
        at=now,
        action=Action.DISPOSAL_EXTINCT,
        outcome=Outcome.ALLOWED,
        detail=extinction_detail(run.public_id, run.epoch),
    )
    receipt = log.append(tx, one_leaf(said))
    extinct = replace(run, extinct_at=now, extinction_leaf=receipt.first_index)
    return save_run(tx, custodian.authority, extinct)
