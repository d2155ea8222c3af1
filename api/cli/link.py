"""`warifu link`: addresses by which persons bring their number themselves, at a running server.

Whoever has the address and the passcode of somebody is let in for them. So they come into a file for its owner's eyes
alone; on a terminal at most those of one person.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from api.cli.disposal_told import moment
from api.cli.link_people import Awaited, Everybody, places_of
from api.cli.output import CommandError, Json, facts, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import FileOfRows, Persons, Rejected, Row, finish, in_batches
from custody.export.cells import BOM, lines

if TYPE_CHECKING:
    from warifu import CollectionLink, CollectionLinksIssued, RowRejection, Warifu

app = typer.Typer(
    help="Links by which persons bring their number, at a running server. / 提出用リンク",
    no_args_is_help=True,
)

_HEADER: Final = ("管理番号 (external_id)", "リンク (url)", "確認コード (passcode)", "提出期限 (gives_until)")

Campaign = Annotated[str, typer.Argument(help="Public id of the campaign. / 収集の ID")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="CSV file for the links; needed for more than one. / 保存先の CSV"),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there. / 上書きします。")]


class FactorName(StrEnum):
    """What somebody has to know besides their link."""

    BIRTH_DATE = "birth-date"
    PASSCODE = "passcode"


class _Issued:
    """The links that came back, batch by batch; its repr tells none."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def take(self, people: dict[str, str], issued: "CollectionLinksIssued") -> "Sequence[RowRejection]":
        """Keep the links of a batch, and hand on its rejections."""
        columns = (issued.collection_ids, issued.urls, issued.passcodes, issued.gives_until)
        self.rows += [
            {
                "external_id": people[collection],
                "url": url.reveal(),
                "passcode": passcode.reveal() if passcode else None,
                "gives_until": moment(until),
            }
            for collection, url, passcode, until in zip(*columns, strict=True)
        ]
        return issued.rejections

    def save(self, path: Path, *, force: bool) -> None:
        """Write what there is; nothing if there is none."""
        from warifu.whole_file import whole_file

        if not self.rows:
            return
        cells = [
            [row["external_id"], row["url"], row["passcode"] or "", row["gives_until"]] for row in self.rows
        ]
        with whole_file(path, replace=force) as stream:
            stream.write(BOM + lines([_HEADER, *cells]))


