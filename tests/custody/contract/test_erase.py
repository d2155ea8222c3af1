"""Erasing a tenant: every table is accounted for, nothing but what is kept stays, nobody else is touched."""

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table

from api.migrations.tables import METADATA
from custody.contract.erase import ERASED, KEPT, erase, is_erased
from tests.support.contract import OF_TENANTS, fill, rows_of
from tests.support.disposal import Ending
from tests.support.faults import Fate, Killed, doomed
from tests.support.tamper import value
from tests.support.world import World

pytestmark = pytest.mark.fresh_database


def forgotten(metadata: MetaData) -> set[str]:
    """Tables of tenants that nobody has decided about, or twice."""
    of_tenants = [table.name for table in metadata.sorted_tables if "tenant_id" in table.columns]
    decided = [*(table.name for table in ERASED), *KEPT]
    return {name for name in of_tenants if decided.count(name) != 1}


def test_every_table_of_tenants_is_either_erased_or_kept_for_a_reason() -> None:
    assert forgotten(METADATA) == set()
    assert {table.name for table in ERASED} | set(KEPT) == set(OF_TENANTS)
    assert all(KEPT.values())


def test_a_table_that_is_added_later_is_not_forgotten() -> None:
    later = MetaData()
    Table("visit", later, Column("tenant_id", BigInteger, primary_key=True))
    Table("weather", later, Column("day", BigInteger, primary_key=True))
    assert forgotten(later) == {"visit"}


@pytest.mark.parametrize("batch", [100, 5_000])
async def test_nothing_of_a_tenant_is_left_but_what_is_kept(ending: Ending, batch: int) -> None:
    await fill(ending, 300)
    database, tenant = ending.world.house.database, ending.world.tenant.id
    before = await rows_of(database, tenant)
    assert [name for name, found in before.items() if not found] == ["contract_end"]
    assert not await database.read(tenant, lambda tx: is_erased(tx, tenant, 0))

    counts = await erase(ending.world.custodian, tenant, batch)

    after = await rows_of(database, tenant)
    assert counts == {table.name: len(before[table.name]) for table in ERASED}
    assert {name for name, found in after.items() if found} == set(KEPT) - {"contract_end"}
    assert {name: after[name] for name in KEPT if name != "audit_head"} == {
        name: before[name] for name in KEPT if name != "audit_head"
    }
    assert await database.read(tenant, lambda tx: is_erased(tx, tenant, 0))
    assert await erase(ending.world.custodian, tenant) == {}


async def test_another_tenant_keeps_every_row(ending: Ending, world: World) -> None:
    other = await Ending.begin(await World.open(world.house, world.clock, "有限会社となり"))
    await fill(other)
    await fill(ending)
    before = await rows_of(world.house.database, other.world.tenant.id)
    await erase(world.custodian, world.tenant.id)
    assert await rows_of(world.house.database, other.world.tenant.id) == before


async def test_killed_at_every_single_step_the_next_life_erases_the_rest(ending: Ending) -> None:
    await fill(ending, 1)
    database, tenant = ending.world.house.database, ending.world.tenant.id
    left, lives = await persons_left(ending), 0
    while True:
        try:
            await erase(doomed(ending.world.custodian, Fate(at=lives)), tenant)
            break
        except Killed:
            lives += 1
            found = await persons_left(ending)
            assert found in {left, 0}
            left = found
    assert lives > 5 * len(ERASED)
    assert await database.read(tenant, lambda tx: is_erased(tx, tenant, 0))


async def persons_left(ending: Ending) -> int:
    tenant = ending.world.tenant.id
    sql = "SELECT count(*) FROM person WHERE tenant_id = :own"
    found: int = await value(ending.world.house.database, tenant, sql, own=tenant)
    return found


async def test_whoever_read_a_key_before_sees_that_keys_were_destroyed(ending: Ending) -> None:
    await fill(ending)
    database, tenant = ending.world.house.database, ending.world.tenant.id
    sql = "SELECT destructions FROM audit_head WHERE tenant_id = :own"
    before = await value(database, tenant, sql, own=tenant)
    await erase(ending.world.custodian, tenant)
    assert await value(database, tenant, sql, own=tenant) == before + 1
