"""A world whose contract comes to its end."""

import pytest

from tests.support.disposal import Ending
from tests.support.world import World


@pytest.fixture
async def ending(world: World) -> Ending:
    return await Ending.begin(world)
