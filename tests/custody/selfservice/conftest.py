"""A company that collects numbers."""

import pytest

from tests.support.collecting import Collecting
from tests.support.world import World


@pytest.fixture
async def collecting(world: World) -> Collecting:
    return await Collecting.begin(world)
