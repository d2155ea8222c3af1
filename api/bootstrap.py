"""The composition root: the one place that knows every part, called by the server, the command line and the tests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from api import keys
from api.mail.relay import Post, post_of
from api.migrations import migrate
from api.settings import Settings
from custody.custodian import Custodian
from custody.undone import refuse_undone
from custody.witness import refuse_rollback
from policies.purposes import load_catalogue
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.keyring import Keyring
from tokenizer.crypto.passwords import Passwords
from tokenizer.crypto.primitives import RandomBytes, system_random
from tokenizer.epochs.memory import reconcile
from tokenizer.errors import WrongVaultError
from tokenizer.ledger import Ledger
from tokenizer.providers.base import KeyProvider
from tokenizer.storage import open_database
from tokenizer.storage.database import NO_TENANT, Database
from tokenizer.storage.rows import VaultMeta, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.vault import Vault

_HASHES_AT_ONCE: Final = 2
_ONE: Final = 1
_META: Final = table_of(VaultMeta)
_READ_META: Final = Statement(select(_META).where(_META.c.singleton == bindparam("one")))

Clock = Callable[[], int]
"""Milliseconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything, wired together; without `post`, no mail goes out."""

    custodian: Custodian
    provider: KeyProvider
    database: Database
    clock: Clock
    settings: Settings
    post: Post | None = None


async def set_up(
    settings: Settings,
    provider: KeyProvider,
    clock: Clock,
    random_bytes: RandomBytes = system_random,
    passwords: Passwords | None = None,
) -> House:
    """Create the tables and the ledger of a new vault, mark the database as this vault's, and wire the house.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
        WrongVaultError: the database belongs to another vault.
        LedgerError: the vault had a ledger, and it is missing or not what was written; or its place is unsuitable.
        RollbackError: the database is older than what the ledger has seen.
    """
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    database = open_database(settings.database_url, settings.connections, pooled=settings.pooled)
    try:
        if await _meta(database) is None:
            _begin_ledger(settings, provider, clock())
        await database.write(NO_TENANT, lambda tx: mark(tx, provider, clock()))
        return await _wire(settings, provider, database, clock, passwords or Passwords(), random_bytes)
    except BaseException:
        await database.close()
        raise


async def open_house(
    settings: Settings,
    provider: KeyProvider,
    clock: Clock,
    random_bytes: RandomBytes = system_random,
    passwords: Passwords | None = None,
    observe: Callable[[Database], Database] | None = None,
) -> House:
    """Wire the house around a database that was set up before; `observe` may stand before the database.

    Raises:
        DatabaseVersionError: the database is of another version.
        WrongVaultError: the keys belong to another vault than the database.
        DatabaseSettingsError: the database runs without the durability the vault promises.
        LedgerError: the ledger is missing, or not what was written.
        RollbackError: the database is older than what the ledger has seen.
    """
    await asyncio.to_thread(migrate.check, settings.database_url)
    database = open_database(settings.database_url, settings.connections, pooled=settings.pooled)
    if observe is not None:
        database = observe(database)
    try:
        return await _wire(settings, provider, database, clock, passwords or Passwords(), random_bytes)
    except BaseException:
        await database.close()
        raise


def open_keys(settings: Settings) -> KeyProvider:
    """Open the keys that the settings name.

    Raises:
        KeyDirectoryError: they are missing, unreadable, too open, or their passphrase is wrong.
        KeyStoreError: the store that wraps them does not answer, refuses, or is another.
        SettingsError: the setting `key_store` makes no sense.
    """
    return keys.open_keys(settings)


def open_ledger(settings: Settings, provider: KeyProvider, *, rehearsal: bool = False) -> Ledger:
    """Open the ledger that the settings name; one for a rehearsal refuses what is written into it.

    Raises:
        LedgerError: it is missing, too open, misplaced, or not what was written.
    """
    directory = settings.ledger_directory
    return Ledger.open(directory, provider.authority_key(), settings.data, rehearsal=rehearsal)


def custodian_of(
    settings: Settings,
    provider: KeyProvider,
    database: Database,
    passwords: Passwords,
    random_bytes: RandomBytes = system_random,
    *,
    rehearsal: bool = False,
) -> Custodian:
    """What use cases work with, around a database that nobody has looked at yet: for restoring one.

    Args:
        settings: how the installation runs.
        provider: its keys.
        database: open.
        passwords: hashes login passwords.
        random_bytes: source of randomness.
        rehearsal: whether the ledger refuses what is written into it.

    Raises:
        LedgerError: the ledger is missing, or not what was written.
    """
    vault = Vault(database, Keyring(provider), settings.origin, random_bytes)
    ledger = open_ledger(settings, provider, rehearsal=rehearsal)
    hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
    return Custodian(vault, load_catalogue(), passwords, hashing, ledger, mails=settings.smtp is not None)


async def _wire(
    settings: Settings,
    provider: KeyProvider,
    database: Database,
    clock: Clock,
    passwords: Passwords,
    random_bytes: RandomBytes,
) -> House:
    _refuse_other_vault(await _meta(database), provider)
    custodian = custodian_of(settings, provider, database, passwords, random_bytes)
    await refuse_rollback(custodian)
    await refuse_undone(custodian)
    await reconcile(custodian.vault, provider, clock())
    return House(custodian, provider, database, clock, settings, post_of(settings))


async def _meta(database: Database) -> Row | None:
    return await database.read(NO_TENANT, lambda tx: tx.one(_READ_META, {"one": _ONE}))


def _begin_ledger(settings: Settings, provider: KeyProvider, now: int) -> None:
    """Make the ledger of a new vault, unless that was done before the database got its mark."""
    if not Ledger.is_in(settings.ledger_directory):
        Ledger.create(settings.ledger_directory, provider.authority_key(), now, settings.data)


def mark(tx: Transaction, provider: KeyProvider, created_at: int) -> None:
    """Mark a database as that of a vault; without it no house opens around it.

    Args:
        tx: a transaction of no tenant.
        provider: the vault's keys.
        created_at: when the vault's database was set up, in milliseconds since the epoch.

    Raises:
        WrongVaultError: it has the mark of another.
    """
    row = tx.one(_READ_META, {"one": _ONE})
    if row is None:
        tx.insert(VaultMeta, [(_ONE, provider.vault_id, created_at, _proof(provider))])
    else:
        _refuse_other_vault(row, provider)


def _proof(provider: KeyProvider) -> bytes:
    return Authority(provider.authority_key()).stamp("vault_meta", (provider.vault_id,))


def _refuse_other_vault(row: Row | None, provider: KeyProvider) -> None:
    if row is None or row[1] != provider.vault_id or row[3] != _proof(provider):
        found = row[1] if row else "?"
        raise WrongVaultError(
            f"鍵ディレクトリは保管庫 {provider.vault_id} のものですが、データベースは {found} のものです。"
            "正しい鍵ディレクトリを指定してください。",
            f"The key directory belongs to vault {provider.vault_id}, the database to {found}. "
            "Point to the key directory of this database.",
        )
