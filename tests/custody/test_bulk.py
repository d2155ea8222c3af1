"""Set-based changes: what they change on either database, and that SQLite looks rows up instead of reading them all."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from custody.bulk import Drop, Put
from custody.departure import _FAMILY as FAMILY
from custody.departure import _LEFT as LEFT
from custody.departure import _OF_PERSONS as DEPARTURES_OF
from custody.departure import DROP_DEPARTURES
from custody.disposal import candidates, item
from custody.disposal.scope import _DROP_KEYS as DROP_KEYS
from custody.disposal.scope import _DROP_NUMBERS as DROP_NUMBERS
from custody.disposal.scope import _DROP_TOKENS as DROP_TOKENS
from custody.disposal.scope import _RESET as RESET
from custody.document import _BY_ID as DOCUMENTS_BY_ID
from custody.document import _OF_PERSONS as DOCUMENTS_OF
from custody.document import DROP_DOCUMENTS, DROP_DOCUMENTS_OF
from custody.hold import _BY_ID as HOLDS_BY_ID
from custody.hold import _OF_PERSONS as HOLDS_OF
from custody.people import PERSON
from custody.terms import _PERSONS as TERMS_OF
from custody.terms import _PUT as PUT_TERMS
from tests.support.sweeping import _Half
from tests.support.tamper import rows
from tests.support.world import World
from tokenizer.storage import open_database
from tokenizer.storage.rows import TokenRow, table_of
from tokenizer.storage.statement import Backend, Params, Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction

pytestmark = pytest.mark.fresh_database

PUT = Put(PERSON, "person_id", ("ends", "due_on"))
PUT_WHERE = Put(PERSON, "person_id", ("kana",), "person.kind = :kind")
DROP = Drop(table_of(TokenRow), "person_id", "audience_id = :audience")


async def people(world: World, count: int) -> list[int]:
    await world.register(await world.client(), count)
    found = await rows(
        world.house.database, world.tenant.id, "SELECT person_id FROM person ORDER BY person_id"
    )
    return [row[0] for row in found]


async def column(world: World, name: str) -> list[Any]:
    sql = f"SELECT {name} FROM person ORDER BY person_id"  # noqa: S608 - a constant of these tests
    return [row[0] for row in await rows(world.house.database, world.tenant.id, sql)]


async def test_each_row_is_set_to_its_own_values_and_others_stay(world: World) -> None:
    ids = await people(world, 4)
    values = [
        (ids[2], '{"A":"2030-01-01"}', "2030-01-01"),
        (ids[0], "日本語 '\"", ""),
        (ids[3] + 1, "x", "x"),
    ]
    changed = await world.house.database.write(world.tenant.id, lambda tx: PUT(tx, world.tenant.id, values))
    assert changed == 2
    assert await column(world, "ends") == ["日本語 '\"", "{}", '{"A":"2030-01-01"}', "{}"]
    assert await column(world, "due_on") == ["", "", "2030-01-01", ""]


async def test_a_further_condition_is_kept(world: World) -> None:
    ids = await people(world, 2)
    values = [(person, "カナ") for person in ids]
    tenant = world.tenant.id
    write = world.house.database.write
    assert await write(tenant, lambda tx: PUT_WHERE(tx, tenant, values, kind="payee")) == 0
    assert await write(tenant, lambda tx: PUT_WHERE(tx, tenant, values, kind="employee")) == 2


async def test_no_rows_are_no_statement(world: World) -> None:
    tenant = world.tenant.id
    write = world.house.database.write
    assert await write(tenant, lambda tx: PUT(tx, tenant, [])) == 0
    assert await write(tenant, lambda tx: DROP(tx, tenant, [], audience=0)) == 0


async def test_rows_of_another_tenant_are_neither_set_nor_dropped(world: World) -> None:
    ids = await people(world, 2)
    there = await World.open(world.house, world.clock, "別の会社")
    values = [(person, "x", "x") for person in ids]
    write = world.house.database.write
    assert await write(there.tenant.id, lambda tx: PUT(tx, there.tenant.id, values)) == 0
    assert await write(there.tenant.id, lambda tx: DROP_KEYS(tx, there.tenant.id, ids)) == 0
    assert await column(world, "due_on") == ["", ""]


async def test_what_is_dropped_is_gone_and_nothing_else(world: World) -> None:
    ids = await people(world, 3)
    ((audience,),) = await rows(
        world.house.database, world.tenant.id, "SELECT DISTINCT audience_id FROM token"
    )
    tenant = world.tenant.id
    write = world.house.database.write
    assert await write(tenant, lambda tx: DROP(tx, tenant, ids[:2], audience=audience + 1)) == 0
    assert await write(tenant, lambda tx: DROP(tx, tenant, [*ids[:2], 5], audience=audience)) == 2
    left = await rows(world.house.database, tenant, "SELECT person_id FROM token")
    assert left == [(ids[2],)]


# --- a statement that reads a whole table is right, and useless for half a million persons


def plan(url: str, sql: str, **values: Any) -> list[str]:
    known = {"tenant": 1, "run": 1, "keys": "[1]", "key": 1, "rows": "[]", "audience": 1} | values
    with sqlite3.connect(Path(make_url(url).database or "")) as connection:
        found = connection.execute(f"EXPLAIN QUERY PLAN {sql}", known).fetchall()
    connection.close()
    return [row[3] for row in found]


def statement_of(change: Drop | Put) -> str:
    sql, _ = change._statements[Backend.SQLITE].render(Backend.SQLITE, {})
    return sql


LOOKUPS = {
    "departures of persons": DEPARTURES_OF,
    "family of persons": FAMILY,
    "employees who left": LEFT,
    "documents of persons": DOCUMENTS_OF,
    "documents by id": DOCUMENTS_BY_ID,
    "holds of persons": HOLDS_OF,
    "holds by id": HOLDS_BY_ID,
    "terms of persons": TERMS_OF,
    "items of persons": item._OF_PERSONS,
    "claims on persons": item._CLAIMS,
}
CHANGES = {
    "documents": DROP_DOCUMENTS,
    "documents of persons": DROP_DOCUMENTS_OF,
    "departures": DROP_DEPARTURES,
    "keys": DROP_KEYS,
    "numbers": DROP_NUMBERS,
    "tokens": DROP_TOKENS,
    "persons": RESET,
    "terms": PUT_TERMS,
    "items": item._CHANGE,
}
READS = {
    "days on which somebody is due": candidates._DAYS,
    "persons who are due": candidates._PERSONS,
    "a page of items": item._PAGE,
    "a page of listed items": item._LISTED,
}
KEYED = ("_id=?", "employee=?", "person_id>?", "due_on<?", "(due_on,person_id)>")


def refuse_scans(steps: list[str]) -> None:
    """Every step but the list itself finds its rows by more than the tenant."""
    for step in steps:
        if step.startswith("SEARCH"):
            keys = step.split("(", 1)[1]
            assert any(key in keys.replace("tenant_id=?", "") for key in KEYED), steps
        else:
            assert not step.startswith("SCAN") or step.split()[1] in {"json_each", "CONSTANT", "keys"}, steps


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_by_a_list_of_keys_reads_no_whole_table(sqlite_url: str, name: str) -> None:
    lookup: Lookup = LOOKUPS[name]
    refuse_scans(plan(sqlite_url, lookup.sqlite))
    refuse_scans(plan(sqlite_url, lookup.sqlite_one))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_many_rows_reads_no_whole_table(sqlite_url: str, name: str) -> None:
    refuse_scans(plan(sqlite_url, statement_of(CHANGES[name])))


@pytest.mark.parametrize("name", READS)
def test_a_page_is_found_by_its_index(sqlite_url: str, name: str) -> None:
    statement: Statement = READS[name]
    values = {"until": "2030-01-01", "since": 0, "day": "", "person": 0, "count": 5, "after": 0}
    sql, params = statement.render(Backend.SQLITE, {"tenant": 1, "run": 1, **values})
    refuse_scans(plan(sqlite_url, sql, **params))


async def test_postgresql_looks_items_up_though_it_has_no_statistics(postgres_url: str) -> None:
    database = open_database(postgres_url, 1)
    persons = range(1, 3_001)
    fresh = [(7, 1, person, "", "[]", "listed", "", "", 0, 0, 0) for person in persons]
    await database.write(7, lambda tx: tx.insert(item.ItemRow, fresh))
    changed = [(person, "", "[]", "disposed", "", "", 0, 0, 0) for person in persons[1_000:1_500]]
    steps = await database.write(7, lambda tx: explained(tx, item._CHANGE, changed, run_id=1))
    await database.close()
    assert any("person_id = rows._key" in step for step in steps if "Index Cond" in step), steps
    assert not any("Join Filter" in step for step in steps), steps


def explained(tx: Transaction, change: Put, changed: list[Row], **values: Any) -> list[str]:
    """How the database carries a change out."""
    spy = Explaining(tx)
    change(spy, 7, changed, **values)
    return spy.steps


class Explaining(_Half):
    """A transaction that explains statements instead of running them."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, [])
        self.steps: list[str] = []

    def run(self, statement: Statement, params: Params) -> int:
        explaining = Statement(text(f"EXPLAIN {statement._clause}"))
        self.steps += [row[0] for row in self.all(explaining, params)]
        return 0
