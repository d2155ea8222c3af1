"""The end of a large book: 590,000 persons swept under a new epoch, proposed, and disposed of, in an embedded vault.

It runs in a process of its own, so that the memory it reports is its own:
`python -m benchmarks.disposal TENANTS PEOPLE`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from api.jobs import tenants_of
from benchmarks.backends import SqliteBackend
from benchmarks.book import peak
from benchmarks.stage import Stage, batches, open_stage
from benchmarks.trials import Result, Stopwatch
from custody.disposal.execute import Means
from custody.disposal.jobs import execute_runs, propose_runs
from custody.disposal.run import RunState, runs_in_state
from custody.registration import Registered, register
from tests.support.disposal import DUE, FUYO, GENSEN, Ending
from tokenizer.epochs.roll import roll
from tokenizer.epochs.sweep import sweep

TENANTS: Final = 10
PEOPLE: Final = 590_000
MEBIBYTES: Final = 400
_BATCH: Final = 1_000


def measure_disposal(tenants: int = TENANTS, people: int = PEOPLE) -> list[Result]:
    """Sweep and dispose of everybody in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.disposal", str(tenants), str(people)]
    found = orjson.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return [
        Result(
            found["database"],
            f"{step}: {found['people']:,} persons of {tenants} tenants",
            batch,
            found["people"] / found[step]["seconds"],
            0,
            0,
            ok=found[step]["peak"] < MEBIBYTES,
            note=(
                f"{found[step]['seconds']:.0f} s, resident set {found['before']:.0f} MiB before, "
                f"{found[step]['peak']:.0f} MiB at most (under {MEBIBYTES})"
            ),
        )
        for step, batch in (("sweep", 1_000), ("propose", 1_000), ("dispose", 500))
    ]


async def _play(tenants: int, people: int) -> dict[str, object]:
    with TemporaryDirectory(prefix="warifu-disposal-") as name:
        backend = SqliteBackend(Path(name))
        async with open_stage(backend) as stage:
            endings = [await _company(stage, people // tenants, seed) for seed in range(tenants)]
            told: dict[str, object] = {
                "database": backend.name,
                "people": people // tenants * tenants,
                "before": peak(),
            }
            told["sweep"] = await _measured(_sweep(stage))
            endings[0].go_to(DUE)
            told["propose"] = await _measured(_propose(stage))
            for ending in endings:
                await _decide(ending)
            told["dispose"] = await _measured(_dispose(stage))
        return told


async def _company(stage: Stage, people: int, seed: int) -> Ending:
    """A tenant whose people have all left, with a document each, and fall due on the same day."""
    ending = await Ending.begin(await stage.another_tenant())
    world = ending.world
    for columns in batches(_BATCH, people // _BATCH, seed):
        now = stage.clock.advance(seconds=1)
        done = await register(world.custodian, ending.client, columns, world.terms(FUYO, GENSEN), now)
        assert isinstance(done, Registered), done
        await ending.left(columns.external_ids)
    return ending


async def _sweep(stage: Stage) -> None:
    vault, now = stage.house.custodian.vault, stage.clock.advance(days=7)
    await roll(vault, stage.house.provider, now)
    told = await sweep(vault, tenants_of(stage.house), now)
    assert told.done, told


async def _propose(stage: Stage) -> None:
    await propose_runs(stage.house.custodian, stage.clock())


async def _decide(ending: Ending) -> None:
    world = ending.world
    (run,) = await world.house.database.read(
        world.tenant.id,
        lambda tx: runs_in_state(tx, world.custodian.authority, world.tenant.id, RunState.PROPOSED),
    )
    await ending.decide(run)


async def _dispose(stage: Stage) -> None:
    async def nothing() -> None:
        """No residue is removed: that is measured by the size of the file, not by persons."""

    means = Means(stage.clock, lambda: stage.house.provider.epochs()[-1], nothing)
    done = await execute_runs(stage.house.custodian, means)
    assert all(run.disposed == run.listed for run in done), done


async def _measured(work: Awaitable[None]) -> dict[str, float]:
    with Stopwatch() as watch:
        await work
    return {"seconds": watch.seconds, "peak": peak()}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_play(int(sys.argv[1]), int(sys.argv[2])))))
