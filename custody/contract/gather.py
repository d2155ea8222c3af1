"""Putting everybody whose number is in the vault on the list of the contract's disposal, in steps.

Each step goes on after the last person of the list: killed anywhere, the next goes on from there. When nobody is left
the run is approved by the two humans who decided that the contract ends, for exactly this list.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from sqlalchemy import bindparam, func, select

from custody.contract.end import ContractEnd
from custody.custodian import Custodian, one_leaf
from custody.disposal.digest import list_digest
from custody.disposal.gather import said_of
from custody.disposal.item import ITEM, Item, insert_items
from custody.disposal.review import due_of
from custody.disposal.run import Run, RunState, read_run, save_run
from custody.settle import reckoner
from custody.terms import reckon
from tokenizer.storage.rows import PersonKey, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

STEP: Final = 1_000
"""So many persons are put on the list in one transaction."""

_KEY: Final = table_of(PersonKey)
_LAST: Final = Statement(
    select(func.coalesce(func.max(ITEM.c.person_id), 0)).where(
        ITEM.c.tenant_id == bindparam("tenant"), ITEM.c.run_id == bindparam("run")
    )
)
_NEXT: Final = Statement(
    select(_KEY.c.person_id)
    .where(
        _KEY.c.tenant_id == bindparam("tenant"),
        _KEY.c.person_id > bindparam("after"),
        _KEY.c.version > 0,  # whoever has no number yet is erased with the rest
    )
    .order_by(_KEY.c.person_id)
    .limit(bindparam("count"))
)


async def gather_all(custodian: Custodian, end: ContractEnd, now: int, step: int = STEP) -> None:
    """List everybody whose number is in the vault, and approve the list.

    Args:
        custodian: what the step works with.
        end: the contract's end, begun.
        now: milliseconds since the epoch.
        step: how many persons are listed in one transaction; `STEP` at most.

    Raises:
        SealBrokenError: the run, a document or a departure was altered.
        StorageError: the database cannot take it; it goes on when it is called again.
    """
    while await custodian.database.write(end.tenant, partial(_step, custodian, end, step)):
        pass
    run = await custodian.database.read(
        end.tenant, lambda tx: read_run(tx, custodian.authority, end.tenant, end.run)
    )
    if run is not None and run.state is RunState.GATHERING:
        digest = await list_digest(custodian, run)
        await custodian.database.write(end.tenant, partial(_approve, custodian, end, digest, now))


def _step(custodian: Custodian, end: ContractEnd, size: int, tx: Transaction) -> bool:
    """List the next persons; False when there was nobody."""
    run = _gathering(tx, custodian, end)
    if run is None:
        return False
    last = tx.one(_LAST, {"tenant": end.tenant, "run": end.run})
    params = {"tenant": end.tenant, "after": last[0] if last else 0, "count": size}
    persons = [row[0] for row in tx.all(_NEXT, params)]
    if not persons:
        return False
    insert_items(tx, run, _items(tx, custodian, run, persons))
    save_run(tx, custodian.authority, replace(run, listed=run.listed + len(persons)))
    return True


def _approve(custodian: Custodian, end: ContractEnd, digest: str, now: int, tx: Transaction) -> None:
    run = _gathering(tx, custodian, end)
    if run is None:
        return
    proposed = said_of(run, now, human=end.requested_by, persons=run.listed)
    detail = {**proposed.detail, "digest": digest, "approver": end.approved_by}
    custodian.vault.log(end.tenant).append(tx, one_leaf(replace(proposed, detail=detail)))
    approved = replace(
        run,
        state=RunState.APPROVED,
        proposed_at=now,
        digest=digest,
        confirmed_by=end.requested_by,
        confirmed_at=end.requested_at,
        approved_by=end.approved_by,
        approved_at=end.approved_at,
    )
    save_run(tx, custodian.authority, approved)


def _gathering(tx: Transaction, custodian: Custodian, end: ContractEnd) -> Run | None:
    """The run, its row locked, as long as its list grows."""
    custodian.vault.log(end.tenant).lock(tx)
    run = read_run(tx, custodian.authority, end.tenant, end.run, lock=True)
    return run if run is not None and run.state is RunState.GATHERING else None


def _items(tx: Transaction, custodian: Custodian, run: Run, persons: Sequence[int]) -> list[Item]:
    """The persons with the day and the grounds of those whose number had to go anyway.

    A key without a person, as a copy may hold one, is listed as well.
    """
    count = reckoner(tx, custodian, run.tenant)
    reckoned = reckon(tx, custodian.authority, count, run.tenant, persons, grounds=False)
    known = {each.person: Item(each.person, due_of(run, each), each.terms.grounds) for each in reckoned}
    return [known.get(person) or Item(person, "", "[]") for person in persons]
