"""Where a restored database goes: a file in a new data directory, or an empty PostgreSQL database.

Nothing can be served from either before it is finished: the file has another name until then, the database lacks the
mark of its vault, and `warifu.toml` is written last.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from api.settings import FILE, Settings, dump
from tokenizer.backup import sqlite
from tokenizer.backup.container import PARTIAL
from tokenizer.errors import BackupError, StorageError
from tokenizer.storage.statement import Backend

_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class Place(Protocol):
    """A place for a restored database."""

    url: str
    """Its address as long as it is not finished."""

    def refuse_taken(self) -> None:
        """Make sure that nothing is there.

        Raises:
            BackupError: something is.
            StorageError: it cannot be told.
        """
        ...

    def fill(self, content: Iterable[bytes]) -> None:
        """Put the copy there.

        Raises:
            BackupError: it is not what its tool takes.
            StorageError: the disk or the server did not take it.
        """
        ...

    def finish(self) -> None:
        """Give it its name, durably; whoever opened it has closed it.

        Raises:
            StorageError: the disk did not take it.
        """
        ...

    def clean(self) -> None:
        """Take away what is there, as far as that can be done."""
        ...


def place_of(settings: Settings, backend: str) -> Place:
    """The place that settings name, for a copy of a kind of database.

    Raises:
        BackupError: they name the other kind.
    """
    url = settings.database_url
    if backend == Backend.SQLITE.value and url.startswith("sqlite:"):
        return SqlitePlace(Path(url.removeprefix("sqlite:///")))
    if backend == Backend.POSTGRESQL.value and not url.startswith("sqlite:"):
        return PostgresPlace(url, settings.postgres_tools)
    raise BackupError(
        f"このバックアップは {backend} のものです。--database で同じ種類のデータベースを指定してください。",
        f"This backup is of {backend}. Name a database of that kind with --database.",
    )


class SqlitePlace:
    """A file that gets its name when it is finished."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + PARTIAL)
        self.url = f"sqlite:///{self._partial}"

    def refuse_taken(self) -> None:
        """See `Place.refuse_taken`."""
        if self._path.exists():
            raise _taken(str(self._path))

    def fill(self, content: Iterable[bytes]) -> None:
        """See `Place.fill`."""
        self.clean()
        sqlite.write_file(self._partial, content)
        if not sqlite.is_sound(self._partial):
            raise BackupError(
                "復元したデータベースの整合性が確認できません。別のバックアップを使ってください。",
                "The restored database is not sound. Use another backup.",
            )

    def finish(self) -> None:
        """See `Place.finish`."""
        try:
            self._partial.rename(self._path)
            sync(self._path.parent)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def clean(self) -> None:
        """See `Place.clean`."""
        for end in _BESIDE:
            with suppress(OSError):
                self._beside(end).unlink(missing_ok=True)

    def _beside(self, end: str) -> Path:
        return self._partial.with_name(self._partial.name + end)


class PostgresPlace:
    """A database without tables."""

    def __init__(self, url: str, tools: Path | None) -> None:
        self.url = url
        self._tools = tools

    def refuse_taken(self) -> None:
        """See `Place.refuse_taken`."""
        from tokenizer.backup.postgres import is_free

        if not is_free(self.url):
            raise BackupError(
                "データベースは空ではないか、誰かが使っています。上書きはしません。"
                "誰も使っていない空のデータベースを指定してください。",
                "The database is not empty, or somebody works on it; nothing is overwritten. "
                "Name an empty database that nobody uses.",
            )

    def fill(self, content: Iterable[bytes]) -> None:
        """See `Place.fill`."""
        from tokenizer.backup.postgres import restore_into

        restore_into(self.url, content, self._tools)

    def finish(self) -> None:
        """See `Place.finish`; its rows were durable with their transactions."""

    def clean(self) -> None:
        """See `Place.clean`."""
        from tokenizer.backup.postgres import drop_tables

        with suppress(StorageError):
            drop_tables(self.url)


def refuse_used(data: Path) -> None:
    """Make sure that a data directory is new, or holds only what a restore that was cut short left.

    Raises:
        BackupError: it is in use.
    """
    try:
        found = sorted(path.name for path in data.iterdir() if PARTIAL not in path.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupError(
            f"{data} を読めません({error.strerror})。別の場所を指定してください。",
            f"{data} cannot be read ({error.strerror}). Choose another place.",
        ) from None
    if found:
        raise _taken(str(data))


def make_directory(data: Path) -> None:
    """Make a data directory for its owner alone.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise unwritable(data, error) from error


def write_settings(settings: Settings) -> Path:
    """Write the settings file, which makes a data directory servable: whole, durably, for its owner alone.

    Raises:
        StorageError: the disk did not take it.
    """
    path = settings.data / FILE
    partial = path.with_name(FILE + PARTIAL)
    try:
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(dump(settings).encode())
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync(settings.data)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def sync(directory: Path) -> None:
    """See the names in a directory through to the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> StorageError:
    """What to say of a path that does not take a write."""
    return StorageError(
        f"{path} に書き込めません({error.strerror})。空き容量と権限を確かめてください。",
        f"{path} cannot be written ({error.strerror}). Check free space and permissions.",
    )


def _taken(what: str) -> BackupError:
    return BackupError(
        f"{what} は空ではなく、上書きはしません。空の場所(新しいディレクトリ、空のデータベース)を指定してください。",
        f"{what} is not empty, and nothing is overwritten. Name an empty place: a new directory, an empty database.",
    )
