"""Restoring a backup: into an empty place, told again what ended since, and servable only once all of it is done."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from api.backups import Tell
from api.bootstrap import Clock, custodian_of, mark, open_ledger
from api.migrations import migrate
from api.restore_place import Place, make_directory, place_of, refuse_used, write_settings
from api.settings import Settings
from custody.custodian import Custodian
from custody.restoration import Ended, Source, prepare_restored
from custody.witness import astray_logs, heads
from tokenizer.backup.container import Container
from tokenizer.backup.container import place_of as stream_place
from tokenizer.backup.manifest import BackupKeys, Manifest
from tokenizer.crypto.passwords import Passwords
from tokenizer.errors import RollbackError
from tokenizer.ledger import Ledger, Witnessed
from tokenizer.providers.base import KeyProvider
from tokenizer.storage import open_database, residue
from tokenizer.storage.database import NO_TENANT


@dataclass(frozen=True, slots=True)
class Lost:
    """What the log of a tenant had more than the copy: entries that are gone with it."""

    log: str
    entries: int
    had: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored installation.

    Attributes:
        manifest: of the backup.
        settings: of the installation; its file is written.
        ended: what was ended in it.
        lost: the logs that went back.
    """

    manifest: Manifest
    settings: Settings
    ended: Ended
    lost: list[Lost]


async def restore_backup(
    source: Path, target: Settings, provider: KeyProvider, clock: Clock, accept: str, tell: Tell
) -> Restored:
    """Restore a backup into a new data directory, and into an empty database if it is of PostgreSQL.

    Args:
        source: the backup's file.
        target: settings of the installation to be; its origin is taken from the backup.
        provider: the vault's keys.
        clock: the time.
        accept: why a log may go back behind what the ledger has seen; empty if it may not.
        tell: told how far it is.

    Raises:
        BackupError: the file is no whole backup of this vault, or the target is not empty.
        KeyGoneError: the backup is extinct.
        RollbackError: a log would go back, and nobody accepted it.
        LedgerError: the ledger is missing, or not what was written.
        StorageError: a disk or the database did not take it. Nothing that can be served is left, whatever is raised.
    """
    container, stream_key = open_backup(source, provider)
    manifest = container.manifest
    settings = replace(target, origin=manifest.origin)
    place = place_of(settings, manifest.backend)
    refuse_used(settings.data)
    await asyncio.to_thread(place.refuse_taken)
    ledger = open_ledger(settings, provider)
    if not accept:
        _refuse(behind(settings.origin, ledger.witnessed(), manifest.logs))
    await asyncio.to_thread(container.verify, lambda done, whole: tell("check", done, whole))
    make_directory(settings.data)
    try:
        await asyncio.to_thread(_fill, place, container, stream_key, tell)
        ended, lost, after = await _prepare(settings, place, provider, manifest, clock, accept)
        await asyncio.to_thread(_go_on, ledger, place, settings, lost, after, clock())
    except BaseException:
        await asyncio.to_thread(place.clean)
        raise
    return Restored(manifest, settings, ended, list(lost.values()))


def open_backup(source: Path, provider: KeyProvider) -> tuple[Container, bytes]:
    """A backup's file with the key of its stream.

    Raises:
        BackupError: it is no backup of this vault, cut short or altered.
        KeyGoneError: it is extinct.
    """
    keys = BackupKeys(provider)
    container = Container.open(source, keys)
    manifest = container.manifest
    return container, keys.stream_key(manifest, stream_place(manifest.backup, manifest.vault))


def _fill(place: Place, container: Container, stream_key: bytes, tell: Tell) -> None:
    place.fill(container.read(stream_key, lambda done, whole: tell("write", done, whole)))


async def _prepare(
    settings: Settings, place: Place, provider: KeyProvider, manifest: Manifest, clock: Clock, accept: str
) -> tuple[Ended, dict[int, Lost], dict[int, Witnessed]]:
    """Bring the copy up to date: its tables, what ended since, its mark. Says how far its logs have come then."""
    await asyncio.to_thread(migrate.upgrade, place.url)
    database = open_database(place.url, settings.connections, pooled=settings.pooled)
    try:
        custodian = custodian_of(settings, provider, database, Passwords())
        lost = await lost_entries(custodian)
        if not accept:
            _refuse(list(lost.values()))
        witnessed = custodian.ledger.witnessed()
        source = Source(
            manifest.backup, manifest.made_at, accept, {tenant: witnessed[tenant] for tenant in lost}
        )
        ended = await prepare_restored(custodian, source, clock())
        if ended.disposed_again or ended.erased_again:
            await residue.settle(database)
        await database.write(NO_TENANT, lambda tx: mark(tx, provider, manifest.created_at))
        return ended, lost, await heads(custodian)
    finally:
        await database.close()


async def lost_entries(custodian: Custodian) -> dict[int, Lost]:
    """The logs that do not begin with what the ledger has seen of them."""
    witnessed, now = custodian.ledger.witnessed(), await heads(custodian)
    return {
        tenant: Lost(
            custodian.vault.log(tenant).origin,
            now[tenant].size if tenant in now else 0,
            witnessed[tenant].size,
        )
        for tenant in await astray_logs(custodian)
    }


def _go_on(
    ledger: Ledger,
    place: Place,
    settings: Settings,
    lost: dict[int, Lost],
    after: dict[int, Witnessed],
    now: int,
) -> None:
    """Let the ledger follow the restored logs, then make the database servable."""
    for tenant in lost:
        ledger.accept_rollback(tenant, after.get(tenant), now)
    ledger.witness_all(after, now)
    place.finish()
    write_settings(settings)


def behind(origin: str, witnessed: Mapping[int, Witnessed], logs: Mapping[int, int]) -> list[Lost]:
    """The logs of which a copy has fewer entries than the ledger has seen.

    Args:
        origin: the start of the logs' names.
        witnessed: what the ledger has seen.
        logs: tenant -> entries in the copy.
    """
    return [
        Lost(f"{origin}/{tenant}", logs.get(tenant, 0), head.size)
        for tenant, head in witnessed.items()
        if logs.get(tenant, 0) < head.size
    ]


def _refuse(lost: list[Lost]) -> None:
    if lost:
        count = sum(max(0, each.had - each.entries) for each in lost)
        raise RollbackError(
            f"このバックアップの後に、{len(lost)} 件の監査ログに {count} 件の記録が加わっています。復元すると"
            "失われます。より新しいバックアップがあれば、それを使ってください。なければ --accept-rollback に理由を"
            "書いてください(各監査ログに記録されます)。",
            f"Since this backup {count} entries were added to {len(lost)} logs; restoring it loses them. Use a newer "
            "backup if there is one. If not, say why with --accept-rollback; the reason is recorded in each log.",
        )
