"""What a restored database must forget, and be told again, before anybody is served from it.

A copy is a state of the past. What ended meanwhile must not begin anew:

- Persons whom the ledger knows as disposed of are disposed of again.
- Tenants whose contract the ledger knows as ended are erased again.
- Sessions end, and so do uses that are not released, answers kept for requests sent twice, and recovery codes: any of
  them may have been used up since, and would count once more.
- Links of persons end, and whoever came in by one is out: a link may have been revoked or locked since. The company
  issues new ones.
- Printings end: their files are in no backup, and the orders may have gone out since.
- Dispatches that were ordered and had not gone out are forgotten: they may have gone out since, and would again.
- One-time codes of the last minute do not count: the copy may not know that they were spent.
- Disposal runs that two humans stood behind need them again, unless numbers have been destroyed for them: a hold that
  was placed since is not in the copy. Where a contract is ending nobody is left to place one, and the run goes on.

Left as they are: counters of wrong passwords and codes (at most ten more tries) and of the day's quotas (at most one
day's more). Rights that were taken since the copy are there again: nothing outside the database knows of them, so the
operator is told to look at accounts and clients.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from typing import Final

from sqlalchemy import bindparam, delete, update

from custody.certificates.facts import Kind
from custody.collection.dispatch import DISPATCH, DispatchState
from custody.contract.returned import erase_again
from custody.custodian import Custodian, one_leaf
from custody.disposal.item import ItemState, items_of, save_items
from custody.disposal.run import Run, RunState, read_run, runs_in_state, save_run
from custody.disposal.scope import destroy
from custody.enrolment import RecoveryCodeRow
from custody.house_log import record_for_house
from custody.kits.printout import KIT_PRINT
from custody.replay import ReplayRow
from custody.selfservice.link import LINK
from custody.selfservice.visit import VISIT
from custody.session import SessionRow
from custody.settle import settle
from custody.tenants import list_tenants
from custody.undone import undone
from custody.uses import USE, UseState
from policies.step_up import SecondFactor
from policies.totp import step_at
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.log import leaves
from tokenizer.ledger import Disposal, Witnessed
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

_AT_ONCE: Final = 5_000
_SESSION, _ANSWER, _CODE = (table_of(model) for model in (SessionRow, ReplayRow, RecoveryCodeRow))
_FACTOR: Final = table_of(SecondFactor)
_END_SESSIONS: Final = Statement(delete(_SESSION).where(_SESSION.c.tenant_id == bindparam("tenant")))
_END_ANSWERS: Final = Statement(delete(_ANSWER).where(_ANSWER.c.tenant_id == bindparam("tenant")))
_END_CODES: Final = Statement(delete(_CODE).where(_CODE.c.tenant_id == bindparam("tenant")))
_END_USES: Final = Statement(
    delete(USE).where(USE.c.tenant_id == bindparam("tenant"), USE.c.state != UseState.RELEASED.value)
)
_END_LINKS: Final = Statement(delete(LINK).where(LINK.c.tenant_id == bindparam("tenant")))
_END_PRINTS: Final = Statement(delete(KIT_PRINT).where(KIT_PRINT.c.tenant_id == bindparam("tenant")))
_END_VISITS: Final = Statement(delete(VISIT).where(VISIT.c.tenant_id == bindparam("tenant")))
_END_ORDERS: Final = Statement(
    delete(DISPATCH).where(
        DISPATCH.c.tenant_id == bindparam("tenant"), DISPATCH.c.state == DispatchState.ORDERED.value
    )
)
_SPEND_STEPS: Final = Statement(
    update(_FACTOR)
    .where(_FACTOR.c.tenant_id == bindparam("tenant"), _FACTOR.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a restored database came from, as the logs will say.

    Attributes:
        backup: id of the backup.
        made_at: when it was made.
        reason: why a rollback was accepted; empty if none was.
        witnessed: tenant -> how far its log had come, for logs that go back by it.
    """

    backup: str
    made_at: int
    reason: str = ""
    witnessed: dict[int, Witnessed] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How much was ended, over all tenants: persons disposed of again, tenants erased again, and so on."""

    disposed_again: int = 0
    erased_again: int = 0
    sessions: int = 0
    answers: int = 0
    uses: int = 0
    recovery_codes: int = 0
    runs: int = 0

    def __add__(self, other: "Ended") -> "Ended":
        return Ended(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


async def prepare_restored(custodian: Custodian, source: Source, now: int) -> Ended:
    """Bring a restored database to where it may serve, and record in each log what was done to it.

    Args:
        custodian: works on the restored database.
        source: where it came from.
        now: milliseconds since the epoch.

    Raises:
        SealBrokenError: a row that is changed was altered.
        StorageError: the database did not take it.
    """
    disposed = await replay_disposals(custodian, source, now)
    ended = Ended(disposed, await erase_again(custodian, source.backup, now))
    tenants = await custodian.database.read(NO_TENANT, lambda tx: list_tenants(tx, custodian.authority))
    for tenant in tenants:
        ended += await _end(custodian, tenant.id, source, now)
    await record_for_house(custodian, _entry(source, NO_TENANT, now))
    return ended


async def replay_disposals(custodian: Custodian, source: Source, now: int) -> int:
    """Dispose again of everybody whom the ledger knows and who is there again; says how many they are."""
    count = 0
    async for batch in _merged(custodian):
        await _dispose_batch(custodian, batch, source, now)
        count += len(batch.persons)
    return count


async def _merged(custodian: Custodian) -> AsyncIterator[Disposal]:
    """The batches to be done again, those of one run joined until they are large."""
    waiting: Disposal | None = None
    async for batch in undone(custodian):
        joined = waiting is not None and (waiting.tenant, waiting.run) == (batch.tenant, batch.run)
        if waiting is not None and joined and len(waiting.persons) < _AT_ONCE:
            persons = dict.fromkeys([*waiting.persons, *batch.persons])
            waiting = Disposal(batch.tenant, batch.run, list(persons), batch.at)
            continue
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is not None:
        yield waiting


async def _dispose_batch(custodian: Custodian, batch: Disposal, source: Source, now: int) -> None:
    await custodian.database.write(batch.tenant, lambda tx: _dispose(tx, custodian, batch, source, now))


def _dispose(tx: Transaction, custodian: Custodian, batch: Disposal, source: Source, now: int) -> None:
    """Destroy the keys of persons, and all that can be read of their numbers; record it."""
    tenant, persons = batch.tenant, batch.persons
    log = custodian.vault.log(tenant)
    log.lock(tx)
    destroy(tx, tenant, persons)
    entry = Entry(
        at=now,
        action=Action.NUMBER_DISPOSE,
        outcome=Outcome.ALLOWED,
        detail={"run": f"run_{batch.run}", "again_after": source.backup},
    )
    receipt = log.append(tx, leaves(entry_batch(entry, persons), persons))
    _mark_items(tx, custodian, batch, receipt.first_index)
    settle(tx, custodian, tenant, persons, now)


def _mark_items(tx: Transaction, custodian: Custodian, batch: Disposal, first_index: int) -> None:
    """Note in an approved run, as far as the copy knows it, whom it disposed of."""
    run = read_run(tx, custodian.authority, batch.tenant, batch.run, lock=True)
    if run is None or run.state is not RunState.APPROVED:
        return
    items = items_of(tx, run, batch.persons)
    done = [
        replace(items[person], state=ItemState.DISPOSED, disposed_at=batch.at, leaf_index=first_index + place)
        for place, person in enumerate(batch.persons)
        if person in items and items[person].state is not ItemState.DISPOSED
    ]
    save_items(tx, run, done)
    save_run(tx, custodian.authority, replace(run, disposed=run.disposed + len(done)))


async def _end(custodian: Custodian, tenant: int, source: Source, now: int) -> Ended:
    """End in one tenant what may have been used up since the copy, and record that it was restored."""
    log, record = custodian.vault.log(tenant), one_leaf(_entry(source, tenant, now))
    place = {"tenant": tenant}

    def work(tx: Transaction) -> Ended:
        log.lock(tx)
        tx.run(_SPEND_STEPS, {**place, "step": step_at(now)})
        for ending in (_END_ORDERS, _END_PRINTS, _END_VISITS, _END_LINKS):
            tx.run(ending, place)
        ended = Ended(
            sessions=tx.run(_END_SESSIONS, place),
            answers=tx.run(_END_ANSWERS, place),
            uses=tx.run(_END_USES, place),
            recovery_codes=tx.run(_END_CODES, place),
            runs=_void_runs(tx, custodian, tenant, now),
        )
        log.append(tx, record)
        return ended

    return await custodian.database.write(tenant, work)


def _void_runs(tx: Transaction, custodian: Custodian, tenant: int, now: int) -> int:
    found = [
        run
        for state in (RunState.CONFIRMED, RunState.APPROVED)
        for run in runs_in_state(tx, custodian.authority, tenant, state)
        if not run.is_under_way and run.kind is not Kind.CONTRACT_END
    ]
    log = custodian.vault.log(tenant)
    for run in found:
        void = Entry(
            at=now, action=Action.DISPOSAL_VOID, outcome=Outcome.ALLOWED, detail={"run": run.public_id}
        )
        log.append(tx, one_leaf(void))
        save_run(tx, custodian.authority, _voided(run))
    return len(found)


def _voided(run: Run) -> Run:
    """A run that is to be decided anew. The ledger, unlike when a list changes, is told nothing: it knows better."""
    return replace(
        run,
        state=RunState.PROPOSED,
        revision=run.revision + 1,
        digest="",
        confirmed_by="",
        confirmed_at=0,
        approved_by="",
        approved_at=0,
    )


def _entry(source: Source, tenant: int, now: int) -> Entry:
    detail = {"backup": source.backup, "made_at": str(source.made_at)}
    before = (source.witnessed or {}).get(tenant)
    if before is not None:
        detail["entries_before"] = str(before.size)
    return Entry(
        at=now,
        action=Action.BACKUP_RESTORE,
        outcome=Outcome.ALLOWED,
        human="operator",
        reason=source.reason or None,
        detail=detail,
    )
