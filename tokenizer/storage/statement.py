"""Core statements on the tables, compiled once per database and then sent as plain SQL.

A statement is a module-level constant. Compiling and type processing cost more than SQLite's own work on a point
read, so both happen once: columns hold only integers, text and bytes, which the drivers take and give untouched.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ClauseElement, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Dialect

Params = Mapping[str, Any]


class Backend(StrEnum):
    """The databases Warifu runs on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


_DIALECTS: Final[dict[Backend, Dialect]] = {
    Backend.SQLITE: registry.load("sqlite.pysqlite")(paramstyle="named"),
    Backend.POSTGRESQL: registry.load("postgresql.psycopg")(paramstyle="pyformat"),
}


_ARRAYS: Final = {BigInteger: "bigint", Integer: "integer", Text: "text", LargeBinary: "bytea"}


class Statement:
    """A Core statement whose values are named bind parameters.

    `SELECT ... FOR UPDATE` is written once: SQLite's single writer needs no row lock and leaves the clause out.
    """

    __slots__ = ("_clause", "_sql")

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._sql: dict[Backend, tuple[str, dict[str, Any]]] = {}

    def render(self, backend: Backend, params: Params) -> tuple[str, Params]:
        """Return the SQL text of `backend` and all its parameters."""
        known = self._sql.get(backend)
        if known is None:
            known = self._sql[backend] = self._compile(backend)
        sql, constants = known
        return (sql, {**constants, **params}) if constants else (sql, params)

    def _compile(self, backend: Backend) -> tuple[str, dict[str, Any]]:
        compiled = self._clause.compile(dialect=_DIALECTS[backend])
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return str(compiled), constants


def insert_sql(table: Table, backend: Backend) -> str:
    """The INSERT of whole rows, values in the table's own column order."""
    names = [column.name for column in table.columns]
    mark = "?" if backend is Backend.SQLITE else "%s"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608 - names come from our own metadata


def unnest_sql(table: Table, shared: frozenset[int] = frozenset()) -> str:
    """PostgreSQL's bulk form of `insert_sql`: one array for each column.

    COPY would be quicker, but PostgreSQL refuses it under row-level security.

    Args:
        table: the table.
        shared: places of columns that have one value for all rows, and take it in place of an array. The values of
            these come first, in column order, then the arrays of the others.
    """
    columns = list(table.columns)
    names = ", ".join(column.name for column in columns)
    types = [_ARRAYS[type(column.type)] for column in columns]
    arrays = ", ".join(f"%b::{kind}[]" for place, kind in enumerate(types) if place not in shared)
    source = f"unnest({arrays})"
    if not shared:
        return f"INSERT INTO {table.name} ({names}) SELECT * FROM {source}"  # noqa: S608 - our own metadata
    chosen = [
        f"%b::{kind}" if place in shared else column.name
        for place, (column, kind) in enumerate(zip(columns, types, strict=True))
    ]
    varying = ", ".join(column.name for place, column in enumerate(columns) if place not in shared)
    return f"INSERT INTO {table.name} ({names}) SELECT {', '.join(chosen)} FROM {source} AS rows ({varying})"  # noqa: S608 - our own metadata
