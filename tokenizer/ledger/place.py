"""The ledger's directory: private, locked while somebody writes, its errors told by name."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tokenizer.errors import LedgerError, StorageError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep every other process and thread, which asks for the same lock, out of a directory meanwhile.

    Raises:
        LedgerError: the directory is missing or cannot be opened.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(directory, error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make(directory: Path) -> None:
    """Make a private directory, or take one that is there.

    Raises:
        LedgerError: it cannot be made.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        sync(directory.parent)
    except OSError as error:
        raise unreadable(directory, error) from None


def check(directory: Path) -> None:
    """Make sure that a ledger's directory is there and private.

    Raises:
        LedgerError: it is missing, is no directory, or others may enter it.
    """
    try:
        mode = directory.stat().st_mode
    except OSError as error:
        raise unreadable(directory, error) from None
    if not stat.S_ISDIR(mode):
        raise LedgerError(
            f"{directory} はディレクトリではありません。台帳のディレクトリを指定してください(設定 ledger)。",
            f"{directory} is not a directory; name the ledger's directory (setting `ledger`).",
        )
    _refuse_others(directory, mode, "700")


def check_file(path: Path, mode: int) -> None:
    """Make sure that one of a ledger's files is a file, and private.

    Raises:
        LedgerError: it is none, or others may use it.
    """
    if not stat.S_ISREG(mode):
        raise LedgerError(
            f"{path} は通常のファイルではありません。台帳を控えから戻してください。",
            f"{path} is no regular file. Bring your copy of the ledger back.",
        )
    _refuse_others(path, mode, "600")


def _refuse_others(path: Path, mode: int, wanted: str) -> None:
    if mode & _OTHERS:
        raise LedgerError(
            f"{path} を所有者以外が使えます。「chmod {wanted} {path}」を実行してください。",
            f"{path} is open to others than its owner. Run: chmod {wanted} {path}",
        )


def sync(directory: Path) -> None:
    """See the names in a directory through to the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unreadable(path: Path, error: OSError) -> LedgerError:
    """What to say of a path that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return LedgerError(
            f"台帳 {path} がありません。設定 ledger を確かめ、控えから戻してください。"
            "失われた場合に限り `warifu ledger adopt` で新しく始められます(監査ログに記録されます)。",
            f"The ledger {path} is missing. Check the setting `ledger` and bring your copy back. Only if it is "
            "lost for good, begin a new one with `warifu ledger adopt`, which is recorded in the audit logs.",
        )
    return LedgerError(
        f"台帳 {path} を読めません({error.strerror})。所有者と権限を確かめてください。",
        f"The ledger {path} cannot be read ({error.strerror}). Check owner and mode.",
    )


def unwritable(path: Path, error: OSError) -> StorageError:
    """What to say of a path that does not take a write."""
    return StorageError(
        f"台帳 {path} に書き込めません({error.strerror})。空き容量・権限・ディスクを確かめてください。"
        "何も廃棄されていません。",
        f"The ledger {path} cannot take the write ({error.strerror}). Check free space, permissions and disk. "
        "Nothing was disposed of.",
    )
