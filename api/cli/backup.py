"""`warifu backup`: copies of the database as encrypted files that die with their epoch."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.backups import Taken, record_backup, take_backup
from api.bootstrap import open_keys
from api.cli.output import CommandError, Json, facts, run, show, table
from api.cli.place import OPERATOR, Data, opened
from api.cli.progress import progress
from api.migrations import migrate
from api.server import wall_clock
from api.settings import Settings, load
from tokenizer.backup.manifest import BackupKeys
from tokenizer.backup.shelf import Found, look_over
from tokenizer.backup.shelf import prune as prune_backups
from tokenizer.providers.base import KeyProvider

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
    told = _told(run(lambda: _take(data, to, as_json), as_json))
    show(told, as_json, lambda: facts("バックアップしました / backed up", told))


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


async def _take(data: Path, to: Path | None, as_json: bool) -> Taken:
    if to is None:
        raise CommandError(
            "DIRECTORY", "--to で保存先を指定してください。", "Name the directory it goes to with --to."
        )
    settings = load(data, os.environ)
    found = await asyncio.to_thread(migrate.revision_of, settings.database_url)
    if found is not None and found != migrate.REVISIONS[-1]:
        # Before an upgrade: an older database cannot be opened, and so not be written to, but it can be copied.
        return await _copy(settings, open_keys(settings), to, as_json)
    async with opened(data) as house:
        taken = await _copy(settings, house.provider, to, as_json)
        await record_backup(house, OPERATOR, taken)
        return taken


async def _copy(settings: Settings, provider: KeyProvider, to: Path, as_json: bool) -> Taken:
    with progress(as_json) as tell:
        return await take_backup(settings, provider, wall_clock, to, tell)


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
