"""A transaction of an embedded database, on the standard library's driver."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from sqlmodel import SQLModel

from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Backend, Params, Statement, insert_sql
from tokenizer.storage.transaction import Conflict, Lookup, Row, Shared

_KEY_TAKEN: Final = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


class SqliteTransaction:
    """A transaction on the standard library's driver."""

    backend = Backend.SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.shared: Shared | None = None
        self.meanwhile: list[Callable[[], object]] = []

    def all(self, statement: Statement, params: Params) -> list[Row]:
        """See `Transaction.all`."""
        return self._connection.execute(*statement.render(Backend.SQLITE, params)).fetchall()

    def one(self, statement: Statement, params: Params) -> Row | None:
        """See `Transaction.one`."""
        row: Row | None = self._connection.execute(*statement.render(Backend.SQLITE, params)).fetchone()
        return row

    def run(self, statement: Statement, params: Params) -> int:
        """See `Transaction.run`."""
        try:
            return self._connection.execute(*statement.render(Backend.SQLITE, params)).rowcount
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _KEY_TAKEN:
                raise
            raise Conflict from error

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        """See `Transaction.insert`."""
        try:
            self._connection.executemany(_insert(model), rows)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _KEY_TAKEN:
                raise
            raise Conflict from error

    def match(self, lookup: Lookup, params: Params, keys: Sequence[Any]) -> list[Row]:
        """See `Transaction.match`."""
        if len(keys) == 1:
            return self._connection.execute(lookup.sqlite_one, {**params, "key": keys[0]}).fetchall()
        values = {**params, "keys": orjson.dumps(list(keys)).decode()}
        return self._connection.execute(lookup.sqlite, values).fetchall()


_inserts: dict[type[SQLModel], str] = {}


def _insert(model: type[SQLModel]) -> str:
    sql = _inserts.get(model)
    if sql is None:
        sql = _inserts[model] = insert_sql(table_of(model), Backend.SQLITE)
    return sql
