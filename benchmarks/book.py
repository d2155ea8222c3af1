"""The whole book of a large service: 590,000 people of 480 companies, from CSV files into an embedded vault.

It runs in a process of its own, so that the memory it reports is its own: `python -m benchmarks.book COMPANIES PEOPLE`.
"""

import asyncio
import resource
import sys
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks.backends import SqliteBackend
from benchmarks.stage import Stage, open_stage
from benchmarks.trials import Result, Stopwatch
from custody.registration import Registered, register
from custody.roster import Columns
from examples.make_roster import synthetic_people, to_csv
from policies.purposes import PersonKind
from warifu.roster import RosterColumns, RosterRow, columns, read_roster

COMPANIES: Final = 480
PEOPLE: Final = 590_000
SECONDS: Final = 90
MEBIBYTES: Final = 400
_BATCH: Final = 1_000
_PEOPLE_PER_EMPLOYEE: Final = 2.5


def measure_book(companies: int = COMPANIES, people: int = PEOPLE) -> Result:
    """Read and register the book in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.book", str(companies), str(people)]
    found = orjson.loads(run(command, stdout=PIPE, check=True).stdout)
    enough = companies >= COMPANIES
    return Result(
        found["database"],
        f"{found['people']:,} people of {companies} companies from CSV",
        _BATCH,
        found["people"] / found["seconds"],
        0,
        0,
        ok=found["seconds"] < SECONDS and found["peak"] < MEBIBYTES,
        bar=PEOPLE / SECONDS if enough else 0,
        note=(
            f"{found['seconds']:.0f} s (under {SECONDS}), resident set {found['early']:.0f} MiB after a tenth, "
            f"{found['peak']:.0f} MiB at most (under {MEBIBYTES})"
        ),
    )


async def _play(companies: int, people: int) -> dict[str, object]:
    with TemporaryDirectory(prefix="warifu-book-") as name:
        directory = Path(name)
        files = _write(directory, companies, people)
        backend = SqliteBackend(directory)
        registered, early = 0, 0.0
        async with open_stage(backend) as stage:
            with Stopwatch() as watch:
                for number, file in enumerate(files):
                    registered += await _register(stage, file)
                    early = early or (peak() if number >= companies // 10 else 0.0)
        return {
            "database": backend.name,
            "people": registered,
            "seconds": watch.seconds,
            "early": early,
            "peak": peak(),
        }


def _write(directory: Path, companies: int, people: int) -> list[Path]:
    files = []
    employees = round(people / companies / _PEOPLE_PER_EMPLOYEE) + 1
    for company in range(companies):
        file = directory / f"{company}.csv"
        file.write_text(to_csv(synthetic_people(company, employees)), encoding="utf-8")
        files.append(file)
    return files


async def _register(stage: Stage, file: Path) -> int:
    world = await stage.another_tenant()
    client = await world.client()
    registered = 0
    people = (row for row in read_roster(file) if isinstance(row, RosterRow))
    for batch in columns(people, _BATCH):
        now = stage.clock.advance(seconds=1)
        done = await register(world.custodian, client, _columns(batch), world.terms(), now)
        assert isinstance(done, Registered), done
        assert not done.rejections, done.rejections[0]
        registered += done.registered
    return registered


def _columns(batch: RosterColumns) -> Columns:
    return Columns(
        batch.external_ids,
        batch.numbers,
        [PersonKind(kind) for kind in batch.kinds],
        batch.names,
        batch.kana,
        [day or "" for day in batch.birth_dates],
        batch.addresses,
        [employee or "" for employee in batch.employees],
    )


def peak() -> float:
    """The largest resident set so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_play(int(sys.argv[1]), int(sys.argv[2])))))
