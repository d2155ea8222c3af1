"""One snapshot of an embedded database for all who read in the same turn of the event loop.

To begin and to end a transaction takes as long as a point read, and requests that arrive together ask for the same
rows: their tenant, their client. Nobody is shown anything old by it. What a request may expect to find was committed
before its own turn began, and the snapshot ends before the next turn runs anything that has come since.
"""

import asyncio
import sqlite3
from typing import Any, TypeVar

from tokenizer.storage.database import Work
from tokenizer.storage.sqlite_transaction import SqliteTransaction
from tokenizer.storage.statement import Backend, Params, Statement
from tokenizer.storage.transaction import Row

T = TypeVar("T")


class Snapshot:
    """Reads by one connection.

    Args:
        connection: in autocommit mode; whoever uses it for something else calls `end` first.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._view: _View | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def read(self, work: Work[T], loop: asyncio.AbstractEventLoop) -> T:
        """Run a unit of work that only reads.

        Args:
            work: what to do.
            loop: the event loop that runs.

        Raises:
            sqlite3.OperationalError: it wrote, which is undone; or another process has locked the whole file.
        """
        view = self._view
        if view is None or loop is not self._loop:
            view = self._begin(loop)
        changes = self._connection.total_changes
        try:
            result = work(view)
        except BaseException:
            self.end()
            raise
        if self._connection.total_changes != changes:
            self.end()
            raise sqlite3.OperationalError("a reader wrote")
        return result

    def end(self) -> None:
        """Let go of what is seen, if anything is."""
        if self._view is not None:
            self._view = None
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _begin(self, loop: asyncio.AbstractEventLoop) -> "_View":
        self.end()
        self._connection.execute("BEGIN")
        self._view, self._loop = _View(self._connection), loop
        loop.call_soon(self.end)
        return self._view


class _View(SqliteTransaction):
    """What is seen in one turn; a row that was seen is not looked up again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._seen: dict[tuple[Any, ...], Row | None] = {}

    def one(self, statement: Statement, params: Params) -> Row | None:
        """See `Transaction.one`."""
        asked = (statement, *params.items())
        if asked in self._seen:
            return self._seen[asked]
        row: Row | None = self._connection.execute(*statement.render(Backend.SQLITE, params)).fetchone()
        self._seen[asked] = row
        return row
