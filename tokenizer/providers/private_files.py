"""Small files that only their owner may read, written whole or not at all.

What goes wrong with a file is told as KeyDirectoryError, with its name and what mends it.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tokenizer.errors import KeyDirectoryError

_LARGEST_FILE: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_directory(path: Path) -> None:
    """Make a private directory, or take an empty one.

    Raises:
        KeyDirectoryError: it holds something, is no directory, or cannot be made.
    """
    with named(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise KeyDirectoryError(
                f"{path} は空ではなく、上書きはしません。別の場所を指定するか、中身を移してください。",
                f"{path} is not empty and nothing is overwritten. Choose another place, or move its content.",
            )
        path.chmod(0o700)


def check_directory(path: Path) -> None:
    """Make sure that a directory is there and private.

    Raises:
        KeyDirectoryError: it is missing, is no directory, or others may enter it.
    """
    with named(path):
        mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise KeyDirectoryError(
            f"{path} はディレクトリではありません。鍵ディレクトリを指定してください。",
            f"{path} is not a directory; name the key directory.",
        )
    _refuse_if_open(path, mode, "700")


def refuse_data_directory(path: Path, data_dir: Path | None) -> None:
    """Make sure that a key directory does not lie inside the data directory.

    Raises:
        KeyDirectoryError: it does.
    """
    if data_dir is not None and path.resolve().is_relative_to(data_dir.resolve()):
        raise KeyDirectoryError(
            f"鍵ディレクトリ {path} がデータディレクトリ {data_dir} の中にあります。"
            "データのバックアップに鍵が混ざらないよう、外に置いてください。",
            f"The key directory {path} lies inside the data directory {data_dir}. "
            "Put it outside, so that no backup of the data brings the keys along.",
        )


def list_directory(path: Path) -> list[str]:
    """The names in a directory.

    Raises:
        KeyDirectoryError: it cannot be read.
    """
    with named(path):
        return os.listdir(path)  # noqa: PTH208 - `Path.iterdir` makes an object of each name


def read(path: Path) -> str:
    """The text of a private file, replacing what is not ASCII.

    Raises:
        KeyDirectoryError: it is missing, unreadable, or others may read it.
    """
    with named(path), path.open("rb") as file:
        _refuse_if_open(path, os.fstat(file.fileno()).st_mode, "400")
        return file.read(_LARGEST_FILE).decode("ascii", "replace")


def write(path: Path, text: str) -> None:
    """Put a private file in place at once and durably: after a crash it is there whole, or not there.

    Raises:
        KeyDirectoryError: the disk is full, read-only or broken.
    """
    partial = path.with_name(path.name + ".partial")
    with named(path):
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        _sync(path.parent)


def shred(path: Path) -> None:
    """Overwrite a file, remove it, and see both through to the disk.

    Raises:
        KeyDirectoryError: the disk did not take it; the file may still be there.
    """
    with named(path):
        path.chmod(0o600)
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync(path.parent)


def is_there(path: str) -> bool:
    """Whether there is a file; asked at each use of a key, so a text and `os.stat` it is."""
    try:
        os.stat(path)  # noqa: PTH116 - four times as fast as `Path.exists`
    except FileNotFoundError:
        return False
    return True


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other processes, which ask for the same lock, out of a directory meanwhile."""
    with named(directory):
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names the path and what to do."""
    try:
        yield
    except FileNotFoundError:
        raise KeyDirectoryError(
            f"{path} がありません。場所の指定を確かめ、失われた場合は鍵の控えから戻してください。",
            f"{path} is missing. Check the configured place; if it is lost, restore your offline copy.",
        ) from None
    except OSError as error:
        raise KeyDirectoryError(
            f"{path} を読み書きできません({error.strerror})。所有者、権限、空き容量を確かめてください。",
            f"{path} cannot be read or written ({error.strerror}). Check owner, mode and free space.",
        ) from None


def _refuse_if_open(path: Path, mode: int, wanted: str) -> None:
    if mode & _OTHERS:
        raise KeyDirectoryError(
            f"{path} を所有者以外が使えます。「chmod {wanted} {path}」を実行してください。",
            f"{path} is open to others than its owner. Run: chmod {wanted} {path}",
        )


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
