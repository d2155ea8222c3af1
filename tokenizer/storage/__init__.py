"""Tables, transactions and the two databases. Rows hold opaque bytes."""

from pathlib import Path

from sqlalchemy.engine import make_url

from tokenizer.storage.database import Database
from tokenizer.storage.sqlite import SqliteDatabase


def open_database(url: str, connections: int = 8, *, pooled: bool = False) -> Database:
    """Open the database that `url` names.

    Args:
        url: `sqlite:///path/to/file.db` or `postgresql://user@host/name`.
        connections: how many connections to keep to PostgreSQL.
        pooled: whether a transaction pooler stands before PostgreSQL.

    Raises:
        ValueError: another kind of database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database:
        return SqliteDatabase(Path(parsed.database))
    if backend == "postgresql":
        from tokenizer.storage.postgres import PostgresDatabase

        return PostgresDatabase(url, connections, pooled=pooled)
    raise ValueError(
        "データベースの URL は sqlite:///… か postgresql://… です / a database URL starts with sqlite:/// or postgresql://"
    )
