"""`warifu backup`: copies of the database as encrypted files that die with their epoch."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.backups import Taken, record_backup, take_backup
from api.bootstrap import open_keys
from api.cli.output import CommandError, Json, errors, facts, run, show, table
from api.cli.place import OPERATOR, Data, opened
from api.cli.progress import progress
from api.clock import wall_clock
from api.settings import load
from tokenizer.backup.manifest import BackupKeys
from tokenizer.backup.shelf import Found, look_over
from tokenizer.backup.shelf import prune as prune_backups
from tokenizer.errors import VaultError

app = typer.Typer(invoke_without_command=True)
From = Annotated[Path, typer.Option("--from", help="Directory of backups. / バックアップのディレクトリ")]


@app.callback()
def take(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help="Directory it goes to. / 保存先")] = None,
    data: Data = Path("data"),
    as_json: Json = False,
) -> None:
    """Take a backup while the server runs; keys are never in it. / 稼働中のままバックアップします。"""
    if context.invoked_subcommand is not None:
        return
    taken, unrecorded = run(lambda: _take(data, to, as_json), as_json)
    told = _told(taken) | {"recorded": unrecorded is None}
    show(told, as_json, lambda: facts("バックアップしました / backed up", told))
    if unrecorded is not None and not as_json:
        errors.print(
            f"記録できませんでした / not recorded: {unrecorded}",
            style="yellow",
            highlight=False,
            markup=False,
        )


@app.command("list")
def list_(place: From, data: Data = Path("data"), as_json: Json = False) -> None:
    """List the backups of a directory, and until when each can be read. / 一覧します。"""
    found = [_row(each) for each in run(lambda: _look(data, place), as_json)]
    _show("バックアップ / backups", place, "backups", found, as_json)


@app.command()
def prune(place: From, data: Data = Path("data"), as_json: Json = False) -> None:
    """Remove backups that have expired, and what crashes left. / 期限の切れたものを削除します。"""
    gone = [_row(each) for each in run(lambda: _prune(data, place), as_json)]
    _show("削除しました / removed", place, "removed", gone, as_json)


async def _take(data: Path, to: Path | None, as_json: bool) -> tuple[Taken, VaultError | None]:
    """Take a backup, and record it where the vault can be opened.

    A copy is wanted most where it cannot: before an upgrade, after a rollback, without its ledger.
    """
    if to is None:
        raise CommandError(
            "DIRECTORY", "--to で保存先を指定してください。", "Name the directory it goes to with --to."
        )
    settings = load(data, os.environ)
    with progress(as_json) as tell:
        taken = await take_backup(settings, open_keys(settings), wall_clock, to, tell)
    try:
        async with opened(data) as house:
            await record_backup(house, OPERATOR, taken)
    except VaultError as error:
        return taken, error
    return taken, None


async def _look(data: Path, place: Path) -> list[Found]:
    return look_over(place, BackupKeys(open_keys(load(data, os.environ))), wall_clock())


async def _prune(data: Path, place: Path) -> list[Found]:
    return prune_backups(place, BackupKeys(open_keys(load(data, os.environ))), wall_clock())


def moment(at: int) -> str:
    """A time as text, in UTC."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _told(taken: Taken) -> dict[str, Any]:
    manifest = taken.manifest
    return {
        "backup": manifest.backup,
        "file": str(taken.written.path),
        "bytes": taken.written.size,
        "sha256": taken.written.sha256,
        "made_at": moment(manifest.made_at),
        "expires_at": moment(manifest.expires_at),
        "epochs": list(manifest.epochs),
        "log_entries": sum(manifest.logs.values()),
    }


def _row(found: Found) -> dict[str, Any]:
    manifest = found.manifest
    return {
        "file": found.path.name,
        "state": found.state.value,
        "bytes": found.size,
        "made_at": moment(manifest.made_at) if manifest else None,
        "expires_at": moment(manifest.expires_at) if manifest else None,
        "database": manifest.backend if manifest else None,
    }


def _show(title: str, place: Path, name: str, found: list[dict[str, Any]], as_json: bool) -> None:
    columns = ["file", "state", "bytes", "made_at", "expires_at", "database"]
    rows = [["" if each[name] is None else str(each[name]) for name in columns] for each in found]
    show({name: found}, as_json, lambda: table(f"{title}: {place}", columns, rows))
