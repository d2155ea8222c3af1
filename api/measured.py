"""A database whose writes are counted: how long a commit takes, and how often one could not be made."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.metrics import Metrics
from tokenizer.errors import StorageError
from tokenizer.storage.database import Database, Work

T = TypeVar("T")


class MeasuredDatabase:
    """Stands before a database and tells the metrics of its writes.

    Args:
        database: what does the work.
        metrics: what counts.
        clock: seconds that only grow.
    """

    def __init__(
        self, database: Database, metrics: Metrics, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self.backend = database.backend

    async def write(self, tenant: int, work: Work[T]) -> T:
        """See `Database.write`. A write that cannot be made is a record that cannot be kept."""
        began = self._clock()
        try:
            done = await self._database.write(tenant, work)
        except StorageError:
            self._metrics.audit_failed()
            raise
        self._metrics.commit(self._clock() - began)
        return done

    async def read(self, tenant: int, work: Work[T]) -> T:
        """See `Database.read`."""
        return await self._database.read(tenant, work)

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        """See `Database.pages`."""
        return self._database.pages(tenant)

    async def close(self) -> None:
        """See `Database.close`."""
        await self._database.close()
