"""Writes are counted: commits by their time, and those that could not be made."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from api.measured import MeasuredDatabase
from api.metrics import Metrics
from tokenizer.errors import StorageError
from tokenizer.storage import open_database


def value(metrics: Metrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(name)


def ticking() -> Callable[[], float]:
    ticks = iter(range(100))
    return lambda: float(next(ticks))


async def test_a_commit_is_observed_with_its_time(sqlite_url: str) -> None:
    metrics = Metrics()
    database = MeasuredDatabase(open_database(sqlite_url), metrics, ticking())
    assert await database.write(1, lambda tx: 7) == 7
    assert await database.read(1, lambda tx: 8) == 8
    await database.close()
    assert value(metrics, "warifu_commit_seconds_count") == 1
    assert value(metrics, "warifu_commit_seconds_sum") == 1.0


async def test_a_write_that_cannot_be_made_is_counted_and_still_refused(sqlite_url: str) -> None:
    metrics = Metrics()
    database = MeasuredDatabase(open_database(sqlite_url), metrics)

    def full(_tx: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(StorageError):
        await database.write(1, full)
    await database.close()
    assert value(metrics, "warifu_audit_failures_total") == 1
    assert value(metrics, "warifu_commit_seconds_count") == 0
