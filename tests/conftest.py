"""Fixtures that every test may use: both databases, a wired house, a world with a tenant."""

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import settings

from api.bootstrap import House, set_up
from api.migrations import migrate
from api.settings import Settings
from tests.support.clock import FakeClock
from tests.support.databases import Postgres, postgres
from tests.support.memory import memory
from tests.support.world import World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def pytest_configure() -> None:
    # In place of Python's own handler, asyncio would put one of its own for each run of a loop, and take it away
    # again, at the price of spelling out everything that the run holds.
    signal.signal(signal.SIGINT, _interrupt)
    if (room := memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(room))


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.default_int_handler(number, frame)


def pytest_collection_finish() -> None:
    """Keep the collector from looking through what stays for good, thousands of tests, over and over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres(WORKER) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "warifu.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "warifu.db")
    return f"sqlite:///{data / 'warifu.db'}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: Postgres, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated PostgreSQL database, with a role that row-level security binds."""
    (tmp_path / "data").mkdir(exist_ok=True)
    if request.node.get_closest_marker("fresh_database") is None:
        with postgres_server.lent() as url:
            yield url
        return
    url = postgres_server.database()
    yield url
    postgres_server.leave(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on both databases."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    """The house, wired as the server wires it, on either database."""
    keys = FileKeyProvider.create(tmp_path / "keys", "test-vault", now_ms=clock(), data_dir=tmp_path / "data")
    settings = Settings(
        data=tmp_path / "data",
        keys=tmp_path / "keys",
        database=database_url,
        public_url="https://numbers.example",
    )
    opened = await set_up(settings, keys, clock, passwords=Passwords(CHEAP_FOR_TESTS))
    yield opened
    await opened.database.close()


@pytest.fixture
async def world(house: House, clock: FakeClock) -> World:
    """A tenant in that house."""
    return await World.open(house, clock)
