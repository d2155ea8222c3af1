"""Batches by direct call: registration and release as the use cases run them, nothing around them."""

from typing import Final

from benchmarks.backends import Backend
from benchmarks.rounds import lines, play
from benchmarks.stage import PURPOSE, REASON, Stage, open_stage
from benchmarks.trials import Result, Stopwatch
from custody.prepare import Prepared, Request, prepare
from custody.registration import Registered, register
from custody.release import Released
from custody.roster import Columns
from custody.use import confirm
from policies.actor import Actor
from tests.support.world import Human

BARS: Final = {"sqlite": 0.70, "postgresql": 0.60}


class _Player:
    """Plays the client and the handler by calling the use cases."""

    def __init__(self, stage: Stage, client: Actor, human: Human) -> None:
        self._stage = stage
        self._client = client
        self._human = human

    async def register(self, columns: Columns) -> tuple[float, list[str]]:
        """Register a batch; seconds and tokens."""
        world, now = self._stage.world, self._stage.clock.advance(seconds=1)
        with Stopwatch() as watch:
            done = await register(world.custodian, self._client, columns, world.terms(), now)
        assert isinstance(done, Registered), done
        assert not done.rejections
        return watch.seconds, [token or "" for token in done.tokens]

    async def release(self, tokens: list[str]) -> tuple[float, float]:
        """Prepare and confirm a use; seconds of each."""
        custodian, now = self._stage.world.custodian, self._stage.clock.advance(seconds=1)
        with Stopwatch() as preparing:
            use = await prepare(custodian, self._client, Request(tokens, PURPOSE, REASON), now)
        assert isinstance(use, Prepared), use
        code, now = self._stage.world.code(self._human), self._stage.clock()
        with Stopwatch() as confirming:
            released = await confirm(
                custodian, self._client, use.use.public_id, use.use.digest, self._human.login, code, now
            )
        assert isinstance(released, Released), released
        assert released.tokens == tokens
        return preparing.seconds, confirming.seconds


async def measure_direct(backend: Backend, size: int, count: int, rounds: int) -> list[Result]:
    """Tokenize, release and confirm batches of one size.

    Args:
        backend: the kind of database.
        size: numbers in a batch.
        count: batches in a round.
        rounds: rounds, each on a fresh database.
    """
    played = []
    for seed in range(rounds):
        async with open_stage(backend) as stage:
            player = _Player(stage, await stage.world.client(), await stage.world.human())
            played.append(await play(stage, player, backend, size, count, seed))
    return lines(backend, size, played, BARS[backend.kind])
