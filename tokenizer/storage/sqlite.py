"""SQLite: one writer thread that owns one connection, and shares a commit among all who wait for it.

With `synchronous=FULL` a commit costs a disk flush. The writer takes everything that queued up while the last
flush ran, gives each unit of work a savepoint of its own, and commits them together. A unit of work that fails
undoes only itself; a commit that fails fails all of them, and none was told it had succeeded.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from tokenizer.errors import DatabaseSettingsError, StorageError
from tokenizer.storage.database import Work, lend, unavailable
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Backend, Params, Statement, insert_sql
from tokenizer.storage.transaction import Conflict, Lookup, Row

T = TypeVar("T")

_GROUP_LIMIT: Final = 64
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
_KEY_TAKEN: Final = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_REQUIRED: Final = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


class SqliteTransaction:
    """A transaction on the standard library's driver."""

    backend = Backend.SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: Statement, params: Params) -> list[Row]:
        """See `Transaction.all`."""
        return self._connection.execute(*statement.render(Backend.SQLITE, params)).fetchall()

    def one(self, statement: Statement, params: Params) -> Row | None:
        """See `Transaction.one`."""
        row: Row | None = self._connection.execute(*statement.render(Backend.SQLITE, params)).fetchone()
        return row

    def run(self, statement: Statement, params: Params) -> int:
        """See `Transaction.run`."""
        try:
            return self._connection.execute(*statement.render(Backend.SQLITE, params)).rowcount
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _KEY_TAKEN:
                raise
            raise Conflict from error

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        """See `Transaction.insert`."""
        try:
            self._connection.executemany(_insert(model), rows)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _KEY_TAKEN:
                raise
            raise Conflict from error

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        """See `Transaction.match`."""
        if len(keys) == 1:
            return self._connection.execute(lookup.sqlite_one, {**params, "key": keys[0]}).fetchall()
        values = {**params, "keys": orjson.dumps(list(keys)).decode()}
        return self._connection.execute(lookup.sqlite, values).fetchall()


_inserts: dict[type[SQLModel], str] = {}


def _insert(model: type[SQLModel]) -> str:
    sql = _inserts.get(model)
    if sql is None:
        sql = _inserts[model] = insert_sql(table_of(model), Backend.SQLITE)
    return sql


@dataclass(slots=True)
class _Job:
    """One unit of work on its way to the writer, and the way its outcome goes back."""

    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class _Writer(threading.Thread):
    """The one thread that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(name="warifu-writer", daemon=True)
        self._connection = connection
        self._transaction = SqliteTransaction(connection)
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            group, stop = self._gather(job)
            self._run_group(group)
            _settle(group)
            if stop:
                break
        self._connection.close()

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        group = [first]
        while len(group) < _GROUP_LIMIT:
            try:
                job = self.jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _run_group(self, group: list[_Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._run_job(job)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._abandon(group, error)

    def _run_job(self, job: _Job) -> None:
        """Run one unit of work inside its savepoint.

        A full disk makes SQLite undo the whole transaction by itself, and then no savepoint is left to return to:
        that error belongs to the group.
        """
        execute = self._connection.execute
        execute("SAVEPOINT work")
        try:
            job.result = job.work(self._transaction)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError("the transaction was undone") from error
            execute("ROLLBACK TO work")
            job.error = unavailable(error) if isinstance(error, sqlite3.OperationalError) else error
        execute("RELEASE work")

    def _abandon(self, group: list[_Job], error: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            # If even this fails, the next BEGIN finds the old transaction and comes here again.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
        for job in group:
            job.error = unavailable(error)


def _settle(group: list[_Job]) -> None:
    """Hand the outcomes back, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        loops.setdefault(job.loop, []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle_all, jobs)


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


class SqliteDatabase:
    """The embedded database: a file in the data directory, written by this process alone."""

    backend = Backend.SQLITE

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = _Writer(connect(path))
        self._writer.start()
        self._reader = connect(path, query_only=True)
        self._read_lock = threading.Lock()
        self._pages = _page_engine(path)
        self._is_closed = False

    async def write(self, tenant: int, work: Work[T]) -> T:
        """See `Database.write`."""
        del tenant  # every statement names it; SQLite has no row-level security to tell
        if self._is_closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.jobs.put(_Job(work, loop, future))
        return await future

    async def read(self, tenant: int, work: Work[T]) -> T:
        """See `Database.read`. Point reads cost less than a change of thread, so they run right here."""
        del tenant
        if self._is_closed:
            raise _closed()
        with self._read_lock:
            try:
                self._reader.execute("BEGIN")
                try:
                    return work(SqliteTransaction(self._reader))
                finally:
                    self._reader.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise unavailable(error) from error

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
        self._is_closed = True
        self._writer.jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()
        await self._pages.dispose()


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
