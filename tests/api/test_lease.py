"""The lease: one process at a time, renewed by its holder, free again when the holder is silent for a minute."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.lease import LEASE_MS, give_back, take_lease
from tests.support.tamper import change, rows
from tokenizer.storage import open_database
from tokenizer.storage.database import Database

NOW = 1_800_000_000_000


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url, 4)
    yield opened
    await opened.close()


async def test_the_first_takes_it_and_others_wait_until_the_minute_is_over(database: Database) -> None:
    assert await take_lease(database, "one", NOW)
    assert not await take_lease(database, "two", NOW + LEASE_MS - 1)
    assert await take_lease(database, "two", NOW + LEASE_MS)
    assert not await take_lease(database, "one", NOW + LEASE_MS)


async def test_its_holder_renews_it_as_often_as_it_likes(database: Database) -> None:
    for late in range(0, 5 * LEASE_MS, LEASE_MS // 2):
        assert await take_lease(database, "one", NOW + late)
        assert not await take_lease(database, "two", NOW + late)


async def test_given_back_it_is_free_at_once_and_nobody_gives_back_another_s(database: Database) -> None:
    assert await take_lease(database, "one", NOW)
    await give_back(database, "two")
    assert not await take_lease(database, "two", NOW)
    await give_back(database, "one")
    assert await take_lease(database, "two", NOW)


async def test_of_many_at_once_one_takes_it(database: Database) -> None:
    taken = await asyncio.gather(*(take_lease(database, f"node {each}", NOW) for each in range(12)))
    assert sum(taken) == 1


async def test_a_clock_that_is_a_little_slow_takes_nothing_away(database: Database) -> None:
    assert await take_lease(database, "one", NOW)
    assert not await take_lease(database, "two", NOW - 30_000)


async def test_a_lease_from_a_clock_far_ahead_binds_nobody(database: Database) -> None:
    assert await take_lease(database, "one", NOW + 365 * 86_400_000)
    assert await take_lease(database, "two", NOW)


async def test_whatever_somebody_wrote_into_the_row_it_is_taken_again(database: Database) -> None:
    await change(database, 0, "UPDATE worker_lease SET holder = 'nobody', until = 9000000000000000000")
    assert await take_lease(database, "one", NOW)
    assert await rows(database, 0, "SELECT holder, until FROM worker_lease") == [("one", NOW + LEASE_MS)]
