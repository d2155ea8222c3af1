"""Taking a backup: one consistent copy of the database, sealed, while the server goes on."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import api
from api.bootstrap import House
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
    house: House,
    settings: Settings,
    actor: Actor,
    to: Path,
    tell: Tell,
    random_bytes: RandomBytes = system_random,
) -> Taken:
    """Copy the database into a file that opens as long as the current epoch lives.

    Args:
        house: the installation, open.
        settings: the same.
        actor: who wants it; recorded in the installation's log.
        to: the directory it goes to.
        tell: told how far it is.
        random_bytes: source of the id and the key.

    Raises:
        BackupError: the database cannot be copied as it is set up; the message says what to do.
        StorageError: a disk or the database did not take part; nothing is left.
    """
    now = house.clock()
    taken = await asyncio.to_thread(_take, house, settings, to, now, tell, random_bytes)
    detail = {
        "backup": taken.manifest.backup,
        "sha256": taken.written.sha256,
        "expires_at": str(taken.manifest.expires_at),
    }
    await record_for_house(house.custodian, entry(actor, Action.BACKUP_TAKE, now, detail=detail))
    return taken


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
    house: House, settings: Settings, to: Path, now: int, tell: Tell, random_bytes: RandomBytes
) -> Taken:
    keys = BackupKeys(house.provider)
    backup = f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}-{random_bytes(_ID_BYTES).hex()}"
    vault = house.provider.vault_id
    with copy_of(settings, tell) as copy:
        facts = copy.facts
        living = keys.epochs()
        epoch = living[-1].number
        needed = sorted(facts.epochs | {epoch})
        stream_key, sealed = keys.new_stream_key(epoch, place_of(backup, vault), random_bytes)
        manifest = Manifest(
            backup=backup,
            vault=vault,
            origin=settings.origin,
            version=api.__version__,
            made_at=now,
            created_at=facts.created_at,
            backend=house.database.backend.value,
            revision=facts.revision,
            epoch=epoch,
            epochs=tuple(needed),
            expires_at=expires_at(needed, living),
            logs=facts.logs,
            key=sealed,
        )
        content = _counted(copy, house.database.backend, tell)
        return Taken(manifest, write_container(to, manifest, keys, stream_key, content))


def _counted(copy: Copy, backend: Backend, tell: Tell) -> Iterator[bytes]:
    done = 0
    for piece in copy.content():
        done += len(piece)
        # How much pg_dump will write is not known before it has.
        tell("seal", done, copy.facts.size if backend is Backend.SQLITE else 0)
        yield piece
