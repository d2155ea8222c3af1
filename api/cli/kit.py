"""`warifu kit`: kits on paper, at a running server: who sends them, printed, fetched, read when they return."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from api.cli.kit_files import check_directory, read_codes, read_scan, save_file
from api.cli.output import CommandError, Json, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, proven, signed_in

if TYPE_CHECKING:
    from warifu import KitPrint, KitSender, KitsPrinting, ScanReport, Warifu

app = typer.Typer(help="Kits on paper, at a running server. / 収集キット", no_args_is_help=True)

_FINE: Final = frozenset({"KEPT", "NOT_NEEDED", "ALREADY_THERE"})

OrderId = Annotated[str, typer.Argument(help="Public id of the order. / 発送指示の ID")]


@app.command()
def sender(
    company: Annotated[str, typer.Option("--company", help="Who asks for the numbers. / 会社名")] = "",
    return_name: Annotated[
        str, typer.Option("--return-name", help="Who opens what comes back. / 返送先の名称")
    ] = "",
    postal_code: Annotated[str, typer.Option("--postal-code", help="Seven digits. / 返送先の郵便番号")] = "",
    address: Annotated[str, typer.Option("--address", help="Where papers come back to. / 返送先の住所")] = "",
    contact_name: Annotated[str, typer.Option("--contact", help="Whom to ask. / お問い合わせ先")] = "",
    phone: Annotated[str, typer.Option("--phone", help="Their telephone number. / 電話番号")] = "",
    hours: Annotated[str, typer.Option("--hours", help="When they answer. / 受付時間")] = "",
    mail: Annotated[str, typer.Option("--mail", help="Their address for mail. / メール")] = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show who sends the kits, or change what is given; needs a code of late. / 差出人を表示・変更します。"""
    given = {
        "company": company,
        "return_name": return_name,
        "postal_code": postal_code,
        "address": address,
        "contact_name": contact_name,
        "phone": phone,
        "hours": hours,
        "mail": mail,
    }
    changes = {name: value for name, value in given.items() if value}

    def act(vault: "Warifu") -> "KitSender | None":
        found = vault.kit_sender()
        if not changes:
            return found
        before = {} if found is None else {name: text for name, text in asdict(found).items() if text}
        said = {name: str(before.get(name, "")) for name in given} | changes
        return proven(vault, lambda: vault.change_kit_sender(**said))

    found = signed_in(Remote(endpoint, login, tenant), act, as_json)
    told = None if found is None else asdict(found)
    show({"sender": told}, as_json, lambda: facts("差出人 / sender", told or {"": "-"}))


@app.command("print")
def print_(
    order: OrderId,
    deadline: Annotated[
        datetime | None,
        typer.Option("--deadline", formats=["%Y-%m-%d"], help="The last day as printed. / 印字する期限"),
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Have an order printed by the server; run again, it tells how far that is. / 印刷を依頼し、進み具合を示します。"""
    day = deadline.date() if deadline else None
    done = signed_in(
        Remote(endpoint, login, tenant), lambda vault: vault.print_kits(order, deadline=day), as_json
    )
    show(asdict(done), as_json, lambda: _tell_print(done))
    if done.rejections:
        raise typer.Exit(1)


@app.command()
def download(
    order: OrderId,
    to: Annotated[Path, typer.Option("--to", help="Directory for the files. / 保存先のディレクトリ")] = Path(
        "prints"
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are there. / 上書きします。")
    ] = False,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Destroy them at the server then. / 保存後にサーバーから削除します。"),
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Save what was printed, for your eyes only: it has names and addresses. / 印刷したファイルを保存します。"""

    def act(vault: "Warifu") -> list[Path]:
        files = _done(vault.kit_print(order)).files
        paths = [save_file(vault, file, to, force=force) for file in files]
        if delete:
            vault.delete_print(order)
        return paths

    paths = signed_in(Remote(endpoint, login, tenant), act, as_json, lambda: check_directory(to))
    told = {"files": [str(path) for path in paths], "deleted": delete}
    show(told, as_json, lambda: facts("保存しました / saved", told))


@app.command()
def arrive(
    codes: Annotated[
        list[str] | None, typer.Argument(help="Codes as they stand on the paper. / キット番号")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with a code on each line. / 番号のファイル")
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that kits have come back. / キットの到着を記録します。"""
    wanted: list[str] = []
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: vault.record_kit_arrivals(wanted),
        as_json,
        lambda: wanted.extend(read_codes(codes or [], file)),
    )

    def tell() -> None:
        facts("到着 / arrived", {"": f"{len(done.collection_ids)}"})
        rows = [[str(each.row + 1), each.message_ja, each.message_en] for each in done.rejections]
        if rows:
            table("記録していない番号 / not recorded", ["", "理由", "why"], rows)

    show(asdict(done), as_json, tell)
    if done.rejections:
        raise typer.Exit(1)


@app.command()
def scan(
    files: Annotated[list[Path], typer.Argument(help="PDF, JPEG, PNG or WebP. / スキャンしたファイル")],
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Send scans of kits that came back; each page is told of. / 届いたキットのスキャンを送ります。"""
    contents: list[bytes] = []
    reports = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: [vault.scan_kits(content) for content in contents],
        as_json,
        lambda: contents.extend(map(read_scan, files)),
    )
    told = [{"file": str(path), **asdict(report)} for path, report in zip(files, reports, strict=True)]
    show({"scans": told}, as_json, lambda: _tell_scans(files, reports))
    if any(page.outcome.value not in _FINE for report in reports for page in report.pages):
        raise typer.Exit(1)


def _done(found: "KitPrint | None") -> "KitPrint":
    """A printing whose files are all there.

    Raises:
        CommandError: it is not.
    """
    from warifu import KitPrintState

    if found is not None and found.state is KitPrintState.DONE:
        return found
    state = "-" if found is None else found.state.value
    raise CommandError(
        "PRINT_NOT_DONE",
        f"ファイルはまだ揃っていないか、削除されています({state})。`warifu kit print` で確認してください。",
        f"The files are not all there yet, or were deleted ({state}). See `warifu kit print`.",
    )


def _tell_print(done: "KitsPrinting") -> None:
    found = done.kit_print
    pairs: dict[str, Any] = {
        "state": found.state.value,
        "printed": f"{found.printed} / {found.papers}",
        "pages": found.pages,
        "deadline": found.deadline.isoformat(),
    }
    facts("印刷 / printing", pairs | ({"problem": found.problem} if found.problem else {}))
    if done.left_out:
        rows = [[done.left_out[each.row], each.message_ja, each.message_en] for each in done.rejections]
        table("発送しない人 / left out", ["collection", "理由", "why"], rows, whole=(0,))


def _tell_scans(files: list[Path], reports: "list[ScanReport]") -> None:
    for path, report in zip(files, reports, strict=True):
        rows = [
            [Text(str(page.page)), Text(page.outcome.value), Text(page.kit or "-"), Text(page.message_ja)]
            for page in report.pages
        ]
        table(
            f"{len(report.arrived)} 件到着 / arrived",
            ["page", "outcome", "kit", path.name],
            rows,
            whole=(0, 1),
        )
        missing = [f"{each.kit} {each.part} {each.sheet}/{each.sheets}" for each in report.missing]
        if missing:
            facts("届いていない用紙 / missing", {"": missing})
