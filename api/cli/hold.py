"""`warifu hold`: legal holds, which keep numbers from being disposed of, at a running server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from api.cli.disposal_told import moment
from api.cli.output import CommandError, Json, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, proven, signed_in
from api.cli.row_values import Sent
from api.cli.rows import (
    FileOfRows,
    Persons,
    Reason,
    Rejected,
    Row,
    finish,
    in_batches,
    persons_of,
    plain,
    read_rows,
)

if TYPE_CHECKING:
    from warifu import Hold, RowRejection, Warifu

app = typer.Typer(help="Legal holds, at a running server. / 法的保全", no_args_is_help=True)

_HOLD_ID: Final = "hold_id 保全ID"


@app.command("list")
def list_(
    lifted: Annotated[bool, typer.Option("--lifted", help="Those that were lifted as well.")] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List the holds. / 一覧します。"""
    holds = signed_in(
        Remote(endpoint, login, tenant), lambda vault: list(vault.holds(lifted=lifted)), as_json
    )
    show({"holds": holds}, as_json, lambda: _tell(holds))


@app.command()
def place(
    persons: Persons = None,
    file: FileOfRows = None,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Keep persons' numbers from being disposed of. / 廃棄されないようにします。"""
    rows: list[Row] = []
    sent = Sent()

    def act(vault: "Warifu") -> list[Rejected]:
        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            done = vault.place_holds(reason, external_ids=[row.person for row in batch])
            return sent.take(done.hold_ids, done.rejections)

        return in_batches(rows, send)

    remote = Remote(endpoint, login, tenant)
    rejected = signed_in(remote, act, as_json, lambda: rows.extend(persons_of(persons, file)))
    made = sent.told(rows, "hold_id")
    title = "保全しました / holds placed"
    finish({"holds": made}, rejected, as_json, lambda: facts(title, {"件数 / holds": len(made)}))


@app.command()
def lift(
    holds: Annotated[list[str] | None, typer.Argument(help="Public ids of the holds. / 保全の ID")] = None,
    file: FileOfRows = None,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """End holds; needs a one-time code of the last ten minutes. / 保全を解除します。"""
    rows: list[Row] = []

    def act(vault: "Warifu") -> list[Rejected]:
        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            ids = [row.cells["hold_id"] for row in batch]
            return proven(vault, lambda: vault.lift_holds(ids, reason)).rejections

        return in_batches(rows, send, "hold_id")

    remote = Remote(endpoint, login, tenant)
    rejected = signed_in(remote, act, as_json, lambda: rows.extend(_named(holds, file)))
    lifted = len(rows) - len(rejected)
    title = "解除しました / holds lifted"
    finish({"lifted": lifted}, rejected, as_json, lambda: facts(title, {"件数 / holds": lifted}))


def _named(holds: list[str] | None, file: Path | None) -> list[Row]:
    if bool(holds) == (file is not None):
        raise CommandError(
            "HOLDS",
            "保全の ID を並べるか、--file(見出し hold_id)で指定してください。ID は warifu hold list で分かります。",
            "Name the holds, or give --file with a column hold_id. `warifu hold list` tells them.",
        )
    if file is not None:
        return read_rows(file, {"hold_id": _HOLD_ID})
    return [Row(line, {"hold_id": hold}) for line, hold in enumerate(holds or [], 1)]


def _tell(holds: "list[Hold]") -> None:
    rows: list[list[str | Text]] = [
        [
            hold.hold_id,
            plain(hold.external_id),
            plain(hold.name),
            plain(hold.reason),
            f"{hold.placed_by} ({moment(hold.placed_at)})",
            f"{hold.lifted_by} ({moment(hold.lifted_at)})" if hold.lifted_at else "-",
        ]
        for hold in holds
    ]
    columns = ["hold", "管理番号\nid", "氏名\nname", "理由\nreason", "設定\nplaced", "解除\nlifted"]
    table(f"法的保全 / legal holds: {len(rows)}", columns, rows, whole=(0,))
