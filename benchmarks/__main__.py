"""Measure everything: `python -m benchmarks [--quick] [--json FILE] [--only sqlite|postgresql]`."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks.backends import Backend, open_backends
from benchmarks.book import measure_book
from benchmarks.direct import measure_direct
from benchmarks.disposal import measure_disposal
from benchmarks.growth import measure_growth
from benchmarks.machine import describe
from benchmarks.over_http import measure_over_http
from benchmarks.report import table, to_json
from benchmarks.single import measure_single
from benchmarks.trials import Result

T = TypeVar("T")

NAMES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Plan:
    """How much is measured: (batch size, batches in a round, rounds), and the sizes of the long cases."""

    batches: tuple[tuple[int, int, int], ...]
    singles: int
    tenants: int
    companies: int
    people: int
    ending: int


FULL = Plan(((1, 100, 3), (100, 20, 3), (1_000, 10, 5), (10_000, 3, 3)), 3_000, 1_000, 480, 590_000, 10)
QUICK = Plan(((1, 20, 1), (1_000, 5, 3)), 1_000, 40, 5, 6_000, 2)


def main() -> None:
    """Measure, and print what came out."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute instead of a quarter of an hour")
    parser.add_argument("--only", choices=NAMES, help="one database alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep everything in a file as well")
    chosen = parser.parse_args()
    names = frozenset([chosen.only] if chosen.only else NAMES)
    with (
        TemporaryDirectory(prefix="warifu-benchmarks-") as directory,
        open_backends(names, Path(directory)) as backends,
    ):
        results = asyncio.run(measure(backends, QUICK if chosen.quick else FULL))
    machine = describe()
    if chosen.json:
        chosen.json.write_bytes(to_json(machine, results))
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    print("\n" + table(results))


async def measure(backends: list[Backend], plan: Plan) -> list[Result]:
    """Every case on every database, one after the other."""
    results: list[Result] = []
    for backend in backends:
        for size, count, rounds in plan.batches:
            results += await _told(f"{backend.name}: {size:,}", measure_direct(backend, size, count, rounds))
            results += await _told(
                f"{backend.name}: {size:,} over HTTP", measure_over_http(backend, size, count, rounds)
            )
        results += await _told(f"{backend.name}: one by one", measure_single(backend, plan.singles, 3))
        results.append(await _told(f"{backend.name}: growth", measure_growth(backend, plan.tenants)))
        if backend.kind == "sqlite":
            results.append(await asyncio.to_thread(measure_book, plan.companies, plan.people))
            results += await asyncio.to_thread(measure_disposal, plan.ending, plan.people)
    return results


async def _told(what: str, work: Awaitable[T]) -> T:
    print(what, flush=True)
    return await work


if __name__ == "__main__":
    main()
