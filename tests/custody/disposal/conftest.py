"""A world whose people come and go."""

import pytest

from tests.support.disposal import Ending
from tests.support.world import World


@pytest.fixture
async def ending(world: World) -> Ending:
    return await Ending.begin(world)
