"""`warifu disposal`: the end of numbers, from the forecast to the certificates, at a running server."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.disposal_decide import RunId, approve, confirm, found, reviewed
from api.cli.disposal_papers import certificate, report
from api.cli.disposal_told import plain_review, tell_forecast, tell_items, tell_review, tell_runs
from api.cli.output import CommandError, Json, console, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import (
    FileOfRows,
    Persons,
    Reason,
    Rejected,
    Row,
    finish,
    in_batches,
    persons_of,
    rejected_of,
)
from custody.disposal.item import ItemState
from custody.disposal.run import RunState

if TYPE_CHECKING:
    from warifu import DisposalChanged, DisposalForecast, DisposalReview, DisposalRun, DuePerson, Warifu

app = typer.Typer(help="Disposals of numbers, at a running server. / 個人番号の廃棄", no_args_is_help=True)

Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="Whoever falls due until this day. / この日まで"),
]


@app.command()
def forecast(
    until: Until = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """How many numbers fall due in twelve months; with --until, whose. / 廃棄の予定を表示します。"""
    day = until and until.date()

    def act(vault: "Warifu") -> tuple["DisposalForecast", list["DuePerson"] | None]:
        persons = None if day is None else list(vault.due_persons(day))
        return vault.disposal_forecast(), persons

    ahead, persons = signed_in(Remote(endpoint, login, tenant), act, as_json)
    told = asdict(ahead) | ({} if persons is None else {"persons": persons})
    show(told, as_json, lambda: tell_forecast(ahead, persons))


@app.command("list")
def list_(
    state: Annotated[RunState | None, typer.Option("--state", help="Only those in this state.")] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """List disposals, and what waits for you. / 一覧と、対応が必要なものを表示します。"""
    runs, tasks = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: (list(vault.disposal_runs(state=state and state.name)), vault.tasks()),
        as_json,
    )
    show({"runs": runs, "tasks": tasks}, as_json, lambda: tell_runs(runs, tasks))


@app.command("show")
def show_(
    run: RunId,
    state: Annotated[ItemState | None, typer.Option("--state", help="Only persons in this state.")] = None,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Show a disposal: list, rules, days, and the digest to decide on. / 内容と要約値を表示します。"""
    review, items = signed_in(Remote(endpoint, login, tenant), lambda vault: reviewed(vault, run), as_json)
    chosen = [item for item in items if state is None or item.state == state.name]

    def render() -> None:
        tell_items(chosen)
        tell_review(review, items)
        if step := _next_step(review):
            console.print(step, highlight=False, markup=False, soft_wrap=True)

    show(plain_review(review) | {"items": chosen}, as_json, render)


@app.command()
def propose(
    until: Until = None,
    persons: Persons = None,
    file: FileOfRows = None,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Propose whoever falls due until a day, or persons on instruction with a reason. / 廃棄を提案します。"""
    remote = Remote(endpoint, login, tenant)
    if until is None:
        run, rejected = _instruct(remote, persons, file, reason, as_json)
    else:
        alone = not (persons or file or reason)
        run, rejected = _propose_due(remote, until.date(), as_json, alone=alone), []
    told = {"run": run and asdict(run)}
    finish(told, rejected, as_json, lambda: tell_runs([run] if run else [], []))


@app.command()
def exclude(
    run: RunId,
    persons: Persons = None,
    file: FileOfRows = None,
    reason: Reason = "",
    hold: Annotated[
        bool, typer.Option("--hold", help="Place a legal hold on each as well. / 法的保全も設定します。")
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Leave persons out of a disposal, with a reason. / 理由を付けて対象者を外します。"""

    def change(vault: "Warifu", ids: list[str]) -> "DisposalChanged":
        return vault.exclude_from_disposal(run, reason, external_ids=ids, hold=hold)

    _change(change, run, persons, file, Remote(endpoint, login, tenant), as_json)


@app.command()
def include(
    run: RunId,
    persons: Persons = None,
    file: FileOfRows = None,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Take persons in again who were left out by hand. / 外した対象者を戻します。"""

    def change(vault: "Warifu", ids: list[str]) -> "DisposalChanged":
        return vault.include_in_disposal(run, reason, external_ids=ids)

    _change(change, run, persons, file, Remote(endpoint, login, tenant), as_json)


app.command()(confirm)
app.command()(approve)


@app.command()
def cancel(
    run: RunId,
    reason: Reason = "",
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Give a disposal up before the first number is destroyed. / 取り消します。"""
    done = signed_in(
        Remote(endpoint, login, tenant), lambda vault: vault.cancel_disposal(run, reason), as_json
    )
    show({"run": asdict(done)}, as_json, lambda: tell_runs([done], []))


app.command()(certificate)
app.command()(report)


def _propose_due(remote: Remote, until: date, as_json: bool, *, alone: bool) -> "DisposalRun | None":
    def check() -> None:
        if not alone:
            raise CommandError(
                "PERSONS",
                "--until は単独で指定してください。特定の人の廃棄は --person か --file と --reason で提案します。",
                "Give --until alone. Name persons by --person or --file, with --reason, instead of it.",
            )

    return signed_in(remote, lambda vault: vault.propose_due_disposal(until), as_json, check)


def _instruct(
    remote: Remote, persons: list[str] | None, file: Path | None, reason: str, as_json: bool
) -> tuple["DisposalRun | None", list[Rejected]]:
    rows: list[Row] = []

    def act(vault: "Warifu") -> tuple["DisposalRun | None", list[Rejected]]:
        done = vault.propose_disposal(reason, external_ids=[row.person for row in rows])
        return done.run, rejected_of(rows, done.rejections)

    return signed_in(remote, act, as_json, lambda: rows.extend(persons_of(persons, file)))


def _change(
    change: Callable[["Warifu", list[str]], "DisposalChanged"],
    run: str,
    persons: list[str] | None,
    file: Path | None,
    remote: Remote,
    as_json: bool,
) -> None:
    rows: list[Row] = []

    def act(vault: "Warifu") -> tuple["DisposalReview", list[Rejected]]:
        rejected = in_batches(rows, lambda batch: change(vault, [row.person for row in batch]).rejections)
        return found(vault, run), rejected

    review, rejected = signed_in(remote, act, as_json, lambda: rows.extend(persons_of(persons, file)))
    finish(plain_review(review), rejected, as_json, lambda: tell_review(review))


def _next_step(review: "DisposalReview") -> str:
    steps = {"PROPOSED": "confirm", "CONFIRMED": "approve"}
    step = steps.get(review.run.state)
    if step is None:
        return ""
    return f"次の手順 / next: warifu disposal {step} {review.run.run_id} --digest {review.digest}"
