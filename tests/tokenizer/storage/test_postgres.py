"""PostgreSQL: row-level security, conflicts between transactions, lost connections."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from api.migrations.tables import METADATA
from tests.support.databases import Postgres
from tests.support.tamper import change, rows, value
from tokenizer.errors import StorageError
from tokenizer.storage.database import Brief, Database
from tokenizer.storage.postgres import PostgresDatabase
from tokenizer.storage.rows import TokenRow
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Row, Transaction

MINE, THEIRS = 1, 2
ALL = Statement(text("SELECT token FROM token ORDER BY token"))
PID = Statement(text("SELECT pg_backend_pid()"))
TOUCH = Statement(text("UPDATE token SET created_at = created_at + 1 WHERE token = :token"))
WAIT = 30


@pytest.fixture
async def one(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    """A database behind a single connection."""
    opened = PostgresDatabase(postgres_url, 1)
    yield opened
    await opened.close()


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    """A database behind two connections."""
    opened = PostgresDatabase(postgres_url, 2)
    yield opened
    await opened.close()


def token(tenant: int, name: str, person: int = 1) -> Row:
    return (tenant, name, 1, person, 0)


def put(tx: Transaction, new: list[Row]) -> None:
    tx.insert(TokenRow, new)


async def fill(database: Database) -> None:
    for tenant in (MINE, THEIRS):
        new = [token(tenant, f"t{tenant}{letter}", person) for person, letter in enumerate("ab")]
        await database.write(tenant, partial(put, new=new))


# --- row-level security


async def test_a_statement_that_forgets_the_tenant_sees_its_own_rows_only(one: PostgresDatabase) -> None:
    await fill(one)
    assert await one.read(MINE, lambda tx: tx.all(ALL, {})) == [("t1a",), ("t1b",)]
    assert await one.read(THEIRS, lambda tx: tx.all(ALL, {})) == [("t2a",), ("t2b",)]
    async with one.pages(THEIRS) as connection:
        found = await connection.execute(text("SELECT token FROM token ORDER BY token"))
        assert [row[0] for row in found] == ["t2a", "t2b"]


async def test_a_statement_that_forgets_the_tenant_changes_its_own_rows_only(one: PostgresDatabase) -> None:
    await fill(one)
    assert await change(one, MINE, "UPDATE token SET created_at = 9") == 2
    assert await change(one, MINE, "DELETE FROM token") == 2
    assert await rows(one, THEIRS, "SELECT created_at FROM token") == [(0,), (0,)]


@pytest.mark.parametrize("count", [1, 2])
async def test_rows_of_another_tenant_cannot_be_written(one: PostgresDatabase, count: int) -> None:
    foreign = [token(THEIRS, f"t{row}", row) for row in range(count)]
    with pytest.raises(errors.InsufficientPrivilege):
        await one.write(MINE, lambda tx: tx.insert(TokenRow, foreign))


async def test_rows_cannot_be_moved_to_another_tenant(one: PostgresDatabase) -> None:
    await fill(one)
    with pytest.raises(errors.InsufficientPrivilege):
        await change(one, MINE, "UPDATE token SET tenant_id = 2, person_id = 50")


async def test_the_tenant_of_one_transaction_is_forgotten_by_the_next(one: PostgresDatabase) -> None:
    await fill(one)
    await one.read(MINE, lambda tx: tx.all(ALL, {}))
    with one._idle[-1].cursor() as cursor, pytest.raises(errors.DatabaseError):
        cursor.execute("SELECT token FROM token")


async def test_every_table_that_names_a_tenant_is_guarded_even_from_its_owner(one: PostgresDatabase) -> None:
    expected = {table.name for table in METADATA.sorted_tables if "tenant_id" in table.columns}
    guarded = await rows(
        one,
        MINE,
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relrowsecurity AND c.relforcerowsecurity",
    )
    assert len(expected) >= 18
    assert {row[0] for row in guarded} == expected


async def test_the_tests_run_as_a_role_that_row_level_security_binds(one: PostgresDatabase) -> None:
    sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert await value(one, MINE, sql) is False


# --- what waits for the disk


async def test_only_a_write_that_says_so_is_committed_without_a_flush(one: PostgresDatabase) -> None:
    setting = Statement(text("SHOW synchronous_commit"))
    assert await one.write(MINE, Brief(lambda tx: tx.one(setting, {}), flushed=False)) == ("off",)
    assert await one.write(MINE, Brief(lambda tx: tx.one(setting, {}))) == ("on",)
    assert await one.write(MINE, lambda tx: tx.one(setting, {})) == ("on",)


# --- transactions in each other's way


async def test_a_transaction_that_came_too_late_is_run_again(
    two: PostgresDatabase, postgres_url: str, postgres_server: Postgres
) -> None:
    postgres_server.set(postgres_url, "default_transaction_isolation", "repeatable read")
    await fill(two)
    looked, changed, attempts = threading.Event(), threading.Event(), [0]

    def late(tx: Transaction) -> int:
        attempts[0] += 1
        tx.all(ALL, {})
        looked.set()
        assert changed.wait(WAIT)
        return tx.run(TOUCH, {"token": "t1a"})

    running = asyncio.create_task(two.write(MINE, late))
    assert await asyncio.to_thread(looked.wait, WAIT)
    await two.write(MINE, lambda tx: tx.run(TOUCH, {"token": "t1a"}))
    changed.set()
    assert await running == 1
    assert attempts == [2]
    assert await value(two, MINE, "SELECT created_at FROM token WHERE token = 't1a'") == 2


async def test_of_two_transactions_that_wait_for_each_other_both_get_done(
    two: PostgresDatabase, postgres_url: str, postgres_server: Postgres
) -> None:
    postgres_server.set(postgres_url, "deadlock_timeout", "20ms")
    await fill(two)
    both_hold_one, one_is_through = threading.Barrier(2), threading.Event()
    attempts: list[str] = []

    def crossing(first: str, second: str, tx: Transaction) -> None:
        attempts.append(first)
        if len(attempts) > 2:  # or it would give way again, to one that is not through yet
            assert one_is_through.wait(WAIT)
        tx.run(TOUCH, {"token": first})
        if len(attempts) <= 2:
            both_hold_one.wait(WAIT)
        tx.run(TOUCH, {"token": second})

    async def cross(first: str, second: str) -> None:
        await two.write(MINE, lambda tx: crossing(first, second, tx))
        one_is_through.set()

    await asyncio.gather(cross("t1a", "t1b"), cross("t1b", "t1a"))
    assert len(attempts) == 3
    assert await rows(two, MINE, "SELECT created_at FROM token") == [(2,), (2,)]


async def test_after_five_attempts_a_write_is_refused_by_name(one: PostgresDatabase) -> None:
    attempts: list[int] = []

    def never(tx: Transaction) -> None:
        tx.insert(TokenRow, [token(MINE, "t", 1)])
        attempts.append(1)
        raise errors.SerializationFailure

    with pytest.raises(StorageError):
        await one.write(MINE, never)
    assert len(attempts) == 5
    assert await one.read(MINE, lambda tx: tx.all(ALL, {})) == []


# --- lost connections


async def test_a_connection_that_was_lost_between_two_transactions_is_replaced(
    one: PostgresDatabase, postgres_server: Postgres
) -> None:
    await fill(one)
    postgres_server.terminate(await one.read(MINE, lambda tx: (tx.one(PID, {}) or [0])[0]))
    assert len(await one.read(MINE, lambda tx: tx.all(ALL, {}))) == 2


async def test_a_connection_that_is_lost_in_a_transaction_fails_it_by_name_and_is_replaced(
    one: PostgresDatabase, postgres_server: Postgres
) -> None:
    runs: list[int] = []

    def cut(tx: Transaction) -> None:
        runs.append(1)
        tx.insert(TokenRow, [token(MINE, "lost")])
        postgres_server.terminate((tx.one(PID, {}) or [0])[0])
        tx.insert(TokenRow, [token(MINE, "lost as well", 2)])

    with pytest.raises(StorageError) as caught:
        await one.write(MINE, cut)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    assert runs == [1]
    await one.write(MINE, lambda tx: tx.insert(TokenRow, [token(MINE, "t")]))
    assert await one.read(MINE, lambda tx: tx.all(ALL, {})) == [("t",)]


async def test_a_listing_goes_on_after_its_connection_was_lost(
    one: PostgresDatabase, postgres_server: Postgres
) -> None:
    await fill(one)
    async with one.pages(MINE) as connection:
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    postgres_server.terminate(pid)
    async with one.pages(MINE) as connection:
        assert len((await connection.execute(text("SELECT token FROM token"))).all()) == 2


async def test_a_listing_whose_connection_is_lost_on_the_way_is_refused_by_name(
    one: PostgresDatabase, postgres_server: Postgres
) -> None:
    async def cut() -> None:
        async with one.pages(MINE) as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            postgres_server.terminate(pid)
            await connection.execute(text("SELECT token FROM token"))

    with pytest.raises(StorageError):
        await cut()
    async with one.pages(MINE) as connection:
        assert (await connection.execute(text("SELECT token FROM token"))).all() == []


async def test_lost_connections_do_not_pile_up(one: PostgresDatabase, postgres_server: Postgres) -> None:
    for _ in range(3):
        postgres_server.terminate(await one.read(MINE, lambda tx: (tx.one(PID, {}) or [0])[0]))
    await one.read(MINE, lambda tx: tx.all(ALL, {}))
    assert len(one._idle) == 1


async def test_who_asks_one_thing_at_a_time_holds_one_session(two: PostgresDatabase) -> None:
    assert len({await two.read(MINE, lambda tx: tx.one(PID, {})) for _ in range(30)}) == 1


async def test_things_asked_at_once_are_answered_in_sessions_of_their_own(two: PostgresDatabase) -> None:
    together = threading.Barrier(2)

    def meet(tx: Transaction) -> Row | None:
        together.wait(WAIT)
        return tx.one(PID, {})

    assert len(set(await asyncio.gather(*(two.read(MINE, meet) for _ in range(2))))) == 2
    assert len({await two.read(MINE, lambda tx: tx.one(PID, {})) for _ in range(30)}) == 1


class TakenMeanwhile(list[Any]):
    """Idle sessions of which another thread takes the last one as soon as somebody has seen it."""

    def __bool__(self) -> bool:
        return True


async def test_a_session_that_another_thread_takes_first_is_made_up_for(one: PostgresDatabase) -> None:
    one._idle = TakenMeanwhile()
    assert await one.read(MINE, lambda tx: tx.all(ALL, {})) == []


async def test_a_session_in_which_something_failed_is_used_on(one: PostgresDatabase) -> None:
    before = await one.read(MINE, lambda tx: tx.one(PID, {}))
    await one.write(MINE, lambda tx: tx.insert(TokenRow, [token(MINE, "t")]))
    with pytest.raises(Conflict):
        await one.write(MINE, lambda tx: tx.insert(TokenRow, [token(MINE, "t")]))
    assert await one.read(MINE, lambda tx: tx.one(PID, {})) == before


async def test_a_server_that_cannot_be_reached_is_refused_by_name() -> None:
    nowhere = PostgresDatabase("postgresql://warifu@127.0.0.1:1/warifu", 1)
    with pytest.raises(StorageError):
        await nowhere.read(MINE, lambda tx: tx.all(ALL, {}))
    with pytest.raises(StorageError):
        async with nowhere.pages(MINE):
            pass
    await nowhere.close()


async def test_a_server_that_takes_no_writes_is_refused_by_name(
    one: PostgresDatabase, postgres_url: str, postgres_server: Postgres
) -> None:
    postgres_server.set(postgres_url, "default_transaction_read_only", "on")
    with pytest.raises(StorageError) as caught:
        await one.write(MINE, lambda tx: tx.insert(TokenRow, [token(MINE, "t")]))
    assert caught.value.code == "STORAGE_UNAVAILABLE"
    assert await one.read(MINE, lambda tx: tx.all(ALL, {})) == []


async def test_a_closed_database_refuses_writes_by_name(postgres_url: str) -> None:
    opened = PostgresDatabase(postgres_url, 1)
    await opened.close()
    with pytest.raises(StorageError):
        await opened.write(MINE, lambda tx: tx.all(ALL, {}))
    with pytest.raises(StorageError):
        async with opened.pages(MINE):
            pass


async def test_behind_a_pooler_no_statement_is_prepared(postgres_url: str) -> None:
    direct, pooled = PostgresDatabase(postgres_url, 1), PostgresDatabase(postgres_url, 1, pooled=True)
    counts = []
    for opened in (direct, pooled):
        for _ in range(6):
            await opened.read(MINE, lambda tx: tx.all(ALL, {}))
        counts.append(await value(opened, MINE, "SELECT count(*) FROM pg_prepared_statements"))
        await opened.close()
    assert counts[0] > 0
    assert counts[1] == 0
