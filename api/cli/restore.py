"""`warifu restore`: a backup becomes an installation again; `warifu restore drill` tries whether it would."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.bootstrap import open_keys
from api.cli.backup import moment
from api.cli.ledger import check_reason
from api.cli.output import CommandError, Json, console, facts, run, show, table
from api.cli.place import Data
from api.cli.progress import progress
from api.clock import wall_clock
from api.drills import Report
from api.drills import drill as play_drill
from api.restores import Lost, Restored, restore_backup
from api.settings import FILE, PREFIX, Settings, from_environment, load
from custody.restoration import Ended

app = typer.Typer(invoke_without_command=True)
From = Annotated[Path | None, typer.Option("--from", help="The backup's file. / バックアップのファイル")]
Keys = Annotated[
    Path | None, typer.Option(envvar="WARIFU_KEYS", help="Key directory, if the old settings are lost.")
]
Ledger = Annotated[
    Path | None, typer.Option(envvar="WARIFU_LEDGER", help="Ledger, if it is not where the settings say.")
]
Passphrase = Annotated[
    Path | None, typer.Option(envvar="WARIFU_PASSPHRASE_FILE", help="File with the passphrase of the keys.")
]
Target = Annotated[
    str | None, typer.Option(envvar="WARIFU_DATABASE", help="Empty database, for a backup of PostgreSQL.")
]


@app.callback()
def restore(
    context: typer.Context,
    source: From = None,
    to: Annotated[Path | None, typer.Option("--to", help="New data directory. / 新しい場所")] = None,
    accept: Annotated[
        str,
        typer.Option("--accept-rollback", help="Why entries since the backup may be lost; recorded. / 理由"),
    ] = "",
    data: Data = Path("data"),
    keys: Keys = None,
    ledger: Ledger = None,
    database: Target = None,
    passphrase_file: Passphrase = None,
    as_json: Json = False,
) -> None:
    """Restore a backup into a new data directory. / バックアップから復元します。"""
    if context.invoked_subcommand is not None:
        return

    async def work() -> Restored:
        check_reason(accept, "--accept-rollback")
        found = _settings(data, keys, ledger, database, passphrase_file)
        target = replace(found, data=_given(to, "--to").resolve())
        with progress(as_json) as tell:
            return await restore_backup(
                _given(source, "--from"), target, open_keys(target), wall_clock, accept, tell
            )

    told = _told(run(work, as_json))
    show(told, as_json, lambda: _render(told))


@app.command()
def drill(
    source: From = None,
    data: Data = Path("data"),
    keys: Keys = None,
    ledger: Ledger = None,
    database: Target = None,
    passphrase_file: Passphrase = None,
    as_json: Json = False,
) -> None:
    """Restore into a temporary place, check every log, open a sample, report. / 復元の訓練をします。"""

    async def work() -> Report:
        settings = _settings(data, keys, ledger, None, passphrase_file)
        with progress(as_json) as tell:
            return await play_drill(
                _given(source, "--from"), settings, open_keys(settings), wall_clock, tell, database
            )

    report = run(work, as_json)
    told = _drilled(report)
    show(told, as_json, lambda: _render_drill(told))
    if not report.is_good:
        raise SystemExit(1)


def _settings(
    data: Path, keys: Path | None, ledger: Path | None, database: str | None, passphrase_file: Path | None
) -> Settings:
    """The settings of the installation, as far as they are still there, with what was named instead."""
    given = {"keys": keys, "ledger": ledger, "database": database, "passphrase_file": passphrase_file}
    named = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items() if value is not None}
    environment = {**os.environ, **named}
    return (load if (data / FILE).exists() or keys is None else from_environment)(data, environment)


def _given(path: Path | None, option: str) -> Path:
    if path is None:
        raise CommandError("DIRECTORY", f"{option} を指定してください。", f"Name it with {option}.")
    return path


def _told(done: Restored) -> dict[str, Any]:
    return {
        "backup": done.manifest.backup,
        "made_at": moment(done.manifest.made_at),
        "data": str(done.settings.data),
        **_ended(done.ended),
        "lost_entries": _lost(done.lost),
    }


def _drilled(report: Report) -> dict[str, Any]:
    return {
        "good": report.is_good,
        "backup": report.manifest.backup,
        "made_at": moment(report.manifest.made_at),
        "expires_at": moment(report.manifest.expires_at),
        "began_at": moment(report.began_at),
        "database": report.manifest.backend,
        "bytes": report.size,
        "sha256": report.sha256,
        "seconds": {step: took / 1000 for step, took in report.took.items()},
        "logs": [
            {"log": each.log, "entries": each.entries, "verified": not each.fault, "fault": each.fault}
            for each in report.logs
        ],
        "numbers": {"tried": report.numbers.tried, "opened": report.numbers.opened},
        "lost_entries": _lost(report.lost),
        **_ended(report.ended),
    }


def _ended(ended: Ended) -> dict[str, int]:
    named = {field.name: getattr(ended, field.name) for field in fields(ended)}
    return {name if name.endswith("_again") else f"{name}_ended": count for name, count in named.items()}


def _lost(lost: list[Lost]) -> list[dict[str, Any]]:
    return [{"log": each.log, "entries": each.entries, "had": each.had} for each in lost]


def _render(told: dict[str, Any]) -> None:
    facts("復元しました / restored", {name: value for name, value in told.items() if name != "lost_entries"})
    if told["lost_entries"]:
        _render_lost("失われた記録 / lost entries", told)
    console.print(
        "バックアップの後に停止・失効させたアカウント、クライアント、役割は元に戻っています。warifu handler list と "
        "warifu client list で確かめてください。 / Accounts, clients and roles are as they were when the backup was "
        "made: look at `warifu handler list` and `warifu client list`.",
        style="bold yellow",
    )
    console.print(f"次 / next:  warifu serve --data {told['data']}")


def _render_drill(told: dict[str, Any]) -> None:
    verdict = "使えます / good" if told["good"] else "使えません / NOT good"
    flat = {name: value for name, value in told.items() if not isinstance(value, list | dict)}
    numbers = f"{told['numbers']['opened']} / {told['numbers']['tried']}"
    seconds = ", ".join(f"{step} {took}" for step, took in told["seconds"].items())
    facts(f"復元訓練 / restore drill: {verdict}", {**flat, "numbers opened": numbers, "seconds": seconds})
    rows = [
        [each["log"], str(each["entries"]), "[green]OK[/]" if each["verified"] else f"NG {each['fault']}"]
        for each in told["logs"]
    ]
    table("監査ログ / logs", ["log", "entries", ""], rows)
    if told["lost_entries"]:
        _render_lost("復元すると失われる記録 / entries a restore would lose", told)


def _render_lost(title: str, told: dict[str, Any]) -> None:
    rows = [[each["log"], str(each["entries"]), str(each["had"])] for each in told["lost_entries"]]
    table(title, ["log", "entries", "had"], rows)
