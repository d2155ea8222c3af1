"""The sweep: every living person moves under the newest epoch, so that nobody needs the older ones.

Killed at whatever moment, it is taken up again: a batch has moved as a whole or not at all, and who has not moved is
found by their rows. Others read and write meanwhile; each tenant first lets no row of an older epoch in any more.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from tokenizer.epochs.count import count_persons, windows
from tokenizer.epochs.memory import known_epochs, remember_swept, remember_waiting
from tokenizer.epochs.rewrap import Moves, move, prepare
from tokenizer.epochs.terms import SCHEDULE, Tenants
from tokenizer.errors import KeyGoneError, SealBrokenError
from tokenizer.storage.fence import lock_fence, raise_floor, raise_swept, read_fence
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Row, Transaction
from tokenizer.vault import Vault

BATCH: Final = 1_000
_AHEAD: Final = 2
"""So many batches are prepared while another is being written."""

_OLDER: Final = Statement(
    text(
        "SELECT k.person_id, k.epoch, k.wrapped, k.version, n.version, n.sealed "
        "FROM (SELECT person_id, epoch, wrapped, version FROM person_key WHERE tenant_id = :tenant "
        "AND person_id > :after AND person_id <= :last AND epoch < :epoch ORDER BY person_id LIMIT :batch) AS k "
        "LEFT JOIN number n ON n.tenant_id = :tenant AND n.person_id = k.person_id ORDER BY k.person_id"
    )
)


@dataclass(slots=True)
class Swept:
    """How far a sweep came.

    Attributes:
        epoch: where everybody moves to.
        moved: persons who moved.
        broken: persons whose rows do not open: altered, or their epoch's key is missing. They stay.
        waiting: persons still under an older epoch.
        done: whether nobody is.
    """

    epoch: int
    moved: int = 0
    broken: int = 0
    waiting: int = 0
    done: bool = False


@dataclass(slots=True)
class _Pass:
    """One walk through a tenant's persons: how many were met (0 if it was cut short), moved, and cannot move."""

    met: int = 0
    moved: int = 0
    broken: int = 0

    @property
    def is_worth_another(self) -> bool:
        """Whether some were changed under our hands, who can be met again."""
        return self.moved > 0 and self.met > self.moved + self.broken


class _Stop(Exception):  # noqa: N818 - the batches that were allowed are used up
    pass


async def sweep(
    vault: Vault,
    tenants: Tenants,
    now: int,
    batches: int | None = None,
    by: str = SCHEDULE,
    batch: int = BATCH,
) -> Swept:
    """Move persons under the newest epoch.

    Args:
        vault: whose persons.
        tenants: gives every tenant.
        now: milliseconds since the epoch.
        batches: stop after so many; None goes on to the end.
        by: who asked for it, for the record.
        batch: how many persons move in one transaction.
    """
    sweeper = _Sweeper(vault, vault.keyring.current_epoch(), batches, batch)
    told = sweeper.told
    if any(each.number == told.epoch and each.swept_at for each in await known_epochs(vault)):
        told.done = True
        return told
    without_log: LookupError | None = None
    for tenant in await tenants():
        try:
            await sweeper.tenant(tenant)
        except LookupError as error:  # the others are moved all the same
            without_log = error
    if without_log is not None:
        raise without_log
    told.done = not told.waiting
    if told.done:
        await remember_swept(vault, told.epoch, now, by)
    else:
        await remember_waiting(vault, told.epoch, told.waiting)
    return told


class _Sweeper:
    def __init__(self, vault: Vault, epoch: int, batches: int | None, batch: int) -> None:
        self._vault = vault
        self._database = vault.database
        self._left = batches
        self._batch = batch
        self._ciphers = asyncio.Lock()
        self.told = Swept(epoch)

    async def tenant(self, tenant: int) -> None:
        """Move a tenant's persons, as many as are still allowed, and see who is left."""
        epoch = self.told.epoch
        fence = await self._database.read(tenant, lambda tx: read_fence(tx, tenant))
        if fence.swept >= epoch:
            return
        if fence.floor < epoch:
            await self._database.write(tenant, lambda tx: _fence(tx, tenant, epoch))
        while (once := await self._pass(tenant)).is_worth_another:
            pass
        self.told.broken += once.broken
        counted = await count_persons(self._database, tenant)
        waiting = sum(count for each, count in counted.items() if each < epoch)
        self.told.waiting += waiting
        if not waiting:
            await self._database.write(tenant, lambda tx: raise_swept(tx, tenant, epoch))

    async def _pass(self, tenant: int) -> "_Pass":
        """Go through the tenant's persons once, the ciphers of one batch while the rows of another are written."""
        once = _Pass()
        moving: deque[asyncio.Task[tuple[int, int]]] = deque()
        try:
            async for rows in self._batches(tenant):
                once.met += len({row[0] for row in rows})
                moving.append(asyncio.create_task(self._move(tenant, rows)))
                if len(moving) > _AHEAD:
                    self._add(once, await moving.popleft())
        except _Stop:
            once.met = 0
        finally:
            # Whatever happened, none of them is left behind on its own.
            outcomes = await asyncio.gather(*moving, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            self._add(once, outcome)
        return once

    def _add(self, once: "_Pass", outcome: tuple[int, int]) -> None:
        moved, broken = outcome
        once.moved += moved
        once.broken += broken
        self.told.moved += moved

    async def _batches(self, tenant: int) -> AsyncIterator[list[Row]]:
        async for after, last in windows(self._database, tenant):
            start = after
            while rows := await self._read(tenant, start, last):
                if self._left is not None:
                    if not self._left:
                        raise _Stop
                    self._left -= 1
                yield rows
                start = rows[-1][0]

    async def _read(self, tenant: int, after: int, last: int) -> list[Row]:
        params = {
            "tenant": tenant,
            "after": after,
            "last": last,
            "epoch": self.told.epoch,
            "batch": self._batch,
        }
        return await self._database.read(tenant, lambda tx: tx.all(_OLDER, params))

    async def _move(self, tenant: int, rows: list[Row]) -> tuple[int, int]:
        """Move a batch: (how many moved, how many cannot). One row that is not what was stored stops nobody else."""
        try:
            async with self._ciphers:  # two threads at once would only fight over the interpreter
                moves = await asyncio.to_thread(self._prepare, tenant, rows)
            return await self._write(tenant, moves), 0
        except (SealBrokenError, KeyGoneError, Conflict):
            persons = sorted({row[0] for row in rows})
        if len(persons) == 1:
            return 0, 1
        middle = persons[len(persons) // 2]
        halves = [row for row in rows if row[0] < middle], [row for row in rows if row[0] >= middle]
        outcomes = [await self._move(tenant, half) for half in halves]
        return sum(moved for moved, _ in outcomes), sum(broken for _, broken in outcomes)

    def _prepare(self, tenant: int, rows: list[Row]) -> Moves:
        return prepare(self._vault.keyring, tenant, self.told.epoch, rows, self._vault.random_bytes)

    async def _write(self, tenant: int, moves: Moves) -> int:
        epoch = self.told.epoch
        return await self._database.write(tenant, lambda tx: move(tx, tenant, epoch, moves))


def _fence(tx: Transaction, tenant: int, epoch: int) -> None:
    lock_fence(tx, tenant)
    raise_floor(tx, tenant, epoch)
