"""A look at a PostgreSQL database's version; loaded where there is one, since its driver is slow to load."""

from typing import Final, LiteralString

import psycopg
from sqlalchemy.engine import URL

from tokenizer.storage.database import unavailable

_IS_SET_UP: Final = "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"


def look(url: URL, read: LiteralString) -> str | None:
    """The revision that the database says it has; None if it was never set up.

    Args:
        url: of the database.
        read: what selects it.

    Raises:
        StorageError: it cannot be opened.
    """
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(address, autocommit=True) as server:
            if server.execute(_IS_SET_UP).fetchone() is None:
                return None
            row = server.execute(read).fetchone()
    except psycopg.Error as error:
        raise unavailable(error) from error
    return row[0] if row else None
