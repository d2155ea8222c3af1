"""A database restored from a copy lets nobody in by a link that was revoked, or used up, since the copy was made."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custody.selfservice.links import RevokedLinks, revoke_links
from custody.selfservice.visits import open_door, resume
from tests.support.clock import FakeClock
from tests.support.collecting import Collecting
from tests.support.outcomes import rule_of
from tests.support.vaults import InstalledVault
from tests.support.visiting import BIRTHDAY, Visitor, issue
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


async def test_links_of_before_the_copy_open_nothing_of_it(vault: InstalledVault) -> None:
    async with vault.world() as world:
        collecting = await Collecting.begin(world)
        visitor = await Visitor.comes(collecting, "E1")
        taken = await vault.back_up(world.house)
        revoked = await revoke_links(
            world.custodian, collecting.administrator, collecting.chosen("E1"), vault.clock()
        )
        assert isinstance(revoked, RevokedLinks)
        await vault.witness(world.house)
    restored = await vault.restore(taken.written.path, accept=WHY)
    async with vault.open(restored.settings) as house:
        again = World(house, vault.clock, world.tenant)
        opened = await open_door(again.custodian, visitor.link.secret, BIRTHDAY, vault.clock())
        assert rule_of(opened) == "door-not-opened"
        resumed = await resume(again.custodian, visitor.visit.secret, vault.clock())
        assert rule_of(resumed) == "visit-ended"
        collecting.world = again
        (link,) = await issue(collecting, "E1")
        assert (await Visitor.through(collecting, link)).visit.person == visitor.visit.person
        await vault.witness(house)
