"""Presses that behave in their own way, and a worker at the press that is there to be killed."""

import asyncio
from collections.abc import Awaitable, Callable

from api.bootstrap import open_house
from api.settings import Settings
from custody.kits.files import PrintPlace
from custody.kits.print_file import Shop
from custody.kits.print_work import print_waiting
from tests.support.clock import FakeClock
from tests.support.kills import Ready
from tests.support.kitting import PressInHouse
from tests.support.vaults import CHEAP
from tokenizer.providers.file import FileKeyProvider

Meanwhile = Callable[[int], Awaitable[None]]
"""What happens while a file is being set, given how many were begun before it."""


class EventfulPress(PressInHouse):
    """Something happens while it sets a file.

    Args:
        meanwhile: what happens.
        at_once: how many files it would set at the same time.
    """

    def __init__(self, meanwhile: Meanwhile, at_once: int = 1) -> None:
        super().__init__(at_once)
        self.begun = 0
        self._meanwhile = meanwhile

    async def set(self, job: bytes) -> bytes:
        before, self.begun = self.begun, self.begun + 1
        await self._meanwhile(before)
        return await super().set(job)


def slow_press(clock: FakeClock, seconds: float) -> EventfulPress:
    """A press that takes so long for a file, on the clock."""

    async def goes_by(_before: int) -> None:
        clock.advance(seconds=seconds)

    return EventfulPress(goes_by)


def print_one_by_one(ready: Ready, settings: Settings, tenant: int, now: int) -> None:
    """Print all that waits, a kit a file, and stay until killed."""
    asyncio.run(_print(ready, settings, tenant, now))


async def _print(ready: Ready, settings: Settings, tenant: int, now: int) -> None:
    clock = FakeClock(now)
    house = await open_house(settings, FileKeyProvider.open(settings.keys), clock, passwords=CHEAP)
    shop = Shop(PrintPlace(settings.data), PressInHouse(), clock, settings.public_url, per_file=1)
    ready()
    await print_waiting(house.custodian, shop, [tenant], now + 1)
    await asyncio.Event().wait()
