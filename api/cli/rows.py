"""What a command does to many rows: read from options or a CSV file, sent in batches, reported row by row."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from api.cli.output import CommandError, errors, show, table
from policies.free_text import contains_number

if TYPE_CHECKING:
    from warifu import RowRejection

BATCH: Final = 10_000
"""So many rows go into one request."""

EXTERNAL_ID: Final = (
    "external_id 管理番号 社員番号 従業員番号 社員コード 従業員コード 社員ID 従業員ID 受給者番号 "
    "支払先番号 支払先コード employee_id employee_number employee_no employee_code staff_id person_id"
)
"""Titles under which a file may hold the ids of persons, as in a roster."""

Persons = Annotated[
    list[str] | None, typer.Option("--person", help="External id of a person; repeat it. / 管理番号")
]
FileOfRows = Annotated[
    Path | None,
    typer.Option("--file", help="CSV with one row for each, and a header. / 1 行 1 件の CSV(見出し行が必要)"),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the record. / 理由")]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file, or what was named in options.

    Attributes:
        line: the row as a spreadsheet numbers it; for options the place among them, from 1.
        cells: what it holds, by the name of the column.
    """

    line: int
    cells: Mapping[str, str]

    @property
    def person(self) -> str:
        """External id of whom the row is about."""
        return self.cells["external_id"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, and why. A cell that may be a number is not shown."""

    line: int
    id: str
    code: str
    message_ja: str
    message_en: str


def persons_of(persons: list[str] | None, file: Path | None) -> list[Row]:
    """The persons that a command is about: those named by options, or by a file.

    Raises:
        CommandError: neither or both are given, or the file cannot be read.
    """
    if bool(persons) == (file is not None):
        raise CommandError(
            "PERSONS",
            "--person か --file のどちらか一方で、対象者を指定してください。",
            "Name the persons, either by --person or by --file.",
        )
    if file is not None:
        return read_rows(file, {"external_id": EXTERNAL_ID})
    return [Row(line, {"external_id": person}) for line, person in enumerate(persons or [], 1)]


def read_rows(file: Path, needed: Mapping[str, str], further: Mapping[str, str] | None = None) -> list[Row]:
    """Read a CSV file, in any encoding and with either delimiter that a roster may have.

    Args:
        file: the file; its first row is the header.
        needed: for each column that must be there its titles, separated by blanks, of which a file has one.
        further: those that may be missing.

    Raises:
        CommandError: the file cannot be read, or says why its rows cannot.
    """
    from warifu.roster_file import detect, open_text, records
    from warifu.roster_problem import RosterProblem

    try:
        encoding = detect(file)
        if isinstance(encoding, RosterProblem):
            raise _unreadable(encoding)
        with open_text(file, encoding) as text:
            found = [record for record in records(text) if not record.is_blank]
    except OSError as error:
        raise CommandError(
            "FILE",
            f"{named(file)} を読めません。パスを確認してください。",
            f"{named(file)} cannot be read. Check the path.",
        ) from error
    if broken := next((record.problem for record in found if record.problem), None):
        raise _unreadable(broken)
    header, *rest = found
    places = _places(header.cells, needed, further or {})
    if not rest:
        raise CommandError(
            "NO_ROWS",
            "見出しの下に行がありません。1 行に 1 件ずつ入れてください。",
            "There is no row below the header. Write one row for each.",
        )
    return [Row(record.line, _cells(record.cells, places)) for record in rest]


def in_batches(
    rows: Sequence[Row],
    send: Callable[[Sequence[Row]], Sequence["RowRejection"]],
    key: str = "external_id",
    size: int = BATCH,
) -> list[Rejected]:
    """Send rows, as many at a time as a request takes, and give those that were not taken.

    Args:
        rows: all of them.
        send: sends some, and gives their rejections.
        key: the column by which a row is known to whoever wrote it.
        size: so many go into one request.

    Raises:
        CommandError: a later batch was stopped; says up to which row all is done.
    """
    from warifu import Refused, WarifuError

    rejected: list[Rejected] = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        try:
            rejected += rejected_of(batch, send(batch), key)
        except WarifuError as error:
            if not start:
                raise
            code = error.rule if isinstance(error, Refused) else error.code
            done = rows[start - 1].line
            raise CommandError(
                code,
                f"{error.message_ja}({done} 行目までは処理済みです。続きの行から再実行してください。)",
                f"{error.message_en} (Done up to row {done}: run the rows after it again.)",
            ) from None
    return rejected


def rejected_of(
    rows: Sequence[Row], rejections: Iterable["RowRejection"], key: str = "external_id"
) -> list[Rejected]:
    """The rows that were not taken, as whoever wrote them knows them.

    Args:
        rows: what was sent.
        rejections: what came back.
        key: the column by which a row is known.
    """
    return [rejected_here(rows[one.row], one.code, one.message_ja, one.message_en, key) for one in rejections]


def rejected_here(row: Row, code: str, message_ja: str, message_en: str, key: str) -> Rejected:
    """A row that is not even sent.

    Args:
        row: the row.
        code: stable name in UPPER_SNAKE.
        message_ja: why, and what to do.
        message_en: the same in English.
        key: the column by which a row is known.
    """
    known = row.cells.get(key, "")
    shown = "****" if contains_number(known) else known
    return Rejected(row.line, shown, code, message_ja, message_en)


def finish(
    told: Mapping[str, Any], rejected: Sequence[Rejected], as_json: bool, render: Callable[[], None]
) -> None:
    """Print what was done, and every row that was not. A row that was not taken makes the exit code 1."""
    result = {**told, "rejections": [asdict(row) for row in rejected]}
    show(result, as_json, render)
    if not rejected:
        return
    if not as_json:
        rows: list[list[str | Text]] = [
            [str(row.line), plain(row.id), row.code, f"{row.message_ja}\n{row.message_en}"]
            for row in rejected
        ]
        title = f"受け付けられなかった行 / rows not taken: {len(rejected)}"
        table(title, ["行 / row", "id", "code", "理由 / why"], rows, to=errors)
    raise typer.Exit(1)


def plain(text: str | None) -> Text:
    """What somebody else wrote, as it may stand on a terminal."""
    return Text("".join(sign if sign.isprintable() else " " for sign in text or ""))


def named(file: Path) -> str:
    """A file's name as it may be shown: what may be a number in it is not."""
    return re.sub(r"\d", "*", str(file)) if contains_number(str(file)) else str(file)


def _places(titles: Sequence[str], needed: Mapping[str, str], further: Mapping[str, str]) -> dict[str, int]:
    from warifu.roster_header import fold

    folded = [fold(title) for title in titles]
    places: dict[str, int] = {}
    for name, known in {**needed, **further}.items():
        names = {fold(title) for title in known.split()}
        found = [place for place, title in enumerate(folded) if title in names]
        if len(found) > 1 or (not found and name in needed):
            raise _header_error(known)
        places.update((name, place) for place in found)
    return places


def _header_error(known: str) -> CommandError:
    titles = " ".join(known.split()[:2])
    return CommandError(
        "HEADER",
        f"見出し行に、次のどれか 1 列を 1 つだけ置いてください: {titles}",
        f"Let the header row have exactly one column with one of these titles: {titles}",
    )


def _cells(cells: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    return {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}


def _unreadable(problem: Any) -> CommandError:
    place = f" ({problem.line} 行目 / row {problem.line})" if problem.line else ""
    return CommandError(problem.code, problem.message_ja + place, problem.message_en + place)
