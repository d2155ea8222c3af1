"""A company whose desk answers."""

import pytest

from tests.support.collecting import Collecting
from tests.support.desk import Desk
from tests.support.world import World


@pytest.fixture
async def desk(world: World) -> Desk:
    return await Desk.begin(await Collecting.begin(world), people=3)
