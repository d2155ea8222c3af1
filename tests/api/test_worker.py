"""The worker: what is due is done once, by one process, and a job that fails stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from api.bootstrap import House
from api.jobs import Job
from api.lease import LEASE_MS
from api.worker import Tick, Worker
from tests.support.capture import Captured, capturing
from tests.support.clock import FakeClock

NUMBER = "123456789018"  # synthetic
Run = Callable[[House, int], Awaitable[None]]


@pytest.fixture
def captured() -> Iterator[Captured]:
    with capturing() as stream:
        yield stream


class Diary:
    """Jobs that note when they ran."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []

    def job(self, name: str, every: int = 0) -> Job:
        async def run(_house: House, now: int) -> None:
            self.ran.append((name, now))

        return Job(name, run, every)


async def fails(_house: House, _now: int) -> None:
    raise OSError(f"a careless job quotes {NUMBER}")


async def test_jobs_run_in_order_with_the_house_s_time(house: House, clock: FakeClock) -> None:
    diary = Diary()
    worker = Worker(house, clock, [diary.job("first"), diary.job("second")])
    assert await worker.tick() == Tick(leading=True, done=["first", "second"])
    assert diary.ran == [("first", clock()), ("second", clock())]


async def test_a_job_runs_as_often_as_it_wants_to(house: House, clock: FakeClock) -> None:
    diary = Diary()
    worker = Worker(house, clock, [diary.job("always"), diary.job("rarely", every=90_000)])
    done = []
    for _ in range(4):
        done.append((await worker.tick()).done)
        clock.advance(seconds=45)
    assert done == [["always", "rarely"], ["always"], ["always", "rarely"], ["always"]]


async def test_a_clock_set_back_holds_no_job_up(house: House, clock: FakeClock) -> None:
    diary = Diary()
    worker = Worker(house, clock, [diary.job("rarely", every=90_000)])
    await worker.tick()
    clock.advance(days=-1)
    assert (await worker.tick()).done == ["rarely"]


async def test_a_job_that_fails_is_told_and_counted_and_stops_no_other_and_is_tried_again(
    house: House, clock: FakeClock, captured: Captured
) -> None:
    diary, counted = Diary(), list[tuple[str, str]]()
    jobs = [diary.job("before"), Job("failing", fails, every=90_000), diary.job("after")]
    worker = Worker(house, clock, jobs, count=lambda name, outcome: counted.append((name, outcome)))
    for _ in range(2):
        tick = await worker.tick()
        assert (tick.done, tick.failed) == (["before", "after"], ["failing"])
    assert counted == 2 * [("before", "done"), ("failing", "failed"), ("after", "done")]
    line = next(line for line in captured.lines if line["event"] == "job failed")
    assert (line["job"], line["error"]) == ("failing", "OSError")
    assert any("test_worker.fails" in place for place in line["where"])
    assert NUMBER not in captured.text


async def test_two_workers_take_turns_and_a_dead_one_is_replaced_after_its_lease(
    house: House, clock: FakeClock
) -> None:
    diary = Diary()
    one, two = (Worker(house, clock, [diary.job(name)]) for name in ("one", "two"))
    assert (await one.tick()).leading
    assert not (await two.tick()).leading
    clock.now += LEASE_MS - 1
    assert not (await two.tick()).leading
    clock.now += 1
    assert (await two.tick()).leading
    assert not (await one.tick()).leading
    assert [name for name, _ in diary.ran] == ["one", "two"]


async def test_a_worker_that_stops_gives_the_lease_back(house: House, clock: FakeClock) -> None:
    diary = Diary()
    one, two = (Worker(house, clock, [diary.job(name)]) for name in ("one", "two"))
    begun = asyncio.Event()

    async def begin(_house: House, _now: int) -> None:
        begun.set()

    one = Worker(house, clock, [Job("begin", begin)])
    running = asyncio.create_task(one.run(interval=3_600))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await two.tick()).leading


async def test_a_database_that_is_gone_fails_the_tick_and_not_the_worker(
    house: House, clock: FakeClock, captured: Captured
) -> None:
    diary, counted = Diary(), list[tuple[str, str]]()
    worker = Worker(
        house, clock, [diary.job("first")], count=lambda name, outcome: counted.append((name, outcome))
    )
    await house.database.close()
    assert await worker.tick() == Tick(leading=False, failed=["lease"])
    assert counted == [("lease", "failed")]
    assert captured.line("job failed")["error"] == "StorageError"
    await worker.stop()


async def test_it_ticks_again_after_each_interval_until_it_is_stopped(house: House, clock: FakeClock) -> None:
    often = asyncio.Event()
    count = 0

    async def run(_house: House, _now: int) -> None:
        nonlocal count
        count += 1
        if count == 3:
            often.set()

    running = asyncio.create_task(Worker(house, clock, [Job("often", run)]).run(interval=0))
    await asyncio.wait_for(often.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_somebody_orders_is_done_at_once_and_not_at_the_next_tick(
    house: House, clock: FakeClock
) -> None:
    errands = house.custodian.errands
    ticks, told = asyncio.Queue[int](), 0

    async def run(_house: House, now: int) -> None:
        nonlocal told
        told += 1
        if told == 2:
            errands.set()  # ordered while the worker is at work: it may have passed by already
        ticks.put_nowait(told)

    running = asyncio.create_task(Worker(house, clock, [Job("errand", run)]).run(interval=3_600))
    assert await asyncio.wait_for(ticks.get(), 30) == 1
    errands.set()
    assert [await asyncio.wait_for(ticks.get(), 30) for _ in range(2)] == [2, 3]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def in_parts(parts: int, done: Callable[[int], Awaitable[None]]) -> Job:
    """A job that needs several ticks, told after each how many are left."""
    left = parts

    async def run(_house: House, _now: int) -> bool:
        nonlocal left
        left -= 1
        await done(left)
        return left > 0

    return Job("in-parts", run, every=3_600_000)


async def test_a_job_with_more_to_do_has_its_next_turn_at_once_after_the_others_had_theirs(
    house: House, clock: FakeClock
) -> None:
    diary, finished = Diary(), asyncio.Event()

    async def note(left: int) -> None:
        diary.ran.append((f"{left} left", clock()))
        if not left:
            finished.set()

    worker = Worker(house, clock, [in_parts(3, note), diary.job("other")])
    running = asyncio.create_task(worker.run(interval=3_600))
    await asyncio.wait_for(finished.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [name for name, _ in diary.ran][:5] == ["2 left", "other", "1 left", "other", "0 left"]


async def test_a_tick_tells_which_job_has_more_to_do(house: House, clock: FakeClock) -> None:
    async def nothing(_left: int) -> None:
        """Nothing happens."""

    worker = Worker(house, clock, [in_parts(2, nothing)])
    assert await worker.tick() == Tick(leading=True, done=["in-parts"], more=["in-parts"])
    assert await worker.tick() == Tick(leading=True, done=["in-parts"])
    assert await worker.tick() == Tick(leading=True)


async def test_whoever_has_more_to_do_keeps_the_lease(house: House, clock: FakeClock) -> None:
    led: list[bool] = []
    other = Worker(house, clock, [])

    async def time_goes_by(_left: int) -> None:
        clock.now += LEASE_MS * 2 // 3
        led.append((await other.tick()).leading)

    worker = Worker(house, clock, [in_parts(4, time_goes_by)])
    while (await worker.tick()).more:
        pass
    assert led == [False] * 4
