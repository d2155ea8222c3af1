"""A PostgreSQL database that tests have one after the other: emptied in between, in a fifth of the time of a new one.

Whether it is still what it was is asked of the catalogues: each row there bears the number of the transaction that
wrote it last. One that a test has changed in any way, or filled with more than is quickly deleted, is not used again.
"""

from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

_MANY_ROWS: Final = 2_000
_TABLES: Final = sql.SQL(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND relname <> 'alembic_version'"
)
_OURS: Final = "oid >= 16384"
_CATALOGUES: Final = {
    "pg_class": "relnamespace = 'public'::regnamespace",
    "pg_attribute": "attrelid >= 16384",
    "pg_index": "indexrelid >= 16384",
    "pg_attrdef": _OURS,
    "pg_constraint": _OURS,
    "pg_trigger": _OURS,
    "pg_policy": _OURS,
    "pg_proc": _OURS,
    "pg_type": _OURS,
    "pg_namespace": _OURS,
    "pg_db_role_setting": "setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "pg_database": "datname = current_database()",
}
_SHAPE: Final = sql.SQL("SELECT (SELECT version_num FROM alembic_version), {}").format(
    sql.SQL(", ").join(
        sql.SQL("(SELECT array[count(*), sum(xmin::text::bigint)] FROM {} WHERE {})").format(
            sql.Identifier(name), sql.SQL(rows)
        )
        for name, rows in _CATALOGUES.items()
    )
)
_COUNTED: Final = sql.SQL("SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL")
_SEND_AWAY: Final = sql.SQL(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Emptied:
    """The database, behind a connection that may do anything with it and does nothing while a test runs.

    Args:
        url: its address, for tests.
        admin_url: its address, for who may do anything.
    """

    def __init__(self, url: str, admin_url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(admin_url, autocommit=True)
        self._connection.execute("SET session_replication_role = replica")  # no trigger minds what is deleted
        self._tables: list[str] = [name for (name,) in self._all(_TABLES)]
        self._look = sql.SQL("SELECT {}").format(
            sql.SQL(", ").join(
                sql.SQL("EXISTS (SELECT FROM {})").format(_table(name)) for name in self._tables
            )
        )
        self._kept = self._filled()  # what a vault has from its beginning
        for name in self._kept:
            self._do("CREATE TEMP TABLE {} AS TABLE {}", _copy(name), _table(name))
        self._shape = self._all(_SHAPE)

    def is_as_new(self) -> bool:
        """Send everybody away and empty it; False if it is not to be used again."""
        try:
            self._all(_SEND_AWAY)
            return self._all(_SHAPE) == self._shape and self._all(_COUNTED) == [(0,)] and self._empty()
        except psycopg.Error:
            return False

    def close(self) -> None:
        self._connection.close()

    def _empty(self) -> bool:
        deleted = sum(self._do("DELETE FROM {}", _table(name)) for name in self._filled())
        for name in self._kept:
            self._do("INSERT INTO {} TABLE {}", _table(name), _copy(name))
        return deleted < _MANY_ROWS

    def _filled(self) -> list[str]:
        """The tables that something is in."""
        (found,) = self._all(self._look)
        return [name for name, is_filled in zip(self._tables, found, strict=True) if is_filled]

    def _do(self, statement: LiteralString, *tables: sql.Identifier) -> int:
        return self._connection.execute(sql.SQL(statement).format(*tables)).rowcount

    def _all(self, statement: sql.Composable) -> list[Any]:
        return self._connection.execute(statement.as_bytes(self._connection)).fetchall()


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("public", name)


def _copy(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", name)
