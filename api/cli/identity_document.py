"""`warifu identity-document`: the documents of identity verification, what each proves, and on which article."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.collection_told import both
from api.cli.disposal_told import day
from api.cli.output import Json, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from policies.identity import Check
from policies.identity_catalogue import Channel

if TYPE_CHECKING:
    from warifu import IdentityDocument, Warifu

app = typer.Typer(
    help="Documents of identity verification, at a running server. / 本人確認書類", no_args_is_help=True
)


@app.command("list")
def list_(
    proves: Annotated[
        Check | None, typer.Option("--proves", help="Only what proves this. / 何を確認する書類か")
    ] = None,
    channel: Annotated[
        Channel | None, typer.Option("--channel", help="Only what counts through it. / 経路")
    ] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List the documents, those that never count included. / 本人確認書類を一覧します。"""

    def act(vault: "Warifu") -> list["IdentityDocument"]:
        return [each for each in vault.identity_documents() if _wanted(each, proves, channel)]

    found = signed_in(Remote(endpoint, login, tenant), act, as_json)
    show({"documents": found}, as_json, lambda: _tell(found))


def _wanted(document: "IdentityDocument", proves: Check | None, channel: Channel | None) -> bool:
    by_check = {
        Check.NUMBER: document.proves_number,
        Check.IDENTITY: document.proves_identity,
        Check.AGENT: document.proves_agency,
    }
    counts = proves is None or by_check[proves] is not None
    return counts and (channel is None or channel.name in document.channels)


def _tell(found: list["IdentityDocument"]) -> None:
    rows: list[list[str | Text]] = [
        [f"{each.code}\n{both(each.name)}", _proves(each), f"{_conditions(each)}\n{each.basis}"]
        for each in found
    ]
    columns = ["書類 / document", "確認 / proves", "条件、根拠 / conditions, article"]
    table(f"本人確認書類 / identity documents: {len(rows)}", columns, rows)


def _proves(document: "IdentityDocument") -> str:
    if document.refused is not None:
        return "使えません / never"
    checks = {
        "番号 / number": document.proves_number,
        "身元 / identity": document.proves_identity,
        "代理権 / agency": document.proves_agency,
    }
    return "\n".join(f"{name}: {how.lower()}" for name, how in checks.items() if how)


def _conditions(document: "IdentityDocument") -> str:
    if document.refused is not None:
        return both(document.refused)
    told = [", ".join(each.lower() for each in document.channels)]
    told += [", ".join(document.needs).lower()] if document.needs else []
    told += [f"発行から {document.months} か月 / months"] if document.months else []
    told += [f"{day(document.issued_from)} 以後に発行 / issued since"] if document.issued_from else []
    told += [f"{day(document.usable_until)} まで / until"] if document.usable_until else []
    return "\n".join(told)
