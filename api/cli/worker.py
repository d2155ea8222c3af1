"""`warifu worker`: do the chores of an installation, for as long as it runs or once."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated, Final

import typer

from api.bootstrap import House
from api.cli.output import Json, facts, run, show
from api.cli.place import Data, opened
from api.jobs import JOBS
from api.logs import configure
from api.worker import INTERVAL, Tick, Worker
from tokenizer.epochs.state import Alarm, read_state

_STOP: Final = (signal.SIGINT, signal.SIGTERM)


def worker(
    data: Data = Path("data"),
    once: Annotated[bool, typer.Option("--once", help="Do what is due, then end: for cron.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=1.0)] = INTERVAL,
    as_json: Json = False,
) -> None:
    """Roll, sweep and destroy epoch keys, and do the other chores. / 定期処理を実行します。"""
    configure()
    if not once:
        run(lambda: _until_stopped(data, interval), as_json)
        return
    tick, alarms = run(lambda: _once(data), as_json)
    told = {
        "leading": tick.leading,
        "done": tick.done,
        "failed": tick.failed,
        "alarms": [alarm.value for alarm in alarms],
    }
    show(told, as_json, lambda: facts("定期処理 / chores", told))
    if tick.failed:
        raise SystemExit(1)


async def _once(data: Path) -> tuple[Tick, list[Alarm]]:
    async with opened(data) as house:
        return await finish(house, Worker(house, house.clock, JOBS))


async def finish(house: House, chores: Worker) -> tuple[Tick, list[Alarm]]:
    """Tick until no job has more to do, and a sweep that is under way is done, or comes no further."""
    done: list[str] = []
    waiting = -1
    while True:
        tick = await chores.tick()
        done += [name for name in tick.done if name not in done]
        state = await read_state(house.custodian.vault, house.provider, house.clock())
        swept = state.waiting in {0, waiting}
        if not tick.leading or tick.failed or (swept and not tick.more):
            await chores.stop()
            return Tick(tick.leading, done, tick.failed), state.alarms
        waiting = state.waiting


async def _until_stopped(data: Path, interval: float) -> None:
    async with opened(data) as house:
        task = asyncio.create_task(Worker(house, house.clock, JOBS).run(interval))
        loop = asyncio.get_running_loop()
        for number in _STOP:
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
