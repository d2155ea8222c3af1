"""What deleted rows leave in files: nothing on SQLite once it is settled, nothing that opens on PostgreSQL."""

import asyncio
import random
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.support.clock import FakeClock
from tests.support.databases import Postgres
from tests.support.epochs import OTHER, TENANT, Keep
from tests.support.tamper import change, rows
from tokenizer.crypto.blind_index import blind_index
from tokenizer.crypto.envelope import open_batch
from tokenizer.epochs.terms import QUIET_MS
from tokenizer.errors import SealBrokenError
from tokenizer.storage import open_database
from tokenizer.storage.database import Database
from tokenizer.storage.residue import Residue, Settled, data_files, find_residue, settle
from tokenizer.storage.sqlite import connect
from tokenizer.storage.statement import Backend
from tokenizer.storage.transaction import Row

pytestmark = pytest.mark.fresh_database

STORED = (
    "SELECT k.person_id, k.epoch, k.wrapped, k.version, n.sealed, n.blind_index FROM person_key k "
    "JOIN number n ON n.tenant_id = k.tenant_id AND n.person_id = k.person_id WHERE k.tenant_id = :own"
)


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


async def stored(keep: Keep, tenant: int = TENANT) -> list[Row]:
    return await rows(keep.vault.database, tenant, STORED, own=tenant)


async def deleted(keep: Keep, tenant: int = TENANT, where: str = "1 = 1") -> list[Row]:
    """Delete persons, and say what their rows were."""
    gone = [row for row in await stored(keep, tenant) if where == "1 = 1" or row[0] % 2]
    for table in ("person_key", "number"):
        sql = f"DELETE FROM {table} WHERE tenant_id = :own AND {where}"  # noqa: S608 - constants
        await change(keep.vault.database, tenant, sql, own=tenant)
    return gone


def secrets(gone: list[Row]) -> list[bytes]:
    """What must not be found: wrapped keys, sealed numbers, blind indexes."""
    return [value for row in gone for value in (row[2], row[4], row[5].encode())]


# --- SQLite


async def test_deleted_keys_numbers_and_indexes_are_in_no_file_once_it_is_settled(
    sqlite: Database, tmp_path: Path, clock: FakeClock
) -> None:
    keep = await Keep.make(sqlite, tmp_path / "keys", clock)
    for seed in range(12):
        await keep.fill(60, TENANT, seed)
        await keep.fill(60, OTHER, seed)
    gone = await deleted(keep, where="person_id % 2 = 1")
    assert len(find_residue(await data_files(sqlite), secrets(gone))) > len(gone), "the log has them still"
    assert await settle(sqlite) == Settled(Backend.SQLITE, cleared=True, attempts=1)
    files = await data_files(sqlite)
    assert [path.name for path in files] == ["warifu.db", "warifu.db-wal", "warifu.db-shm"]
    assert find_residue(files, secrets(gone)) == []
    left = secrets(await stored(keep))
    assert {hit.needle for hit in find_residue(files, left)} == set(range(len(left))), "the living are there"


async def test_what_split_pages_kept_of_deleted_indexes_goes_when_the_index_is_built_anew(
    sqlite: Database,
) -> None:
    files = await data_files(sqlite)
    for seed in range(20):
        gone = churn(files[0], seed)
        await settle(sqlite, rebuild=False)
        left = find_residue(files, gone)
        await settle(sqlite)
        assert find_residue(files, gone) == []
        if left:
            return
    pytest.fail("nothing was left in any trial: SQLite has learnt to clean up, and building anew can go")


def churn(path: Path, seed: int) -> list[bytes]:
    """Store many numbers in many tenants, a few in each transaction, delete most, and give the deleted indexes."""
    draw = random.Random(seed)  # noqa: S311 - the same rows each time, no secrets
    rows = [
        (draw.randrange(40), place, 1, b64encode(draw.randbytes(15)).decode(), 1, draw.randbytes(41), 0)
        for place in range(6_000)
    ]
    with closing(connect(path)) as connection:
        connection.execute("DELETE FROM number")
        for start in range(0, len(rows), 50):
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO number VALUES (?, ?, ?, ?, ?, ?, ?)", rows[start : start + 50]
            )
            connection.execute("COMMIT")
        draw.shuffle(rows)
        gone = rows[:4_500]
        connection.execute("BEGIN")
        connection.executemany(
            "DELETE FROM number WHERE tenant_id = ? AND person_id = ?", [row[:2] for row in gone]
        )
        connection.execute("COMMIT")
    return [row[3].encode() for row in gone]


