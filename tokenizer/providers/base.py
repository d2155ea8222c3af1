"""What the vault asks of whoever keeps its keys: files, a hardware module, a cloud service."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from tokenizer.errors import KeyDirectoryError, KeyGoneError

_VAULT_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One week of key life.

    Attributes:
        number: counts up from 1; never used twice in one vault, not even after its key is destroyed.
        began: milliseconds since 1970-01-01 UTC.
    """

    number: int
    began: int


class KeyProvider(Protocol):
    """Keeper of the keys that must be in no database and in no backup of one.

    An epoch key wraps the keys of persons; destroying it is what makes old copies of the database unreadable.
    The authority key and the log seed live as long as the vault. A provider that asks a key store may raise its
    KeyStoreError wherever KeyDirectoryError is named.
    """

    @property
    def vault_id(self) -> str:
        """Which vault the keys belong to; the database names the same."""
        ...

    @property
    def lead_days(self) -> int:
        """Days between `destroy_epoch` and the key's bytes being gone for good; until then a keeper might undo it."""
        ...

    def epochs(self) -> list[Epoch]:
        """The living epochs, oldest first.

        Raises:
            KeyDirectoryError: the keys cannot be read.
        """
        ...

    def epoch_numbers(self) -> list[int]:
        """The numbers of the living epochs, oldest first; cheaper than `epochs`."""
        ...

    def destroyed_epochs(self) -> list[int]:
        """The numbers of the epochs whose keys were destroyed, oldest first: told from those that never were here.

        Raises:
            KeyDirectoryError: the keys cannot be read.
        """
        ...

    def has_epoch(self, number: int) -> bool:
        """Whether the key of an epoch is here; cheap enough to ask before each use of what was derived from it."""
        ...

    def epoch_key(self, number: int) -> bytes:
        """The 32-byte key of one epoch.

        Raises:
            KeyGoneError: it was destroyed, or never was here.
            KeyDirectoryError: it is here and cannot be read.
        """
        ...

    def create_epoch(self, number: int, began: int) -> None:
        """Make a new random key for an epoch, durably, before returning.

        Raises:
            KeyGoneError: an epoch of that number was destroyed; numbers do not come back.
            KeyDirectoryError: it exists already, or cannot be written.
        """
        ...

    def destroy_epoch(self, number: int) -> None:
        """Make a key unrecoverable, durably, before returning.

        Destroying it again finishes what was cut short.

        Raises:
            KeyGoneError: there never was such an epoch.
            KeyDirectoryError: the key cannot be removed; it must be taken for living.
        """
        ...

    def authority_key(self) -> bytes:
        """The 32-byte key of the MACs and seals on rows that grant power.

        Raises:
            KeyDirectoryError: it cannot be read.
        """
        ...

    def log_seed(self) -> bytes:
        """The 32 bytes that the signing keys (Ed25519) of the audit logs are derived from.

        Raises:
            KeyDirectoryError: it cannot be read.
        """
        ...


def check_vault_id(vault_id: str) -> None:
    """Make sure that an id can stand in the files of a key directory and in names of keys.

    Raises:
        ValueError: it has another form.
    """
    if not _VAULT_ID.fullmatch(vault_id):
        raise ValueError("a vault id has 1 to 64 letters, digits, dots, hyphens, underscores")


def key_gone(number: int) -> KeyGoneError:
    """The error for an epoch without a key."""
    return KeyGoneError(
        f"世代{number}の鍵はありません(廃棄済みか未作成です)。この世代で封印した値は復元できません。",
        f"There is no key of epoch {number}: destroyed, or never here. What it sealed cannot be read.",
    )


def epoch_exists(number: int) -> KeyDirectoryError:
    """The error for an epoch that is to be made and is there."""
    return KeyDirectoryError(
        f"世代{number}の鍵は既にあります。上書きはしません。次の番号を使ってください。",
        f"The key of epoch {number} exists already and is not overwritten. Use the next number.",
    )
