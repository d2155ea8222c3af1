"""A bare database with one enrolled account."""

from collections.abc import AsyncIterator

import pytest

from tokenizer.storage import open_database
from tokenizer.storage.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url, 4)
    yield opened
    await opened.close()
