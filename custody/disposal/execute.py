"""Carrying an approved run out: batch by batch, each whole or not at all, killed and begun again at any point.

One batch is one transaction: its persons are asked about once more (a hold, the clock), the others' numbers are
destroyed, one leaf for each is written, and before the commit the ledger has the batch on disk. So

- a crash before the ledger has it leaves nothing; the batch is done when the run goes on;
- a crash between ledger and commit leaves numbers that the ledger knows as destroyed: the run goes on with them;
- whoever is spared then, because of a hold that came in between, is retracted in the ledger;
- two who carry out the same run take turns at the tenant's log, and find different persons listed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from custody.calendar import day_in_japan
from custody.certificates.digest import completion_detail
from custody.certificates.facts import Kind
from custody.collection.ending import end_of_persons
from custody.custodian import Custodian, one_leaf
from custody.disposal.digest import check_list, disposed_digest, rules_of
from custody.disposal.item import Item, ItemState, listed_page, save_disposed, save_items
from custody.disposal.review import BATCH, why_not
from custody.disposal.run import Run, RunState, read_run, save_run
from custody.disposal.scope import destroy
from custody.hold import held_persons
from custody.leaves import leaves_of
from custody.settle import reckoner
from custody.terms import reckon
from policies.collection_codes import Closing
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import Receipt
from tokenizer.epochs.terms import LIFE_MS
from tokenizer.providers.base import Epoch
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Means:
    """What carrying out needs besides the custodian.

    Attributes:
        clock: milliseconds since the epoch.
        newest_epoch: the epoch under which new persons are wrapped.
        scrub: removes what deleted rows left in the database's files.
    """

    clock: Callable[[], int]
    newest_epoch: Callable[[], Epoch]
    scrub: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a batch: the last person's id, and how many persons it had."""

    last: int
    size: int


async def execute(
    custodian: Custodian, means: Means, tenant: int, run_id: int, batch: int = BATCH
) -> Run | None:
    """Carry out an approved run whose day has come; None if there is no such run, otherwise the run as it is then.

    Args:
        custodian: what the use case works with.
        means: clock, epochs, and the removal of residue.
        tenant: whose run.
        run_id: its id.
        batch: how many persons are disposed of in one transaction; `BATCH` at most.

    Raises:
        SealBrokenError: the run, its list, or what a person's terms follow from was altered.
        StorageError: the database or the ledger cannot take it; the run goes on when it is carried out again.
    """
    emptied = await empty(custodian, means, tenant, run_id, batch)
    if emptied is None:
        return await _read(custodian, tenant, run_id)
    await means.scrub()
    return await finish(custodian, means, emptied)


async def empty(
    custodian: Custodian, means: Means, tenant: int, run_id: int, batch: int = BATCH
) -> Run | None:
    """Dispose of everybody a run lists, but do not declare it done: residue is removed first, once for many runs.

    Args:
        custodian: what the use case works with.
        means: clock and epochs.
        tenant: whose run.
        run_id: its id.
        batch: how many persons are disposed of in one transaction; `BATCH` at most.

    Returns:
        The run, for `finish`; None if it is not approved or its day has not come.

    Raises:
        SealBrokenError: as `execute`.
        StorageError: as `execute`.
    """
    run = await _read(custodian, tenant, run_id)
    if run is None or run.state is not RunState.APPROVED or not _has_come(run, means.clock()):
        return None
    await check_list(custodian, run)
    after = 0
    while done := await custodian.database.write(
        tenant, partial(_batch, custodian, means, run, batch, after, means.clock())
    ):
        after = done.last
    return run


async def finish(custodian: Custodian, means: Means, emptied: Run) -> Run | None:
    """Declare a run done that was emptied; the run as it is then.

    Raises:
        StorageError: the database cannot take it.
    """
    digest = await disposed_digest(custodian, emptied)
    return await custodian.database.write(
        emptied.tenant, partial(_finish, custodian, means, emptied, digest, means.clock())
    )


def _has_come(run: Run, now: int) -> bool:
    return run.as_of <= day_in_japan(now).isoformat()


async def _read(custodian: Custodian, tenant: int, run_id: int) -> Run | None:
    return await custodian.database.read(tenant, lambda tx: read_run(tx, custodian.authority, tenant, run_id))


