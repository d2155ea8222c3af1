"""The tenant of a house, seen through the API."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Office, open_office
from tests.support.world import World


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    async with open_office(world) as opened:
        yield opened
