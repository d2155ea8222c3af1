"""`warifu campaign remind`: a postcard or a mail to those who have not answered for some days."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.campaign_order import Cost, Order, Yes
from api.cli.campaign_send import Today, counted_from, waited
from api.cli.collection_chosen import CampaignId, in_campaign
from api.cli.output import CommandError, Json
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import Rejected, finish
from custody.calendar import day_in_japan
from custody.collection.dispatch import Sending

if TYPE_CHECKING:
    from datetime import date

    from warifu import Collection, Warifu


def remind(
    campaign: CampaignId,
    waiting_days: Annotated[
        int,
        typer.Option(
            "--waiting-days", min=1, help="Nothing was sent, nor came back, for so many days. / 経過日数"
        ),
    ],
    cost: Cost,
    kind: Annotated[
        Sending, typer.Option("--kind", help="`postcard` or `mail`. / はがきかメール")
    ] = Sending.POSTCARD,
    on: Today = "",
    yes: Yes = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Order reminders to who has not answered; whom something was sent to in these days is left out.

    回答のない人に督促を送る指示をします(その日数のうちに何かを送った人は除きます)。
    """
    order = Order(campaign, kind, cost, yes)

    def check() -> None:
        if kind not in {Sending.POSTCARD, Sending.MAIL}:
            raise CommandError(
                "KIND",
                "督促は --kind postcard か --kind mail です。キットやリンクは warifu campaign send で送ります。",
                "Reminders are --kind postcard or mail. Kits and links are sent by `warifu campaign send`.",
            )
        order.check()
        counted_from(on)

    def act(vault: "Warifu") -> list[Rejected]:
        day = counted_from(on)
        there = in_campaign(vault, campaign, "DISTRIBUTED")
        chosen = [each for each in there if order.able(each) and _quiet(each, day) >= waiting_days]
        return order.give(vault, chosen, range(1, len(chosen) + 1))

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    finish(order.told(), rejected, as_json, order.tell)


def _quiet(found: "Collection", on: "date") -> int:
    """For how many days nothing came back, was sent, or ordered to be sent, for a collection."""
    moved = waited(found, on)
    if found.dispatched_at is None:
        return moved
    return min(moved, (on - day_in_japan(round(found.dispatched_at.timestamp() * 1000))).days)
