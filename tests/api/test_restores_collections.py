"""A database restored from a copy sends nothing again that the company had ordered before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custody.collection.dispatches import record_dispatched
from tests.support.clock import FakeClock
from tests.support.collecting import Collecting
from tests.support.outcomes import rule_of
from tests.support.vaults import InstalledVault
from tests.support.world import World

WHY = "新しいコピーがない"


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> AsyncIterator[InstalledVault]:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    made = await InstalledVault.install(tmp_path, clock, database_url, server)
    yield made
    made.forget()


async def test_what_was_ordered_before_the_copy_does_not_go_out_of_it(vault: InstalledVault) -> None:
    async with vault.world() as world:
        collecting = await Collecting.begin(world)
        await collecting.add("E1", channel="kit")
        order = (await collecting.ordered("E1")).order
        taken = await vault.back_up(world.house)
        assert (await collecting.sent(order)).count == 1
        await vault.witness(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        refused = await record_dispatched(
            again.custodian, collecting.administrator, order, None, vault.clock()
        )
        assert rule_of(refused) == "dispatch-unknown"
        await vault.witness(house)
