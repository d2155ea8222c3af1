"""Days and counts in rows and options: read as Japanese offices write them, told by row where they cannot be."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import CommandError
from api.cli.rows import Rejected, Row, rejected_here

if TYPE_CHECKING:
    from warifu import RowRejection

OnDay = Annotated[str, typer.Option("--on", help="The day, as 2027-01-31 or 令和9年1月31日. / 日付")]

_DAY_JA: Final = "日付は 2027-01-31 か 令和9年1月31日 の形で入れてください"
_DAY_EN: Final = "Write days as 2027-01-31, or in the Japanese era"


class Sent:
    """What came back for rows that were sent, batch by batch."""

    def __init__(self) -> None:
        self.ids: list[str | None] = []

    def take(
        self, ids: Sequence[str | None], rejections: Sequence["RowRejection"]
    ) -> Sequence["RowRejection"]:
        """Keep the ids of a batch, and hand on its rejections."""
        self.ids += ids
        return rejections

    def told(self, rows: Sequence[Row], name: str) -> list[dict[str, str | int]]:
        """What was made of each row that was taken.

        Args:
            rows: all that were sent.
            name: what the ids are called.
        """
        return [
            {"line": row.line, "external_id": row.person, name: made}
            for row, made in zip(rows, self.ids, strict=True)
            if made is not None
        ]


def read_day(text: str, option: str) -> date:
    """A day that an option gives.

    Raises:
        CommandError: it is none.
    """
    from warifu.era import parse_date

    day = parse_date(text)
    if day is None:
        raise CommandError("DATE", f"{_DAY_JA}({option})。", f"{_DAY_EN} ({option}).")
    return day


def day_of(row: Row, column: str) -> date | None:
    """A day of a row that `checked` let pass; None for an empty cell."""
    text = row.cells.get(column, "")
    return date.fromisoformat(text) if text else None


def checked(
    rows: Sequence[Row], days: Collection[str], needed: Collection[str] = (), key: str = "external_id"
) -> tuple[list[Row], list[Rejected]]:
    """Rows whose days and copies can be read, the days as ISO writes them; and the others.

    Args:
        rows: as the file has them.
        days: columns of days.
        needed: those of them that may not be empty.
        key: the column by which a row is known.
    """
    good: list[Row] = []
    rejected: list[Rejected] = []
    for row in rows:
        read = {column: _iso(row.cells.get(column, "")) for column in days}
        if None in read.values() or any(not read[column] for column in needed):
            rejected.append(rejected_here(row, "DATE_INVALID", f"{_DAY_JA}。", f"{_DAY_EN}.", key))
        elif not (row.cells.get("copies") or "1").isdecimal():
            ja, en = "部数は 1 以上の整数にしてください。", "Let copies be a whole number, at least 1."
            rejected.append(rejected_here(row, "COPIES_INVALID", ja, en, key))
        else:
            good.append(Row(row.line, {**row.cells, **{name: text or "" for name, text in read.items()}}))
    return good, rejected


def _iso(text: str) -> str | None:
    """A day as ISO writes it, "" for no day; None where the text is none."""
    from warifu.era import parse_date

    if not text:
        return ""
    day = parse_date(text)
    return None if day is None else day.isoformat()
