"""`warifu campaign send` and `sent`: the company orders what goes out at which cost, and records that it has."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.campaign_order import Cost, Kind, Order, Yes
from api.cli.collection_chosen import CampaignId, in_campaign
from api.cli.notice_words import Consented, Contact, NoticeDay, Text, Words
from api.cli.output import CommandError, Json, facts, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import read_day
from api.cli.rows import FileOfRows, Persons, Rejected, Row, finish, persons_of, rejected_here
from api.clock import wall_clock
from custody.calendar import day_in_japan
from custody.collection.dispatch import Sending
from custody.collection.notice import NoticeForm
from policies.collection import State

if TYPE_CHECKING:
    from warifu import Collection, DispatchesSent, Warifu

Waiting = Annotated[
    int | None,
    typer.Option("--waiting-days", min=0, help="Only who has stood there for so many days. / 経過日数"),
]
Today = Annotated[
    str, typer.Option("--on", help="The day up to which days are counted; today if left out. / 基準日")
]

_BY_CHANNEL: Final = {Sending.KIT: "KIT", Sending.LINK_MAIL: "LINK_MAIL", Sending.LINK_QR: "LINK_QR"}


def send(
    campaign: CampaignId,
    kind: Kind,
    cost: Cost,
    state: Annotated[
        State | None, typer.Option("--state", help="To all in this state who are asked this way. / 状態")
    ] = None,
    waiting_days: Waiting = None,
    on: Today = "",
    ids: Annotated[
        list[str] | None,
        typer.Option("--ids", help="To these collections; repeat it, or use commas. / 収集の ID"),
    ] = None,
    persons: Persons = None,
    file: FileOfRows = None,
    yes: Yes = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Order that something is sent: shows to how many and what it costs, asks, then orders. / 発送を指示します。"""
    order = Order(campaign, kind, cost, yes)
    named: list[Row] = []

    def check() -> None:
        named.extend(_named(ids, persons, file, state, waiting_days))
        order.check()
        counted_from(on)

    def act(vault: "Warifu") -> list[Rejected]:
        there = in_campaign(vault, campaign, state and state.name)
        if not named:
            chosen = [each for each in there if order.able(each) and _asked_so(each, kind)]
            if waiting_days is not None:
                chosen = [each for each in chosen if waited(each, counted_from(on)) >= waiting_days]
            return order.give(vault, chosen, range(1, len(chosen) + 1))
        found, rejected = _able(there, named, order.able)
        given = order.give(vault, [each for _, each in found], [line for line, _ in found]) if found else []
        return sorted([*rejected, *given], key=lambda row: row.line)

    rejected = signed_in(Remote(endpoint, login, tenant), act, as_json, check)
    finish(order.told(), rejected, as_json, order.tell)


def sent(
    campaign: CampaignId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Public id of the order. / 注文の ID")],
    form: Annotated[
        NoticeForm | None,
        typer.Option(
            "--notice", help="The purpose notice that lay in it, in this form. / 同封した利用目的通知"
        ),
    ] = None,
    text: Text = None,
    contact: Contact = "",
    on: NoticeDay = "",
    consented: Consented = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that an order has gone out, and with which purpose notice. / 発送済みを記録します。"""
    words = Words(form, (), campaign, text, contact, on, consented) if form else None

    def act(vault: "Warifu") -> "DispatchesSent":
        return vault.record_dispatched(order, words.telling(vault) if words else None)

    done = signed_in(Remote(endpoint, login, tenant), act, as_json, words.check if words else lambda: None)
    pairs = {
        "人数 / people": f"{done.count:,}",
        "通数 / pieces": f"{done.pieces:,}",
        "費用 / cost": f"{done.cost_yen:,} 円 / yen",
        "取りやめ / void": f"{done.void:,}",
    }
    show(asdict(done), as_json, lambda: facts("発送を記録しました / recorded as sent", pairs))


def counted_from(on: str) -> date:
    """The day up to which days are counted: today in Japan unless another is given.

    Raises:
        CommandError: it is no day.
    """
    return read_day(on, "--on") if on else day_in_japan(wall_clock())


def waited(found: "Collection", on: date) -> int:
    """For how many days a collection has been where it stands."""
    return (on - day_in_japan(round(found.since.timestamp() * 1000))).days


def _named(
    ids: list[str] | None,
    persons: list[str] | None,
    file: Path | None,
    state: State | None,
    waiting_days: int | None,
) -> list[Row]:
    by_name = bool(persons) or file is not None
    ways = [bool(ids), by_name, state is not None]
    if sum(ways) != 1 or (waiting_days is not None and state is None):
        raise CommandError(
            "WHOM",
            "送る相手を、--state(と --waiting-days)、--ids、または --person / --file の 1 通りで指定してください。",
            "Say to whom in one way: --state (with --waiting-days), --ids, or --person / --file.",
        )
    if by_name:
        return persons_of(persons, file)
    listed = [one.strip() for each in ids or () for one in each.split(",") if one.strip()]
    return [Row(line, {"collection_id": each}) for line, each in enumerate(listed, 1)]


def _able(
    there: "list[Collection]", named: list[Row], able: "Callable[[Collection], bool]"
) -> "tuple[list[tuple[int, Collection]], list[Rejected]]":
    by_id = {each.collection_id: each for each in there}
    by_person = {each.person.external_id: each for each in there}
    good: list[tuple[int, Collection]] = []
    rejected: list[Rejected] = []
    for row in named:
        key = next(iter(row.cells))
        found = (by_id if key == "collection_id" else by_person).get(row.cells[key])
        if found is not None and able(found):
            good.append((row.line, found))
            continue
        code = "NOT_IN_CAMPAIGN" if found is None else "STEP_NOT_ALLOWED"
        rejected.append(rejected_here(row, code, *_WHY[code], key))
    return good, rejected


def _asked_so(found: "Collection", kind: Sending) -> bool:
    return found.channel == _BY_CHANNEL.get(kind, found.channel)


_WHY: Final = {
    "NOT_IN_CAMPAIGN": (
        "この収集キャンペーンにいません。ID を確認してください。",
        "This is not in the campaign. Check the id.",
    ),
    "STEP_NOT_ALLOWED": (
        "今の状態では送れません。warifu collection show で状態を確認してください。",
        "Nothing of the kind is sent from where it stands. See `warifu collection show`.",
    ),
}