def _batch(
    custodian: Custodian, means: Means, approved: Run, size: int, after: int, now: int, tx: Transaction
) -> _Outcome | None:
    """Dispose of the next persons; None when nobody is listed any more."""
    custodian.vault.log(approved.tenant).lock(tx)
    run = read_run(tx, custodian.authority, approved.tenant, approved.id, lock=True)
    if run is None or run.state is not RunState.APPROVED:
        return None
    items = listed_page(tx, run, after, size)
    if not items:
        return None
    spared = _spared(tx, custodian, run, items, now)
    doomed = [item for item in items if item.person not in spared]
    kept = [
        replace(item, state=ItemState.SPARED, reason=spared[item.person], decided_at=now)
        for item in items
        if item.person in spared
    ]
    persons = [item.person for item in doomed]
    destroy(tx, run.tenant, persons)
    end_of_persons(tx, custodian, run.tenant, persons, Closing.NO_LONGER_NEEDED, now)
    gone = _record(tx, custodian, run, doomed, kept, means.newest_epoch().number, now)
    save_disposed(tx, run, gone)
    save_items(tx, run, kept)
    save_run(tx, custodian.authority, replace(run, disposed=run.disposed + len(gone)))
    _tell_ledger(custodian, run, gone, kept, now)
    return _Outcome(items[-1].person, len(items))


def _spared(
    tx: Transaction, custodian: Custodian, run: Run, items: Sequence[Item], now: int
) -> dict[int, str]:
    """Who must not go after all, and why."""
    persons = [item.person for item in items]
    held = held_persons(tx, custodian.authority, run.tenant, persons)
    count = reckoner(tx, custodian, run.tenant)
    reckoned = reckon(tx, custodian.authority, count, run.tenant, persons, grounds=run.kind is Kind.DUE)
    today = day_in_japan(now).isoformat()
    whys = ((each.person, why_not(run, each, today, on_hold=each.person in held)) for each in reckoned)
    return {person: why for person, why in whys if why}


def _record(
    tx: Transaction,
    custodian: Custodian,
    run: Run,
    doomed: Sequence[Item],
    kept: Sequence[Item],
    epoch: int,
    now: int,
) -> list[Item]:
    """One leaf for each person; the items of those whose number is gone, with where that stands."""
    log = custodian.vault.log(run.tenant)

    def gone(likeness: tuple[str, ...]) -> Entry:
        due, *rules = likeness
        detail = {"run": run.public_id, "kind": run.kind.value, "epoch": str(epoch)}
        detail |= {"due_on": due} if due else {}
        detail |= {"rules": " ".join(rules)} if rules else {}
        return _said(run, Action.NUMBER_DISPOSE, now, detail | {"approver": run.approved_by})

    def stays(why: str) -> Entry:
        return _said(run, Action.DISPOSAL_SPARE, now, {"run": run.public_id, "why": why})

    if kept:
        log.append(tx, leaves_of([item.person for item in kept], [item.reason for item in kept], stays))
    if not doomed:
        return []
    alike = [(item.due_on, *rules_of(run, item)) for item in doomed]
    receipt = log.append(tx, leaves_of([item.person for item in doomed], alike, gone))
    return [
        Item(item.person, item.due_on, item.grounds, ItemState.DISPOSED, disposed_at=now, leaf_index=place)
        for place, item in enumerate(doomed, receipt.first_index)
    ]


def _said(run: Run, action: Action, now: int, detail: dict[str, str]) -> Entry:
    """A leaf of the run: the system acts for the two humans who stand behind it."""
    return Entry(
        at=now,
        action=action,
        outcome=Outcome.ALLOWED,
        human=run.confirmed_by,
        reason=run.reason or None,
        detail=detail,
    )


def _tell_ledger(
    custodian: Custodian, run: Run, gone: Sequence[Item], kept: Sequence[Item], now: int
) -> None:
    """Have it on disk outside the database, last before the commit.

    Raises:
        StorageError: the disk did not take it; the transaction is undone.
    """
    if kept:
        custodian.ledger.retract_disposals(run.tenant, run.id, [item.person for item in kept], now)
    if gone:
        custodian.ledger.record_disposals(run.tenant, run.id, [item.person for item in gone], now)


def _finish(
    custodian: Custodian, means: Means, approved: Run, digest: str, now: int, tx: Transaction
) -> Run | None:
    """Declare a run done of which nobody is listed any more."""
    log = custodian.vault.log(approved.tenant)
    log.lock(tx)
    run = read_run(tx, custodian.authority, approved.tenant, approved.id, lock=True)
    if run is None or run.state is not RunState.APPROVED or listed_page(tx, run, 0, 1):
        return run
    epoch = means.newest_epoch()
    done = replace(
        run,
        state=RunState.DONE,
        finished_at=now,
        epoch=epoch.number,
        extinct_by=epoch.began + LIFE_MS,
    )
    detail = completion_detail(
        run.public_id,
        run.kind,
        disposed=run.disposed,
        epoch=done.epoch,
        extinct_by=done.extinct_by,
        digest=digest,
    )
    receipt: Receipt = log.append(tx, one_leaf(_said(run, Action.DISPOSAL_COMPLETE, now, detail)))
    return save_run(tx, custodian.authority, replace(done, completion_leaf=receipt.first_index))
