"""Keys wrapped by a key store: the directory holds blobs that are worth nothing without the store.

The directory lies where the file provider's would: outside the data directory, 0700, each file 0400:

    store.json            which vault, and which kind of store wraps its keys
    authority.blob        long-lived, wrapped by the vault's root key in the store
    log.blob              long-lived, likewise
    epoch-000001.blob     one a week, each wrapped by a key of its own in the store
    epoch-000001.gone     tombstone of a destroyed epoch, so that its number never comes back

Two more marks, `making` and `going`, stand there while an epoch is made or destroyed; see `Mark`.

Destroying an epoch destroys its key in the store, which is what makes every copy of its blob worthless; only then the
tombstone is left and the blob removed. So a tombstone is never a promise. An epoch whose key the store lost by itself
keeps its blob and stays in the list, unusable, until somebody destroys it or brings the key back: a store that was
exchanged or restored from an old copy must not make us throw blobs away.

An unwrapped key stays in memory while the epoch lives; see `Watch` for how long that is believed.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tokenizer.crypto.primitives import RandomBytes, system_random
from tokenizer.errors import KeyDirectoryError, VaultError
from tokenizer.providers import private_files
from tokenizer.providers.base import Epoch, check_vault_id, epoch_exists, key_gone
from tokenizer.providers.blobs import Blobs
from tokenizer.providers.epoch_files import EpochFiles, Mark, file_name
from tokenizer.providers.key_store import (
    KeyDestroyedError,
    KeyState,
    KeyStore,
    UnknownKeyError,
    check_binding,
    denied,
    unknown_key,
    unreachable,
)
from tokenizer.providers.watch import Spawn, Watch, in_background
from tokenizer.providers.wrapped_file import StoreFile

STORE_FILE: Final = "store.json"
_AUTHORITY: Final = "authority.blob"
_LOG: Final = "log.blob"
_LATELY: Final = 13


class WrappedKeyProvider:
    """A key directory of blobs, and the key store that opens them."""

    def __init__(
        self,
        directory: Path,
        vault_id: str,
        store: KeyStore,
        random_bytes: RandomBytes,
        clock: Callable[[], float],
        spawn: Spawn,
        backup_days: int,
    ) -> None:
        self._directory = directory
        self._vault_id = vault_id
        self._store = store
        self._backup_days = backup_days
        self._files = EpochFiles(directory)
        self._blobs = Blobs(directory, vault_id, store, random_bytes)
        self._watch = Watch(self._lives, clock, spawn)

    @classmethod
    def create(
        cls,
        path: Path,
        vault_id: str,
        store: KeyStore,
        random_bytes: RandomBytes = system_random,
        *,
        now_ms: int,
        data_dir: Path | None = None,
        backup_days: int = 0,
        clock: Callable[[], float] = time.monotonic,
        spawn: Spawn = in_background,
    ) -> Self:
        """Make the directory of a new vault and its keys in the store, with epoch 1.

        Args:
            path: does not exist yet, or is empty.
            vault_id: 1 to 64 letters, digits, dots, hyphens, underscores; names of keys in the store begin with it.
            store: what wraps the keys.
            random_bytes: where keys come from.
            now_ms: when epoch 1 begins, in milliseconds since 1970-01-01 UTC.
            data_dir: directory of the database, which must not hold the blobs.
            backup_days: so long the store's own backups are kept, in which a destroyed key lives on.
            clock: seconds that only grow, for the age of the store's answers.
            spawn: does something beside the work.

        Raises:
            ValueError: the vault id has another form.
            KeyDirectoryError: the place is taken, unsuitable or not writable.
            KeyStoreError: the store does not answer, refuses, or does not bind values to their context.
        """
        check_vault_id(vault_id)
        private_files.refuse_data_directory(path, data_dir)
        private_files.make_directory(path)
        provider = cls(path, vault_id, store, random_bytes, clock, spawn, backup_days)
        store.create(provider._root)
        check_binding(store, provider._root)
        for name in (_AUTHORITY, _LOG):
            provider._blobs.make(name, provider._root, now_ms)
        provider.create_epoch(1, now_ms)
        # Last: a directory without it was cut short while being made, and `open` refuses it.
        StoreFile(vault_id, store.kind).write(path / STORE_FILE)
        return provider

    @classmethod
    def open(
        cls,
        path: Path,
        store: KeyStore,
        *,
        data_dir: Path | None = None,
        backup_days: int = 0,
        random_bytes: RandomBytes = system_random,
        clock: Callable[[], float] = time.monotonic,
        spawn: Spawn = in_background,
    ) -> Self:
        """Open the directory, unwrap every key in it once, and finish a destruction that was cut short.

        Raises:
            KeyDirectoryError: names the file, what is wrong with it and what to do.
            KeyStoreError: the store does not answer, refuses, or is not the one that wrapped the keys.
        """
        private_files.refuse_data_directory(path, data_dir)
        private_files.check_directory(path)
        content = StoreFile.read(path / STORE_FILE)
        content.check_kind(path, store.kind)
        provider = cls(path, content.vault_id, store, random_bytes, clock, spawn, backup_days)
        if store.state(provider._root) is not KeyState.LIVING:
            raise unknown_key(store.kind, provider._root)
        provider._finish_destructions()
        provider.authority_key()
        provider.log_seed()
        provider._unwrap_epochs()
        return provider

    def __repr__(self) -> str:
        return f"WrappedKeyProvider({self._store.kind}, {self._directory})"

    @property
    def vault_id(self) -> str:
        """Which vault the keys belong to."""
        return self._vault_id

    @property
    def kind(self) -> str:
        """Which kind of store wraps the keys."""
        return self._store.kind

    @property
    def lead_days(self) -> int:
        """Days between `destroy_epoch` and the key's bytes being gone for good, from the store's backups as well."""
        return self._store.lead_days + self._backup_days

    def epochs(self) -> list[Epoch]:
        """The epochs without a tombstone, oldest first; reads and checks each blob's file."""
        return [Epoch(number, self._blobs.made(_blob(number))) for number in self.epoch_numbers()]

    def epoch_numbers(self) -> list[int]:
        """The numbers of the epochs without a tombstone, oldest first; does not ask the store."""
        return sorted(self._files.numbers(Mark.BLOB) - self._files.numbers(Mark.GONE))

    def destroyed_epochs(self) -> list[int]:
        """The numbers of the destroyed epochs, oldest first."""
        return sorted(self._files.numbers(Mark.GONE) - self._files.numbers(Mark.BLOB))

    def lost_epochs(self) -> list[int]:
        """The epochs in the list whose key the store does not have; asks the store about each.

        Raises:
            KeyStoreError: it does not answer.
        """
        return [number for number in self.epoch_numbers() if not self._lives(number)]

    def has_epoch(self, number: int) -> bool:
        """Whether the key of an epoch is usable: no tombstone here, and alive when the store was last asked.

        Raises:
            KeyStoreError: the store has not answered for longer than is allowed, or refuses.
        """
        if not self._files.has_blob(number):
            self._forget(number)
            return False
        if not self._watch.lives(number):
            self._blobs.forget(_blob(number))
            return False
        return True

    def epoch_key(self, number: int) -> bytes:
        """The 32-byte key of one epoch; see `KeyProvider.epoch_key`."""
        if not self.has_epoch(number):
            raise key_gone(number)
        try:
            return self._blobs.key(_blob(number), self._name(number))
        except (KeyDestroyedError, UnknownKeyError):
            self._forget(number)
            raise key_gone(number) from None

    def create_epoch(self, number: int, began: int) -> None:
        """Make a key in the store and a new random key wrapped by it; see `KeyProvider.create_epoch`."""
        with private_files.locked(self._directory):
            if self._files.path(number, Mark.GONE).exists():
                raise key_gone(number)
            if self._files.path(number, Mark.BLOB).exists():
                raise epoch_exists(number)
            self._make_in_store(number)
            self._blobs.make(_blob(number), self._name(number), began)
            self._files.remove(number, Mark.MAKING)
        self._watch.forget(number)

    def destroy_epoch(self, number: int) -> None:
        """Destroy the key in the store, leave the tombstone, remove the blob; see `KeyProvider.destroy_epoch`.

        Destroying it again asks the store again: a key that came back with a copy of the store is destroyed anew.
        """
        with private_files.locked(self._directory):
            is_gone = self._files.path(number, Mark.GONE).exists()
            if not is_gone and not self._files.path(number, Mark.BLOB).exists():
                raise key_gone(number)
            if not is_gone:
                self._files.put(number, Mark.GOING)
            self._destroy_in_store(number)
            if not is_gone:
                self._files.put(number, Mark.GONE)
            self._files.remove(number, Mark.BLOB, Mark.GOING)
        self._forget(number)

    def authority_key(self) -> bytes:
        """The 32-byte key of the MACs and seals on rows that grant power."""
        return self._blobs.key(_AUTHORITY, self._root)

    def log_seed(self) -> bytes:
        """The 32 bytes that the logs' signing keys are derived from."""
        return self._blobs.key(_LOG, self._root)

    # --- names

    @property
    def _root(self) -> str:
        return f"{self._vault_id}-root"

    def _name(self, number: int) -> str:
        return f"{self._vault_id}-epoch-{number:06d}"

    def _unwrap_epochs(self) -> None:
        """Find out at the start what is damaged. Old keys may be lost; without the newest nothing can be written."""
        numbers = self.epoch_numbers()
        for number in numbers:
            try:
                self._blobs.key(_blob(number), self._name(number))
            except (KeyDestroyedError, UnknownKeyError):
                if number == numbers[-1]:
                    raise

    def _forget(self, number: int) -> None:
        self._blobs.forget(_blob(number))
        self._watch.forget(number)

    # --- the store

    def _state(self, number: int) -> KeyState:
        """What became of an epoch's key. That it is missing counts only in the store that has the vault's root key."""
        state = self._store.state(self._name(number))
        if state is KeyState.UNKNOWN and self._store.state(self._root) is not KeyState.LIVING:
            raise unreachable(self._store.kind, f"no key {self._root}")
        return state

    def _lives(self, number: int) -> bool:
        return self._state(number) is KeyState.LIVING

    def _make_in_store(self, number: int) -> None:
        state = self._state(number)
        if state is KeyState.DESTROYED:
            raise key_gone(number)
        if not self._files.path(number, Mark.MAKING).exists():
            if state is KeyState.LIVING:
                raise _blob_missing(self._files.path(number, Mark.BLOB), self._name(number))
            # It comes first: after a crash in between, the next attempt knows that the key is nobody's.
            self._files.put(number, Mark.MAKING)
        if state is KeyState.UNKNOWN:
            self._store.create(self._name(number))

    def _destroy_in_store(self, number: int) -> None:
        """Destroy the key and look whether it is so. What fails is taken for living; what is cut short, for going."""
        try:
            with suppress(
                UnknownKeyError
            ):  # whether it is missing for a good reason, the next question tells
                self._store.destroy(self._name(number))
            if self._lives(number):
                raise denied(self._store.kind, f"{self._name(number)} is still there")
        except VaultError:
            self._files.remove(number, Mark.GOING)
            raise

    def _finish_destructions(self) -> None:
        """Finish what a crash cut short, and destroy again what came back: as a blob, or with a copy of the store."""
        blobs, gone = self._files.numbers(Mark.BLOB), self._files.numbers(Mark.GONE)
        cut_short = self._files.numbers(Mark.GOING) & (blobs | gone)
        # Copies of a store are not older than 90 days: to ask about the last tombstones is enough, year after year.
        returned = {number for number in sorted(gone)[-_LATELY:] if self._lives(number)}
        for number in sorted(cut_short | (blobs & gone) | returned):
            self.destroy_epoch(number)
        for number in blobs & self._files.numbers(Mark.MAKING):
            self._files.remove(number, Mark.MAKING)


def _blob(number: int) -> str:
    return file_name(number, Mark.BLOB)


def _blob_missing(path: Path, name: str) -> KeyDirectoryError:
    return KeyDirectoryError(
        f"鍵ストアには {name} がありますが、{path} がありません。鍵ディレクトリを新しい控えから戻してください。",
        f"The key store has {name}, but {path} is missing. Restore the key directory from a newer copy.",
    )
