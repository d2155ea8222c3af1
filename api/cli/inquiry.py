"""`warifu inquiry`: what persons ask about the collection of their number, and the company's answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.disposal_told import moment
from api.cli.output import CommandError, Json, console, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import named, plain
from custody.desk.words import refuse_message

if TYPE_CHECKING:
    from warifu import Inquiry, InquiryChanged, InquiryThread, Warifu

app = typer.Typer(help="Inquiries of persons, at a running server. / 問い合わせ", no_args_is_help=True)

InquiryId = Annotated[str, typer.Argument(help="Public id of the inquiry. / 問い合わせ ID")]


@app.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help="open, answered or closed. / 状態")] = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List inquiries, and count what nobody has read. / 一覧し、未読を数えます。"""
    from warifu import InquiryState

    def check() -> None:
        if state.upper() not in {"", *InquiryState}:
            raise CommandError(
                "STATE",
                "--state は open、answered、closed のいずれかにしてください。",
                "--state is one of open, answered, closed.",
            )

    remote = Remote(endpoint, login, tenant)
    wanted = state.upper()
    counts, found = signed_in(
        remote,
        lambda vault: (
            vault.inquiry_counts(),
            list(vault.inquiries(state=InquiryState(wanted) if wanted else None)),
        ),
        as_json,
        check,
    )
    show({"unread": counts.unread, "inquiries": found}, as_json, lambda: _tell(found, counts.unread))


@app.command("show")
def show_(
    inquiry: InquiryId,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Read an inquiry; it counts as read if you may answer it. / 読みます(回答できる人が読むと既読)。"""
    thread = signed_in(Remote(endpoint, login, tenant), lambda vault: _read(vault, inquiry), as_json)
    show({"inquiry": thread.inquiry, "messages": thread.messages}, as_json, lambda: _tell_thread(thread))


@app.command()
def answer(
    inquiry: Annotated[
        str, typer.Argument(help="Public id of the inquiry, or of a collection. / 問い合わせか収集の ID")
    ],
    text: Annotated[str, typer.Option("--text", help="What the person is told. / 本文")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="A UTF-8 file with the text; - for input. / 本文のファイル")
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Write to a person in the company's name; never a number. / 回答します(個人番号は書かないでください)。"""
    said: list[str] = []
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: vault.answer_inquiry(inquiry, said[0]),
        as_json,
        lambda: said.append(_text(text, file)),
    )
    _changed(done, "回答しました / answered", as_json)


@app.command()
def close(
    inquiry: InquiryId,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Close an inquiry that was read; it opens when the person asks again. / 終了します。"""
    done = signed_in(Remote(endpoint, login, tenant), lambda vault: vault.close_inquiry(inquiry), as_json)
    _changed(done, "終了しました / closed", as_json)


def _read(vault: "Warifu", inquiry: str) -> "InquiryThread":
    thread = vault.inquiry(inquiry)
    if thread is None:
        raise CommandError(
            "inquiry-unknown",
            "この問い合わせはありません。ID は warifu inquiry list で分かります。",
            "There is no such inquiry. `warifu inquiry list` tells the ids.",
        )
    return thread


def _text(text: str, file: Path | None) -> str:
    """The message, which is looked at here before it goes anywhere."""
    if bool(text) == (file is not None):
        raise CommandError(
            "TEXT",
            "--text か --file のどちらか一方で本文を指定してください。",
            "Give the text, either by --text or by --file.",
        )
    said = text if file is None else _contents(file)
    refusal = refuse_message(said)
    if refusal is not None:
        raise CommandError(refusal.rule, refusal.message_ja, refusal.message_en)
    return said


def _contents(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise CommandError(
            "FILE",
            f"{named(file)} を UTF-8 のテキストとして読めません。",
            f"{named(file)} cannot be read as text in UTF-8.",
        ) from None


def _changed(done: "InquiryChanged", title: str, as_json: bool) -> None:
    told = {"状態 / state": done.state.value.lower(), "件数 / messages": done.messages}
    show({"inquiry": done}, as_json, lambda: facts(f"{title}: {done.inquiry_id}", told))


def _tell(found: "list[Inquiry]", unread: int) -> None:
    rows: list[list[str | Text]] = [
        [
            each.inquiry_id,
            plain(each.external_id),
            plain(each.name),
            each.state.value.lower(),
            f"{each.messages} ({each.unread})",
            f"{moment(each.last_at)} {each.last_by.value.lower()}",
        ]
        for each in found
    ]
    columns = ["inquiry", "管理番号\nid", "氏名\nname", "状態\nstate", "件(未読)\n(unread)", "最終\nlast"]
    table(f"問い合わせ / inquiries: {len(rows)}、未読 / unread: {unread}", columns, rows, whole=(0,))


def _tell_thread(thread: "InquiryThread") -> None:
    inquiry = thread.inquiry
    console.print(Text(f"{inquiry.inquiry_id} {inquiry.external_id} {inquiry.name}", style="bold"))
    for message in thread.messages:
        who = message.author or message.speaker.value.lower()
        console.print(Text(f"\n{moment(message.at)} {who}", style="cyan"))
        for line in message.text.split("\n"):
            console.print(plain(line))
