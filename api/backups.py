"""Taking a backup: one consistent copy of the database, sealed, while the server goes on."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import api
from api.bootstrap import Clock, House
from api.settings import Settings
from custody.custodian import entry
from custody.house_log import record_for_house
from policies.actor import Actor
from tokenizer.audit.action import Action
from tokenizer.backup import sqlite
from tokenizer.backup.container import Written, place_of, write_container
from tokenizer.backup.copies import Copy
from tokenizer.backup.manifest import BackupKeys, Manifest, expires_at
from tokenizer.crypto.primitives import RandomBytes, system_random
from tokenizer.errors import WrongVaultError
from tokenizer.providers.base import KeyProvider
from tokenizer.storage.statement import Backend

Tell = Callable[[str, int, int], None]
"""Told how much of how much of a step is done: `copy`, `seal`, `check`, `write`, `logs`."""

_ID_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is on disk."""

    manifest: Manifest
    written: Written


async def take_backup(
    settings: Settings,
    provider: KeyProvider,
    clock: Clock,
    to: Path,
    tell: Tell,
    random_bytes: RandomBytes = system_random,
) -> Taken:
    """Copy the database, also one of an older version, into a file that opens as long as the current epoch lives.

    Args:
        settings: of the installation.
        provider: its keys.
        clock: the time.
        to: the directory it goes to.
        tell: told how far it is.
        random_bytes: source of the id and the key.

    Raises:
        WrongVaultError: the keys belong to another vault than the database.
        BackupError: the database cannot be copied as it is set up; the message says what to do.
        StorageError: a disk or the database did not take part; nothing is left.
    """
    return await asyncio.to_thread(_take, settings, provider, clock(), to, tell, random_bytes)


async def record_backup(house: House, actor: Actor, taken: Taken) -> None:
    """Write into the installation's log that a backup was taken, by whom, and which file it is."""
    detail = {
        "backup": taken.manifest.backup,
        "sha256": taken.written.sha256,
        "expires_at": str(taken.manifest.expires_at),
    }
    await record_for_house(
        house.custodian, entry(actor, Action.BACKUP_TAKE, taken.manifest.made_at, detail=detail)
    )


@contextmanager
def copy_of(settings: Settings, tell: Tell) -> Iterator[Copy]:
    """A consistent copy of the installation's database, whichever it is.

    Raises:
        BackupError: it cannot be copied as it is set up.
        StorageError: it cannot be read.
    """
    url = settings.database_url
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:///"))
        with sqlite.copy_of(path, lambda done, whole: tell("copy", done, whole)) as copy:
            yield copy
    else:
        from tokenizer.backup.postgres import copy_of as postgres_copy_of

        with postgres_copy_of(settings.backup_database or url, settings.postgres_tools) as copy:
            yield copy


def _take(
    settings: Settings, provider: KeyProvider, now: int, to: Path, tell: Tell, random_bytes: RandomBytes
) -> Taken:
    keys, vault = BackupKeys(provider), provider.vault_id
    backup = f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}-{random_bytes(_ID_BYTES).hex()}"
    with copy_of(settings, tell) as copy:
        facts, living = copy.facts, keys.epochs()
        _refuse_other_vault(facts.vault, vault)
        epoch = living[-1].number
        needed = sorted(facts.epochs | {epoch})
        stream_key, sealed = keys.new_stream_key(epoch, place_of(backup, vault), random_bytes)
        backend = Backend.SQLITE if settings.database_url.startswith("sqlite:") else Backend.POSTGRESQL
        manifest = Manifest(
            backup=backup,
            vault=vault,
            origin=settings.origin,
            version=api.__version__,
            made_at=now,
            created_at=facts.created_at,
            backend=backend.value,
            revision=facts.revision,
            epoch=epoch,
            epochs=tuple(needed),
            expires_at=expires_at(needed, living),
            logs=facts.logs,
            key=sealed,
        )
        return Taken(manifest, write_container(to, manifest, keys, stream_key, _counted(copy, backend, tell)))


def _counted(copy: Copy, backend: Backend, tell: Tell) -> Iterator[bytes]:
    done = 0
    for piece in copy.content():
        done += len(piece)
        # How much pg_dump will write is not known before it has.
        tell("seal", done, copy.facts.size if backend is Backend.SQLITE else 0)
        yield piece


def _refuse_other_vault(found: str, vault: str) -> None:
    if found != vault:
        raise WrongVaultError(
            f"鍵ディレクトリは保管庫 {vault} のものですが、データベースは {found} のものです。"
            "正しい鍵ディレクトリを指定してください。",
            f"The key directory belongs to vault {vault}, the database to {found}. "
            "Point to the key directory of this database.",
        )
