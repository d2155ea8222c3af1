"""Results as a table to read, and as JSON to keep."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import orjson

from benchmarks.trials import Result

_TITLES = (
    "case",
    "batch",
    "numbers/s",
    "p50 ms",
    "p99 ms",
    "crypto/s",
    "driver/s",
    "floor/s",
    "ratio",
    "bar",
    "",
)


def table(results: Sequence[Result]) -> str:
    """One Markdown table for each database."""
    databases = list(dict.fromkeys(result.database for result in results))
    parts = [
        f"### {database}\n\n" + _table([_cells(result) for result in results if result.database == database])
        for database in databases
    ]
    return "\n\n".join(parts)


def to_json(machine: dict[str, str], results: Iterable[Result]) -> bytes:
    """Everything, for comparing runs."""
    found = [asdict(result) | {"floor": result.floor} for result in results]
    return orjson.dumps({"machine": machine, "results": found}, option=orjson.OPT_INDENT_2)


def _cells(result: Result) -> tuple[str, ...]:
    verdict = "" if not result.bar else "ok" if result.ok else "miss"
    return (
        result.case,
        f"{result.batch:,}",
        f"{result.rate:,.0f}",
        f"{result.p50:,.2f}",
        f"{result.p99:,.2f}",
        _rate(result.crypto),
        _rate(result.driver),
        _rate(result.floor),
        f"{result.ratio:.2f}" if result.ratio else "",
        f"{result.bar:,.2f}".rstrip("0").rstrip(".") if result.bar else "",
        " ".join(filter(None, (verdict, result.note))),
    )


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value else ""


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
    lines = [_line(_TITLES, widths), "|" + "|".join("-" * (width + 2) for width in widths) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.ljust(width) if place in {0, len(cells) - 1} else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(aligned) + " |"
