"""A vault for tests of backups: its settings, and its house as often as one needs it, on either database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from api.backups import Taken, record_backup, take_backup
from api.bootstrap import House, open_house, set_up
from api.drills import Report, drill
from api.restores import Restored, restore_backup
from api.settings import Settings
from custody.witness import witness
from tests.support.clock import FakeClock
from tests.support.databases import Postgres
from tests.support.world import OPERATOR, World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider

CHEAP = Passwords(CHEAP_FOR_TESTS)
_NUMBERS = count()


def quiet(_step: str, _done: int, _whole: int) -> None:
    """Nobody is told how far it is."""


@dataclass
class InstalledVault:
    """A vault in a directory.

    Attributes:
        place: where data, keys, ledger and backups are.
        settings: how it is set up.
        keys: its key provider.
        clock: its time.
        server: the PostgreSQL server, if it is on one.
    """

    place: Path
    settings: Settings
    keys: FileKeyProvider
    clock: FakeClock
    server: Postgres | None = None
    urls: list[str] = field(default_factory=list)

    @classmethod
    async def install(
        cls, place: Path, clock: FakeClock, url: str, server: Postgres | None
    ) -> "InstalledVault":
        (place / "data").mkdir(exist_ok=True)
        keys = FileKeyProvider.create(place / "keys", "test-vault", now_ms=clock())
        settings = Settings(data=place / "data", keys=place / "keys", database=url, origin="log.example/w")
        if server is not None:
            settings = replace(settings, backup_database=server.reader(url), postgres_tools=server.tools)
        house = await set_up(settings, keys, clock, passwords=CHEAP)
        await house.database.close()
        return cls(place, settings, keys, clock, server)

    @asynccontextmanager
    async def open(self, settings: Settings | None = None) -> AsyncIterator[House]:
        house = await open_house(settings or self.settings, self.keys, self.clock, passwords=CHEAP)
        try:
            yield house
        finally:
            await house.database.close()

    @asynccontextmanager
    async def world(self) -> AsyncIterator[World]:
        """The house with a new tenant in it."""
        async with self.open() as house:
            yield await World.open(house, self.clock)

    async def back_up(self, house: House) -> Taken:
        taken = await take_backup(self.settings, self.keys, self.clock, self.place / "backups", quiet)
        await record_backup(house, OPERATOR, taken)
        return taken

    async def witness(self, house: House) -> None:
        await witness(house.custodian, self.clock())

    def elsewhere(self) -> Settings:
        """Settings of a place that is still empty."""
        number = next(_NUMBERS)
        database = "sqlite:///warifu.db"
        if self.server is not None:
            database = self.server.empty()
            self.urls.append(database)
        return replace(self.settings, data=self.place / f"restored-{number}", database=database)

    async def restore(self, backup: Path, accept: str = "", to: Settings | None = None) -> Restored:
        return await restore_backup(backup, to or self.elsewhere(), self.keys, self.clock, accept, quiet)

    async def rehearse(self, backup: Path) -> Report:
        """A restore drill."""
        scratch = self.server.empty() if self.server else None
        try:
            return await drill(backup, self.settings, self.keys, self.clock, quiet, scratch)
        finally:
            if self.server and scratch:
                self.server.drop(scratch)

    def forget(self) -> None:
        """Drop the databases that were restored into."""
        for url in self.urls:
            if self.server is not None:
                self.server.drop(url)
