"""Timed trials and what is said of them: rate, median, 99th percentile, ratio to the floor of the same trials."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Trial:
    """One batch, in seconds: by the vault, and the two halves of its floor for the same rows, one after the other."""

    vault: float
    crypto: float
    driver: float


@dataclass(slots=True)
class Result:
    """One line of the report.

    Attributes:
        database: SQLite or PostgreSQL.
        case: what was done.
        batch: numbers in a batch.
        rate: numbers a second.
        p50: milliseconds of the median batch.
        p99: milliseconds of the 99th percentile.
        crypto: numbers a second of the cryptography alone, 0 where there is no floor.
        driver: numbers a second of the bare driver.
        ratio: how much of the floor's rate the vault reaches, or another ratio that the case explains.
        bar: what the ratio, or the rate, has to reach; 0 where nothing is asked.
        ok: whether it does.
        note: what else to know.
    """

    database: str
    case: str
    batch: int
    rate: float
    p50: float
    p99: float
    crypto: float = 0.0
    driver: float = 0.0
    ratio: float = 0.0
    bar: float = 0.0
    ok: bool = True
    note: str = field(default="")

    @property
    def floor(self) -> float:
        """Numbers a second of both halves, one after the other: 1 / (1/crypto + 1/driver)."""
        return 1 / (1 / self.crypto + 1 / self.driver) if self.crypto and self.driver else 0.0


class Stopwatch:
    """Measures the time of a block: `with Stopwatch() as watch: ...; watch.seconds`."""

    __slots__ = ("_start", "seconds")

    def __enter__(self) -> Self:
        self.seconds = 0.0
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start


def summarise(database: str, case: str, batch: int, rounds: Sequence[Sequence[Trial]], bar: float) -> Result:
    """Put the rounds of one case into one line.

    A round is taken as a whole, because every so many batches one pays for a checkpoint of all of them; the line
    tells the median round. Latencies are those of all batches.
    """
    vault, crypto, driver = (
        [sum(getattr(trial, part) for trial in trials) for trials in rounds]
        for part in ("vault", "crypto", "driver")
    )
    numbers = [batch * len(trials) for trials in rounds]
    ratio = median([(c + d) / v for v, c, d in zip(vault, crypto, driver, strict=True)])
    latencies = [trial.vault for trials in rounds for trial in trials]
    return Result(
        database,
        case,
        batch,
        rate=_rate(numbers, vault),
        p50=median(latencies) * 1000,
        p99=percentile(latencies, 99) * 1000,
        crypto=_rate(numbers, crypto),
        driver=_rate(numbers, driver),
        ratio=ratio,
        bar=bar,
        ok=ratio >= bar,
    )


def _rate(numbers: Sequence[int], seconds: Sequence[float]) -> float:
    return median([count / taken for count, taken in zip(numbers, seconds, strict=True)])


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    return sorted(values)[ceil(len(values) * percent / 100) - 1]
