"""`warifu collection`: where each person of a campaign stands, and the steps of theirs, at a running server."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.collection_chosen import (
    CampaignId,
    Choice,
    CollectionId,
    CollectionIds,
    InCampaign,
    Moves,
    Step,
    in_campaign,
    reviewed,
)
from api.cli.collection_enter import enter, register
from api.cli.collection_papers import submit, view
from api.cli.collection_told import tell_collections, tell_moved, tell_review
from api.cli.collection_verify import verify
from api.cli.output import Json, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.row_values import OnDay, read_day
from api.cli.rows import FileOfRows, Persons, finish
from policies.collection import State
from policies.collection_codes import Closing, Deficiency, NoNumber, RefusalOutcome

if TYPE_CHECKING:
    from warifu import CollectionsMoved, Warifu

app = typer.Typer(help="Collections of numbers, at a running server. / 個人番号の収集", no_args_is_help=True)


@app.command("list")
def list_(
    campaign: CampaignId,
    state: Annotated[State | None, typer.Option("--state", help="Only those in this state.")] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List who is in a campaign and where they stand. / 対象者と状態を一覧します。"""
    found = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: in_campaign(vault, campaign, state and state.name),
        as_json,
    )
    show({"collections": found}, as_json, lambda: tell_collections(found))


@app.command("show")
def show_(
    collection: CollectionId,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show one collection: what was submitted, decided and sent. / 提出物、判定、発送を表示します。"""
    found = signed_in(Remote(endpoint, login, tenant), lambda vault: reviewed(vault, collection), as_json)
    show(asdict(found), as_json, lambda: tell_review(found))


@app.command()
def arrive(
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that kits came back, or papers were handed over. / 到着を記録します。"""
    choice = Choice(collections, campaign, persons, file)
    _move(choice, lambda v, ids: v.record_arrivals(ids), Remote(endpoint, login, tenant), as_json)


@app.command()
def deficient(
    codes: Annotated[
        list[Deficiency],
        typer.Option(
            "--why", case_sensitive=False, help="Why; repeat it (`warifu deficiency list`). / 不備の理由"
        ),
    ],
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record why what arrived does not do; nothing goes out before it is ordered. / 不備を記録します。"""

    def step(vault: "Warifu", ids: list[str]) -> "CollectionsMoved":
        return vault.record_deficiencies(ids, [code.value for code in codes])

    _move(Choice(collections, campaign, persons, file), step, Remote(endpoint, login, tenant), as_json)


@app.command()
def refused(
    outcome: Annotated[
        RefusalOutcome, typer.Option("--outcome", case_sensitive=False, help="How it ended. / 結果")
    ],
    on: OnDay,
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that persons did not give their number: asked --on which day, with which outcome; no reasons.

    提供拒否を記録します(理由は記録しません)。
    """

    def step(vault: "Warifu", ids: list[str]) -> "CollectionsMoved":
        return vault.record_refusals(ids, outcome.value, read_day(on, "--on"))

    choice = Choice(collections, campaign, persons, file)
    _move(choice, step, Remote(endpoint, login, tenant), as_json, on=on)


@app.command("no-number")
def no_number(
    evidence: Annotated[
        NoNumber, typer.Option("--evidence", case_sensitive=False, help="What shows it. / 根拠")
    ],
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Record that persons have no number, such as abroad since before October 2015. / 番号なしを記録します。"""

    def step(vault: "Warifu", ids: list[str]) -> "CollectionsMoved":
        return vault.record_no_number(ids, evidence.value)

    _move(Choice(collections, campaign, persons, file), step, Remote(endpoint, login, tenant), as_json)


@app.command("ask-again")
def ask_again(
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Ask persons again who refused. / 提供を拒んだ人に再び依頼します。"""
    choice = Choice(collections, campaign, persons, file)
    _move(choice, lambda v, ids: v.ask_again(ids), Remote(endpoint, login, tenant), as_json)


@app.command()
def close(
    reason: Annotated[
        Closing, typer.Option("--reason", case_sensitive=False, help="Why it ends. / 終了の理由")
    ],
    collections: CollectionIds = None,
    campaign: InCampaign = "",
    persons: Persons = None,
    file: FileOfRows = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """End collections without a number; what was submitted is destroyed. / 収集を終了します。"""

    def step(vault: "Warifu", ids: list[str]) -> "CollectionsMoved":
        return vault.close_collections(ids, reason.value)

    _move(Choice(collections, campaign, persons, file), step, Remote(endpoint, login, tenant), as_json)


app.command()(view)
app.command()(submit)
app.command()(verify)
app.command()(register)
app.command()(enter)


def _move(choice: Choice, step: Step, remote: Remote, as_json: bool, *, on: str | None = None) -> None:
    moves = Moves(choice, step)

    def check() -> None:
        if on is not None:
            read_day(on, "--on")
        moves.check()

    rejected = signed_in(remote, moves.act, as_json, check)
    finish({"collections": moves.moved}, rejected, as_json, lambda: tell_moved(moves.moved))
