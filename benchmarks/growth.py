"""How a full database slows a batch down: 1,000 rows into 1,000,000 persons of 1,000 tenants, against an empty one.

Every tenant of the full database has 1,000 persons already; the batches go to tenants spread over the whole book. In
turns with them, batches of the same size go into a database that has nothing but as many empty tenants.
"""

from statistics import median
from typing import Final

from benchmarks.backends import Backend
from benchmarks.stage import Stage, batches, open_stage
from benchmarks.trials import Result, Stopwatch, percentile
from custody.registration import Registered, register
from policies.actor import Actor
from tests.support.world import World

BAR: Final = 0.60
_BATCH: Final = 1_000
_SAMPLE: Final = 40

Tenant = tuple[World, Actor]


async def measure_growth(backend: Backend, tenants: int) -> Result:
    """Fill a database, and compare its first batches with batches at the end.

    Args:
        backend: the kind of database.
        tenants: how many tenants of 1,000 persons each.
    """
    sample = min(_SAMPLE, tenants)
    async with open_stage(backend) as full, open_stage(backend) as empty:
        everybody = [await _tenant(full) for _ in range(tenants)]
        for seed, tenant in enumerate(everybody):
            await _batch(full, tenant, seed)
        spread = everybody[:: tenants // sample][:sample]
        into_full, into_empty = [], []
        for seed, tenant in enumerate(spread, tenants):
            into_full.append(await _batch(full, tenant, seed))
            into_empty.append(await _batch(empty, await _tenant(empty), seed))
    ratio = median(into_empty) / median(into_full)
    return Result(
        backend.name,
        f"tokenize with {tenants * _BATCH:,} persons of {tenants:,} tenants there, against none",
        _BATCH,
        _BATCH / median(into_full),
        percentile(into_full, 50) * 1000,
        percentile(into_full, 99) * 1000,
        ratio=ratio,
        bar=BAR,
        ok=ratio >= BAR,
        note=f"empty: {_BATCH / median(into_empty):,.0f}/s",
    )


async def _tenant(stage: Stage) -> Tenant:
    world = await stage.another_tenant()
    return world, await world.client()


async def _batch(stage: Stage, tenant: Tenant, seed: int) -> float:
    """Seconds to register 1,000 people."""
    world, client = tenant
    (columns,) = batches(_BATCH, 1, seed)
    now = stage.clock.advance(seconds=1)
    with Stopwatch() as watch:
        done = await register(world.custodian, client, columns, world.terms(), now)
    assert isinstance(done, Registered), done
    assert done.registered == _BATCH
    return watch.seconds
