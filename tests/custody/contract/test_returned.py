"""A tenant that the ledger knows as ended: a single row of it that is there again is found out."""

import pytest

from custody.contract.end import ContractEnd, EndState, insert_end
from custody.contract.erase import erase
from custody.contract.returned import returned
from custody.undone import refuse_undone
from tests.support.contract import fill, rows_of
from tests.support.disposal import Ending
from tests.support.tamper import change
from tests.support.world import World
from tokenizer.errors import RollbackError, SealBrokenError

SIGNS = ("person", "person_key", "number", "sealed_item", "account", "client", "client_key")


async def back(world: World) -> list[int]:
    return [tenant async for tenant in returned(world.custodian)]


async def known_as_ended(world: World) -> None:
    world.custodian.ledger.record_contract_end(world.tenant.id, world.clock())


async def write_end(world: World, end: ContractEnd) -> None:
    await world.house.database.write(
        world.tenant.id, lambda tx: insert_end(tx, world.custodian.authority, end)
    )


@pytest.mark.parametrize("left", SIGNS)
async def test_one_row_of_an_ended_tenant_is_enough(ending: Ending, left: str) -> None:
    world = ending.world
    await fill(ending)
    await known_as_ended(world)
    for table in set(SIGNS) - {left}:
        await change(world.house.database, world.tenant.id, f"DELETE FROM {table}")  # noqa: S608 - constants
    assert await back(world) == [world.tenant.id]
    with pytest.raises(RollbackError, match="warifu restore") as caught:
        await refuse_undone(world.custodian)
    assert caught.value.code == "ROLLBACK"
    assert "契約が終了した" in caught.value.message_ja
    await change(world.house.database, world.tenant.id, f"DELETE FROM {left}")  # noqa: S608 - constants
    await refuse_undone(world.custodian)


async def test_an_erased_tenant_is_nowhere(ending: Ending) -> None:
    await fill(ending)
    await known_as_ended(ending.world)
    await erase(ending.world.custodian, ending.world.tenant.id)
    assert await back(ending.world) == []
    await refuse_undone(ending.world.custodian)


async def test_a_tenant_whose_contract_runs_is_nobody_s_business(ending: Ending, world: World) -> None:
    other = await World.open(world.house, world.clock, "有限会社となり")
    await fill(ending)
    await known_as_ended(other)
    await refuse_undone(world.custodian)


async def test_many_are_counted_and_some_named(world: World) -> None:
    tenants = [await World.open(world.house, world.clock, f"株式会社{place}") for place in range(7)]
    for one in tenants:
        await one.client()
        await known_as_ended(one)
    with pytest.raises(RollbackError, match="7 tenants") as caught:
        await refuse_undone(world.custodian)
    named = [one for one in tenants if f"/{one.tenant.id}" in caught.value.message_en]
    assert len(named) == 5
    assert "…" in caught.value.message_en


async def test_a_row_that_was_altered_is_no_excuse(ending: Ending) -> None:
    world = ending.world
    await ending.people(1)
    await write_end(world, ContractEnd(world.tenant.id, EndState.REQUESTED, "", "2026-11-20", "", "", 0))
    await change(world.house.database, world.tenant.id, "UPDATE contract_end SET state = 'ending'")
    await known_as_ended(world)
    with pytest.raises(SealBrokenError):
        await refuse_undone(world.custodian)


async def test_what_was_approved_is_under_way_only_once_its_last_day_is_over(ending: Ending) -> None:
    world = ending.world
    await ending.people(1)
    await write_end(world, ContractEnd(world.tenant.id, EndState.APPROVED, "", "2026-11-22", "", "", 0))
    await known_as_ended(world)  # on the 22nd: no end of ours writes that
    assert await back(world) == [world.tenant.id]
    assert (await rows_of(world.house.database, world.tenant.id))["person"]
