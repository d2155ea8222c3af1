"""`warifu ledger`: what the vault knows outside its database."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import open_keys, open_ledger
from api.cli.backup import moment
from api.cli.output import CommandError, Json, facts, run, show, table
from api.cli.place import OPERATOR, Data
from api.clock import wall_clock
from api.ledgers import adopt_ledger
from api.settings import load
from policies.free_text import contains_number

app = typer.Typer(help="The ledger outside the database. / 台帳", no_args_is_help=True)
LONGEST_REASON = 200


@app.command("show")
def show_(data: Data = Path("data"), as_json: Json = False) -> None:
    """Verify the ledger and say what it knows. / 台帳を検証し、内容を表示します。"""

    async def work() -> dict[str, Any]:
        settings = load(data, os.environ)
        ledger = open_ledger(settings, open_keys(settings))
        disposals = list(ledger.disposals())
        return {
            "ledger": str(ledger.path),
            "disposed": sum(len(each.persons) for each in disposals),
            "batches": len(disposals),
            "contracts_ended": [
                {"log": f"{settings.origin}/{end.tenant}", "at": moment(end.at)}
                for end in ledger.contract_ends()
            ],
            "torn_lines_repaired": ledger.repairs,
            "logs": [
                {"log": f"{settings.origin}/{tenant}", "entries": head.size}
                for tenant, head in sorted(ledger.witnessed().items())
            ],
        }

    told = run(work, as_json)
    show(told, as_json, lambda: _render(told))


@app.command()
def adopt(
    reason: Annotated[str, typer.Option(help="Why there is none; recorded in every log. / 理由")],
    data: Data = Path("data"),
    as_json: Json = False,
) -> None:
    """Begin a new ledger for a vault that lost its own. / 失われた台帳を新しく始めます。"""

    async def work() -> Path:
        check_reason(reason, "--reason")
        settings = load(data, os.environ)
        await adopt_ledger(settings, open_keys(settings), wall_clock, OPERATOR, reason)
        return settings.ledger_directory

    told = {"ledger": str(run(work, as_json))}
    show(told, as_json, lambda: facts("新しい台帳 / a new ledger", told))


def check_reason(reason: str, option: str) -> None:
    """Make sure that words can stand in a log.

    Raises:
        CommandError: they are too long, or hold what must not be there.
    """
    if not reason.isprintable() or len(reason) > LONGEST_REASON or contains_number(reason):
        raise CommandError(
            "REASON",
            f"{option} の理由は 200 文字以内で、個人番号を含めずに書いてください。",
            f"The reason of {option} is at most 200 characters long, without any Individual Number.",
        )


def _render(told: dict[str, Any]) -> None:
    facts("台帳 / ledger", {name: value for name, value in told.items() if not isinstance(value, list)})
    ends = [[each["log"], each["at"]] for each in told["contracts_ended"]]
    table("終了した契約 / contracts that ended", ["log", "at"], ends)
    rows = [[each["log"], str(each["entries"])] for each in told["logs"]]
    table("確認済みの監査ログ / witnessed logs", ["log", "entries"], rows)
