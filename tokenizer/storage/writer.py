"""The writer of an embedded database: one connection, whose commits are shared by all who wait.

With `synchronous=FULL` a commit costs a disk flush. The writer takes everything that queued up while the last flush
ran, and commits it together.

The connection changes hands between the event loop and a thread. Brief units of work run on the event loop, since two
threads that both want the interpreter at every statement spend more time on handing it over than on the statements;
what takes long, and every flush, is for the thread. While the event loop has the connection it reads by it as well:
this one knows the pages it wrote itself, which another has to read anew after each commit.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from tokenizer.errors import StorageError
from tokenizer.storage.database import Work
from tokenizer.storage.group import Committer, Job
from tokenizer.storage.snapshot import Snapshot
from tokenizer.storage.transaction import Transaction

T = TypeVar("T")

_GROUP_LIMIT: Final = 64


class Writer:
    """Writes for one event loop at a time.

    Args:
        connection: a connection of its own, in autocommit mode.
        transaction: what units of work see of it.
        patience_ms: how long the thread waits while another process writes; the event loop does not wait.

    Attributes:
        is_free: whether the event loop has the connection, and `read` may be called.
    """

    def __init__(self, connection: sqlite3.Connection, transaction: Transaction, patience_ms: int) -> None:
        self._connection = connection
        self._transaction = transaction
        self._snapshot = Snapshot(connection)
        self._committer = Committer(connection, transaction, patience_ms)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[Job] = deque()
        self._is_called = False
        self.is_free = True
        self._errands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="warifu-writer", daemon=True)
        self._thread.start()

    def read(self, work: Work[T]) -> T:
        """Run a unit of work that only reads, on what this turn of the event loop sees.

        Raises:
            sqlite3.OperationalError: it wrote, which is undone; or another process has locked the whole file.
        """
        return self._snapshot.read(work, asyncio.get_running_loop())

    async def write(self, work: Work[T]) -> T:
        """Run a unit of work in the next group, and return its result once that is committed.

        Raises:
            RuntimeError: another event loop, which still lives, uses the database.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._follow(loop)
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Job(work, future))
        self._call(loop)
        return await future

    async def stop(self) -> None:
        """Finish what was begun, and close the connection."""
        with suppress(StorageError):
            await self.write(lambda tx: None)  # the last in the queue
        self._errands.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not None and not self._loop.is_closed():
            raise RuntimeError("a database serves one event loop at a time")
        self._loop = loop
        self._is_called = False

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a group as soon as all that is ready to run did so, and perhaps joined it."""
        if not self._is_called and self.is_free:
            self._is_called = True
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_called = False
        self._snapshot.end()
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _GROUP_LIMIT))]
        if not all(job.is_brief for job in group) or not self._committer.run(group, patient=False):
            self._send(group, self._do_all)
        elif self._committer.is_flushing:
            self._send(group, self._committer.commit)
        else:
            self._committer.commit(group)
            self._settle(loop, group)

    def _do_all(self, group: Sequence[Job]) -> None:
        self._committer.run(group, patient=True)
        self._committer.commit(group)

    def _send(self, group: Sequence[Job], errand: Callable[[Sequence[Job]], None]) -> None:
        """Hand the connection to the thread until an errand is done."""

        def run() -> None:
            errand(group)
            # In this order: an event loop that came meanwhile finds the connection free, or is called here.
            self.is_free = True
            loop = self._loop
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                if loop is not None:
                    loop.call_soon_threadsafe(self._settle, loop, group)

        self.is_free = False
        self._errands.put(run)

    def _settle(self, loop: asyncio.AbstractEventLoop, group: Sequence[Job]) -> None:
        for job in group:
            job.settle()
        if self._waiting:
            self._call(loop)

    def _serve(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand()