async def test_a_reader_in_the_way_is_told_and_nothing_waits_for_ever(sqlite: Database) -> None:
    path = (await data_files(sqlite))[0]
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM person").fetchall()
    await change(sqlite, TENANT, "INSERT INTO login_attempt VALUES (7, 1, 0, 0)")
    assert await settle(sqlite, attempts=2) == Settled(Backend.SQLITE, cleared=False, attempts=2)
    reader.execute("COMMIT")
    reader.close()
    assert (await settle(sqlite, attempts=2)).cleared


async def test_writers_get_their_turn_while_it_settles(
    sqlite: Database, tmp_path: Path, clock: FakeClock
) -> None:
    keep = await Keep.make(sqlite, tmp_path / "keys", clock)

    async def fill() -> None:
        for seed in range(10):
            await keep.fill(20, seed=seed)

    settled, *_ = await asyncio.gather(settle(sqlite), fill(), settle(sqlite, rebuild=False))
    assert settled.backend is Backend.SQLITE
    await keep.assert_whole()


# --- PostgreSQL


async def test_on_postgresql_deleted_rows_stay_in_table_and_log_and_open_for_nobody_once_the_epoch_is_gone(
    postgres_server: Postgres, postgres_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    database = open_database(postgres_url, 2)
    keep = await Keep.make(database, tmp_path / "keys", clock)
    await keep.fill(20)
    gone = await deleted(keep)
    assert await settle(database) == Settled(Backend.POSTGRESQL, cleared=False, attempts=0)
    assert await data_files(database) == []

    table, log = files_of(postgres_server, postgres_url)
    for files in (table, log):
        hits = find_residue(files, secrets(gone))
        assert {gone[hit.needle // 3][0] for hit in hits} == {row[0] for row in gone}, "what a thief finds"

    numbers = {keep.held[TENANT, row[0]] for row in gone}
    assert recovered(keep, gone, numbers) == numbers, "with the epoch's key all of it is worth something"
    await keep.roll()
    assert (await keep.sweep()).done
    assert recovered(keep, gone, numbers) == numbers
    clock.now += QUIET_MS
    await keep.destroy(1)
    assert recovered(keep, gone, numbers) == set(), "without it, nothing is"
    await database.close()


def recovered(keep: Keep, gone: list[Row], candidates: set[bytes]) -> set[bytes]:
    """What somebody with every living key gets out of deleted rows, and by trying numbers against their indexes."""
    found: set[bytes] = set()
    indexes = {row[5] for row in gone}
    for epoch in keep.vault.keyring.epochs():
        keys = keep.vault.keyring.tenant(TENANT, epoch)
        found |= {number for number in candidates if blind_index(keys.index, number) in indexes}
        for person, _, wrapped, version, sealed, _ in gone:
            try:
                found |= set(open_batch([keys.wrap], TENANT, [(person, epoch, wrapped, version, sealed)]))
            except SealBrokenError:
                continue
    return found


def files_of(server: Postgres, url: str) -> tuple[list[Path], list[Path]]:
    """The files of the two tables, and those of the server's write-ahead log, with everything written out."""
    with psycopg.connect(server.admin_url_of(url), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        query = (
            "SELECT current_setting('data_directory'), pg_relation_filepath('person_key'), "
            "pg_relation_filepath('number')"
        )
        home, *tables = connection.execute(query).fetchone() or ("", "", "")
    log = [path for path in (Path(home) / "pg_wal").iterdir() if path.is_file()]
    return [Path(home) / table for table in tables], log


# --- the search itself


def test_the_search_finds_what_lies_across_the_edge_of_a_window_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "big"
    window = 4 * 1024 * 1024
    path.write_bytes(bytes(window - 3) + b"needle" + bytes(100) + b"second")
    hits = find_residue([path], [b"second", b"absent", b"needle"])
    assert sorted(hits, key=lambda hit: hit.offset) == [
        Residue(path, window - 3, 2),
        Residue(path, window + 103, 0),
    ]


def test_an_empty_file_holds_nothing_and_an_empty_needle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert find_residue([path], [b"x"]) == []
    assert find_residue([path], []) == []
    with pytest.raises(ValueError, match="empty"):
        find_residue([path], [b"x", b""])
