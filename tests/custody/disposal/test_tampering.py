"""Rows that decide when a number goes: altered in the database by one column, they are refused."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from sqlalchemy import LargeBinary, Text
from sqlmodel import SQLModel

from custody.departure import DepartureRow, departures_of
from custody.disposal.policy import DisposalPolicyRow, read_choice
from custody.disposal.run import RunRow, read_run, runs_in_state
from custody.disposal_policy import change_disposal_policy
from custody.document import DocumentRow, documents_by_id, documents_of
from custody.hold import HoldRow, held_persons, holds_by_id
from custody.holds import Placed, place_holds
from custody.named import Named
from policies.disposal_plan import DisposalPolicy
from tests.support.disposal import Ending
from tests.support.tamper import change, rows
from tokenizer.errors import SealBrokenError
from tokenizer.storage.rows import table_of
from tokenizer.storage.transaction import Transaction

STAMPED: Final[dict[str, type[SQLModel]]] = {
    "document": DocumentRow,
    "departure": DepartureRow,
    "legal_hold": HoldRow,
    "disposal_policy": DisposalPolicyRow,
    "disposal_run": RunRow,
}
FOUND_BY = {
    "document": {"tenant_id", "document_id", "person_id"},
    "departure": {"tenant_id", "person_id"},
    "legal_hold": {"tenant_id", "hold_id", "person_id"},
    "disposal_policy": {"tenant_id"},
    "disposal_run": {"tenant_id", "run_id"},
}
"""Columns by which a row is found: once one is changed, it is another row's, or nobody's."""

CELLS = [
    (table, column.name)
    for table, model in STAMPED.items()
    for column in table_of(model).columns
    if column.name not in FOUND_BY[table]
]


async def one_of_each(ending: Ending) -> dict[str, Callable[[Transaction], object]]:
    """One row in each table, and how it is read."""
    world, now = ending.world, ending.world.clock()
    people = (await ending.people(1)).external_ids
    await ending.left(people)
    placed = await place_holds(world.custodian, ending.administrator.actor, Named(people), "係争中", now)
    assert isinstance(placed, Placed)
    await change_disposal_policy(world.custodian, world.operator, DisposalPolicy(notice_days=5), now)
    other = (await ending.people(1, seed=2)).external_ids
    run = await ending.instruct(other)
    ((person,),) = await rows(
        world.house.database, world.tenant.id, "SELECT person_id FROM person WHERE due_on <> ''"
    )
    ((document,),) = await rows(world.house.database, world.tenant.id, "SELECT document_id FROM document")
    hold = int((placed.holds[0] or "").removeprefix("hold_"))
    tenant, authority = world.tenant.id, world.custodian.authority
    return {
        "document": lambda tx: (
            documents_of(tx, authority, tenant, [person]),
            documents_by_id(tx, authority, tenant, [document]),
        ),
        "departure": lambda tx: departures_of(tx, authority, tenant, [person]),
        "legal_hold": lambda tx: (
            held_persons(tx, authority, tenant, [person]),
            holds_by_id(tx, authority, tenant, [hold]),
        ),
        "disposal_policy": lambda tx: read_choice(tx, authority, tenant),
        "disposal_run": lambda tx: (
            read_run(tx, authority, tenant, run.id),
            runs_in_state(tx, authority, tenant, run.state),
        ),
    }


def other_value(table: str, column: str, value: object) -> object:
    kind = table_of(STAMPED[table]).columns[column].type
    if isinstance(kind, LargeBinary):
        assert isinstance(value, bytes)
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(kind, Text):
        return f"{value}x"
    assert isinstance(value, int)
    return value + 1


async def test_before_anything_is_altered_every_row_is_read(ending: Ending) -> None:
    probes = await one_of_each(ending)
    assert probes.keys() == STAMPED.keys()
    for probe in probes.values():
        assert await ending.world.house.database.read(ending.world.tenant.id, probe)


@pytest.mark.parametrize("table", STAMPED)
async def test_a_row_with_any_column_altered_is_refused(ending: Ending, table: str) -> None:
    probe = (await one_of_each(ending))[table]
    database, tenant = ending.world.house.database, ending.world.tenant.id
    for column in (name for name_of, name in CELLS if name_of == table):
        select = f"SELECT {column} FROM {table} WHERE tenant_id = :own"  # noqa: S608 - constants
        ((before,),) = await rows(database, tenant, select, own=tenant)
        update = f"UPDATE {table} SET {column} = :value WHERE tenant_id = :own"  # noqa: S608 - constants
        after = other_value(table, column, before)
        assert await change(database, tenant, update, value=after, own=tenant) == 1
        with pytest.raises(SealBrokenError):
            await database.read(tenant, probe)
        await change(database, tenant, update, value=before, own=tenant)
    assert await database.read(tenant, probe)


async def test_a_document_moved_to_another_person_is_refused(ending: Ending) -> None:
    people = (await ending.people(2)).external_ids
    await ending.left(people[:1])
    tenant, authority = ending.world.tenant.id, ending.world.custodian.authority
    found = await rows(ending.world.house.database, tenant, "SELECT person_id FROM person ORDER BY person_id")
    others = [row[0] for row in found]
    for table, read in (("document", documents_of), ("departure", departures_of)):
        sql = f"UPDATE {table} SET person_id = :other"  # noqa: S608 - constants
        await change(ending.world.house.database, tenant, sql, other=others[1])
        with pytest.raises(SealBrokenError):
            await _read(ending, lambda tx, read=read: read(tx, authority, tenant, others))


async def _read(ending: Ending, work: Callable[[Transaction], object]) -> object:
    reading: Awaitable[object] = ending.world.house.database.read(ending.world.tenant.id, work)
    return await reading
