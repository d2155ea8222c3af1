"""How a full database slows a batch down: 1,000 rows into 1,000,000 persons of 1,000 tenants, against an empty one.

Every tenant is filled with one batch of 1,000; then further batches go to tenants spread over the whole book. The
ratio is the rate of those over the rate of the first batches of all, which found the database empty.
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
    async with open_stage(backend) as stage:
        everybody = [await _tenant(stage) for _ in range(tenants)]
        filling = [await _batch(stage, tenant, seed) for seed, tenant in enumerate(everybody)]
        step = max(1, tenants // _SAMPLE)
        full = [await _batch(stage, tenant, tenants + seed) for seed, tenant in enumerate(everybody[::step])]
    empty = filling[: len(full)]
    return Result(
        backend.name,
        f"tokenize into {tenants:,} tenants of {_BATCH:,}, against an empty database",
        _BATCH,
        _BATCH / median(full),
        percentile(full, 50) * 1000,
        percentile(full, 99) * 1000,
        ratio=median(empty) / median(full),
        bar=BAR,
        ok=median(empty) / median(full) >= BAR,
        note=f"empty: {_BATCH / median(empty):,.0f}/s",
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
