"""The two databases behind one face.

- `write(work)` runs a unit of work in a transaction and returns once it is durable.
- `read(work)` runs a unit of work that only reads; short enough for the caller's own thread.
- `pages(tenant)` gives an asynchronous connection for listings whose filters vary.

Every call names the tenant it works for: on PostgreSQL that becomes the row-level security setting of the
transaction.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Generic, Protocol, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tokenizer.errors import StorageError
from tokenizer.storage.statement import Backend
from tokenizer.storage.transaction import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], T]

NO_TENANT: Final = 0
"""The tenant of rows that belong to the installation itself."""


class Brief(Generic[T]):
    """A unit of work of a few statements on a few rows.

    It is short enough for the caller's own thread, and for being run again if another of its group failed.

    Args:
        work: what to do.
        flushed: whether it is to be on disk once `write` returns. Without that it survives this process, and what is
            flushed after it takes it along, but a power cut may undo it: for what nobody is told of before then.
    """

    __slots__ = ("_work", "flushed")

    def __init__(self, work: Work[T], *, flushed: bool = True) -> None:
        self._work = work
        self.flushed = flushed

    def __call__(self, tx: Transaction) -> T:
        """Do the work."""
        return self._work(tx)


class Database(Protocol):
    """A database of the vault, open."""

    backend: Backend

    async def write(self, tenant: int, work: Work[T]) -> T:
        """Run `work` in one transaction and return its result once it is on disk (but see `Brief`).

        Whatever `work` raises undoes the whole transaction and is raised here.

        Raises:
            StorageError: the database cannot take the write; nothing of it is kept.
        """
        ...

    async def read(self, tenant: int, work: Work[T]) -> T:
        """Run `work`, which only reads, on a consistent snapshot."""
        ...

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend an asynchronous connection for a listing."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""
        ...


@asynccontextmanager
async def lend(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Lend a connection for a listing.

    Raises:
        StorageError: the database cannot be reached, or was lost on the way.
    """
    try:
        async with engine.connect() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        raise unavailable(error) from error


def unavailable(cause: BaseException) -> StorageError:
    """The named refusal when the database cannot take a write. The driver's text stays in the cause."""
    error = StorageError(
        "データベースに書き込めません(空き容量・権限・接続を確認してください)。番号は提供されていません。",
        "The database cannot take the write (check free space, permissions, connection). No number was released.",
    )
    error.__cause__ = cause
    return error
