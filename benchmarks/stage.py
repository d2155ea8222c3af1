"""A house for one case: a fresh database, fresh keys, one tenant, a client and handlers with their codes."""

import gc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.bootstrap import House, set_up
from api.server import COLLECT_AFTER
from api.settings import Settings
from benchmarks.backends import Backend
from custody.clients import NewKey, create_client
from custody.roster import Columns
from custody.tenants import Settings as TenantSettings
from policies.quotas import Quotas
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers
from tests.support.world import GENSEN, PURPOSES, Human, World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider

PURPOSE: Final = GENSEN
REASON: Final = "年末調整"
_PLENTY: Final = 10**12
_EVERYTHING: Final = TenantSettings(_PLENTY, Quotas(_PLENTY, _PLENTY, _PLENTY))


class Stage:
    """One tenant of a wired house, without quotas in its way.

    Attributes:
        settings: of the installation.
        world: the tenant.
        clock: moves by hand.
    """

    def __init__(self, settings: Settings, world: World, clock: FakeClock) -> None:
        self.settings = settings
        self.world = world
        self.clock = clock

    @property
    def house(self) -> House:
        """Everything, wired together."""
        return self.world.house

    async def another_tenant(self) -> World:
        """One more tenant of the same house."""
        return await World.open(self.house, self.clock, settings=_EVERYTHING)

    async def client_key(self) -> str:
        """A client's key, for requests over HTTP."""
        made = await create_client(
            self.world.custodian, self.world.operator, "http", PURPOSES, self.clock.advance(seconds=1)
        )
        assert isinstance(made, NewKey), made
        return made.key

    async def handlers(self, count: int) -> list[Human]:
        """Handlers, each with a one-time code that was not used yet."""
        return [await self.world.human(f"handler{number}") for number in range(count)]

    def keys(self) -> tuple[bytes, bytes]:
        """The wrapping and index key of the tenant, for the floors."""
        keys = self.world.custodian.vault.keyring.tenant(self.world.tenant.id, 1)
        return keys.wrap, keys.index


@asynccontextmanager
async def open_stage(backend: Backend, now: int | None = None) -> AsyncIterator[Stage]:
    """Set a house up on a fresh database, and remove both afterwards."""
    clock = FakeClock() if now is None else FakeClock(now)
    url = backend.fresh()
    with TemporaryDirectory(prefix="warifu-bench-") as name:
        directory = Path(name)
        (directory / "data").mkdir()
        settings = Settings(directory / "data", directory / "keys", url, port=0)
        keys = FileKeyProvider.create(settings.keys, "benchmark", now_ms=clock(), data_dir=settings.data)
        house = await set_up(settings, keys, clock, passwords=Passwords(CHEAP_FOR_TESTS))
        world = await World.open(house, clock, settings=_EVERYTHING)
        try:
            with _settled_heap():
                yield Stage(settings, world, clock)
        finally:
            await house.database.close()
    backend.drop(url)


@contextmanager
def _settled_heap() -> Iterator[None]:
    """What the server does before it serves (see `api.server`), and how it was afterwards."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def batches(size: int, count: int, seed: int = 0) -> Sequence[Columns]:
    """Batches of synthetic people: external ids and numbers."""
    numbers = synthetic_numbers(size * count, seed)
    return [
        Columns([f"E{seed}-{batch}-{row}" for row in range(size)], numbers[batch * size : (batch + 1) * size])
        for batch in range(count)
    ]
