"""The embedded database: one writer, shared commits, durability or nothing."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.tamper import change, rows, value
from tokenizer.errors import DatabaseSettingsError, StorageError
from tokenizer.storage.database import Brief
from tokenizer.storage.rows import TokenRow
from tokenizer.storage.snapshot import Snapshot
from tokenizer.storage.sqlite import SqliteDatabase, SqliteTransaction, connect
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Row, Transaction

TENANT = 7
COUNT = Statement(text("SELECT count(*) FROM token"))
Work = Callable[[Transaction], object]


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(path_of(sqlite_url))
    yield opened
    await opened.close()


def insert(name: str, person: int = 0) -> Work:
    row: Row = (TENANT, name, 1, person or hash(name) % 2**40, 5)
    return lambda tx: tx.insert(TokenRow, [row])


async def tokens(database: SqliteDatabase) -> list[str]:
    return [row[0] for row in await rows(database, TENANT, "SELECT token FROM token ORDER BY token")]


class Gate:
    """Holds the writer inside one unit of work while others queue up behind it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._entered = threading.Event()
        self._leave = threading.Event()

    async def queue(self, works: list[Work]) -> list[object]:
        """Run the units of work in one group; returns what became of each."""

        def hold(tx: Transaction) -> None:
            self._entered.set()
            assert self._leave.wait(30)

        held = asyncio.create_task(self._database.write(TENANT, hold))
        await asyncio.to_thread(self._entered.wait, 30)
        waiting: list[Awaitable[object]] = [
            asyncio.create_task(self._database.write(TENANT, work)) for work in works
        ]
        await asyncio.sleep(0)
        self._leave.set()
        await held
        return list(await asyncio.gather(*waiting, return_exceptions=True))


def write_elsewhere(path: Path, name: str) -> None:
    """Write a token as another process would, which tells this one nothing."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("INSERT INTO token VALUES (?, ?, 1, ?, 1)", (TENANT, name, hash(name) % 2**40))
    other.close()


def merge(path: Path) -> None:
    """Merge the write-ahead log into the database."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def count_commits(database: SqliteDatabase) -> list[str]:
    commits: list[str] = []
    database._writer._connection.set_trace_callback(
        lambda sql: commits.append(sql) if sql == "COMMIT" else None
    )
    return commits


async def test_writes_that_queue_up_share_one_commit(sqlite: SqliteDatabase) -> None:
    commits = count_commits(sqlite)
    await Gate(sqlite).queue([insert(f"t{row}") for row in range(60)])
    assert await value(sqlite, TENANT, "SELECT count(*) FROM token") == 60
    assert len(commits) == 2


async def test_no_group_grows_without_bound(sqlite: SqliteDatabase) -> None:
    commits = count_commits(sqlite)
    await Gate(sqlite).queue([insert(f"t{row}") for row in range(200)])
    assert await value(sqlite, TENANT, "SELECT count(*) FROM token") == 200
    assert len(commits) == 1 + 4


async def test_a_unit_of_work_that_fails_in_a_group_undoes_only_itself(sqlite: SqliteDatabase) -> None:
    def fails(tx: Transaction) -> None:
        insert("undone")(tx)
        raise LookupError("on purpose")

    def conflicts(tx: Transaction) -> None:
        insert("undone as well")(tx)
        insert("a")(tx)

    outcomes = await Gate(sqlite).queue([insert("a"), fails, conflicts, insert("b")])
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, Conflict, type(None)]
    assert await tokens(sqlite) == ["a", "b"]


async def test_a_unit_of_work_sees_what_its_group_wrote_before_it(sqlite: SqliteDatabase) -> None:
    outcomes = await Gate(sqlite).queue([insert("a"), lambda tx: tx.one(COUNT, {})])
    assert outcomes == [None, (1,)]


