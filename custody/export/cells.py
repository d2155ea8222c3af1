"""Rows as lines of CSV (RFC 4180) that a spreadsheet can open without running any of them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
"""Without it a spreadsheet takes UTF-8 for the code page of its country."""

# What begins a formula, in either width, after blanks that some programs drop. Quotes before it are ours, or would
# be taken for ours: one more keeps them.
_FORMULA: Final = re.compile(r"['\s]*[=+\-@＝＋－＠\t\r\n]")
_JAPAN: Final = timezone(timedelta(hours=9))


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; whoever reads the file takes the quote off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as lines in UTF-8, each ended by CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def moment(at: int) -> str:
    """A time as people in Japan read it, and programs anywhere: ISO 8601 with its offset; "" for never."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(_JAPAN).isoformat() if at else ""
