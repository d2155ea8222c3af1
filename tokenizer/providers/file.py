"""Keys in files: for one machine, without special hardware.

The directory lies outside the data directory and outside every backup of it: a copy of the database must not
bring its keys along. It is 0700, each file 0400:

    vault.json            which vault, and how its passphrase becomes the sealing key
    authority.key         long-lived
    log.key               long-lived
    epoch-000001.key      one a week
    epoch-000001.gone     tombstone of a destroyed epoch, so that its number never comes back

Without a passphrase the file permissions are the whole protection. Destroying overwrites a file before
removing it; disks that write elsewhere (SSD, copy-on-write file systems, snapshots) may keep the old blocks.
With a passphrase these are sealed; with a PKCS#11 or KMS provider they never exist.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from tokenizer.crypto.passwords import KEY_DIRECTORY, Profile
from tokenizer.crypto.primitives import KEY_BYTES, RandomBytes, system_random
from tokenizer.providers import private_files
from tokenizer.providers.base import Epoch, check_vault_id, epoch_exists, key_gone
from tokenizer.providers.key_file import KeyFile, VaultFile

_EPOCH_FILE: Final = re.compile(r"epoch-([0-9]{6,})\.key")
_TOMBSTONE: Final = re.compile(r"epoch-([0-9]{6,})\.gone")
_AUTHORITY: Final = "authority.key"
_LOG: Final = "log.key"
_VAULT: Final = "vault.json"


class FileKeyProvider:
    """A key directory. Reads files at each call, and so sees at once what another process did."""

    lead_days: Final = 0

    def __init__(
        self, directory: Path, vault_id: str, sealing_key: bytes | None, random_bytes: RandomBytes
    ) -> None:
        self._directory = directory
        self._vault_id = vault_id
        self._sealing_key = sealing_key
        self._random_bytes = random_bytes

    @classmethod
    def create(
        cls,
        path: Path,
        vault_id: str,
        random_bytes: RandomBytes = system_random,
        *,
        now_ms: int,
        passphrase: str | None = None,
        data_dir: Path | None = None,
        profile: Profile = KEY_DIRECTORY,
    ) -> Self:
        """Make the directory of a new vault, with its long-lived keys and epoch 1.

        Args:
            path: does not exist yet, or is empty.
            vault_id: 1 to 64 letters, digits, dots, hyphens, underscores.
            random_bytes: where keys come from.
            now_ms: when epoch 1 begins, in milliseconds since 1970-01-01 UTC.
            passphrase: seals the key files; to be given at each `open`.
            data_dir: directory of the database, which must not hold the keys.
            profile: cost of deriving the sealing key from the passphrase.

        Raises:
            ValueError: the vault id has another form.
            KeyDirectoryError: the place is taken, unsuitable or not writable.
        """
        check_vault_id(vault_id)
        private_files.refuse_data_directory(path, data_dir)
        private_files.make_directory(path)
        vault, sealing_key = VaultFile(vault_id), None
        if passphrase is not None:
            vault, sealing_key = VaultFile.seal(vault_id, passphrase, profile, random_bytes)
        for name in (_AUTHORITY, _LOG, _epoch_file(1)):
            KeyFile(vault_id, name, now_ms, random_bytes(KEY_BYTES)).write(path, sealing_key, random_bytes)
        # Last: a directory without it was cut short while being made, and `open` refuses it.
        vault.write(path / _VAULT)
        return cls(path, vault_id, sealing_key, random_bytes)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        passphrase: str | None = None,
        data_dir: Path | None = None,
        random_bytes: RandomBytes = system_random,
    ) -> Self:
        """Open the directory, read every key in it once, and finish a destruction that was cut short.

        Raises:
            KeyDirectoryError: names the file, what is wrong with it and what to do.
        """
        private_files.refuse_data_directory(path, data_dir)
        private_files.check_directory(path)
        vault = VaultFile.read(path / _VAULT)
        provider = cls(path, vault.vault_id, vault.unseal(path / _VAULT, passphrase), random_bytes)
        provider._finish_destructions()
        provider.authority_key()
        provider.log_seed()
        provider.epochs()
        return provider

    @property
    def vault_id(self) -> str:
        """Which vault the keys belong to."""
        return self._vault_id

    def epochs(self) -> list[Epoch]:
        """The living epochs, oldest first; reads and checks each key file."""
        return [Epoch(number, self._read(_epoch_file(number)).made) for number in self.epoch_numbers()]

    def epoch_numbers(self) -> list[int]:
        """The numbers of the living epochs, oldest first."""
        names = set(private_files.list_directory(self._directory))
        return [number for number in _epochs_among(names) if _tombstone_name(number) not in names]

    def destroyed_epochs(self) -> list[int]:
        """The numbers of the destroyed epochs, oldest first: a tombstone stands and no key lies beside it."""
        names = set(private_files.list_directory(self._directory))
        matches = map(_TOMBSTONE.fullmatch, names)
        gone = (int(match[1]) for match in matches if match)
        return sorted(number for number in gone if _epoch_file(number) not in names)

    def has_epoch(self, number: int) -> bool:
        """Whether the key of an epoch is here and not destroyed. Asked at each use of a key, so `os.stat` it is."""
        key = f"{self._directory}/{_epoch_file(number)}"
        return private_files.is_there(key) and not private_files.is_there(key.removesuffix(".key") + ".gone")

    def epoch_key(self, number: int) -> bytes:
        """The 32-byte key of one epoch; see `KeyProvider.epoch_key`."""
        if not self.has_epoch(number):
            raise key_gone(number)
        return self._read(_epoch_file(number)).key

    def create_epoch(self, number: int, began: int) -> None:
        """Make a new random key for an epoch; see `KeyProvider.create_epoch`."""
        with private_files.locked(self._directory):
            if self._tombstone(number).exists():
                raise key_gone(number)
            if self._epoch_path(number).exists():
                raise epoch_exists(number)
            key = KeyFile(self._vault_id, _epoch_file(number), began, self._random_bytes(KEY_BYTES))
            key.write(self._directory, self._sealing_key, self._random_bytes)

    def destroy_epoch(self, number: int) -> None:
        """Overwrite and remove a key and leave its tombstone; see `KeyProvider.destroy_epoch`."""
        with private_files.locked(self._directory):
            if self._epoch_path(number).exists():
                # The tombstone comes first: after a crash in between, `open` knows what was meant.
                private_files.write(self._tombstone(number), "destroyed\n")
                private_files.shred(self._epoch_path(number))
            elif not self._tombstone(number).exists():
                raise key_gone(number)

    def authority_key(self) -> bytes:
        """The 32-byte key of the MACs and seals on rows that grant power."""
        return self._read(_AUTHORITY).key

    def log_seed(self) -> bytes:
        """The 32 bytes that the logs' signing keys are derived from."""
        return self._read(_LOG).key

    def _read(self, name: str) -> KeyFile:
        return KeyFile.read(self._directory / name, self._vault_id, self._sealing_key)

    def _epoch_path(self, number: int) -> Path:
        return self._directory / _epoch_file(number)

    def _tombstone(self, number: int) -> Path:
        return self._directory / _tombstone_name(number)

    def _finish_destructions(self) -> None:
        for number in _epochs_among(private_files.list_directory(self._directory)):
            if self._tombstone(number).exists():
                self.destroy_epoch(number)


def _epochs_among(names: Iterable[str]) -> list[int]:
    matches = map(_EPOCH_FILE.fullmatch, names)
    return sorted(int(match[1]) for match in matches if match)


def _epoch_file(number: int) -> str:
    return f"epoch-{number:06d}.key"


def _tombstone_name(number: int) -> str:
    return f"epoch-{number:06d}.gone"
