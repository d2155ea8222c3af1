"""kill -9 while numbers are disposed of and epochs swept: nothing is half-destroyed, and the next process goes on."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.disposal import Ending
from tests.support.disposing import LATER_MS, Watch, dispose, dispose_wrongly
from tests.support.kills import kill_often
from tests.support.vaults import InstalledVault

KILLS = 40
IN_A_TURN = 10
MOMENTS = (0.02, 0.3)
"""Seconds to the latest kill, turn by turn: on any disk the brief one comes amid, and the long one after the end."""


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> InstalledVault:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    return await InstalledVault.install(tmp_path, clock, database_url, server)


@pytest.fixture
async def watch(vault: InstalledVault) -> AsyncIterator[Watch]:
    async with vault.world() as world:
        yield Watch(await Ending.begin(world))


async def killed(watch: Watch, vault: InstalledVault, target: Callable[..., None], kills: int) -> int:
    """Kill the node so often, with something to do each time; says how often it was in the middle of it."""
    args, amid = (vault.settings, vault.clock() + LATER_MS), 0
    await watch.approve()
    await watch.roll()
    for turn in range(kills // IN_A_TURN):
        async for _ in kill_often(
            target, args, IN_A_TURN, seed=3 + turn, longest=MOMENTS[turn % len(MOMENTS)]
        ):
            await watch.assert_whole()
            left = await watch.listed()
            amid += left > 0
            if not left:
                await watch.approve()
        await watch.roll()
    return amid


async def test_forty_kills_leave_nobody_half_destroyed(watch: Watch, vault: InstalledVault) -> None:
    amid = await killed(watch, vault, dispose, KILLS)
    assert amid > KILLS // 10
    assert watch.seeds > 2, "it came to the end of several runs"
    await watch.settle()


async def test_a_disposal_that_commits_before_it_deletes_is_caught(
    watch: Watch, vault: InstalledVault
) -> None:
    with pytest.raises(AssertionError, match="is disposed of, with"):
        await killed(watch, vault, dispose_wrongly, 5 * KILLS)  # the first that hits the gap ends it
