"""A node that rolls, sweeps and destroys without end, to be killed; and one that sweeps wrongly, to be caught."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from tests.support.clock import FakeClock
from tests.support.epochs import Keep
from tests.support.kills import GAP, Ready
from tokenizer.epochs.destroy import destroy
from tokenizer.epochs.memory import known_epochs, reconcile
from tokenizer.epochs.rewrap import _MOVE_KEYS
from tokenizer.providers.file import FileKeyProvider
from tokenizer.storage import open_database
from tokenizer.storage.database import Database, Work
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction

T = TypeVar("T")
BATCH = 5
"""Small, so that there are many moments between two commits."""


def turn(ready: Ready, url: str, keys: Path, now: int) -> None:
    """Roll, sweep and destroy, one epoch after the other."""
    asyncio.run(_turn(ready, open_database(url, 2), keys, now))


def turn_wrongly(ready: Ready, url: str, keys: Path, now: int) -> None:
    """The same, but a person's key and indexes are committed one after the other."""
    asyncio.run(_turn(ready, Split(open_database(url, 2)), keys, now))


async def _turn(ready: Ready, database: Database, keys: Path, now: int) -> None:
    keep = Keep.on(database, FileKeyProvider.open(keys), FakeClock(now))
    seen = [now, *(each.swept_at for each in await known_epochs(keep.vault))]
    keep.clock.now = max(seen)  # the one before was killed at some later time
    ready()
    while True:
        await reconcile(keep.vault, keep.provider, keep.clock())
        while not (await keep.sweep(batch=BATCH)).done:
            pass
        keep.clock.advance(minutes=60)
        for epoch in keep.provider.epoch_numbers()[:-1]:
            await destroy(keep.vault, keep.provider, keep.everybody, epoch, keep.clock())
        await keep.roll()


class Split:
    """A database that commits the two halves of a move one a moment after the other."""

    def __init__(self, inner: Database) -> None:
        self.backend = inner.backend
        self._inner = inner

    async def write(self, tenant: int, work: Work[T]) -> T:
        if "_Sweeper._write" not in getattr(work, "__qualname__", ""):
            return await self._inner.write(tenant, work)
        moved: list[Row] = []
        await self._inner.write(tenant, lambda tx: work(_Keys(tx, moved)))
        await asyncio.sleep(GAP)
        return await self._inner.write(tenant, lambda tx: work(_Indexes(tx, moved)))

    async def read(self, tenant: int, work: Work[T]) -> T:
        return await self._inner.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._inner.pages(tenant)

    async def close(self) -> None:
        await self._inner.close()


class _Half:
    def __init__(self, tx: Transaction, moved: list[Row]) -> None:
        self.backend = tx.backend
        self.shared = tx.shared
        self.meanwhile = tx.meanwhile
        self.tx = tx
        self.moved = moved

    def all(self, statement: Statement, params: Params) -> list[Row]:
        return self.tx.all(statement, params)

    def one(self, statement: Statement, params: Params) -> Row | None:
        return self.tx.one(statement, params)

    def run(self, statement: Statement, params: Params) -> int:
        return self.tx.run(statement, params)

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        self.tx.insert(model, rows)

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        return self.tx.match(lookup, params, keys)


class _Keys(_Half):
    """Moves the keys and leaves the indexes."""

    def all(self, statement: Statement, params: Params) -> list[Row]:
        found = self.tx.all(statement, params)
        if statement in _MOVE_KEYS.values():
            self.moved[:] = found
        return found

    def run(self, statement: Statement, params: Params) -> int:
        return 0


class _Indexes(_Half):
    """Moves the indexes of those whose keys were moved."""

    def all(self, statement: Statement, params: Params) -> list[Row]:
        return list(self.moved) if statement in _MOVE_KEYS.values() else self.tx.all(statement, params)
