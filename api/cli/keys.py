"""`warifu keys`: the epochs of the key directory: roll, sweep, destroy."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import Json, facts, run, show, table
from api.cli.place import OPERATOR, Data, opened
from api.jobs import NEEDS, tenants_of
from tokenizer.epochs.count import count_rows
from tokenizer.epochs.destroy import destroy as destroy_epoch
from tokenizer.epochs.destroy import destroy_due
from tokenizer.epochs.roll import roll as roll_epoch
from tokenizer.epochs.state import MEANING, EpochState, State, read_state
from tokenizer.epochs.sweep import Swept
from tokenizer.epochs.sweep import sweep as sweep_epochs
from tokenizer.providers.base import Epoch

app = typer.Typer(help="Epoch keys. / 世代鍵", no_args_is_help=True)


@app.command("list")
def list_(data: Data = Path("data"), as_json: Json = False) -> None:
    """List the epochs, what still needs them, and by when they are destroyed. / 世代を一覧します。"""

    async def work() -> tuple[State, Counter[int]]:
        async with opened(data) as house:
            vault = house.custodian.vault
            state = await read_state(vault, house.provider, house.clock())
            counted: Counter[int] = Counter()
            for tenant in await tenants_of(house)():
                counted += await count_rows(house.database, tenant)
            return state, counted

    state, counted = run(work, as_json)
    epochs = [_told(each, counted[each.number]) for each in state.epochs]
    rows = [["" if value is None else str(value) for value in epoch.values()] for epoch in epochs]
    names = ["epoch", "began", "swept", "rows", "destroy by", "destroyed"]

    def render() -> None:
        table("世代 / epochs", names, rows)
        if state.alarms:
            facts("警報 / alarms", {alarm.value: MEANING[alarm] for alarm in state.alarms})

    show({"epochs": epochs, "alarms": [alarm.value for alarm in state.alarms]}, as_json, render)


@app.command()
def roll(data: Data = Path("data"), as_json: Json = False) -> None:
    """Begin a new epoch at once. / 新しい世代をすぐに始めます。"""

    async def work() -> Epoch:
        async with opened(data) as house:
            return await roll_epoch(house.custodian.vault, house.provider, house.clock(), OPERATOR.name)

    made = run(work, as_json)
    told = {"epoch": made.number, "began": _moment(made.began)}
    show(told, as_json, lambda: facts("新しい世代 / new epoch", told))


@app.command()
def sweep(data: Data = Path("data"), as_json: Json = False) -> None:
    """Move everybody under the newest epoch. / 全員を最新の世代へ移します。"""

    async def work() -> Swept:
        async with opened(data) as house:
            vault, everybody = house.custodian.vault, tenants_of(house)
            return await sweep_epochs(vault, everybody, house.clock(), by=OPERATOR.name)

    told = run(work, as_json)
    shown = {
        "epoch": told.epoch,
        "moved": told.moved,
        "waiting": told.waiting,
        "broken": told.broken,
        "done": told.done,
    }
    show(shown, as_json, lambda: facts("移し替え / sweep", shown))
    if not told.done:
        raise SystemExit(1)


@app.command()
def destroy(
    data: Data = Path("data"),
    epoch: Annotated[
        int | None,
        typer.Option(help="This epoch, though its time has not come: older backups end with it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Destroy the keys whose 89 days are over, for good. / 期日を迎えた世代の鍵を廃棄します。"""

    async def work() -> list[int]:
        async with opened(data) as house:
            vault, everybody, now = house.custodian.vault, tenants_of(house), house.clock()
            if epoch is None:
                return await destroy_due(vault, house.provider, everybody, now, NEEDS, OPERATOR.name)
            await destroy_epoch(vault, house.provider, everybody, epoch, now, NEEDS, OPERATOR.name)
            return [epoch]

    gone = run(work, as_json)
    told = {"destroyed": gone}
    show(told, as_json, lambda: facts("廃棄しました / destroyed", {"epochs": gone or "-"}))


def _told(epoch: EpochState, rows: int) -> dict[str, Any]:
    return {
        "epoch": epoch.number,
        "began": _moment(epoch.began),
        "swept": _moment(epoch.swept_at),
        "rows": rows,
        "destroy_by": _moment(epoch.destroy_by),
        "destroyed": _moment(epoch.destroyed_at),
    }


def _moment(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
