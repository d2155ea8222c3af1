"""A vault with two tenants and a clock set by hand."""

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.epochs import Keep
from tokenizer.storage.database import Database


@pytest.fixture
async def keep(database: Database, tmp_path: Path, clock: FakeClock) -> Keep:
    return await Keep.make(database, tmp_path / "keys", clock)
