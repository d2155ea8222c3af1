"""`warifu notice`: what persons are told their numbers are used for, worded, given, and kept as it was given."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text as Rich

from api.cli.collection_chosen import in_campaign
from api.cli.disposal_told import day, moment
from api.cli.notice_words import Consented, Contact, Form, NoticeDay, OfCampaign, Purposes, Text, Words
from api.cli.output import Json, console, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import FileOfRows, Persons, Rejected, Row, finish, in_batches, persons_of, plain
from custody.collection.notice import NoticeForm

if TYPE_CHECKING:
    from warifu import GivenNotice, RowRejection, Warifu

app = typer.Typer(help="Purpose notices, at a running server. / 利用目的の通知", no_args_is_help=True)


@app.command()
def text(
    form: Form = NoticeForm.DOCUMENT,
    purposes: Purposes = None,
    campaign: OfCampaign = "",
    contact: Contact = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Word a notice: a document to employees, a web page, or a letter to payees; nobody is told by it.

    利用目的通知の文面を作ります(通知は記録されません)。
    """
    words = Words(form, tuple(purposes or ()), campaign, None, contact, "", consented=False)
    drafted = signed_in(Remote(endpoint, login, tenant), words.draft, as_json, words.check)
    show(
        asdict(drafted),
        as_json,
        lambda: console.print(drafted.text, end="", soft_wrap=True, highlight=False, markup=False),
    )


@app.command()
def give(
    form: Form = NoticeForm.DOCUMENT,
    purposes: Purposes = None,
    campaign: OfCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    text: Text = None,
    contact: Contact = "",
    on: NoticeDay = "",
    consented: Consented = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that persons were given a notice; with --campaign alone, all who are in it. / 通知を記録します。"""
    words = Words(form, tuple(purposes or ()), campaign, text, contact, on, consented)
    rows: list[Row] = []
    counts = {"persons": 0}
    notices: list[GivenNotice] = []

    def check() -> None:
        words.check()
        if persons or file is not None or not campaign:
            rows.extend(persons_of(persons, file))

    def act(vault: "Warifu") -> list[Rejected]:
        everybody = rows or [
            Row(line, {"external_id": each.person.external_id})
            for line, each in enumerate(in_campaign(vault, campaign), 1)
        ]
        telling = words.telling(vault)

        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            done = vault.give_purpose_notice([row.person for row in batch], telling)
            counts["persons"] += done.persons
            notices.extend([done.notice] if done.notice else [])
            return done.rejections

        return in_batches(everybody, send)

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    pairs = {
        "人数 / persons": counts["persons"],
        "通知 / notices": [each.notice_id for each in notices] or "-",
    }
    finish(
        {**counts, "notices": notices},
        rejected,
        as_json,
        lambda: facts("通知を記録しました / notice recorded", pairs),
    )


@app.command("show")
def show_(
    person: Annotated[str, typer.Argument(help="External id of the person. / 管理番号")],
    words: Annotated[bool, typer.Option("--words", help="Their words as well. / 文面も表示します。")] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show which notices a person was given, and when. / 通知した内容を表示します。"""
    found = signed_in(
        Remote(endpoint, login, tenant), lambda vault: list(vault.purpose_notices(person)), as_json
    )
    show({"notices": found}, as_json, lambda: _tell(found, words=words))


def _tell(found: "list[GivenNotice]", *, words: bool) -> None:
    rows: list[list[str | Rich]] = [
        [
            each.notice_id,
            each.form.lower(),
            "\n".join(each.purposes),
            day(each.told_on),
            plain(each.given_by or "-") + f"\n{moment(each.recorded_at)}",
        ]
        for each in found
    ]
    columns = ["notice", "形式\nform", "利用目的\npurposes", "通知日\ntold on", "記録\nrecorded"]
    table(f"利用目的の通知 / notices: {len(rows)}", columns, rows, whole=(0, 3))
    for each in found if words else []:
        console.print(f"\n{each.notice_id}\n", highlight=False, markup=False)
        for line in each.text.splitlines():
            console.print(plain(line), soft_wrap=True)
