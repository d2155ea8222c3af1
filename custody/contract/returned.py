"""Tenants who are there again though the ledger knows that their contract ended: an older copy brought them back.

A restore erases them again. Without one nothing is served, unless their end is under way in the database itself: then
nobody enters any more, and the job goes on.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import bindparam, select

from custody.account import AccountRow
from custody.calendar import day_in_japan
from custody.clients import ClientKeyRow, ClientRow
from custody.contract.end import ContractEnd, EndState, insert_end, more_erased, read_end, save_end
from custody.contract.erase import erase, is_erased
from custody.custodian import Custodian, one_leaf
from custody.disposal.run import OPEN, Run, RunState, runs_in_state, save_run
from custody.people import PERSON
from custody.tenants import has_tenant
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.ledger import ContractEnd as Known
from tokenizer.storage.rows import NumberRow, PersonKey, SealedItem, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

# Who is there, what lets them in, and what opens numbers: any of it is one too many.
_SIGNS: Final = tuple(
    Statement(select(table.c.tenant_id).where(table.c.tenant_id == bindparam("tenant")).limit(1))
    for table in (
        PERSON,
        *(
            table_of(model)
            for model in (AccountRow, ClientRow, ClientKeyRow, PersonKey, NumberRow, SealedItem)
        ),
    )
)


async def returned(custodian: Custodian) -> AsyncIterator[int]:
    """The tenants whose contract ended and who have accounts, clients or persons, though no end is under way.

    Raises:
        SealBrokenError: the row of a contract's end was altered.
        LedgerError: the ledger is missing or was altered.
    """
    for known in custodian.ledger.contract_ends():
        if await custodian.database.read(known.tenant, partial(_is_back, custodian, known)):
            yield known.tenant


async def erase_again(custodian: Custodian, backup: str, now: int) -> int:
    """Erase every tenant of a restored copy whose contract the ledger knows as ended; says how many there were.

    One whose end is under way in the copy is left to the job that ends contracts: its door is shut, and it goes on.

    Args:
        custodian: works on the restored copy, in which disposals were replayed.
        backup: id of the backup, for the log.
        now: milliseconds since the epoch.

    Raises:
        SealBrokenError: a row that is changed was altered.
        LedgerError: the ledger is missing or was altered.
        StorageError: the database did not take it.
    """
    count = 0
    for known in custodian.ledger.contract_ends():
        if await custodian.database.read(known.tenant, partial(_is_unended, custodian, known)):
            erased = await erase(custodian, known.tenant)
            await custodian.database.write(known.tenant, partial(_end, custodian, known, erased, backup, now))
            count += 1
    return count


def _is_back(custodian: Custodian, known: Known, tx: Transaction) -> bool:
    place = {"tenant": known.tenant}
    if not any(tx.one(sign, place) for sign in _SIGNS):
        return False
    end = read_end(tx, custodian.authority, known.tenant)
    return end is None or not (end.state is EndState.ENDING or _is_cut_short(end, known))


def _is_cut_short(end: ContractEnd, known: Known) -> bool:
    """Whether only the commit after the ledger's line failed: two humans wanted it, and its day had come."""
    return end.state is EndState.APPROVED and end.ends_on < day_in_japan(known.at).isoformat()


def _is_unended(custodian: Custodian, known: Known, tx: Transaction) -> bool:
    """Whether a copy has a tenant whose end is neither under way nor complete."""
    if not has_tenant(tx, known.tenant):
        return False
    end = read_end(tx, custodian.authority, known.tenant)
    if end is None:
        return True
    over = end.state is EndState.ENDED and is_erased(tx, known.tenant, end.run)
    return not (over or end.state is EndState.ENDING)


def _end(
    custodian: Custodian,
    known: Known,
    erased: Mapping[str, int],
    backup: str,
    now: int,
    tx: Transaction,
) -> None:
    """Record what was erased, and shut the tenant's door for good, whether the copy knows of the end or not."""
    log = custodian.vault.log(known.tenant)
    log.lock(tx)
    found = read_end(tx, custodian.authority, known.tenant, lock=True)
    for state in OPEN:
        for run in runs_in_state(tx, custodian.authority, known.tenant, state):
            _cancel(tx, custodian, run, now)
    detail = {"again_after": backup} | {table: str(count) for table, count in erased.items()}
    said = Entry(at=now, action=Action.TENANT_ERASE_AGAIN, outcome=Outcome.ALLOWED, detail=detail)
    receipt = log.append(tx, one_leaf(said))
    end = found or _unheard_of(known)
    ended = replace(
        end,
        state=EndState.ENDED,
        began_at=end.began_at or known.at,
        erased=more_erased(end, erased),
        ended_at=now,
        ended_leaf=receipt.first_index,
    )
    (save_end if found else insert_end)(tx, custodian.authority, ended)


def _cancel(tx: Transaction, custodian: Custodian, run: Run, now: int) -> None:
    """Give up a run whose persons are erased. What the ledger knows of it stands: these numbers are gone."""
    detail = {"run": run.public_id, "why": "contract-ended"}
    said = Entry(at=now, action=Action.DISPOSAL_CANCEL, outcome=Outcome.ALLOWED, detail=detail)
    custodian.vault.log(run.tenant).append(tx, one_leaf(said))
    save_run(tx, custodian.authority, replace(run, state=RunState.CANCELLED, finished_at=now))


def _unheard_of(known: Known) -> ContractEnd:
    """The end of a contract of which a copy knows nothing: who wanted it is not known there any more."""
    last = day_in_japan(known.at) - timedelta(days=1)
    return ContractEnd(known.tenant, EndState.ENDED, "", last.isoformat(), "", "", 0)
