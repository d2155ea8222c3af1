"""kill -9: run something in a process of its own that is killed, or kills itself, and look at what it left.

The processes are forked from a server that has imported everything already, so a kill takes milliseconds.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [f"tests.support.{name}" for name in ("disposing", "sweeping", "pressing", "kill")]
)
BEGUN_WITHIN = 60.0
DEAD_WITHIN = 120.0
GAP = 0.05
"""Seconds between two commits that belong together, in what does it wrongly: some of many kills come there."""

Ready = Callable[[], None]
"""Called by what is to be killed, once it has begun."""


async def kill_often(
    target: Callable[..., None], args: tuple[Any, ...], kills: int, *, seed: int, longest: float = 0.05
) -> AsyncIterator[int]:
    """Start `target(ready, *args)`, kill it at a random moment after it is ready, and yield; `kills` times.

    Args:
        target: a function at the top of a module, which never ends by itself.
        args: what it is given besides `ready`; to be pickled.
        kills: how often.
        seed: of the moments.
        longest: seconds from being ready to the latest kill.
    """
    moments = random.Random(seed)  # noqa: S311 - the same moments each time, no secrets
    for kill in range(kills):
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=_run, args=(target, theirs, args), daemon=True)
        process.start()
        theirs.close()
        with ours:
            assert ours.poll(BEGUN_WITHIN), "it did not begin"
            assert ours.recv() == "ready"
            process.join(moments.uniform(0, longest))
            process.kill()
            process.join()
        assert process.exitcode == -signal.SIGKILL, f"it ended by itself: {process.exitcode}"
        process.close()
        # What another process committed is seen from the next turn of the event loop on.
        await asyncio.sleep(0)
        yield kill


def run_to_its_death(target: Callable[..., None], *args: Any) -> None:
    """Run `target(*args)`, which kills itself on the way, and make sure that it died there and nowhere else."""
    process = _CONTEXT.Process(target=target, args=args, daemon=True)
    process.start()
    process.join(DEAD_WITHIN)
    ended = process.exitcode
    process.kill()
    process.join()
    process.close()
    assert ended == -signal.SIGKILL, f"it ended otherwise: {ended}"


def _run(target: Callable[..., None], pipe: Connection, args: tuple[Any, ...]) -> None:
    target(lambda: pipe.send("ready"), *args)
