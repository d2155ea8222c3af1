"""Groups: units of work that share a transaction of an embedded database, and the flush that ends it.

A unit of work that fails undoes only itself. A commit that fails fails all of them, and none was told it succeeded.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from tokenizer.storage.database import Brief, Work, unavailable
from tokenizer.storage.transaction import Shared, Transaction

_CHECKPOINT_PAGES: Final = 4_000


@dataclass(slots=True)
class Job:
    """One unit of work on its way to the database, and the way its outcome goes back."""

    work: Work[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    @property
    def is_brief(self) -> bool:
        """Whether the event loop may run it."""
        return isinstance(self.work, Brief)

    @property
    def is_flushed(self) -> bool:
        """Whether it must be on disk before its outcome goes back."""
        return not isinstance(self.work, Brief) or self.work.flushed

    def settle(self) -> None:
        """Hand the outcome to whoever waits for it, if anybody still does."""
        if self.future.done():
            return
        try:
            if self.error is None:
                self.future.set_result(self.result)
            else:
                self.future.set_exception(self.error)
        except RuntimeError:
            return  # their event loop was closed


class Committer:
    """Runs groups on the one connection that writes.

    Args:
        connection: in autocommit mode.
        transaction: what units of work see of it.
        patience_ms: how long another process may hold the write lock before a group is refused.
    """

    def __init__(self, connection: sqlite3.Connection, transaction: Transaction, patience_ms: int) -> None:
        self._connection = connection
        self._transaction = transaction
        self._patience_ms = patience_ms
        self._is_patient: bool | None = None
        self._flushes: bool | None = None
        self._is_complete = False

    def run(self, group: Sequence[Job], *, patient: bool) -> bool:
        """Run a group up to its commit.

        Args:
            group: in their order.
            patient: whether to wait while another process writes.

        Returns:
            False if another process writes: nothing was done.
        """
        try:
            self._set_patience(patient=patient)
            self._set_flushing(flush=any(job.is_flushed for job in group))
            self._connection.execute("BEGIN IMMEDIATE")
            self._run(group)
            self._is_complete = True
        except sqlite3.Error as error:
            if not patient and _is_busy(error):
                return False
            self._abandon(group, error)
        return True

    @property
    def is_flushing(self) -> bool:
        """Whether the commit that comes next waits for the disk."""
        return self._flushes is True

    def commit(self, group: Sequence[Job]) -> None:
        """Commit what `run` did. After that every job has its outcome."""
        if not self._is_complete:
            return
        self._is_complete = False
        for begin in self._transaction.meanwhile:
            begin()
        self._transaction.meanwhile.clear()
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._abandon(group, error)

    def _run(self, group: Sequence[Job]) -> None:
        if all(job.is_brief for job in group):
            # Savepoints take as long as statements and hardly ever one is needed. Brief work is soon done again.
            with suppress(Exception):
                self._run_together(group)
                return
            self._undo()
            self._connection.execute("BEGIN IMMEDIATE")
        for job in group:
            self._run_apart(job)

    def _run_together(self, group: Sequence[Job]) -> None:
        shared = self._transaction.shared = Shared()
        try:
            for job in group:
                job.result = job.work(self._transaction)
            shared.end()
        finally:
            self._transaction.shared = None

    def _run_apart(self, job: Job) -> None:
        """Run one unit of work inside a savepoint.

        A full disk makes SQLite undo the whole transaction by itself, and then no savepoint is left to return to:
        that error belongs to the group.
        """
        execute, meanwhile = self._connection.execute, self._transaction.meanwhile
        others = len(meanwhile)
        execute("SAVEPOINT work")
        try:
            job.result = job.work(self._transaction)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError("the transaction was undone") from error
            execute("ROLLBACK TO work")
            del meanwhile[others:]
            job.error = unavailable(error) if isinstance(error, sqlite3.OperationalError) else error
        execute("RELEASE work")

    def _abandon(self, group: Sequence[Job], error: sqlite3.Error) -> None:
        # If even this fails, the next BEGIN finds the old transaction and comes here again.
        with suppress(sqlite3.Error):
            self._undo()
        for job in group:
            job.error = unavailable(error)

    def _undo(self) -> None:
        self._transaction.meanwhile.clear()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _set_patience(self, *, patient: bool) -> None:
        if self._is_patient is not patient:
            self._connection.execute(f"PRAGMA busy_timeout={self._patience_ms if patient else 0}").fetchall()
            self._is_patient = patient

    def _set_flushing(self, *, flush: bool) -> None:
        """Say whether commits wait for the disk; outside of a transaction, where alone it can be said.

        Those that do not wait leave it to the others to move the log into the database, which waits as well.
        """
        if self._flushes is not flush:
            self._connection.execute(f"PRAGMA synchronous={'FULL' if flush else 'NORMAL'}")
            pages = _CHECKPOINT_PAGES if flush else 0
            self._connection.execute(f"PRAGMA wal_autocheckpoint={pages}").fetchall()
            self._flushes = flush


def _is_busy(error: sqlite3.Error) -> bool:
    # Errors that the module raises by itself have no code.
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
