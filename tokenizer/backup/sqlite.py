"""Copies of the embedded database, taken while the server writes on.

A read transaction pins one state of the database; SQLite's online backup copies its pages, a few at a time, into a
scratch file beside it. The scratch file has no name from the moment it is open, so that a process that is killed
leaves none behind.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final

from tokenizer.backup.copies import Copy, Progress, facts_of
from tokenizer.errors import StorageError
from tokenizer.storage.sqlite import connect

_PAGES: Final = 512
_PIECE: Final = 1024 * 1024
_SMALL_CACHE: Final = "PRAGMA cache_size=-4096"
"""Every page is read once: 4 MiB of them are enough to remember."""


@contextmanager
def copy_of(path: Path, progress: Progress | None = None) -> Iterator[Copy]:
    """Pin one state of a database and copy it.

    Args:
        path: the database's file; there must be room beside it for another of its size.
        progress: told how many of how many pages are copied.

    Raises:
        StorageError: the database cannot be read, or there is no room.
    """
    with ExitStack() as stack:
        try:
            path.stat()  # opening it would make it
            source = stack.enter_context(closing(connect(path, query_only=True)))
            source.execute(_SMALL_CACHE)
            source.execute("BEGIN")
            size = _size(source)
            facts = facts_of(lambda sql: source.execute(sql).fetchall(), size)
            scratch = stack.enter_context(_scratch_beside(path, source, progress))
        except (sqlite3.Error, OSError) as error:
            raise _unreadable(path, error) from error
        yield Copy(facts, lambda: iter(lambda: scratch.read(_PIECE), b""))


def write_file(path: Path, content: Iterable[bytes]) -> None:
    """Write the file of a database from a copy's content, durably.

    Raises:
        StorageError: the disk did not take it.
    """
    try:
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb"
        ) as file:
            for piece in content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(
            f"{path} を書き込めません({error.strerror})。空き容量と権限を確かめてください。",
            f"{path} cannot be written ({error.strerror}). Check free space and permissions.",
        ) from error


def is_sound(path: Path) -> bool:
    """Whether SQLite finds every page of a database's file in order."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError:
            return False
    return bool(verdict == "ok")


def _size(source: sqlite3.Connection) -> int:
    ((pages,), (page,)) = (
        source.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
    )
    return int(pages * page)


@contextmanager
def _scratch_beside(path: Path, source: sqlite3.Connection, progress: Progress | None) -> Iterator[BinaryIO]:
    scratch = path.with_name(f".{path.name}.{token_hex(8)}.scratch")
    with ExitStack() as stack:
        try:
            descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            file = stack.enter_context(os.fdopen(descriptor, "rb"))
            target = stack.enter_context(closing(sqlite3.connect(scratch, isolation_level=None)))
            target.execute("PRAGMA journal_mode=OFF").fetchall()
            target.execute("PRAGMA synchronous=OFF")
        finally:
            scratch.unlink(missing_ok=True)
        source.backup(target, pages=_PAGES, progress=_telling(progress), sleep=0)
        target.close()
        yield file


def _telling(progress: Progress | None) -> Callable[[int, int, int], None]:
    def tell(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    return tell


def _unreadable(path: Path, error: Exception) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return StorageError(
        f"{path} を複製できません({reason})。同じディスクに、データベースと同じ大きさの空きが要ります。"
        "空き容量と権限を確かめてください。",
        f"{path} cannot be copied ({reason}). It takes as much free space on its disk as it is large. "
        "Check free space and permissions.",
    )
