"""kill -9 again and again: `python -m benchmarks.kills [--kills N] [--database NAME]`, a thousand of each by default.

First a node that disposes of numbers and sweeps at the same time, then one that rolls, sweeps and destroys. After
every kill everybody is looked at, as in tests/proof/test_kills.py and tests/tokenizer/epochs/test_kills.py; the first
fault ends it with an error.
"""

import asyncio
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.migrations import migrate
from benchmarks.machine import describe
from benchmarks.trials import Stopwatch
from tests.support.clock import FakeClock
from tests.support.databases import Postgres, postgres
from tests.support.disposal import Ending
from tests.support.disposing import LATER_MS, PEOPLE, Watch, dispose
from tests.support.epochs import OTHER, Keep
from tests.support.kills import kill_often
from tests.support.sweeping import turn
from tests.support.vaults import InstalledVault
from tokenizer.storage import open_database

DATABASES: Final = ("sqlite", "postgresql")
_ROUND: Final = 50


@dataclass(frozen=True)
class Outcome:
    """What became of a series: every kill left everybody whole, or there would be no outcome."""

    database: str
    what: str
    kills: int
    amid: int
    seconds: float
    note: str

    def __str__(self) -> str:
        return (
            f"{self.database}, {self.what}: {self.kills:,} kills, {self.amid:,} of them in the middle of it, "
            f"0 half-destroyed, 0 unreadable, 0 readable again; {self.note}; {self.seconds:.0f} s"
        )


def main() -> None:
    """Kill, and print what came out."""
    parser = ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--database", choices=DATABASES, help="one alone")
    parser.add_argument("--series", choices=_SERIES, help="one alone")
    chosen = parser.parse_args()
    print("\n".join(f"{name}: {value}" for name, value in describe().items()), flush=True)
    for name in [chosen.database] if chosen.database else DATABASES:
        for series in [_SERIES[chosen.series]] if chosen.series else _SERIES.values():
            with TemporaryDirectory(prefix="warifu-kills-") as directory, _server(name) as server:
                print(asyncio.run(series(Path(directory), server, chosen.kills)), flush=True)


@contextmanager
def _server(name: str) -> Iterator[Postgres | None]:
    if name == "sqlite":
        yield None
        return
    with postgres("kills") as server:
        yield server


def _url(place: Path, server: Postgres | None) -> str:
    (place / "data").mkdir()
    if server is not None:
        return server.database()
    url = f"sqlite:///{place / 'data' / 'warifu.db'}"
    migrate.upgrade(url)
    return url


async def _disposal(place: Path, server: Postgres | None, kills: int) -> Outcome:
    """In rounds, each on a fresh vault: looking at everybody after each kill takes longer the more there are."""
    amid = persons = runs = 0
    with Stopwatch() as stopwatch:
        for first in range(0, kills, _ROUND):
            directory = place / str(first)
            directory.mkdir()
            watch, met = await _round(directory, server, min(_ROUND, kills - first), first)
            amid, persons, runs = amid + met, persons + watch.seeds * PEOPLE, runs + watch.seeds
    note = f"{persons:,} persons disposed of in {runs:,} runs"
    return Outcome(_name(server), "disposal and sweep", kills, amid, stopwatch.seconds, note)


async def _round(place: Path, server: Postgres | None, kills: int, seed: int) -> tuple[Watch, int]:
    clock = FakeClock()
    vault, amid = await InstalledVault.install(place, clock, _url(place, server), server), 0
    async with vault.world() as world:
        watch = Watch(await Ending.begin(world))
        await watch.approve()
        node = (vault.settings, clock() + LATER_MS)
        async for kill in kill_often(dispose, node, kills, seed=seed, longest=0.15):
            await watch.assert_whole()
            left = await watch.listed()
            amid += left > 0
            if not left:
                await watch.approve()
            if kill % 10 == 0:
                await watch.roll()
        await watch.settle()
    return watch, amid


async def _sweep(place: Path, server: Postgres | None, kills: int) -> Outcome:
    clock, url = FakeClock(), _url(place, server)
    database = open_database(url, 2)
    keep = await Keep.make(database, place / "keys", clock)
    await keep.fill(60)
    await keep.fill(20, OTHER, seed=1)
    amid = 0
    with Stopwatch() as stopwatch:
        async for _ in kill_often(turn, (url, place / "keys", clock()), kills, seed=95, longest=0.15):
            await keep.assert_whole()
            amid += len(await keep.epochs_of_rows()) > 1
    await database.close()
    note = f"{len(keep.provider.destroyed_epochs()):,} epochs rolled and destroyed"
    return Outcome(_name(server), "roll, sweep and destroy", kills, amid, stopwatch.seconds, note)


_SERIES: Final = {"disposal": _disposal, "sweep": _sweep}


def _name(server: Postgres | None) -> str:
    return "SQLite" if server is None else "PostgreSQL"


if __name__ == "__main__":
    main()
