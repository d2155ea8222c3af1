"""Print kits as one job and read some back: `python -m benchmarks.kits [--kits 10000] [--at-once 2] [--json FILE]`.

The kits are made up: no dependents to six, a spouse under 第3号 in every third, names and addresses of their own.
"""

import asyncio
import json
import resource
import time
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.machine import describe
from custody.kits.facts import Kit
from custody.kits.press import KitPress
from custody.kits.print_job import PER_FILE, Printed, PrintJob
from custody.kits.scan import read_pages
from tests.support.kits import as_jpeg, blurred, kit, noisy, rotated, sheet

_READ: Final = 40
_MEBI: Final = 1 << 20


@dataclass(frozen=True)
class Measured:
    """What came out; memory in MiB at its highest."""

    kits: int
    pages: int
    files: int
    at_once: int
    seconds: float
    kits_a_second: float
    pages_a_second: float
    megabytes_on_disk: float
    memory_of_the_job: int
    memory_of_a_typesetter: int
    photos_read_a_second: float


def main() -> None:
    """Measure, and print what came out."""
    parser = ArgumentParser(prog="python -m benchmarks.kits", description=__doc__)
    parser.add_argument("--kits", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=2, help="files set at the same time")
    parser.add_argument("--per-file", type=int, default=PER_FILE)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep everything in a file as well")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="warifu-kits-") as place:
        measured = asyncio.run(measure(Path(place), chosen.kits, chosen.at_once, chosen.per_file))
    found = {**describe(), **asdict(measured)}
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")
    print("\n".join(f"{name}: {value}" for name, value in found.items()))


async def measure(place: Path, count: int, at_once: int, per_file: int) -> Measured:
    """Print that many kits into a directory."""
    began = time.perf_counter()
    printed = await PrintJob(place, KitPress(at_once), _tell, per_file).run(made_up(count))
    seconds = time.perf_counter() - began
    job, typesetter = (
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Measured(
        kits=printed.kits,
        pages=printed.pages,
        files=printed.files,
        at_once=at_once,
        seconds=round(seconds, 1),
        kits_a_second=round(printed.kits / seconds, 1),
        pages_a_second=round(printed.pages / seconds, 1),
        megabytes_on_disk=round(await asyncio.to_thread(_size, place) / _MEBI, 1),
        memory_of_the_job=job,
        memory_of_a_typesetter=typesetter,
        photos_read_a_second=round(await asyncio.to_thread(_read), 1),
    )


async def made_up(count: int) -> AsyncIterator[Kit]:
    """Kits as they come out of a database, one at a time."""
    for seed in range(count):
        usual = kit(seed, seed % 7, spouse=seed % 3 == 0)
        postal = replace(usual.recipient.postal, address=f"大阪府大阪市北区梅田{seed % 9 + 1}丁目{seed}番地")
        yield replace(usual, recipient=replace(usual.recipient, name=f"試験 太郎{seed}", postal=postal))


def _tell(printed: Printed) -> None:
    print(f"{printed.kits:,} kits, {printed.pages:,} pages", flush=True)


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.iterdir())


def _read() -> float:
    photos = [as_jpeg(noisy(blurred(rotated(sheet(), 9 * turn), 1), 10)) for turn in range(_READ)]
    began = time.perf_counter()
    assert all(read_pages(photo).kits for photo in photos)
    return _READ / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
