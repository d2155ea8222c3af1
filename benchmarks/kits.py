"""Kits from an order to a scan: `python -m benchmarks.kits [--kits 10000] [--largest 7] [--json FILE]`.

A campaign of made-up households in an SQLite database, of one to seven people, a spouse under 第3号 in every third:
ordered, asked for as `printKits` does, printed as the worker does. And photos of a sheet are read back.
"""

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.jobs import AT_ONCE
from benchmarks.backends import SqliteBackend
from benchmarks.machine import describe
from benchmarks.printing import Printing, print_all
from benchmarks.stage import Stage, open_stage
from benchmarks.trials import Stopwatch
from custody.kits.printout import PER_FILE, Printout, PrintState
from custody.kits.scan import read_pages
from custody.roster import MAX_ROWS
from policies.purposes import PersonKind
from tests.support.kits import as_jpeg, blurred, noisy, rotated, sheet
from tests.support.kitting import Kitting

_READ: Final = 40
_LARGEST: Final = 7
"""People of the largest household, the employee included."""
_MEBI: Final = 1 << 20
_PAUSED: Final = 30
"""Seconds between two acts of the company."""


@dataclass(frozen=True, slots=True)
class Households:
    """So many, of one person to `largest`."""

    count: int
    largest: int

    def size(self, seed: int) -> int:
        """How many people live in one."""
        return 1 + seed % self.largest

    def orders(self) -> Iterator[range]:
        """The households of each order, which is for at most 10,000 people."""
        most = MAX_ROWS * 2 // (1 + self.largest)
        most -= most % self.largest
        return (range(first, min(first + most, self.count)) for first in range(0, self.count, most))


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out; `asked` is the seconds of all `printKits`, memory is in MiB at its highest."""

    database: str
    kits: int
    people: int
    orders: int
    pages: int
    asked: float
    printing: Printing
    mebibytes_on_disk: float
    photos_a_second: float

    def lines(self) -> Iterator[tuple[str, str]]:
        """What was measured, and how much it was."""
        run = self.printing
        yield "kits", f"{self.kits:,} for {self.people:,} people; orders: {self.orders}"
        yield "asking for them (`printKits`)", f"{self.kits / self.asked:,.0f} kits/s"
        yield "printing", f"{self.kits / run.seconds:,.1f} kits/s, {self.pages / run.seconds:,.0f} pages/s"
        yield "all of it", f"{self.pages:,} pages in {run.seconds:,.0f} s; turns of the worker: {run.turns}"
        yield "memory of the job", f"{run.job:,.0f} MiB; {run.before:,.0f} MiB before the first file"
        yield "memory of one typesetter", f"{run.typesetter:,.0f} MiB"
        yield "on disk", f"{run.files:,} files, {self.mebibytes_on_disk:,.0f} MiB"
        yield "read back", f"{self.photos_a_second:,.1f} photos/s in one process, turned, blurred and grainy"

    def table(self) -> str:
        """One Markdown table."""
        rows = [(f"### {self.database}\n\n| what", "how much"), ("|---", "---"), *self.lines()]
        head, rule, *body = rows
        lines = [f"{head[0]} | {head[1]} |", f"{rule[0]}|{rule[1]}|", *(f"| {a} | {b} |" for a, b in body)]
        return "\n".join(lines)


def main() -> None:
    """Measure, and print what came out."""
    parser = ArgumentParser(prog="python -m benchmarks.kits", description=__doc__)
    parser.add_argument("--kits", type=int, default=10_000)
    parser.add_argument("--largest", type=int, default=_LARGEST, help="people of the largest household")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="files set at the same time")
    parser.add_argument("--per-file", type=int, default=PER_FILE)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep everything in a file as well")
    chosen = parser.parse_args()
    machine = describe()
    with TemporaryDirectory(prefix="warifu-kits-") as place:
        measured = asyncio.run(
            measure(Path(place), Households(chosen.kits, chosen.largest), chosen.at_once, chosen.per_file)
        )
    if chosen.json:
        found = {"machine": machine, "kits": asdict(measured)}
        chosen.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    print("\n" + measured.table())


async def measure(directory: Path, households: Households, at_once: int, per_file: int) -> Measured:
    """Print a kit for each household out of a database in that directory."""
    count = households.count
    backend = SqliteBackend(directory)
    async with open_stage(backend) as stage:
        kitting = await Kitting.begin(stage.world, "TAX_GENSEN", "NP_3GO")
        orders = [await _order(stage, kitting, each, households) for each in households.orders()]
        with Stopwatch() as asking:
            papers = [(await kitting.ask(order)).printout.papers for order in orders]
        assert sum(papers) == count, papers
        tenant = stage.world.tenant.id
        printing = await asyncio.to_thread(print_all, stage.settings, tenant, at_once, per_file)
        done = [await _done(kitting, order) for order in orders]
        size = await asyncio.to_thread(_size, stage.settings.data / "prints")
    return Measured(
        database=backend.name,
        kits=count,
        people=sum(map(households.size, range(count))),
        orders=len(orders),
        pages=sum(each.pages for each in done),
        asked=asking.seconds,
        printing=printing,
        mebibytes_on_disk=size / _MEBI,
        photos_a_second=await asyncio.to_thread(_read),
    )


async def _order(stage: Stage, kitting: Kitting, chosen: Sequence[int], households: Households) -> str:
    """Have people in the campaign, and order a kit for each household."""
    ids, kinds, employees, addresses = list[str](), list[PersonKind](), list[str](), list[str]()
    for seed in chosen:
        name, size = f"E{seed}", households.size(seed)
        ids += [name, *(f"{name}-{member}" for member in range(1, size))]
        kinds += _kinds(seed, size)
        employees += ["", *[name] * (size - 1)]
        addresses += [f"〒530-0001 大阪府大阪市北区梅田{seed % 9 + 1}丁目{seed}番地"] * size
    stage.clock.advance(seconds=_PAUSED)
    names = [f"試験 太郎{each}" for each in ids]
    births = ["1985-04-03"] * len(ids)
    columns = {"names": names, "addresses": addresses, "birth_dates": births, "employees": employees}
    await kitting.invite(ids, kinds=kinds, **columns)
    return await kitting.order(*ids)


def _kinds(seed: int, size: int) -> list[PersonKind]:
    others = [PersonKind.DEPENDENT] * (size - 1)
    if others and seed % 3 == 0:
        others[0] = PersonKind.SPOUSE
    return [PersonKind.EMPLOYEE, *others]


async def _done(kitting: Kitting, order: str) -> Printout:
    printout = await kitting.printout(order)
    assert (printout.state, printout.printed) == (PrintState.DONE, printout.papers), printout
    return printout


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _read() -> float:
    photos = [as_jpeg(noisy(blurred(rotated(sheet(), 9 * turn), 1), 10)) for turn in range(_READ)]
    with Stopwatch() as watch:
        assert all(read_pages(photo).kits for photo in photos)
    return _READ / watch.seconds


if __name__ == "__main__":
    main()
