"""SQLite: one connection to write, and one to read by while the first is busy."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tokenizer.errors import DatabaseSettingsError, StorageError
from tokenizer.storage.database import Work, lend, unavailable
from tokenizer.storage.snapshot import Snapshot
from tokenizer.storage.sqlite_transaction import SqliteTransaction
from tokenizer.storage.statement import Backend
from tokenizer.storage.writer import Writer

T = TypeVar("T")

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
)
_REQUIRED: Final = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


class SqliteDatabase:
    """The embedded database: a file in the data directory, written by this process and, now and then, the console.

    Args:
        path: the file.
        patience_ms: how long somebody else may hold the write lock before writes are refused.
    """

    backend = Backend.SQLITE

    def __init__(self, path: Path, patience_ms: int = 10_000) -> None:
        self.path = path
        connection = connect(path)
        self._writer = Writer(connection, SqliteTransaction(connection), patience_ms)
        self._reader = connect(path, query_only=True)
        self._apart = Snapshot(self._reader)
        self._pages = _page_engine(path)
        self._is_closed = False

    async def write(self, tenant: int, work: Work[T]) -> T:
        """See `Database.write`."""
        del tenant  # every statement names it; SQLite has no row-level security to tell
        if self._is_closed:
            raise _closed()
        return await self._writer.write(work)

    async def read(self, tenant: int, work: Work[T]) -> T:
        """See `Database.read`. Point reads cost less than a change of thread, so they run right here."""
        del tenant
        if self._is_closed:
            raise _closed()
        if self._writer.is_free:
            try:
                return self._writer.read(work)
            except sqlite3.OperationalError:
                # The reader waits for other processes, and has its own way to refuse what would write.
                return self._read_apart(work)
        return self._read_apart(work)

    @asynccontextmanager
    async def pages(self, tenant: int) -> AsyncIterator[AsyncConnection]:
        """See `Database.pages`."""
        del tenant
        if self._is_closed:
            raise _closed()
        async with lend(self._pages) as connection:
            yield connection

    async def close(self) -> None:
        """See `Database.close`."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._writer.stop()
        self._apart.end()
        self._reader.close()
        await self._pages.dispose()

    def _read_apart(self, work: Work[T]) -> T:
        try:
            return self._apart.read(work, asyncio.get_running_loop())
        except sqlite3.OperationalError as error:
            raise unavailable(error) from error


def _closed() -> StorageError:
    return unavailable(sqlite3.ProgrammingError("the database is closed"))


def connect(path: Path, *, query_only: bool = False) -> sqlite3.Connection:
    """Open a connection that keeps what it acknowledged, or refuse by name.

    Raises:
        DatabaseSettingsError: the file or the SQLite build does not take the settings durability needs.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()
    for name, wanted in _REQUIRED.items():
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != wanted:
            connection.close()
            raise DatabaseSettingsError(
                f"SQLite の設定 {name} が {found} です({wanted} が必要)。ローカルディスクに置いてください。",
                f"SQLite runs with {name}={found}, which must be {wanted}. Put the database on a local disk.",
            )
    if query_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def _page_engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    return engine
