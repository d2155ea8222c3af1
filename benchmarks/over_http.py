"""Batches over HTTP: the same registration and release, through the server, by one client on one connection."""

from typing import Any, Final

from api.clock import wall_clock
from benchmarks.backends import Backend
from benchmarks.http import Connection, answer, request, tokenize_input
from benchmarks.rounds import lines, play
from benchmarks.server import running
from benchmarks.stage import PURPOSE, REASON, open_stage
from benchmarks.trials import Result, Stopwatch
from custody.roster import Columns
from policies.totp import code_at
from tests.support.world import Human

BARS: Final = {"sqlite": 0.45, "postgresql": 0.40}


class _Player:
    """Plays the client's program, with handlers who each have a code to give."""

    def __init__(self, connection: Connection, key: str, handlers: list[Human]) -> None:
        self._connection = connection
        self._key = key
        self._handlers = handlers

    async def register(self, columns: Columns) -> tuple[float, list[str]]:
        """Register a batch; seconds and tokens."""
        seconds, done = await self._send("tokenize", "Tokenized", tokenize_input(columns))
        assert done["registered"] == len(columns), done["rejections"]
        return seconds, done["tokens"]

    async def release(self, tokens: list[str]) -> tuple[float, float]:
        """Prepare and confirm a use; seconds of each."""
        preparing, prepared = await self._send(
            "prepareUse", "UsePrepared", {"tokens": tokens, "purpose": PURPOSE, "reason": REASON}
        )
        handler = self._handlers.pop()
        values = {
            "useId": prepared["use"]["useId"],
            "digest": prepared["use"]["digest"],
            "handler": handler.login,
            "code": code_at(handler.seed, wall_clock()),
        }
        confirming, released = await self._send("confirmUse", "NumbersReleased", values)
        assert released["tokens"] == tokens
        return preparing, confirming

    async def _send(
        self, operation: str, typename: str, values: dict[str, Any]
    ) -> tuple[float, dict[str, Any]]:
        sent = request(operation, self._key, values)
        with Stopwatch() as watch:
            response = await self._connection.send(sent)
        return watch.seconds, answer(operation, typename, response)


async def measure_over_http(backend: Backend, size: int, count: int, rounds: int) -> list[Result]:
    """As `measure_direct`, over HTTP."""
    played = []
    for seed in range(rounds):
        async with open_stage(backend, wall_clock()) as stage:
            handlers = await stage.handlers(2 * count)
            key = await stage.client_key()
            with running(stage.settings) as port:
                connection = await Connection.open(port)
                player = _Player(connection, key, handlers)
                played.append(await play(stage, player, backend, size, count, seed))
                connection.close()
    return lines(backend, size, played, BARS[backend.kind], "HTTP ")
