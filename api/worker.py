"""The worker: does the chores of an installation when they are due, one after the other, on whoever has the lease.

A job that fails is told in the log by class and place, counted, tried again at the next tick, and stops no other.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from api.bootstrap import Clock, House
from api.jobs import JOBS, Job
from api.lease import give_back, take_lease
from api.logs import locate
from tokenizer.errors import StorageError

INTERVAL: Final = 20.0
"""Seconds between two ticks, unless a job left something to do or somebody ordered something."""

_RENEW: Final = 15.0
"""Seconds after which the lease is renewed while a job is at work."""

_LONGEST: Final = 600.0
"""Seconds after which a job is given up, so that the others get their turn."""

_ID_BYTES: Final = 16
LEASE: Final = "lease"
"""What failed if the database could not be asked for the lease."""

_log = structlog.get_logger("warifu.worker")

Count = Callable[[str, str], None]
"""Told the name of a job and how it ended: `done` or `failed`."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did.

    Attributes:
        leading: whether the lease was ours; nothing is done without it.
        done: names of the jobs that were due and done.
        failed: names of those that failed; `lease` where the database could not be asked for it.
        more: names of those that were done for a while, and have more to do.
    """

    leading: bool
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)


class Worker:
    """Does what is due.

    Args:
        house: everything, wired together.
        clock: milliseconds since the epoch.
        jobs: the chores, in order.
        count: told how every job ended.
    """

    def __init__(
        self, house: House, clock: Clock, jobs: Sequence[Job] = JOBS, count: Count | None = None
    ) -> None:
        self._house = house
        self._clock = clock
        self._jobs = jobs
        self._count = count or _ignore
        self._done_at: dict[str, int] = {}
        self._me = house.custodian.random_bytes(_ID_BYTES).hex()

    async def tick(self) -> Tick:
        """Do whatever is due, if the lease is ours."""
        try:
            if not await self._lead():
                return Tick(leading=False)
        except StorageError as error:
            self._fail(LEASE, error)
            return Tick(leading=False, failed=[LEASE])
        tick = Tick(leading=True)
        renewing = asyncio.create_task(self._keep_lease())
        try:
            for job in self._jobs:
                await self._try(job, tick)
        finally:
            renewing.cancel()
        return tick

    async def run(self, interval: float = INTERVAL) -> None:
        """Tick until cancelled, and give the lease back then.

        Args:
            interval: seconds between two ticks; the next one follows at once as long as a job has more to do, and when
                somebody in this process has ordered what a job does.
        """
        errands = self._house.custodian.errands
        try:
            while True:
                errands.clear()
                tick = await self.tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(errands.wait(), 0 if tick.more else interval)
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Let another process take over at once."""
        with suppress(StorageError):  # it takes over when the lease runs out
            await give_back(self._house.database, self._me)

    async def _try(self, job: Job, tick: Tick) -> None:
        now = self._clock()
        last = self._done_at.get(job.name)
        if last is not None and last <= now < last + job.every:
            return
        try:
            async with asyncio.timeout(_LONGEST):
                more = await job.run(self._house, now)
        except Exception as error:  # noqa: BLE001 - whatever stops one job stops no other
            self._fail(job.name, error)
            tick.failed.append(job.name)
            return
        if more:
            tick.more.append(job.name)
        else:
            self._done_at[job.name] = now
        self._count(job.name, "done")
        tick.done.append(job.name)

    async def _lead(self) -> bool:
        return await take_lease(self._house.database, self._me, self._clock())

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(_RENEW)
            with suppress(StorageError):  # the next job, or tick, will hear of it
                await self._lead()

    def _fail(self, name: str, error: Exception) -> None:
        _log.error("job failed", job=name, **locate(error))
        self._count(name, "failed")


def _ignore(_name: str, _outcome: str) -> None:
    """Count nothing."""
