"""What can go wrong in the vault, grouped by whose fault it is.

Every message is bilingual ("日本語 / English") and names what to do. None ever holds a number, a key or a code.
"""


class VaultError(Exception):
    """Base of all errors of the vault; never raised itself.

    Attributes:
        code: stable name in UPPER_SNAKE that programs may match.
        message_ja: what happened and what to do, in Japanese.
        message_en: the same in English.
    """

    code = "VAULT_ERROR"

    def __init__(self, message_ja: str, message_en: str) -> None:
        super().__init__(f"{message_ja} / {message_en}")
        self.message_ja = message_ja
        self.message_en = message_en


# --- the caller's fault: a value that cannot be what it claims to be


class InvalidNumberError(VaultError):
    """Text that is no Individual Number; `problem` names why."""

    code = "INVALID_NUMBER"

    def __init__(self, problem: str, message_ja: str, message_en: str) -> None:
        super().__init__(message_ja, message_en)
        self.problem = problem


class InvalidTokenError(VaultError):
    """Text that is no token of ours (prefix, alphabet, length or checksum)."""

    code = "INVALID_TOKEN"


# --- the operator's fault: keys, files and databases that do not fit together


class KeyDirectoryError(VaultError):
    """The key directory is missing, unreadable, too open, or its passphrase is wrong."""

    code = "KEY_DIRECTORY"


class LedgerError(VaultError):
    """The ledger (disposals and witnessed checkpoints) is missing, too open, altered, cut short, or misplaced."""

    code = "LEDGER"


class BackupError(VaultError):
    """A backup cannot be taken or used: damaged, cut short, of another vault, or its place is not free."""

    code = "BACKUP"


class WrongVaultError(VaultError):
    """The keys belong to another vault than the database."""

    code = "WRONG_VAULT"


class DatabaseVersionError(VaultError):
    """The database was written by a newer Warifu, or was never set up."""

    code = "DATABASE_VERSION"


class DatabaseSettingsError(VaultError):
    """The database runs without the durability the vault promises."""

    code = "DATABASE_SETTINGS"


class StorageError(VaultError):
    """The database could not take the write (full, read-only, lost): nothing was released."""

    code = "STORAGE_UNAVAILABLE"


# --- an attacker's fault, or a broken disk: stored bytes that are not what we stored


class SealBrokenError(VaultError):
    """A stored value does not open under the key and the row it is bound to."""

    code = "SEAL_BROKEN"


class RollbackError(VaultError):
    """The database is an older one than was seen before: a log went back, or a disposed person is back."""

    code = "ROLLBACK"


class KeyGoneError(VaultError):
    """The epoch key that a stored value needs was destroyed, or never was in this provider."""

    code = "KEY_GONE"


class EpochInUseError(VaultError):
    """An epoch key cannot be destroyed yet, because something still needs it.

    Attributes:
        epoch: its number.
        rows: how many rows need it; 0 where something else does, as the message says.
    """

    code = "EPOCH_IN_USE"

    def __init__(self, epoch: int, rows: int, message_ja: str, message_en: str) -> None:
        super().__init__(message_ja, message_en)
        self.epoch = epoch
        self.rows = rows
