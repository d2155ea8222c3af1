"""`warifu campaign`: people are asked for their numbers, the board, and what is sent, at a running server."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.campaign_add import add
from api.cli.campaign_remind import remind
from api.cli.campaign_send import send, sent
from api.cli.campaign_told import tell_board, tell_campaigns
from api.cli.collection_chosen import CampaignId, unknown_campaign
from api.cli.output import CommandError, Json, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import read_day

if TYPE_CHECKING:
    from warifu import Campaign, CampaignBoard, Warifu

app = typer.Typer(
    help="Campaigns of collection, at a running server. / 収集キャンペーン", no_args_is_help=True
)


@app.command("list")
def list_(
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List the campaigns. / 一覧します。"""
    found = signed_in(Remote(endpoint, login, tenant), lambda vault: list(vault.campaigns()), as_json)
    show({"campaigns": found}, as_json, lambda: tell_campaigns(found))


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What you call it. / 名称")],
    purposes: Annotated[
        list[str], typer.Option("--purpose", help="Code of a purpose; repeat it. / 利用目的コード")
    ],
    deadline: Annotated[
        str, typer.Option("--deadline", help="The day by which people are to answer. / 回答期限")
    ],
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--document", help="Code of a document to ask for; all the law takes if left out. / 書類"
        ),
    ] = None,
    consented: Annotated[
        bool, typer.Option("--consented", help="The persons consent, where a purpose needs it. / 同意あり")
    ] = False,
    papers_days: Annotated[
        int,
        typer.Option(
            min=0, max=2_557, help="Keep images of papers for days after a registration. / 画像の保存日数"
        ),
    ] = 0,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Begin to ask people for their numbers. / 収集を始めます。"""

    def act(vault: "Warifu") -> "Campaign":
        return vault.create_campaign(
            name,
            purposes,
            read_day(deadline, "--deadline"),
            documents=documents or (),
            consented=consented,
            papers_days=papers_days,
        )

    remote = Remote(endpoint, login, tenant)
    made = signed_in(remote, act, as_json, lambda: _check_day(deadline))
    show({"campaign": asdict(made)}, as_json, lambda: tell_campaigns([made]))


@app.command()
def board(
    campaign: CampaignId,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show how many stand where, since when, and what was sent at which cost. / 進み具合を表示します。"""

    def act(vault: "Warifu") -> "CampaignBoard":
        found = vault.campaign(campaign)
        if found is None:
            raise unknown_campaign()
        return found

    found = signed_in(Remote(endpoint, login, tenant), act, as_json)
    show(asdict(found), as_json, lambda: tell_board(found))


app.command()(add)
app.command()(send)
app.command()(sent)
app.command()(remind)


@app.command()
def close(
    campaign: CampaignId,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """End a campaign: nobody is added; what is under way goes on. / 受付を終了します。"""
    done = signed_in(Remote(endpoint, login, tenant), lambda vault: vault.close_campaign(campaign), as_json)
    show({"campaign": asdict(done)}, as_json, lambda: tell_campaigns([done]))


def _check_day(deadline: str) -> None:
    if not deadline:
        raise CommandError("DATE", "--deadline で期限を指定してください。", "Give a --deadline.")
    read_day(deadline, "--deadline")
