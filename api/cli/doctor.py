"""`warifu doctor`: look an installation over, and say what to mend."""

import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import text

from api.bootstrap import House, open_keys
from api.cli.audit import write_log
from api.cli.output import Json, run, show, table
from api.cli.place import INSTALLATION, OPERATOR, Data, opened, operator_of
from api.settings import Settings, SettingsError, load
from custody.contract.carry_out import overdue_ends
from custody.tenants import list_tenants
from custody.witness import heads
from policies.actor import Actor
from schema.tenants import tenant_public_id
from tokenizer.epochs.state import MEANING, read_state
from tokenizer.errors import VaultError
from tokenizer.providers.wrapped import WrappedKeyProvider
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.statement import Backend, Statement

_ROOM_BYTES: Final = 1024**3
_BYPASSES: Final = Statement(
    text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    good: bool
    detail: str


def doctor(data: Data = Path("data"), as_json: Json = False) -> None:
    """Check settings, keys, database and logs. / 設定・鍵・データベース・監査ログを点検します。"""
    findings = run(lambda: _examine(data), as_json)
    good = all(finding.good for finding in findings)
    told = {
        "healthy": good,
        "checks": [{"check": item.check, "good": item.good, "detail": item.detail} for item in findings],
    }
    show(told, as_json, lambda: _render(findings))
    if not good:
        raise SystemExit(1)


async def _examine(data: Path) -> list[Finding]:
    """Each check stands on the ones before: the first that fails ends the examination."""
    findings: list[Finding] = []
    try:
        settings = load(data, os.environ)
        findings.append(Finding("settings", good=True, detail=str(settings.data)))
        provider = open_keys(settings)
        epochs = ", ".join(str(epoch) for epoch in provider.epoch_numbers())
        findings += [Finding("keys", good=True, detail=f"{settings.keys}, epochs {epochs}"), _room(settings)]
        if isinstance(provider, WrappedKeyProvider):
            findings.append(_store(provider))
        async with opened(data) as house:
            findings.append(Finding("database", good=True, detail=house.database.backend.value))
            findings.append(await _ledger(house))
            if house.database.backend is Backend.SQLITE:
                findings.append(_integrity(settings))
            else:
                findings.append(await _row_security(house))
            findings += [await _epochs(house), await _contracts(house)]
            findings += await _logs(house)
    except (SettingsError, VaultError) as error:
        findings.append(Finding(type(error).__name__, good=False, detail=str(error)))
    return findings


def _store(provider: WrappedKeyProvider) -> Finding:
    """Whether the key store has the key of every epoch that is not destroyed."""
    lost = ", ".join(str(epoch) for epoch in provider.lost_epochs())
    detail = (
        f"it lacks the keys of epochs {lost}; restore it from a newer copy" if lost else "it has every key"
    )
    return Finding("key store", good=not lost, detail=f"{provider.kind}: {detail}")


async def _ledger(house: House) -> Finding:
    """What the ledger knows; that it is whole, and that the logs continue it, was seen when the house was opened."""
    ledger = house.custodian.ledger
    seen = sum(head.size for head in ledger.witnessed().values())
    there = sum(head.size for head in (await heads(house.custodian)).values())
    disposed = sum(len(batch.persons) for batch in ledger.disposals())
    repaired = f"; {ledger.repairs} torn lines cut off" if ledger.repairs else ""
    detail = (
        f"{ledger.path}: {seen} of {there} log entries witnessed, {disposed} persons disposed of{repaired}"
    )
    return Finding("ledger", good=True, detail=detail)


def _room(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data).free
    return Finding(
        "disk", good=free > _ROOM_BYTES, detail=f"{free / 1024**3:.1f} GiB free; 1 GiB or more is wanted"
    )


def _integrity(settings: Settings) -> Finding:
    path = settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    connection.close()
    return Finding("integrity", good=verdict == "ok", detail=verdict)


async def _row_security(house: House) -> Finding:
    """Row-level security binds every role but a superuser and one that may bypass it."""
    row = await house.database.read(NO_TENANT, lambda tx: tx.one(_BYPASSES, {}))
    bound = row is not None and not row[0]
    detail = "in force" if bound else "the role is a superuser or bypasses it; connect as an ordinary role"
    return Finding("row-level security", good=bound, detail=detail)


async def _epochs(house: House) -> Finding:
    """Whether keys are made, rows moved and keys destroyed in time."""
    state = await read_state(house.custodian.vault, house.provider, house.clock())
    told = [MEANING[alarm] for alarm in state.alarms]
    detail = "; ".join(told) or f"{len(state.living())} live, {state.waiting} persons wait for a sweep"
    return Finding("epochs", good=not told, detail=detail)


async def _contracts(house: House) -> Finding:
    """Whether a contract is over that cannot end: somebody has to lift a hold, or see what stops a disposal."""
    waiting = [
        f"{tenant_public_id(each.tenant)} waits for {', '.join(each.waits_for)}"
        for each in await overdue_ends(house.custodian, house.clock())
    ]
    return Finding("contract ends", good=not waiting, detail="; ".join(waiting) or "none waits")


async def _logs(house: House) -> list[Finding]:
    tenants = await house.database.read(NO_TENANT, lambda tx: list_tenants(tx, house.custodian.authority))
    own = await _log(house, f"log {INSTALLATION}", OPERATOR)
    return [
        own,
        *[await _log(house, f"log {tenant_public_id(each.id)}", operator_of(each)) for each in tenants],
    ]


async def _log(house: House, name: str, actor: Actor) -> Finding:
    """Take a copy of a log and verify it, as an auditor would."""
    from warifu.audit import AuditVerificationError, read_export, verify_log

    with TemporaryDirectory() as directory:
        copy = Path(directory) / "log.jsonl"
        head = await write_log(house.custodian, actor, copy, house.clock())
        try:
            verify_log(read_export(copy), head.checkpoint, head.verifier_key)
        except AuditVerificationError as error:
            return Finding(name, good=False, detail=f"{error.where}: {error.message_ja} / {error.message_en}")
    return Finding(name, good=True, detail=f"{head.size} entries")


def _render(findings: list[Finding]) -> None:
    rows = [["[green]OK[/]" if item.good else "[red]NG[/]", item.check, item.detail] for item in findings]
    table("点検結果 / findings", ["", "check", "detail"], rows)
