"""`warifu deficiency`: every reason why papers do not do, in the words that a person is told."""

import typer

from api.cli.collection_told import both
from api.cli.output import Json, show, table
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in

app = typer.Typer(help="Why papers do not do, at a running server. / 不備の理由", no_args_is_help=True)


@app.command("list")
def list_(
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List the reasons, for `warifu collection deficient --why`. / 不備の理由を一覧します。"""
    found = signed_in(Remote(endpoint, login, tenant), lambda vault: vault.deficiencies(), as_json)
    rows = [[each.code, both(each.words)] for each in found]
    title = f"不備の理由 / deficiencies: {len(rows)}"
    show({"deficiencies": found}, as_json, lambda: table(title, ["code", "内容 / words"], rows))
