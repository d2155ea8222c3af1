"""What the worker does at the press, in a process of its own, so that the memory it reports is its own.

`python -m benchmarks.printing DATA KEYS DATABASE TENANT AT_ONCE PER_FILE`: prints what a tenant of an installation
waits for, turn by turn.
"""

import asyncio
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE, run

import orjson

from api.bootstrap import open_house, open_keys
from api.clock import wall_clock
from api.jobs import TURN_MS
from api.settings import Settings
from benchmarks.book import peak
from benchmarks.trials import Stopwatch
from custody.kits.files import PrintPlace
from custody.kits.press import KitPress
from custody.kits.print_file import Shop
from custody.kits.print_work import print_waiting


@dataclass(frozen=True, slots=True)
class Printing:
    """What the worker needed.

    Attributes:
        files: PDFs that were made.
        turns: how often the other chores would have had theirs in between.
        seconds: for all of it.
        before: the largest resident set before the first file, in MiB.
        job: that of the process, to the end.
        typesetter: that of the largest of the processes that set one file.
    """

    files: int
    turns: int
    seconds: float
    before: float
    job: float
    typesetter: float


def print_all(settings: Settings, tenant: int, at_once: int, per_file: int) -> Printing:
    """Print what a tenant waits for, in a fresh process."""
    place = [str(each) for each in (settings.data, settings.keys, settings.database_url)]
    sizes = [str(each) for each in (tenant, at_once, per_file)]
    command = [sys.executable, "-m", "benchmarks.printing", *place, *sizes]
    return Printing(**orjson.loads(run(command, stdout=PIPE, check=True).stdout))


async def _play(settings: Settings, tenant: int, at_once: int, per_file: int) -> Printing:
    house = await open_house(settings, open_keys(settings), wall_clock)
    shop = Shop(PrintPlace(settings.data), KitPress(at_once), wall_clock, per_file=per_file)
    before, files, turns, more = peak(), 0, 0, True
    try:
        with Stopwatch() as watch:
            while more:
                turn = await print_waiting(house.custodian, shop, [tenant], wall_clock() + TURN_MS)
                files, turns, more = files + turn.files, turns + 1, turn.more
                print(f"{files:,} files", file=sys.stderr, flush=True)
    finally:
        await house.database.close()
    typesetter = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Printing(files, turns, watch.seconds, before, peak(), typesetter)


if __name__ == "__main__":
    data, keys, url, *numbers = sys.argv[1:]
    at = Settings(Path(data), Path(keys), url)
    sys.stdout.buffer.write(orjson.dumps(asdict(asyncio.run(_play(at, *map(int, numbers))))))
