"""The keys of an installation: in files, or wrapped by the key store that the settings name."""

import os

from api.key_stores import open_store
from api.settings import Settings, SettingsError
from tokenizer.errors import KeyDirectoryError
from tokenizer.providers import private_files
from tokenizer.providers.base import KeyProvider
from tokenizer.providers.file import FileKeyProvider
from tokenizer.providers.wrapped import STORE_FILE, WrappedKeyProvider


def make_keys(settings: Settings, vault_id: str, now_ms: int) -> KeyProvider:
    """Make the keys of a new vault.

    Args:
        settings: how the installation runs.
        vault_id: 1 to 64 letters, digits, dots, hyphens, underscores.
        now_ms: when epoch 1 begins, in milliseconds since the epoch.

    Raises:
        KeyDirectoryError: the place is taken, unsuitable or not writable.
        KeyStoreError: the store does not answer, or refuses.
        SettingsError: the setting `key_store` makes no sense.
    """
    if settings.key_store is None:
        return FileKeyProvider.create(
            settings.keys,
            vault_id,
            now_ms=now_ms,
            passphrase=settings.passphrase(),
            data_dir=settings.data,
        )
    _refuse_passphrase(settings)
    store = open_store(settings.key_store, os.environ)
    return WrappedKeyProvider.create(
        settings.keys,
        vault_id,
        store,
        now_ms=now_ms,
        data_dir=settings.data,
        backup_days=settings.key_store_backup_days,
    )


def open_keys(settings: Settings) -> KeyProvider:
    """Open the keys of a vault.

    Raises:
        KeyDirectoryError: the directory is missing, unreadable, too open, or its passphrase is wrong.
        KeyStoreError: the store does not answer, refuses, or is not the one that wrapped the keys.
        SettingsError: the setting `key_store` makes no sense.
    """
    if settings.key_store is None:
        _refuse_blobs(settings)
        return FileKeyProvider.open(settings.keys, passphrase=settings.passphrase(), data_dir=settings.data)
    _refuse_passphrase(settings)
    store = open_store(settings.key_store, os.environ)
    return WrappedKeyProvider.open(
        settings.keys, store, data_dir=settings.data, backup_days=settings.key_store_backup_days
    )


def _refuse_blobs(settings: Settings) -> None:
    private_files.check_directory(settings.keys)
    if STORE_FILE in private_files.list_directory(settings.keys):
        raise KeyDirectoryError(
            f"{settings.keys} の鍵は鍵ストアで包まれています。設定 key_store で鍵ストアを指定してください。",
            f"The keys in {settings.keys} are wrapped by a key store. Name it in the setting key_store.",
        )


def _refuse_passphrase(settings: Settings) -> None:
    """A passphrase seals key files; whoever gives one with a key store would think the blobs sealed by it as well."""
    if settings.passphrase() is not None:
        raise SettingsError(
            "鍵ストア(key_store)で包む鍵にパスフレーズは使いません。パスフレーズの指定を外してください。 / "
            "Keys wrapped by a key store (key_store) take no passphrase. Drop the passphrase."
        )
