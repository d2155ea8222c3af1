"""`warifu document`: the statutory documents that bear numbers, which decide how long these are kept."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from api.cli.disposal_told import day, moment
from api.cli.output import CommandError, Json, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import OnDay, Sent, checked, day_of, read_day
from api.cli.rows import EXTERNAL_ID, FileOfRows, Rejected, Row, finish, in_batches, plain, read_rows

if TYPE_CHECKING:
    from warifu import Document, RowRejection, Warifu

app = typer.Typer(help="Documents that bear numbers, at a running server. / 法定書類", no_args_is_help=True)

_PURPOSE: Final = "purpose 利用目的 利用目的コード purpose_code"
_FURTHER: Final = {
    "deadline": "deadline 提出期限 deadline_on",
    "completed": "completed 完了日 completed_on",
    "copies": "copies 部数",
}
_DOCUMENT_ID: Final = "document_id 書類ID"
_DAY: Final = "day 完了日 completed completed_on"


@app.command("list")
def list_(
    person: Annotated[str, typer.Argument(help="External id of the person. / 管理番号")],
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List the documents that bear a person's number. / 一覧します。"""
    documents = signed_in(
        Remote(endpoint, login, tenant), lambda vault: list(vault.documents(person)), as_json
    )
    show({"documents": documents}, as_json, lambda: _tell(documents))


@app.command()
def record(
    person: Annotated[str, typer.Option("--person", help="External id of the person. / 管理番号")] = "",
    purpose: Annotated[str, typer.Option("--purpose", help="Code of the purpose. / 利用目的")] = "",
    deadline: Annotated[str, typer.Option("--deadline", help="Last day for filing it. / 提出期限")] = "",
    completed: Annotated[str, typer.Option("--completed", help="When it was closed. / 完了日")] = "",
    copies: Annotated[int, typer.Option("--copies", help="Copies with the number. / 部数")] = 1,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record documents: one by options, or many from a file with external_id, purpose, deadline, completed, copies.

    法定書類を記録します(--file の見出し: 社員番号, 利用目的, 提出期限, 完了日, 部数)。
    """
    one = {"external_id": person, "purpose": purpose, "deadline": deadline, "completed": completed}
    rows: list[Row] = []
    bad: list[Rejected] = []
    sent = Sent()

    def check() -> None:
        every = _one_or_file({**one, "copies": str(copies)}, file, alone=not any(one.values()))
        good, rejected = checked(every, ("deadline", "completed"))
        rows.extend(good)
        bad.extend(rejected)

    def act(vault: "Warifu") -> list[Rejected]:
        return in_batches(rows, lambda batch: _record(vault, batch, sent))

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    made = sent.told(rows, "document_id")
    title = "記録しました / documents recorded"
    finish(
        {"documents": made},
        sorted([*bad, *rejected], key=lambda row: row.line),
        as_json,
        lambda: facts(title, {"件数 / documents": len(made)}),
    )


@app.command()
def complete(
    document: Annotated[list[str] | None, typer.Argument(help="Ids of the documents. / 書類の ID")] = None,
    on: OnDay = "",
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record on which day the matter of open documents was closed, or give --file with document_id and day.

    手続が完了した日を記録します(--file の見出し: document_id, 完了日)。
    """
    rows: list[Row] = []
    bad: list[Rejected] = []

    def check() -> None:
        good, rejected = checked(_closed(document, on, file), ("day",), ("day",), "document_id")
        rows.extend(good)
        bad.extend(rejected)

    def act(vault: "Warifu") -> list[Rejected]:
        return in_batches(rows, lambda batch: _complete(vault, batch), "document_id")

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    done = len(rows) - len(rejected)
    finish(
        {"completed": done},
        sorted([*bad, *rejected], key=lambda row: row.line),
        as_json,
        lambda: facts("完了を記録しました / documents completed", {"件数 / documents": done}),
    )


def _record(vault: "Warifu", rows: Sequence[Row], sent: Sent) -> "Sequence[RowRejection]":
    done = vault.record_documents(
        [row.cells["purpose"] for row in rows],
        external_ids=[row.person for row in rows],
        deadlines=[day_of(row, "deadline") for row in rows],
        completions=[day_of(row, "completed") for row in rows],
        copies=[int(row.cells.get("copies") or 1) for row in rows],
    )
    return sent.take(done.document_ids, done.rejections)


def _complete(vault: "Warifu", rows: Sequence[Row]) -> "Sequence[RowRejection]":
    days: list[date] = [found for row in rows if (found := day_of(row, "day"))]
    return vault.close_documents([row.cells["document_id"] for row in rows], days).rejections


def _one_or_file(one: dict[str, str], file: Path | None, *, alone: bool) -> list[Row]:
    named = bool(one["external_id"] and one["purpose"])
    if not (named if file is None else alone):
        raise CommandError(
            "ROWS",
            "--person と --purpose で 1 件を指定するか、--file だけで複数件を指定してください。",
            "Give one document by --person and --purpose, or many by --file alone.",
        )
    if file is not None:
        return read_rows(file, {"external_id": EXTERNAL_ID, "purpose": _PURPOSE}, _FURTHER)
    return [Row(1, one)]


def _closed(documents: list[str] | None, on: str, file: Path | None) -> list[Row]:
    if bool(documents) == (file is not None):
        raise CommandError(
            "ROWS",
            "書類の ID と --on で指定するか、--file で指定してください。ID は warifu document list で分かります。",
            "Name documents and the day by --on, or give --file. `warifu document list` tells the ids.",
        )
    if file is not None:
        return read_rows(file, {"document_id": _DOCUMENT_ID, "day": _DAY})
    text = read_day(on, "--on").isoformat()
    return [Row(line, {"document_id": each, "day": text}) for line, each in enumerate(documents or [], 1)]


def _tell(documents: "list[Document]") -> None:
    rows: list[list[str | Text]] = [
        [
            each.document_id,
            plain(each.purpose),
            day(each.deadline_on),
            day(each.completed_on),
            str(each.copies),
            moment(each.recorded_at)[:10],
        ]
        for each in documents
    ]
    columns = ["document", "目的\npurpose", "期限\ndeadline", "完了\ncompleted", "部数\ncopies", "記録\nat"]
    table(f"法定書類 / documents: {len(rows)}", columns, rows, whole=(0, 2, 3))
