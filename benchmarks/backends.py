"""The databases that are measured: how to get a fresh one, and how to reach it past the vault."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

from api.migrations import migrate
from benchmarks.bare import Bare
from benchmarks.bare_postgres import BarePostgres
from benchmarks.bare_sqlite import BareSqlite
from tests.support.databases import Postgres, postgres


class Backend(Protocol):
    """A kind of database.

    Attributes:
        kind: sqlite or postgresql.
        name: as the report says it.
    """

    kind: str
    name: str

    def fresh(self) -> str:
        """The address of a new, migrated, empty database."""
        ...

    def bare(self, url: str) -> Bare:
        """A connection to a database of ours, past the vault."""
        ...

    def drop(self, url: str) -> None:
        """Remove a database that a case is done with."""
        ...


class SqliteBackend:
    """Files in a directory, copied from a template that was migrated once."""

    kind = "sqlite"
    name = f"SQLite {sqlite3.sqlite_version}"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count()
        self._template = directory / "template.db"
        migrate.upgrade(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        """See `Backend.fresh`."""
        path = self._directory / f"{next(self._numbers)}" / "warifu.db"
        path.parent.mkdir()
        shutil.copy(self._template, path)
        return f"sqlite:///{path}"

    def bare(self, url: str) -> BareSqlite:
        """See `Backend.bare`."""
        return BareSqlite(_path(url))

    def drop(self, url: str) -> None:
        """See `Backend.drop`."""
        shutil.rmtree(_path(url).parent)


class PostgresBackend:
    """A server with default settings, of which every database is a copy of a template."""

    kind = "postgresql"

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.name = f"PostgreSQL {_version(server)}"

    def fresh(self) -> str:
        """See `Backend.fresh`."""
        return self._server.database()

    def bare(self, url: str) -> BarePostgres:
        """See `Backend.bare`."""
        return BarePostgres(url)

    def drop(self, url: str) -> None:
        """See `Backend.drop`."""
        self._server.drop(url)


@contextmanager
def open_backends(names: frozenset[str], directory: Path) -> Iterator[list[Backend]]:
    """The backends of these names, `sqlite` and `postgresql`; their files live in `directory`."""
    chosen: list[Backend] = [SqliteBackend(directory)] if "sqlite" in names else []
    if "postgresql" not in names:
        yield chosen
        return
    with postgres("benchmarks", on_disk=True) as server:
        yield [*chosen, PostgresBackend(server)]


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _version(server: Postgres) -> str:
    url = server.database()
    with psycopg.connect(url) as connection:
        version = connection.info.server_version
    server.drop(url)
    return f"{version // 10_000}.{version % 10_000}"
