"""`warifu departure`: who left on which day, from which on the end of their number is counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import Json, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import OnDay, checked, day_of, read_day
from api.cli.rows import (
    EXTERNAL_ID,
    FileOfRows,
    Persons,
    Reason,
    Rejected,
    Row,
    finish,
    in_batches,
    persons_of,
    read_rows,
)

if TYPE_CHECKING:
    from warifu import DeparturesRecorded, RowRejection, Warifu

app = typer.Typer(help="Who left and when, at a running server. / 離職・契約終了", no_args_is_help=True)

_DAY: Final = "day 退職日 離職日 契約終了日 ended_on"


@app.command("show")
def show_(
    person: Annotated[str, typer.Argument(help="External id of the person. / 管理番号")],
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """On which day a person left. / 離職日を表示します。"""
    left = signed_in(Remote(endpoint, login, tenant), lambda vault: vault.departure(person), as_json)
    told = {"ended_on": left and left.ended_on.isoformat()}
    show(told, as_json, lambda: facts("離職 / departure", {"最終日 / last day": told["ended_on"] or "-"}))


@app.command()
def record(
    persons: Persons = None,
    on: OnDay = "",
    file: FileOfRows = None,
    open_documents: Annotated[
        bool,
        typer.Option(
            help="Open what is filed after a departure. / 離職後に提出する書類を未完了で記録します。"
        ),
    ] = True,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record on which day persons left, or give --file with external_id and day; a day known before is put right.

    離職日を記録します(--file の見出し: 社員番号, 退職日)。
    """
    rows: list[Row] = []
    bad: list[Rejected] = []
    counts = {"persons": 0, "opened": 0}

    def check() -> None:
        good, rejected = checked(_left(persons, on, file), ("day",), ("day",))
        rows.extend(good)
        bad.extend(rejected)

    def act(vault: "Warifu") -> list[Rejected]:
        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            days = [found for row in batch if (found := day_of(row, "day"))]
            who = [row.person for row in batch]
            done = vault.record_departures(days, external_ids=who, open_documents=open_documents)
            return _counted(counts, done)

        return in_batches(rows, send)

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    every = sorted([*bad, *rejected], key=lambda row: row.line)
    finish(counts, every, as_json, lambda: _tell("記録しました / recorded", counts))


@app.command()
def undo(
    persons: Persons = None,
    file: FileOfRows = None,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Take back departures: persons who stayed, or came back. / 離職の記録を取り消します。"""
    rows: list[Row] = []
    counts = {"persons": 0, "opened": 0}

    def act(vault: "Warifu") -> list[Rejected]:
        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            done = vault.cancel_departures(reason, external_ids=[row.person for row in batch])
            return _counted(counts, done)

        return in_batches(rows, send)

    remote = Remote(endpoint, login, tenant)
    rejected = signed_in(remote, act, as_json, lambda: rows.extend(persons_of(persons, file)))
    told = {"persons": counts["persons"]}
    finish(told, rejected, as_json, lambda: _tell("取り消しました / taken back", told))


def _left(persons: list[str] | None, on: str, file: Path | None) -> list[Row]:
    if file is not None and not persons:
        return read_rows(file, {"external_id": EXTERNAL_ID, "day": _DAY})
    named = persons_of(persons, file)
    text = read_day(on, "--on").isoformat()
    return [Row(row.line, {**row.cells, "day": text}) for row in named]


def _counted(counts: dict[str, int], done: "DeparturesRecorded") -> "Sequence[RowRejection]":
    counts["persons"] += done.persons
    counts["opened"] += done.opened
    return done.rejections


def _tell(title: str, counts: dict[str, int]) -> None:
    names = {"persons": "人数 / persons", "opened": "未完了で記録した書類 / documents opened"}
    facts(title, {names[name]: count for name, count in counts.items()})
