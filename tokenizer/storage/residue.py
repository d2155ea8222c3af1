"""What deleted rows leave behind in files.

SQLite overwrites deleted content in its pages (`secure_delete`), with two exceptions. The write-ahead log keeps earlier
images of pages until it is checkpointed and cut to nothing, for which no reader may stand in the way. And where pages
of an index are split or joined, a copy of an entry can stay in the gap between others and is not overwritten when the
entry goes: of 108,000 blind indexes deleted in a trial, 25 were still in the file, of keys and sealed numbers none.
Building the index anew leaves nothing behind.

PostgreSQL keeps deleted rows in its tables until they are vacuumed and in its log until segments are recycled, and no
client can hurry it: there, as in old blocks of disks, what is left opens for nobody once the epoch is destroyed.
"""

import asyncio
import mmap
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text

from tokenizer.storage.database import NO_TENANT, Database, unavailable
from tokenizer.storage.sqlite import connect
from tokenizer.storage.statement import Backend, Statement

ATTEMPTS: Final = 8
NUMBERS: Final = ("number",)
_PATIENCE_MS: Final = 250
"""One attempt waits so long for readers. Writers wait meanwhile, and get their turn between two."""

_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_WINDOW: Final = 4 * 1024 * 1024
_FILE: Final = Statement(text("SELECT file FROM pragma_database_list WHERE name = 'main'"))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an attempt to leave nothing behind.

    Attributes:
        backend: which database it is.
        cleared: whether what was deleted before is in none of its files any more; never so on PostgreSQL.
        attempts: how often it was tried.
    """

    backend: Backend
    cleared: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Residue:
    """Bytes that were found where they should not be: which of those sought, in which file, and where."""

    path: Path
    offset: int
    needle: int


async def settle(
    database: Database, attempts: int = ATTEMPTS, *, rebuild: bool = True, tables: Sequence[str] = NUMBERS
) -> Settled:
    """Clear what deleted rows left in the database's files, as far as it can be told to.

    Args:
        database: any; on PostgreSQL nothing is done.
        attempts: how often to try while readers stand in the way.
        rebuild: whether to build indexes anew as well. Writers wait for it: about three seconds for each million
            numbers.
        tables: whose indexes; names from our own metadata.

    Raises:
        StorageError: the database cannot be reached, or not be written.
    """
    if database.backend is not Backend.SQLITE:
        return Settled(database.backend, cleared=False, attempts=0)
    path = (await data_files(database))[0]
    try:
        return await asyncio.to_thread(_clear, path, attempts, tables if rebuild else ())
    except sqlite3.OperationalError as error:
        raise unavailable(error) from error


async def data_files(database: Database) -> list[Path]:
    """The files of an embedded database that exist, the database itself first; none for PostgreSQL.

    Raises:
        StorageError: the database cannot be reached.
    """
    if database.backend is not Backend.SQLITE:
        return []
    row = await database.read(NO_TENANT, lambda tx: tx.one(_FILE, {}))
    name = row[0] if row else ""
    return [path for path in (Path(f"{name}{ending}") for ending in _BESIDE) if path.is_file()]


def find_residue(paths: Iterable[Path], needles: Sequence[bytes]) -> list[Residue]:
    """Look for byte strings in files; a hit for each needle and file is enough.

    It reads each file once, and takes about a millisecond for each needle and 7 MB.

    Args:
        paths: files that exist.
        needles: what must not be there; none empty.

    Raises:
        ValueError: a needle is empty.
        OSError: a file cannot be read.
    """
    if not all(needles):
        raise ValueError("an empty needle is everywhere")
    return [found for path in paths for found in _search(path, needles)]


def _clear(path: Path, attempts: int, tables: Sequence[str]) -> Settled:
    with closing(connect(path)) as connection:
        for table in tables:
            connection.execute(f'REINDEX "{table}"')
        connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        for attempt in range(1, attempts + 1):
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return Settled(Backend.SQLITE, cleared=True, attempts=attempt)
    return Settled(Backend.SQLITE, cleared=False, attempts=attempts)


def _search(path: Path, needles: Sequence[bytes]) -> list[Residue]:
    with path.open("rb") as file:
        size = path.stat().st_size
        if not size:
            return []
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
            return _search_windows(path, content, size, dict(enumerate(needles)))


def _search_windows(path: Path, content: mmap.mmap, size: int, sought: dict[int, bytes]) -> list[Residue]:
    """Window by window, so that each stays in the processor's reach while all needles are tried."""
    overlap = max(map(len, sought.values()), default=1) - 1
    hits: list[Residue] = []
    for start in range(0, size, _WINDOW):
        window = content[start : start + _WINDOW + overlap]
        for place, needle in list(sought.items()):
            offset = window.find(needle)
            if offset >= 0:
                hits.append(Residue(path, start + offset, place))
                del sought[place]
    return hits
