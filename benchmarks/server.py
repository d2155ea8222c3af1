"""The server as `warifu serve` runs it, one worker in a process of its own: `python -m benchmarks.server`."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Final

from api.event_loop import new_event_loop
from api.server import serve
from api.settings import Settings

_STOPS_WITHIN: Final = 30
_UNLIMITED: Final = 10**12


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """Start the server on a vault that was set up before; yields its port on loopback."""
    command = [sys.executable, "-m", "benchmarks.server"]
    places = [str(settings.data), str(settings.keys), settings.database]
    with Popen([*command, *places], stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline()
            assert address, "the server did not start"
            yield int(address.rsplit(":")[-1].split("/")[0])
        finally:
            process.terminate()
            process.wait(_STOPS_WITHIN)


def main(data: str, keys: str, database: str) -> None:
    """Serve until terminated, telling the address on standard output. Budgets are wide: one client sends it all."""
    settings = Settings(Path(data), Path(keys), database, port=0)
    settings = replace(settings, budget=_UNLIMITED, budget_per_second=_UNLIMITED)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(settings, lambda address: print(address, flush=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