async def test_a_commit_that_fails_fails_everybody_in_the_group_and_keeps_nothing(
    sqlite: SqliteDatabase,
) -> None:
    for table in ("CREATE TABLE parent (id INTEGER PRIMARY KEY)", _CHILD):
        await change(sqlite, TENANT, table)
    orphan: Work = lambda tx: tx.run(Statement(text("INSERT INTO child VALUES (99)")), {})  # noqa: E731
    outcomes = await Gate(sqlite).queue([insert("a"), orphan, insert("b")])
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert await tokens(sqlite) == []
    await sqlite.write(TENANT, insert("afterwards"))
    assert await tokens(sqlite) == ["afterwards"]


async def test_on_a_full_disk_a_write_is_refused_by_name_and_what_was_told_to_be_kept_is_kept(
    sqlite: SqliteDatabase,
) -> None:
    pages = await value(sqlite, TENANT, "PRAGMA page_count")
    await sqlite.write(
        TENANT, lambda tx: tx.all(Statement(text(f"PRAGMA max_page_count = {pages + 20}")), {})
    )

    def fill(tx: Transaction) -> None:
        tx.insert(TokenRow, [(TENANT, f"big{row}" + "x" * 1000, 1, row, 5) for row in range(1000)])

    outcomes = await Gate(sqlite).queue([insert("a"), fill, insert("b")])
    assert isinstance(outcomes[1], StorageError)
    told = [name for name, outcome in zip(("a", "big", "b"), outcomes, strict=True) if outcome is None]
    assert await tokens(sqlite) == told
    assert outcomes[1].code == "STORAGE_UNAVAILABLE"
    assert "空き容量" in outcomes[1].message_ja
    assert "No number was released" in outcomes[1].message_en


async def test_after_space_was_made_on_a_full_disk_writes_go_on(sqlite: SqliteDatabase) -> None:
    pages = await value(sqlite, TENANT, "PRAGMA page_count")
    await sqlite.write(TENANT, lambda tx: tx.all(Statement(text(f"PRAGMA max_page_count = {pages}")), {}))
    many: Work = lambda tx: tx.insert(  # noqa: E731
        TokenRow, [(TENANT, f"t{row}" + "x" * 1000, 1, row, 5) for row in range(1000)]
    )
    with pytest.raises(StorageError):
        await sqlite.write(TENANT, many)
    await sqlite.write(TENANT, lambda tx: tx.all(Statement(text("PRAGMA max_page_count = 100000")), {}))
    await sqlite.write(TENANT, many)
    assert await value(sqlite, TENANT, "SELECT count(*) FROM token") == 1000


async def test_a_read_only_database_refuses_writes_by_name(sqlite: SqliteDatabase) -> None:
    sqlite._writer._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(StorageError) as caught:
        await sqlite.write(TENANT, insert("a"))
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    sqlite._writer._connection.execute("PRAGMA query_only=OFF")
    await sqlite.write(TENANT, insert("a"))


async def test_while_another_process_holds_the_write_lock_writes_are_refused_by_name(
    sqlite: SqliteDatabase,
) -> None:
    hurried = SqliteDatabase(sqlite.path, patience_ms=0)
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError):
        await hurried.write(TENANT, insert("a"))
    with pytest.raises(StorageError):
        await hurried.write(TENANT, Brief(insert("a")))
    other.execute("COMMIT")
    other.close()
    await hurried.write(TENANT, Brief(insert("a")))
    await hurried.close()


async def test_a_brief_write_waits_for_another_process_without_holding_up_the_event_loop(
    sqlite: SqliteDatabase,
) -> None:
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(sqlite.write(TENANT, Brief(insert("a"))))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not sqlite._writer.is_free
    assert await sqlite.read(TENANT, lambda tx: tx.one(COUNT, {})) == (0,)
    other.execute("COMMIT")
    other.close()
    await waiting
    assert await tokens(sqlite) == ["a"]


# --- brief units of work


