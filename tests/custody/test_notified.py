"""Adding what persons were told of: a union that keeps first days, in as many statements for many as for one."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from sqlmodel import SQLModel

from custody.notified import add_notified, lacks, notified_of
from custody.people import PERSON, PersonRow
from tests.support.world import World
from tokenizer.storage.statement import Params, Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction

DAYS = {"TAX_FUYO": "2026-06-01", "TAX_GENSEN": "2026-06-01"}
FIRST = 1_000


class Counting:
    """A transaction that counts its statements."""

    def __init__(self, inner: Transaction) -> None:
        self._inner = inner
        self.backend = inner.backend
        self.asked = 0

    def all(self, statement: Statement, params: Params) -> list[Row]:
        self.asked += 1
        return self._inner.all(statement, params)

    def one(self, statement: Statement, params: Params) -> Row | None:
        self.asked += 1
        return self._inner.one(statement, params)

    def run(self, statement: Statement, params: Params) -> int:
        self.asked += 1
        return self._inner.run(statement, params)

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        self.asked += 1
        self._inner.insert(model, rows)

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        self.asked += 1
        return self._inner.match(lookup, params, keys)


async def people(world: World, texts: Sequence[str]) -> list[int]:
    """Persons who were told of this, written as they are."""
    ids = [FIRST + place for place in range(len(texts))]
    told = list(PERSON.columns.keys()).index("notified")

    def work(tx: Transaction) -> None:
        made = []
        for person, text in zip(ids, texts, strict=True):
            row: list[Any] = [0 if column.type.python_type is int else "" for column in PERSON.columns]
            row[:3], row[told] = [world.tenant.id, person, f"E{person}"], text
            made.append(tuple(row))
        tx.insert(PersonRow, made)

    await world.house.database.write(world.tenant.id, work)
    return ids


async def add(world: World, persons: Sequence[int]) -> tuple[int, dict[int, dict[str, str]]]:
    """Add `DAYS`; how many statements it took, and what the persons were told of from now on."""
    tenant = world.tenant.id

    def work(tx: Transaction) -> tuple[int, dict[int, dict[str, str]]]:
        counting = Counting(tx)
        add_notified(counting, tenant, notified_of(counting, tenant, persons), DAYS)
        after = notified_of(tx, tenant, persons)
        return counting.asked, {person: orjson.loads(text) for person, text in after.items()}

    return await world.house.database.write(tenant, work)


@pytest.mark.parametrize("size", [1, 3, 500])
async def test_however_many_persons_however_different_one_reading_and_one_writing_is_all(
    world: World, size: int
) -> None:
    persons = await people(world, [f'{{"P{row}":"2026-01-01"}}' for row in range(size)])
    asked, after = await add(world, persons)
    assert asked == 2
    assert after == {person: {f"P{row}": "2026-01-01"} | DAYS for row, person in enumerate(persons)}


async def test_a_purpose_told_of_before_keeps_its_day_and_others_are_left_alone(world: World) -> None:
    texts = ['{"TAX_GENSEN":"2026-04-01"}', "{}", '{"TAX_GENSEN":"2026-04-01"}']
    first, second, bystander = await people(world, texts)
    _, after = await add(world, [second, first])
    assert after == {first: DAYS | {"TAX_GENSEN": "2026-04-01"}, second: DAYS}
    _, untouched = await add(world, [])
    assert untouched == {}
    tenant = world.tenant.id
    read = await world.house.database.read(tenant, lambda tx: notified_of(tx, tenant, [bystander]))
    assert read == {bystander: texts[2]}


async def test_who_was_told_of_everything_is_not_written_again(world: World) -> None:
    told = orjson.dumps(DAYS | {"A": "2026-01-01"}, option=orjson.OPT_SORT_KEYS).decode()
    asked, after = await add(world, await people(world, [told] * 3))
    assert asked == 1
    assert set(map(str, after.values())) == {str(orjson.loads(told))}


async def test_persons_of_another_tenant_are_told_nothing(world: World) -> None:
    persons = await people(world, ["{}"])
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    assert await add(elsewhere, persons) == (1, {})
    tenant = world.tenant.id
    read = await world.house.database.read(tenant, lambda tx: notified_of(tx, tenant, persons))
    assert read == {persons[0]: "{}"}


def test_somebody_lacks_a_purpose_unless_told_of_all() -> None:
    assert not lacks("{}", frozenset())
    assert lacks("{}", frozenset({"A"}))
    assert lacks('{"A":"2026-01-01"}', frozenset({"A", "B"}))
    assert not lacks('{"A":"2026-01-01","B":"2026-01-01"}', frozenset({"A"}))
