"""One round of a case: batches registered and released by a player, with the floor taken under each."""

from typing import Final, Protocol

from benchmarks.backends import Backend
from benchmarks.floor import Floor
from benchmarks.stage import Stage, batches
from benchmarks.trials import Result, Trial, summarise
from custody.roster import Columns

CASES: Final = ("tokenize", "release", "release: confirm alone")
JUDGED: Final = (1_000, 10_000)
"""Sizes of batches that have a bar; smaller ones are dominated by the fixed cost of a transaction."""

Round = tuple[list[Trial], list[Trial], list[Trial]]
"""Trials of each of `CASES`."""


class Player(Protocol):
    """Plays the client and its handlers, in one way of calling the vault."""

    async def register(self, columns: Columns) -> tuple[float, list[str]]:
        """Register a batch; seconds and tokens."""
        ...

    async def release(self, tokens: list[str]) -> tuple[float, float]:
        """Prepare and confirm a use; seconds of each."""
        ...


async def play(stage: Stage, player: Player, backend: Backend, size: int, count: int, seed: int) -> Round:
    """Play batches of one size.

    Each batch is released twice: once the floor is taken under the whole release, once under its second step, in
    turns first, so that the checkpoints of either database fall on both.
    """
    tokenized: list[Trial] = []
    released: list[Trial] = []
    confirmed: list[Trial] = []
    floor = Floor(backend, stage.settings.database_url, stage.world.tenant.id, stage.keys())
    for place, columns in enumerate(batches(size, count, seed)):
        seconds, tokens = await player.register(columns)
        tokenized.append(floor.tokenize(seconds, columns.numbers))
        for whole in (True, False) if place % 2 else (False, True):
            preparing, confirming = await player.release(tokens)
            if whole:
                released.append(floor.release(preparing + confirming, tokens, columns.numbers))
            else:
                confirmed.append(floor.confirm(confirming, columns.numbers))
    floor.close()
    return tokenized, released, confirmed


def lines(backend: Backend, size: int, rounds: list[Round], bar: float, prefix: str = "") -> list[Result]:
    """One line for each case."""
    return [
        summarise(backend.name, prefix + case, size, trials, bar if size in JUDGED else 0.0)
        for case, trials in zip(CASES, zip(*rounds, strict=True), strict=True)
    ]
