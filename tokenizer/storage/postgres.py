"""PostgreSQL: a few threads, and as many connections as were ever busy at once; the server groups the commits.

Each transaction first says which tenant it works for (`SET LOCAL`), which row-level security then enforces.
Only row locks are taken and nothing outlives a transaction, so a transaction pooler may stand in between.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy import Table, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel import SQLModel

from tokenizer.errors import DatabaseSettingsError, StorageError
from tokenizer.storage.database import Brief, Work, lend, unavailable
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Backend, Params, Statement, insert_sql, unnest_sql
from tokenizer.storage.transaction import Conflict, Lookup, Row, Shared

T = TypeVar("T")

_ATTEMPTS: Final = 5
_PREPARE_AFTER: Final = 3
_RETRY: Final = (errors.SerializationFailure, errors.DeadlockDetected)
_UNAVAILABLE: Final = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)
_SETTINGS: Final = (
    "SELECT current_setting('fsync'), current_setting('synchronous_commit'), rolsuper OR rolbypassrls "
    "FROM pg_roles WHERE rolname = current_user"
)


class PostgresTransaction:
    """A transaction on psycopg."""

    backend = Backend.POSTGRESQL

    def __init__(self, cursor: psycopg.Cursor[Row]) -> None:
        self._cursor = cursor
        self.shared: Shared | None = None
        self.meanwhile: list[Callable[[], object]] = []

    def all(self, statement: Statement, params: Params) -> list[Row]:
        """See `Transaction.all`."""
        sql, values = statement.render(Backend.POSTGRESQL, params)
        return self._cursor.execute(sql.encode(), values).fetchall()

    def one(self, statement: Statement, params: Params) -> Row | None:
        """See `Transaction.one`."""
        sql, values = statement.render(Backend.POSTGRESQL, params)
        return self._cursor.execute(sql.encode(), values).fetchone()

    def run(self, statement: Statement, params: Params) -> int:
        """See `Transaction.run`."""
        sql, values = statement.render(Backend.POSTGRESQL, params)
        try:
            return self._cursor.execute(sql.encode(), values).rowcount
        except errors.UniqueViolation as error:
            raise Conflict from error

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        """See `Transaction.insert`."""
        if not rows:
            return
        try:
            self._cursor.execute(*insert_of(table_of(model), rows))
        except errors.UniqueViolation as error:
            raise Conflict from error

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        """See `Transaction.match`."""
        values = {**params, "keys": list(keys)}
        return self._cursor.execute(lookup.postgresql.encode(), values).fetchall()


def insert_of(table: Table, rows: Sequence[Row]) -> tuple[bytes, Sequence[Any]]:
    """The fastest insert of these rows, with its values: what all have in common, such as the tenant, is sent once."""
    if len(rows) == 1:
        return insert_sql(table, Backend.POSTGRESQL).encode(), rows[0]
    columns = list(zip(*rows, strict=True))
    shared = frozenset(place for place, column in enumerate(columns) if _is_shared(column))
    if len(shared) == len(columns):
        shared = frozenset()
    values: list[Any] = [columns[place][0] for place in sorted(shared)]
    values += [list(column) for place, column in enumerate(columns) if place not in shared]
    return _bulk_sql(table, shared), values


def _is_shared(column: Row) -> bool:
    return column[0] == column[-1] and column.count(column[0]) == len(column)


@lru_cache(maxsize=256)
def _bulk_sql(table: Table, shared: frozenset[int]) -> bytes:
    return unnest_sql(table, shared).encode()


def _assert_settings(connection: psycopg.Connection[Row]) -> None:
    """Make sure that what is acknowledged is on disk, and that row-level security binds.

    Raises:
        DatabaseSettingsError: it is not, or does not.
    """
    row = connection.execute(_SETTINGS).fetchone()
    if row is not None and row[0] == "on" and row[1] != "off" and not row[2]:
        return
    raise DatabaseSettingsError(
        "PostgreSQL は fsync=on、synchronous_commit=off 以外で、"
        "SUPERUSER・BYPASSRLS のないロールで接続してください。",
        "PostgreSQL needs fsync=on, synchronous_commit other than off, "
        "and a role that is no superuser and does not bypass row-level security.",
    )


class PostgresDatabase:
    """A PostgreSQL database, shared with other nodes."""

    backend = Backend.POSTGRESQL

    def __init__(self, url: str, connections: int = 8, *, pooled: bool = False) -> None:
        parsed = make_url(url).set(drivername="postgresql")
        self._conninfo = parsed.render_as_string(hide_password=False)
        # Prepared statements belong to a session, which a transaction pooler does not keep.
        self._prepare_after = None if pooled else _PREPARE_AFTER
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="warifu-postgres")
        # The one used last is used next: whatever thread asks, it finds the caches of one session warm, and a server
        # that is asked one thing at a time holds one session.
        self._idle: list[psycopg.Connection[Row]] = []
        self._pages = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"prepare_threshold": self._prepare_after},
        )
        self._is_closed = False

    async def write(self, tenant: int, work: Work[T]) -> T:
        """See `Database.write`."""
        if self._is_closed:
            raise _closed()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._attempt, tenant, work)

    async def read(self, tenant: int, work: Work[T]) -> T:
        """See `Database.read`."""
        return await self.write(tenant, work)

    @asynccontextmanager
    async def pages(self, tenant: int) -> AsyncIterator[AsyncConnection]:
        """See `Database.pages`."""
        if self._is_closed:
            raise _closed()
        async with lend(self._pages) as connection:
            await connection.execute(
                text("SELECT set_config('warifu.tenant', :tenant, true)"), {"tenant": str(tenant)}
            )
            yield connection

    async def close(self) -> None:
        """See `Database.close`."""
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._idle:
            connection.close()
        await self._pages.dispose()

    def _attempt(self, tenant: int, work: Work[T]) -> T:
        """Run the unit of work, again if others' transactions got in its way.

        A connection lost on the way is not tried again: whether its transaction committed is unknown.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._transact(tenant, work)
            except _RETRY as error:
                if attempt == _ATTEMPTS - 1:
                    raise unavailable(error) from error
            except _UNAVAILABLE as error:
                raise unavailable(error) from error
        raise AssertionError

    def _transact(self, tenant: int, work: Work[T]) -> T:
        connection = self._begun(_begin(tenant, flushed=not isinstance(work, Brief) or work.flushed))
        try:
            with connection.cursor(binary=True) as cursor:
                transaction = PostgresTransaction(cursor)
                result = work(transaction)
            for begin in transaction.meanwhile:
                begin()
            connection.execute("COMMIT", prepare=False)
        except BaseException as error:
            self._undo(connection, error)
            raise
        self._idle.append(connection)
        return result

    def _undo(self, connection: psycopg.Connection[Row], error: BaseException) -> None:
        """End a transaction that failed, and with it a connection that may be of no more use."""
        if isinstance(error, _RETRY) or not isinstance(error, _UNAVAILABLE):
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK", prepare=False)
                self._idle.append(connection)
                return
        connection.close()

    def _begun(self, begin: bytes) -> psycopg.Connection[Row]:
        """A connection with a transaction open."""
        while (connection := self._warm()) is not None:
            try:
                connection.execute(begin, prepare=False)
            except psycopg.Error:
                # Dropped while it was idle, by a restart or a firewall: nothing was asked of it yet.
                connection.close()
            else:
                return connection
        connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=self._prepare_after)
        try:
            _assert_settings(connection)
            connection.execute(begin, prepare=False)
        except BaseException:
            connection.close()
            raise
        return connection

    def _warm(self) -> psycopg.Connection[Row] | None:
        """The idle connection used last. Asking first whether there is one would leave it to another thread."""
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _begin(tenant: int, *, flushed: bool) -> bytes:
    """Open a transaction for a tenant, in one go: on a network, each trip to the server is dearer than what it asks."""
    # No jit: compiling a plan takes longer than any of our statements runs, and a long list of keys looks dear.
    unflushed = b"" if flushed else b", set_config('synchronous_commit', 'off', true)"
    return b"BEGIN; SELECT set_config('warifu.tenant', '%d', true), set_config('jit', 'off', true)%b" % (
        tenant,
        unflushed,
    )


def _closed() -> StorageError:
    return unavailable(psycopg.InterfaceError("the database is closed"))
