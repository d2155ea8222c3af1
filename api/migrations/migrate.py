"""Bring a database to the shape of this version, or say which version it is of."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tokenizer.errors import DatabaseVersionError
from tokenizer.storage.database import unavailable

_HERE: Final = Path(__file__).parent


def upgrade(url: str) -> None:
    """Create or upgrade the tables of the database at `url`.

    Raises:
        DatabaseVersionError: the database was written by a newer Warifu.
        StorageError: it cannot be opened, or not be written.
    """
    with _connected(url) as connection, connection.begin():
        _refuse_newer(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(url: str) -> None:
    """Make sure that the database is of exactly this version.

    Raises:
        DatabaseVersionError: it is of another, or was never set up.
        StorageError: it cannot be opened.
    """
    found = None
    if not _is_missing(url):
        with _connected(url) as connection:
            _refuse_newer(connection)
            found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise DatabaseVersionError(
            "データベースがまだ準備されていません。`warifu init` を実行してください。",
            "The database was never set up. Run `warifu init`.",
        )
    if found != _scripts().get_current_head():
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


def _is_missing(url: str) -> bool:
    """Whether there is no such file: asking SQLite would make one."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseVersionError(
            "データベースは、より新しい版の割符が作成したものです。その版以降で起動してください。",
            "The database was written by a newer Warifu. Start that version, or a later one.",
        )


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, poolclass=NullPool, hide_parameters=True)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
