"""Bring a database to the shape of this version, or make sure that it has it.

Every start of the server asks the second, which takes no more than a look at one row, by the driver alone: alembic,
slow to load, is for the first.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tokenizer.errors import DatabaseVersionError
from tokenizer.storage.database import unavailable

_HERE: Final = Path(__file__).parent

REVISIONS: Final = tuple(sorted(path.name.partition("_")[0] for path in _HERE.glob("versions/[0-9]*_*.py")))
"""The revisions this version knows, oldest first: each file's name begins with its own."""

_IS_SET_UP: Final = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
_READ: Final = "SELECT version_num FROM alembic_version"


def upgrade(url: str) -> None:
    """Create or upgrade the tables of the database at `url`.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
        StorageError: it cannot be opened, or not be written.
    """
    if revision_of(url) != REVISIONS[-1]:
        with _connected(url) as connection, connection.begin():
            _migrate(connection)


def revision_of(url: str) -> str | None:
    """The revision of the database at `url`; None if it was never set up.

    Raises:
        DatabaseVersionError: it was written by a newer Warifu.
        StorageError: it cannot be opened.
    """
    found = _look(make_url(url))
    if found is not None and found not in REVISIONS:
        raise DatabaseVersionError(
            "データベースは、より新しい版の割符が作成したものです。その版以降で起動してください。",
            "The database was written by a newer Warifu. Start that version, or a later one.",
        )
    return found


def check(url: str) -> None:
    """Make sure that the database is of exactly this version.

    Raises:
        DatabaseVersionError: it is of another, or was never set up.
        StorageError: it cannot be opened.
    """
    found = revision_of(url)
    if found is None:
        raise DatabaseVersionError(
            "データベースがまだ準備されていません。`warifu init` を実行してください。",
            "The database was never set up. Run `warifu init`.",
        )
    if found != REVISIONS[-1]:
        raise DatabaseVersionError(
            "データベースが古い版のままです。バックアップを取ってから `warifu init --upgrade` を実行してください。",
            "The database is of an older version. Take a backup, then run `warifu init --upgrade`.",
        )


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise unavailable(error) from error
    finally:
        engine.dispose()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _look(url: URL) -> str | None:
    """The revision that the database says it has; None if it was never set up."""
    if url.get_backend_name() == "postgresql":
        from api.migrations.postgres import look

        return look(url, _READ)
    return _look_at_file(url)


def _look_at_file(url: URL) -> str | None:
    path = Path(url.database or "")
    if not path.exists():  # asking SQLite would make one
        return None
    try:
        with closing(sqlite3.connect(path)) as file:
            row = file.execute(_READ).fetchone() if file.execute(_IS_SET_UP).fetchone() else None
    except sqlite3.Error as error:
        raise unavailable(error) from error
    return row[0] if row else None


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool, hide_parameters=True)
