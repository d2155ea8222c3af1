"""What both databases promise alike: whole transactions, every kind of value, lookups in order."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import text

from tests.support.tamper import change, rows, value
from tokenizer.storage import open_database
from tokenizer.storage.database import Brief, Database, Work
from tokenizer.storage.rows import AuditLeaf, NumberRow, TokenRow
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Lookup, Row, Transaction

TENANT = 7
PERSON_OF = Lookup(
    "t.person_id, t.created_at",
    "{keys} CROSS JOIN token t WHERE t.tenant_id = :tenant AND t.token = keys.key AND t.created_at <= :now",
    "text",
)
TOKEN_OF = Lookup(
    "t.token",
    "{keys} CROSS JOIN token t WHERE t.tenant_id = :tenant AND t.audience_id = 1 AND t.person_id = keys.key",
    "bigint",
)


def put(tx: Transaction, row: Row) -> None:
    tx.insert(TokenRow, [row])


def token_rows(count: int) -> list[Row]:
    return [(TENANT, f"t{row}", 1, 100 + row, 5) for row in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 1_000])
async def test_rows_come_back_as_they_were_inserted(database: Database, count: int) -> None:
    leaves: list[Row] = [
        (TENANT, row, None if row % 2 else 2**53 - row, bytes([row % 256, 0, 255]), b"\x00'\\" * (row % 3))
        for row in range(count)
    ]
    await database.write(TENANT, lambda tx: tx.insert(AuditLeaf, leaves))
    assert await rows(database, TENANT, "SELECT * FROM audit_leaf ORDER BY leaf_index") == leaves


@pytest.mark.parametrize("count", [1, 3])
async def test_every_type_of_column_keeps_its_values(database: Database, count: int) -> None:
    numbers: list[Row] = [
        (TENANT, 2**62 + row, 2**31 - 1, f"索引 {row} '\"\\% :x %s", -row, bytes(range(256)), 0)
        for row in range(count)
    ]
    await database.write(TENANT, lambda tx: tx.insert(NumberRow, numbers))
    assert await rows(database, TENANT, "SELECT * FROM number ORDER BY person_id") == numbers


async def test_what_a_unit_of_work_returns_comes_back(database: Database) -> None:
    assert await database.write(TENANT, lambda tx: tx.run(_ALL_TO_ONE, {"tenant": TENANT})) == 0
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(3)))
    assert await database.write(TENANT, lambda tx: tx.run(_ALL_TO_ONE, {"tenant": TENANT})) == 3


async def test_a_unit_of_work_that_raises_leaves_nothing(database: Database) -> None:
    def work(tx: Transaction) -> None:
        tx.insert(TokenRow, token_rows(3))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(TENANT, work)
    assert await rows(database, TENANT, "SELECT * FROM token") == []


@pytest.mark.parametrize("wrap", [Brief, lambda work: work], ids=["brief", "long"])
async def test_what_can_be_done_while_a_commit_waits_begins_after_the_work_and_once(
    database: Database, wrap: Callable[[Work[str]], Work[str]]
) -> None:
    told: list[str] = []

    def work(tx: Transaction) -> str:
        tx.meanwhile.append(lambda: told.append("begun"))
        tx.insert(TokenRow, token_rows(3))
        told.append("worked")
        return "done"

    assert await database.write(TENANT, wrap(work)) == "done"
    assert told == ["worked", "begun"]
    await database.write(TENANT, wrap(lambda tx: ""))
    assert told == ["worked", "begun"]


@pytest.mark.parametrize("wrap", [Brief, lambda work: work], ids=["brief", "long"])
async def test_of_work_that_fails_nothing_begins(
    database: Database, wrap: Callable[[Work[None]], Work[None]]
) -> None:
    begun: list[int] = []

    def work(number: int, tx: Transaction) -> None:
        tx.meanwhile.append(lambda: begun.append(number))
        if number % 2:
            raise ZeroDivisionError

    outcomes = await asyncio.gather(
        *(database.write(TENANT, wrap(partial(work, number))) for number in range(6)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), ZeroDivisionError] * 3
    assert sorted(begun) == [0, 2, 4]


@pytest.mark.parametrize("count", [1, 2])
async def test_a_key_that_is_taken_is_a_conflict_and_nothing_of_the_work_is_kept(
    database: Database, count: int
) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, [(TENANT, "t0", 1, 100, 5)]))

    def work(tx: Transaction) -> None:
        tx.insert(TokenRow, [(TENANT, "other", 1, 999, 5)])
        tx.insert(TokenRow, token_rows(count))

    with pytest.raises(Conflict):
        await database.write(TENANT, work)
    assert await value(database, TENANT, "SELECT count(*) FROM token") == 1


async def test_a_unique_constraint_beside_the_key_is_a_conflict_as_well(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(1)))
    with pytest.raises(Conflict):
        await database.write(TENANT, lambda tx: tx.insert(TokenRow, [(TENANT, "t9", 1, 100, 5)]))
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, [(TENANT, "t9", 2, 100, 5)]))
    with pytest.raises(Conflict):
        await change(database, TENANT, "UPDATE token SET audience_id = 1 WHERE token = 't9'")


async def test_a_missing_value_is_a_fault_of_the_program_and_no_conflict(database: Database) -> None:
    broken: list[Row] = [(TENANT, "t0", None, 100, 5)]
    with pytest.raises(Exception, match=r"(?i)null") as caught:
        await database.write(TENANT, lambda tx: tx.insert(TokenRow, broken))
    assert not isinstance(caught.value, Conflict)


async def test_a_lookup_tells_for_each_place_what_was_found_there(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(4)))
    wanted = ["t3", "missing", "t0", "t3", "", "割符", "'"]
    found = await database.read(TENANT, lambda tx: tx.match(PERSON_OF, {"tenant": TENANT, "now": 9}, wanted))
    assert sorted(found) == [(0, 103, 5), (2, 100, 5), (3, 103, 5)]
    ids = [102, 5, 102, 100]
    found = await database.read(TENANT, lambda tx: tx.match(TOKEN_OF, {"tenant": TENANT}, ids))
    assert sorted(found) == [(0, "t2"), (2, "t2"), (3, "t0")]


async def test_a_lookup_of_nothing_finds_nothing(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(1)))
    assert await database.read(TENANT, lambda tx: tx.match(PERSON_OF, {"tenant": TENANT, "now": 9}, [])) == []


async def test_a_lookup_of_ten_thousand_keys_keeps_their_places(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(10_000)))
    ids = [100 + (row * 7919) % 10_000 for row in range(10_000)]
    found = await database.read(TENANT, lambda tx: tx.match(TOKEN_OF, {"tenant": TENANT}, ids))
    assert [ids[place] for place, _ in found] == [100 + int(token[1:]) for _, token in found]
    assert sorted(place for place, _ in found) == list(range(10_000))


async def test_a_lookup_sees_the_named_tenant_only(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(1)))
    assert await database.read(8, lambda tx: tx.match(TOKEN_OF, {"tenant": 8}, [100])) == []


async def test_many_writers_at_once_lose_no_update(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(1)))
    counts = await asyncio.gather(
        *(
            change(database, TENANT, "UPDATE token SET created_at = created_at + 1 WHERE tenant_id = 7")
            for _ in range(40)
        )
    )
    assert counts == [1] * 40
    assert await value(database, TENANT, "SELECT created_at FROM token") == 45


async def test_a_listing_reads_what_was_committed(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(2)))
    async with database.pages(TENANT) as connection:
        found = await connection.execute(
            text("SELECT token FROM token WHERE tenant_id = :t ORDER BY 1"), {"t": TENANT}
        )
        assert [row[0] for row in found] == ["t0", "t1"]


async def test_closing_waits_for_what_was_begun(database_url: str) -> None:
    opened = open_database(database_url, 2)
    writes = [asyncio.create_task(opened.write(TENANT, partial(put, row=row))) for row in token_rows(20)]
    await asyncio.sleep(0)
    await opened.close()
    await asyncio.gather(*writes)
    again = open_database(database_url, 2)
    assert await value(again, TENANT, "SELECT count(*) FROM token") == 20
    await again.close()


async def test_closing_twice_is_closing_once(database: Database) -> None:
    await database.write(TENANT, lambda tx: tx.insert(TokenRow, token_rows(1)))
    await database.close()
    await database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/warifu", "sqlite://"])
def test_another_kind_of_database_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://") as caught:
        open_database(url)
    assert "データベースの URL" in str(caught.value)


_ALL_TO_ONE = Statement(text("UPDATE token SET created_at = 1 WHERE tenant_id = :tenant"))