@app.command()
def issue(
    campaign: Campaign,
    factor: Annotated[
        FactorName, typer.Option("--factor", help="What the person has to know besides. / 本人が入力するもの")
    ],
    persons: Persons = None,
    file: FileOfRows = None,
    everybody: Everybody = False,
    out: Out = None,
    force: Force = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Issue links; earlier ones of the same people give no more. / リンクを発行します。"""
    awaited, issued = Awaited(campaign, everybody=everybody), _Issued()

    def check() -> None:
        awaited.name(persons, file)
        _check_out(out, alone=len(persons or []) == 1 and file is None, force=force)

    def act(vault: "Warifu") -> list[Rejected]:
        rows, unknown = awaited.rows(vault)
        people = {row.cells["collection_id"]: row.person for row in rows}

        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            ids = [row.cells["collection_id"] for row in batch]
            return issued.take(people, vault.issue_collection_links(campaign, ids, factor.name))

        try:
            return unknown + in_batches(rows, send)
        finally:  # what was issued before something stopped the rest comes once
            if out is not None:
                _save(issued, out, force=force)

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    shown = issued.rows if out is None else [_without_secrets(row) for row in issued.rows]
    told = {"links": shown, "file": str(out) if out and issued.rows else None}
    finish(told, rejected, as_json, lambda: _tell_issued(issued.rows, out))


@app.command()
def revoke(
    campaign: Campaign,
    persons: Persons = None,
    file: FileOfRows = None,
    everybody: Everybody = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """End every link of people at once. / リンクを取り消します。"""
    awaited, counts = Awaited(campaign, everybody=everybody, ended=True), list[int]()

    def act(vault: "Warifu") -> list[Rejected]:
        rows, unknown = awaited.rows(vault)

        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            done = vault.revoke_collection_links([row.cells["collection_id"] for row in batch])
            counts.append(done.count)
            return done.rejections

        return unknown + in_batches(rows, send)

    remote = Remote(endpoint, login, tenant)
    rejected = signed_in(remote, act, as_json, lambda: awaited.name(persons, file))
    title = "取り消しました / links revoked"
    finish({"revoked": sum(counts)}, rejected, as_json, lambda: facts(title, {"件数 / links": sum(counts)}))


@app.command(name="show")
def show_(
    campaign: Campaign,
    person: Annotated[str, typer.Argument(help="External id of the person. / 管理番号")],
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show which links of a person are out. / ある人のリンクを表示します。"""

    def act(vault: "Warifu") -> "Sequence[CollectionLink]":
        place = places_of(vault, campaign).get(person)
        review = vault.collection(place) if place else None
        if review is None:
            raise CommandError(
                "PERSON_UNKNOWN",
                "この収集に、この管理番号の人はいません。ID を確認してください。",
                "Nobody in this campaign has this external id. Check both.",
            )
        return review.links

    links = signed_in(Remote(endpoint, login, tenant), act, as_json)
    show({"links": links}, as_json, lambda: _tell_links(links))


def _check_out(out: Path | None, *, alone: bool, force: bool) -> None:
    """Told before anybody signs in, since links come once."""
    if out is None and not alone:
        raise CommandError(
            "OUT",
            "2 人以上のリンクは端末に表示しません。--out で保存先のファイルを指定してください。",
            "The links of several people are not shown on a terminal. Give a file for them by --out.",
        )
    if out is not None and out.exists() and not force:
        raise _exists(out)
    if out is not None and not out.absolute().parent.is_dir():
        raise CommandError(
            "FILE",
            f"{out.absolute().parent} がありません。先にディレクトリを作ってください。",
            f"There is no {out.absolute().parent}. Make that directory first.",
        )


def _save(issued: _Issued, out: Path, *, force: bool) -> None:
    try:
        issued.save(out, force=force)
    except FileExistsError:
        raise _exists(out) from None
    except OSError as error:
        raise CommandError(
            "FILE",
            f"{out} に書き込めません({error.strerror})。直してから、もう一度発行してください。",
            f"{out} cannot be written ({error.strerror}). Mend that and issue anew; these links then give nothing.",
        ) from None


def _exists(out: Path) -> CommandError:
    return CommandError(
        "FILE_EXISTS",
        f"{out} は既にあります。別の名前にするか、--force で上書きしてください。",
        f"{out} exists. Choose another name, or replace it with --force.",
    )


def _without_secrets(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("external_id", "gives_until")}


def _tell_issued(rows: list[dict[str, Any]], out: Path | None) -> None:
    title = "リンクを発行しました / links issued"
    if out is None:
        for row in rows:
            facts(title, {"url": row["url"], "確認コード / passcode": row["passcode"] or "-"})
        return
    facts(title, {"件数 / links": len(rows), "ファイル / file": out if rows else "-"})


def _tell_links(links: "Sequence[CollectionLink]") -> None:
    rows: list[list[str | Text]] = [
        [
            link.link_id,
            link.factor.value,
            f"{link.issued_by or '-'} ({moment(link.issued_at)})",
            f"{'可 yes' if link.gives else '不可 no'} ({moment(link.gives_until)})",
            "ロック locked" if link.locked else str(link.tries_left),
            moment(link.acknowledged_at),
            moment(link.finished_at),
            moment(link.revoked_at),
        ]
        for link in links
    ]
    columns = ["link", "要素\nfactor", "発行\nissued", "提出\ngives", "残り回数\ntries left"]
    columns += ["通知の確認\nnotice read", "完了\nfinished", "取消し\nrevoked"]
    table(f"提出用リンク / links: {len(rows)}", columns, rows, whole=(0,))
