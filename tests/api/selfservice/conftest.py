"""A company that collects, behind the application as it is served."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Office, open_office
from tests.support.collecting import Collecting
from tests.support.world import World


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    async with open_office(world) as opened:
        yield opened


@pytest.fixture
async def collecting(office: Office) -> Collecting:
    return await Collecting.begin(office.world)