class BriefGate:
    """Lets units of work queue up behind one that was begun."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def queue(self, works: list[Work]) -> list[object]:
        """Run them, as brief ones, in one group; returns what became of each."""
        return list(
            await asyncio.gather(
                *(self._database.write(TENANT, Brief(work)) for work in works), return_exceptions=True
            )
        )


def said_to(database: SqliteDatabase) -> list[str]:
    """What the connection that writes is told from now on, but for the units of work."""
    told: list[str] = []
    words = ("PRAGMA synchronous", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT")
    database._writer._connection.set_trace_callback(
        lambda sql: told.append(sql) if sql.startswith(words) else None
    )
    return told


async def test_brief_writes_of_the_same_moment_share_one_commit(sqlite: SqliteDatabase) -> None:
    told = said_to(sqlite)
    await BriefGate(sqlite).queue([insert(f"t{row}") for row in range(60)])
    assert await value(sqlite, TENANT, "SELECT count(*) FROM token") == 60
    assert told.count("COMMIT") == 1
    assert "SAVEPOINT work" not in told


async def test_brief_writes_run_on_the_event_loop_and_others_on_a_thread(sqlite: SqliteDatabase) -> None:
    where: Work = lambda tx: threading.current_thread()  # noqa: E731
    assert await sqlite.write(TENANT, Brief(where)) is threading.main_thread()
    assert await sqlite.write(TENANT, where) is not threading.main_thread()
    mixed = await asyncio.gather(sqlite.write(TENANT, Brief(where)), sqlite.write(TENANT, where))
    assert threading.main_thread() not in mixed


async def test_a_brief_write_that_fails_undoes_only_itself(sqlite: SqliteDatabase) -> None:
    def fails(tx: Transaction) -> None:
        insert("undone")(tx)
        raise LookupError("on purpose")

    def conflicts(tx: Transaction) -> None:
        insert("undone as well")(tx)
        insert("a")(tx)

    outcomes = await BriefGate(sqlite).queue([insert("a"), fails, conflicts, insert("b")])
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, Conflict, type(None)]
    assert await tokens(sqlite) == ["a", "b"]


async def test_what_begins_meanwhile_begins_before_anything_is_committed(sqlite: SqliteDatabase) -> None:
    other = sqlite3.connect(sqlite.path, check_same_thread=False)
    there: list[int] = []

    def work(tx: Transaction) -> None:
        insert("a")(tx)
        tx.meanwhile.append(lambda: there.append(other.execute("SELECT count(*) FROM token").fetchone()[0]))

    await sqlite.write(TENANT, work)
    assert there == [0]
    assert await tokens(sqlite) == ["a"]
    other.close()


async def test_a_commit_of_brief_writes_that_fails_keeps_nothing_of_them(sqlite: SqliteDatabase) -> None:
    for table in ("CREATE TABLE parent (id INTEGER PRIMARY KEY)", _CHILD):
        await change(sqlite, TENANT, table)
    orphan: Work = lambda tx: tx.run(Statement(text("INSERT INTO child VALUES (99)")), {})  # noqa: E731
    for flushed in (True, False):
        with pytest.raises(StorageError):
            await sqlite.write(TENANT, Brief(orphan, flushed=flushed))
    outcomes = await BriefGate(sqlite).queue([insert("a"), orphan, insert("b")])
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert await tokens(sqlite) == []
    await sqlite.write(TENANT, Brief(insert("afterwards")))
    assert await tokens(sqlite) == ["afterwards"]


async def test_only_a_group_in_which_nobody_waits_for_the_disk_is_committed_without_a_flush(
    sqlite: SqliteDatabase,
) -> None:
    told = said_to(sqlite)
    await sqlite.write(TENANT, Brief(insert("a"), flushed=False))
    await sqlite.write(TENANT, Brief(insert("b"), flushed=False))
    await sqlite.write(TENANT, Brief(insert("c")))
    await asyncio.gather(
        sqlite.write(TENANT, Brief(insert("d"), flushed=False)), sqlite.write(TENANT, Brief(insert("e")))
    )
    await sqlite.write(TENANT, insert("f"))
    assert told == [
        *("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"),
        *("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE", "COMMIT"),
        *("BEGIN IMMEDIATE", "COMMIT"),
        *("BEGIN IMMEDIATE", "SAVEPOINT work", "COMMIT"),
    ]
    assert sqlite._writer._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    await sqlite.write(TENANT, Brief(insert("g"), flushed=False))
    assert sqlite._writer._connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert sqlite._writer._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


async def test_reads_go_on_while_the_connection_that_writes_is_away(sqlite: SqliteDatabase) -> None:
    await sqlite.write(TENANT, Brief(insert("a")))
    entered, leave = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        insert("b")(tx)
        entered.set()
        assert leave.wait(30)

    held = asyncio.create_task(sqlite.write(TENANT, hold))
    await asyncio.to_thread(entered.wait, 30)
    assert not sqlite._writer.is_free
    assert await sqlite.read(TENANT, lambda tx: tx.one(COUNT, {})) == (1,)
    leave.set()
    await held
    assert await sqlite.read(TENANT, lambda tx: tx.one(COUNT, {})) == (2,)


# --- callers that leave


async def test_a_caller_that_gives_up_does_not_stop_the_writer(sqlite: SqliteDatabase) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        entered.set()
        assert leave.wait(30)

    gone = asyncio.create_task(sqlite.write(TENANT, hold))
    await asyncio.to_thread(entered.wait, 30)
    gone.cancel()
    leave.set()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await sqlite.write(TENANT, insert("a"))
    assert await tokens(sqlite) == ["a"]


def test_one_event_loop_after_the_other_is_served(sqlite_url: str) -> None:
    database = SqliteDatabase(path_of(sqlite_url))
    for row in range(8):
        asyncio.run(database.write(TENANT, insert(f"t{row}")))
    assert asyncio.run(tokens(database)) == [f"t{row}" for row in range(8)]
    asyncio.run(database.close())


async def test_a_second_event_loop_beside_the_first_is_refused(sqlite: SqliteDatabase) -> None:
    await sqlite.write(TENANT, insert("a"))
    with pytest.raises(RuntimeError, match="one event loop"):
        await asyncio.to_thread(asyncio.run, sqlite.write(TENANT, insert("b")))
    assert await tokens(sqlite) == ["a"]


async def test_a_caller_whose_event_loop_is_gone_does_not_stop_the_writer(sqlite: SqliteDatabase) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        entered.set()
        assert leave.wait(30)

    async def leave_before_the_answer() -> None:
        task = asyncio.create_task(sqlite.write(TENANT, hold))
        await asyncio.to_thread(entered.wait, 30)
        task.cancel()

    await asyncio.to_thread(asyncio.run, leave_before_the_answer())
    leave.set()
    await sqlite.write(TENANT, insert("a"))
    assert await tokens(sqlite) == ["a"]


async def test_a_read_sees_one_moment_though_somebody_writes_meanwhile(sqlite: SqliteDatabase) -> None:
    def look_twice(tx: Transaction) -> tuple[list[Row], list[Row]]:
        before = tx.all(COUNT, {})
        write_elsewhere(sqlite.path, "t")
        return before, tx.all(COUNT, {})

    assert await sqlite.read(TENANT, look_twice) == ([(0,)], [(0,)])
    await asyncio.sleep(0)
    assert await tokens(sqlite) == ["t"]


async def test_reads_of_one_turn_of_the_event_loop_see_one_moment(sqlite: SqliteDatabase) -> None:
    async def look() -> tuple[Row | None, list[Row]]:
        return await sqlite.read(TENANT, lambda tx: (tx.one(COUNT, {}), tx.all(COUNT, {})))

    before = await look()
    write_elsewhere(sqlite.path, "t")
    assert await look() == before == ((0,), [(0,)])
    await asyncio.sleep(0)
    assert await look() == ((1,), [(1,)])


async def test_whoever_begins_in_the_next_turn_sees_what_was_committed_in_the_one_before(
    sqlite: SqliteDatabase,
) -> None:
    assert await tokens(sqlite) == []
    write_elsewhere(sqlite.path, "t")
    assert await asyncio.create_task(tokens(sqlite)) == ["t"]


@pytest.mark.parametrize("wrap", [Brief, lambda work: work], ids=["brief", "long"])
async def test_a_read_after_a_write_sees_it_though_another_read_of_the_same_turn_did_not(
    sqlite: SqliteDatabase, wrap: Callable[[Work], Work]
) -> None:
    assert await tokens(sqlite) == []
    await sqlite.write(TENANT, wrap(insert("a")))
    assert await tokens(sqlite) == ["a"]


async def test_a_row_that_was_looked_up_in_a_turn_is_told_from_others_by_the_names_of_what_was_asked_for(
    sqlite: SqliteDatabase,
) -> None:
    pair = Statement(text("SELECT :first, :second"))

    def look(tx: Transaction) -> list[Row | None]:
        asked = [
            {"first": "a", "second": "b"},
            {"second": "a", "first": "b"},
            {"second": "b", "first": "a"},
        ]
        return [tx.one(pair, params) for params in asked]

    assert await sqlite.read(TENANT, look) == [("a", "b"), ("b", "a"), ("a", "b")]


def test_what_was_seen_ends_with_its_event_loop(sqlite_url: str) -> None:
    connection = connect(path_of(sqlite_url))
    snapshot = Snapshot(connection)
    for there in (0, 1):
        loop = asyncio.new_event_loop()
        assert snapshot.read(lambda tx: tx.all(COUNT, {}), loop) == [(there,)]
        loop.close()
        write_elsewhere(path_of(sqlite_url), f"token {there}")
    snapshot.end()
    assert not connection.in_transaction
    connection.close()


async def test_a_read_that_raises_leaves_the_reader_usable(sqlite: SqliteDatabase) -> None:
    with pytest.raises(ZeroDivisionError):
        await sqlite.read(TENANT, lambda tx: 1 // 0)
    assert await tokens(sqlite) == []


async def test_what_reads_cannot_write(sqlite: SqliteDatabase) -> None:
    with pytest.raises(StorageError) as caught:
        await sqlite.read(TENANT, insert("a"))
    assert "readonly" in str(caught.value.__cause__)
    with pytest.raises(StorageError) as caught:
        async with sqlite.pages(TENANT) as connection:
            await connection.execute(text("DELETE FROM token"))
    assert "readonly" in str(caught.value.__cause__)


async def test_a_closed_database_refuses_by_name_instead_of_waiting_for_ever(sqlite_url: str) -> None:
    opened = SqliteDatabase(path_of(sqlite_url))
    await opened.close()
    with pytest.raises(StorageError):
        await opened.write(TENANT, insert("a"))
    with pytest.raises(StorageError):
        await opened.read(TENANT, lambda tx: tx.one(COUNT, {}))
    with pytest.raises(StorageError):
        async with opened.pages(TENANT):
            pass


def test_every_connection_keeps_what_it_acknowledged(sqlite_url: str) -> None:
    connection = connect(path_of(sqlite_url))
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete")
    }
    connection.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


async def test_both_long_lived_connections_have_these_settings(sqlite: SqliteDatabase) -> None:
    for connection in (sqlite._writer._connection, sqlite._reader):
        tx = SqliteTransaction(connection)
        assert tx.one(Statement(text("PRAGMA synchronous")), {}) == (2,)
        assert tx.one(Statement(text("PRAGMA journal_mode")), {}) == ("wal",)
        assert tx.one(Statement(text("PRAGMA secure_delete")), {}) == (1,)


def test_a_database_that_cannot_be_made_durable_is_refused_by_name() -> None:
    with pytest.raises(DatabaseSettingsError) as caught:
        connect(Path(":memory:"))
    assert "journal_mode" in caught.value.message_ja
    assert "journal_mode=memory, which must be wal" in caught.value.message_en


async def test_deleted_rows_leave_no_bytes_behind_once_the_log_is_merged(sqlite: SqliteDatabase) -> None:
    secret = "wft_something_that_must_go_away"
    await sqlite.write(TENANT, insert(secret))
    merge(sqlite.path)
    assert secret.encode() in sqlite.path.read_bytes()
    await change(sqlite, TENANT, "DELETE FROM token")
    merge(sqlite.path)
    beside = [path for path in sqlite.path.parent.iterdir() if path.name.startswith(sqlite.path.name)]
    assert [path.name for path in beside if secret.encode() in path.read_bytes()] == []


_CHILD = "CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
