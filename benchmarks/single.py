"""One number at a time over HTTP: `detokenize` with a one-time code, by sixteen clients at once.

A code works once, so that every request has a handler of its own. All requests are made before the clock starts;
their codes stay good for the half-minute after the one they belong to. The clock starts when the server has answered
some: the first ones of a process pay for what it keeps from then on.

Measured twice: by a payroll program that asks for the numbers and where the record of them stands, since purpose,
reason and handler are what it has just sent; and with everything that the SDK asks for, which tells all of the use.
"""

import asyncio
from collections.abc import Iterator
from statistics import median
from typing import Final

from api.clock import wall_clock
from benchmarks.backends import Backend
from benchmarks.http import Connection, answer, request, tokenize_input
from benchmarks.server import running
from benchmarks.stage import PURPOSE, REASON, batches, open_stage
from benchmarks.trials import Result, Stopwatch, percentile
from policies.totp import code_at
from tests.support.world import Human

CLIENTS: Final = 16
BAR: Final = 1_500
P99_MS: Final = 30
_PEOPLE: Final = 1_000
_BEFORE: Final = 500
_OPERATION: Final = "detokenize"
_SDK: Final = ""
_BRIEF: Final = """
mutation Detokenize($input: DetokenizeInput!) {
  detokenize(input: $input) {
    __typename
    ... on NumbersReleased {
      use {
        useId
      }
      numbers
      firstLeaf
    }
    ... on Refusal {
      rule
      messageJa
      messageEn
    }
  }
}
"""


async def measure_single(backend: Backend, requests: int, rounds: int) -> list[Result]:
    """Release numbers one by one, with a brief answer and with the SDK's.

    Args:
        backend: the kind of database.
        requests: releases in a round.
        rounds: rounds, each on a fresh database.
    """
    brief = await _measure(backend, requests, rounds, _BRIEF)
    whole = await _measure(backend, requests, rounds, _SDK)
    brief.bar = BAR if backend.kind == "sqlite" else 0
    brief.note = f"p99 under {P99_MS} ms is asked too" if backend.kind == "sqlite" else ""
    whole.case += ", the SDK's whole answer"
    return [brief, whole]


async def _measure(backend: Backend, requests: int, rounds: int, document: str) -> Result:
    rates, p50, p99 = [], [], []
    for _ in range(rounds):
        seconds, latencies = await _round(backend, requests, document)
        rates.append(requests / seconds)
        p50.append(percentile(latencies, 50) * 1000)
        p99.append(percentile(latencies, 99) * 1000)
    return Result(
        backend.name,
        f"HTTP detokenize, {CLIENTS} clients",
        1,
        median(rates),
        median(p50),
        median(p99),
        ok=median(rates) >= BAR and median(p99) < P99_MS,
    )


async def _round(backend: Backend, requests: int, document: str) -> tuple[float, list[float]]:
    """Seconds of a round, and of each request."""
    async with open_stage(backend, wall_clock()) as stage:
        key = await stage.client_key()
        handlers = await stage.handlers(_BEFORE + requests)
        with running(stage.settings) as port:
            connections = [await Connection.open(port) for _ in range(CLIENTS)]
            tokens = await _tokens(connections[0], key)
            made = _requests(key, handlers, tokens, document)
            await _answered(connections, made[:_BEFORE])
            with Stopwatch() as watch:
                latencies = await _answered(connections, made[_BEFORE:])
            for connection in connections:
                connection.close()
    return watch.seconds, latencies


async def _answered(connections: list[Connection], requests: list[bytes]) -> list[float]:
    """Seconds of each request, asked by all clients at once."""
    waiting, latencies = iter(requests), list[float]()
    await asyncio.gather(*(_work(each, waiting, latencies) for each in connections))
    return latencies


async def _work(connection: Connection, waiting: Iterator[bytes], latencies: list[float]) -> None:
    """One client: the next request as soon as the last one is answered."""
    for sent in waiting:
        with Stopwatch() as watch:
            response = await connection.send(sent)
        latencies.append(watch.seconds)
        assert b"NumbersReleased" in response, answer(_OPERATION, "NumbersReleased", response)


async def _tokens(connection: Connection, key: str) -> list[str]:
    (people,) = batches(_PEOPLE, 1)
    response = await connection.send(request("tokenize", key, tokenize_input(people)))
    tokens: list[str] = answer("tokenize", "Tokenized", response)["tokens"]
    return tokens


def _requests(key: str, handlers: list[Human], tokens: list[str], document: str) -> list[bytes]:
    now = wall_clock()
    return [
        request(
            _OPERATION,
            key,
            {
                "tokens": [tokens[place % len(tokens)]],
                "purpose": PURPOSE,
                "reason": REASON,
                "handler": handler.login,
                "code": code_at(handler.seed, now),
            },
            document,
        )
        for place, handler in enumerate(handlers)
    ]
