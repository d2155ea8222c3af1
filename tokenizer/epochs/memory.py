"""What the installation remembers of its epochs, and its own log (tenant 0), in which each event of a key is a leaf.

The provider knows best which keys there are. A crash can come between the provider and the database, so the memory
is brought in line with the provider afterwards, and the leaf that is missing is written then.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select, update

from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import AuditLog, leaves
from tokenizer.epochs.terms import SCHEDULE
from tokenizer.providers.base import Epoch, KeyProvider
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.rows import AuditHead, EpochRow, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Transaction
from tokenizer.vault import Vault

_EPOCH: Final = table_of(EpochRow)
_HEAD: Final = table_of(AuditHead)
_ALL: Final = Statement(select(_EPOCH).order_by(_EPOCH.c.number))
_HAS_LOG: Final = Statement(select(_HEAD.c.size).where(_HEAD.c.tenant_id == bindparam("tenant")))
_THIS: Final = _EPOCH.c.number == bindparam("epoch")
_SET_DESTROYED: Final = Statement(
    update(_EPOCH).where(_THIS).values(destroyed_at=bindparam("new_destroyed_at"))
)
_SET_CLOSED: Final = Statement(
    update(_EPOCH).where(_THIS, _EPOCH.c.closed_at == 0).values(closed_at=bindparam("new_closed_at"))
)
_SET_WAITING: Final = Statement(update(_EPOCH).where(_THIS).values(waiting=bindparam("new_waiting")))
_SET_SWEPT: Final = Statement(
    update(_EPOCH)
    .where(_EPOCH.c.number <= bindparam("epoch"), _EPOCH.c.swept_at == 0)
    .values(swept_at=bindparam("new_swept_at"), waiting=0)
)


class Known(NamedTuple):
    """A row of the memory; see `EpochRow`."""

    number: int
    began: int
    swept_at: int
    closed_at: int
    destroyed_at: int
    waiting: int


class Gap(NamedTuple):
    """How the memory differs from what the provider has."""

    new: Sequence[Epoch]
    gone: Sequence[int]
    missing: Sequence[int]


def read_known(tx: Transaction) -> list[Known]:
    """All epochs there ever were, oldest first."""
    return [Known._make(row) for row in tx.all(_ALL, {})]


async def known_epochs(vault: Vault) -> list[Known]:
    """All epochs there ever were, oldest first."""
    return await vault.database.read(NO_TENANT, read_known)


def compare(known: Sequence[Known], living: Sequence[Epoch], destroyed: Sequence[int]) -> Gap:
    """Compare the memory with the provider.

    Returns:
        Epochs to remember; epochs to remember as destroyed; epochs whose key should be here and is not.
    """
    numbers = {each.number for each in known}
    here = {each.number for each in living}
    lost = [each.number for each in known if not each.destroyed_at and each.number not in here]
    return Gap(
        [each for each in living if each.number not in numbers],
        [number for number in lost if number in destroyed],
        [number for number in lost if number not in destroyed],
    )


async def reconcile(vault: Vault, provider: KeyProvider, now: int, by: str = SCHEDULE) -> Gap:
    """Begin the installation's log if it has none, and remember and record what the provider has and the memory not.

    Args:
        vault: whose memory.
        provider: who keeps its keys.
        now: milliseconds since the epoch.
        by: who made or destroyed the keys, for the record.

    Returns:
        How the two differed; `missing` is what only the operator can mend.
    """
    living, destroyed = await asyncio.to_thread(lambda: (provider.epochs(), provider.destroyed_epochs()))
    log = vault.log(NO_TENANT)

    def look(tx: Transaction) -> tuple[bool, Gap]:
        has_log = tx.one(_HAS_LOG, {"tenant": NO_TENANT}) is not None
        return has_log, compare(read_known(tx), living, destroyed)

    has_log, gap = await vault.database.read(NO_TENANT, look)
    if not has_log:
        await _begin(vault, log)
    if gap.new or gap.gone:
        # Looked at again under the lock of the log: another node may have been quicker.
        lead = provider.lead_days
        return await vault.database.write(
            NO_TENANT, lambda tx: _catch_up(tx, log, living, destroyed, lead, now, by)
        )
    return gap


async def _begin(vault: Vault, log: AuditLog) -> None:
    try:
        await vault.database.write(NO_TENANT, log.create)
    except Conflict:  # another node was quicker
        return


def _catch_up(
    tx: Transaction,
    log: AuditLog,
    living: Sequence[Epoch],
    destroyed: Sequence[int],
    lead: int,
    now: int,
    by: str,
) -> Gap:
    log.lock(tx)
    gap = compare(read_known(tx), living, destroyed)
    tx.insert(EpochRow, [(each.number, each.began, 0, 0, 0, 0) for each in gap.new])
    for number in gap.gone:
        tx.run(_SET_DESTROYED, {"epoch": number, "new_destroyed_at": now})
    events = [_event(Action.KEY_EPOCH_CREATE, each.number, now, by) for each in gap.new]
    events += [_event(Action.KEY_EPOCH_DESTROY, number, now, by, lead_days=str(lead)) for number in gap.gone]
    if events:
        log.append(tx, leaves(events))
    return gap


async def remember_closed(vault: Vault, epoch: int, now: int) -> None:
    """Let no tenant that is opened from now on begin under an epoch; waits for those being opened."""
    await vault.database.write(
        NO_TENANT, lambda tx: tx.run(_SET_CLOSED, {"epoch": epoch, "new_closed_at": now})
    )


async def remember_waiting(vault: Vault, epoch: int, waiting: int) -> None:
    """Note how many persons the sweep of an epoch still has before it."""
    await vault.database.write(
        NO_TENANT, lambda tx: tx.run(_SET_WAITING, {"epoch": epoch, "new_waiting": waiting})
    )


async def remember_swept(vault: Vault, epoch: int, now: int, by: str) -> None:
    """Note and record, once, that no row of an older epoch is left in the installation."""
    record = leaves([_event(Action.KEY_EPOCH_SWEEP, epoch, now, by)])

    def work(tx: Transaction) -> None:
        if tx.run(_SET_SWEPT, {"epoch": epoch, "new_swept_at": now}):
            vault.log(NO_TENANT).append(tx, record)

    await vault.database.write(NO_TENANT, work)


def _event(action: Action, epoch: int, now: int, by: str, **more: str) -> bytes:
    detail = {"epoch": str(epoch), **more}
    return Entry(at=now, action=action, outcome=Outcome.ALLOWED, human=by, detail=detail).to_bytes()
