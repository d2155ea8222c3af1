"""`warifu worker --once`: ends when everything that is due is done, however many ticks it takes."""

from api.bootstrap import House
from api.cli.worker import finish
from api.jobs import Job
from api.worker import Worker
from tests.support.clock import FakeClock


async def test_it_goes_on_as_long_as_a_job_has_more_to_do(house: House, clock: FakeClock) -> None:
    ticks = 0

    async def run(_house: House, _now: int) -> bool:
        nonlocal ticks
        ticks += 1
        return ticks < 5

    tick, _ = await finish(house, Worker(house, clock, [Job("in-parts", run)]))
    assert (ticks, tick.done, tick.failed) == (5, ["in-parts"], [])
    assert (await Worker(house, clock, []).tick()).leading, "the lease was given back"


async def test_a_job_that_fails_ends_it(house: House, clock: FakeClock) -> None:
    async def more(_house: House, _now: int) -> bool:
        return True

    async def fails(_house: House, _now: int) -> None:
        raise OSError

    jobs = [Job("endless", more), Job("failing", fails)]
    tick, _ = await finish(house, Worker(house, clock, jobs))
    assert (tick.done, tick.failed) == (["endless"], ["failing"])
