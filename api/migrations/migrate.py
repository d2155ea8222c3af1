"""Bring a database to the shape of this version, or make sure that it has it.

Every start of the server asks the second, which takes no more than a look at one row: alembic, slow to load, is
for the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tokenizer.errors import DatabaseVersionError
from tokenizer.storage.database import unavailable

_HERE: Final = Path(__file__).parent

REVISIONS: Final = tuple(sorted(path.name.partition("_")[0] for path in _HERE.glob("versions/[0-9]*_*.py")))
"""The revisions this version knows, oldest first: each file's name begins with its own."""

_TABLE: Final = "alembic_version"
_READ: Final = text(f"SELECT version_num FROM {_TABLE}")  # noqa: S608 - a constant


def upgrade(url: str) -> None:
    """Create or upgrade the tables of the database at `url`.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
        StorageError: it cannot be opened, or not be written.
    """
    with _connected(url) as connection, connection.begin():
        if _revision(connection) != REVISIONS[-1]:
            _migrate(connection)


def revision_of(url: str) -> str | None:
    """The revision of the database at `url`; None if it was never set up.

    Raises:
        DatabaseVersionError: it was written by a newer Warifu.
        StorageError: it cannot be opened.
    """
    if _is_missing(url):
        return None
    with _connected(url) as connection:
        return _revision(connection)


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


def _is_missing(url: str) -> bool:
    """Whether there is no such file: asking SQLite would make one."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def _revision(connection: Connection) -> str | None:
    """The revision that the database is of; None if it was never set up.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
    """
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.execute(_READ).scalar_one_or_none()
    if found is not None and found not in REVISIONS:
        raise DatabaseVersionError(
            "データベースは、より新しい版の割符が作成したものです。その版以降で起動してください。",
            "The database was written by a newer Warifu. Start that version, or a later one.",
        )
    return found


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool, hide_parameters=True)
