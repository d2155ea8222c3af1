"""Changes to many rows of one tenant by a list of keys: one statement each, whatever the number of rows.

The keys, and what is set, travel as one parameter: a JSON text on SQLite, arrays on PostgreSQL.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Table, text

from tokenizer.storage.statement import Backend, Statement
from tokenizer.storage.transaction import Row, Transaction

_ARRAYS: Final = {True: "bigint", False: "text"}


class Drop:
    """Deletes the rows of a tenant whose key is in a list.

    Args:
        table: the table; an index leads from (tenant_id, key) to its rows.
        key: the column of integers that is matched.
        where: a further condition, on values named `:like_this`.
    """

    __slots__ = ("_statements",)

    def __init__(self, table: Table, key: str, where: str = "") -> None:
        further = f"{where} AND " if where else ""
        head = f"DELETE FROM {table.name} WHERE tenant_id = :tenant AND {further}{key}"  # noqa: S608 - our own metadata
        self._statements = {
            Backend.SQLITE: Statement(text(f"{head} IN (SELECT value FROM json_each(:keys))")),  # noqa: S608 - as above
            Backend.POSTGRESQL: Statement(text(f"{head} = ANY(CAST(:keys AS bigint[]))")),
        }

    def __call__(self, tx: Transaction, tenant: int, keys: Sequence[int], **values: Any) -> int:
        """Delete, and say how many rows there were.

        Args:
            tx: the transaction.
            tenant: whose rows.
            keys: the keys.
            values: those that the further condition names.
        """
        if not keys:
            return 0
        listed = list(keys)
        packed = orjson.dumps(listed).decode() if tx.backend is Backend.SQLITE else listed
        return tx.run(self._statements[tx.backend], {"tenant": tenant, "keys": packed, **values})


class Put:
    """Sets columns of a tenant's rows, each row to values of its own.

    Args:
        table: the table; an index leads from (tenant_id, key) to its rows.
        key: the column of integers that is matched.
        columns: what is set, columns of integers and text.
        where: a further condition, on values named `:like_this`.
        within: columns of integers that are matched as well, their values the same for all rows of a call.
    """

    __slots__ = ("_columns", "_statements", "_within")

    def __init__(
        self, table: Table, key: str, columns: Sequence[str], where: str = "", within: Sequence[str] = ()
    ) -> None:
        self._within = tuple(within)
        matches = {"tenant_id": "_tenant", **{name: f"_{name}" for name in within}, key: "_key"}
        self._columns = (*matches.values(), *columns)
        kinds = [_ARRAYS[isinstance(table.c[name].type, BigInteger)] for name in (*matches, *columns)]
        lists = ", ".join(
            f"CAST(:list_{name} AS {kind}[])" for name, kind in zip(self._columns, kinds, strict=True)
        )
        picked = ", ".join(
            f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(self._columns)
        )
        source = {
            Backend.SQLITE: f"(SELECT {picked} FROM json_each(:rows)) AS rows",  # noqa: S608 - our own metadata
            Backend.POSTGRESQL: f"unnest({lists}) AS rows ({', '.join(self._columns)})",
        }
        setting = ", ".join(f"{name} = rows.{name}" for name in columns)
        # What is matched comes with each row, the tenant as well: told it apart, a planner may walk through all rows
        # that have it, and through the list for each: SQLite's, and PostgreSQL's while it has no statistics.
        matched = " AND ".join(f"{table.name}.{name} = rows.{value}" for name, value in matches.items())
        tail = f"{matched} AND {where}" if where else matched
        self._statements = {
            backend: Statement(text(f"UPDATE {table.name} SET {setting} FROM {rows} WHERE {tail}"))  # noqa: S608 - our own metadata
            for backend, rows in source.items()
        }

    def __call__(self, tx: Transaction, tenant: int, rows: Sequence[Row], **values: Any) -> int:
        """Set, and say how many rows there were.

        Args:
            tx: the transaction.
            tenant: whose rows.
            rows: for each the key, then its values in the order of the columns.
            values: those that the further condition names, and those of the columns of `within`.
        """
        if not rows:
            return 0
        shared = (tenant, *(values.pop(name) for name in self._within))
        whole = [(*shared, *row) for row in rows]
        if tx.backend is Backend.SQLITE:
            return tx.run(self._statements[tx.backend], {**values, "rows": orjson.dumps(whole).decode()})
        lists = zip(self._columns, zip(*whole, strict=True), strict=True)
        params = {f"list_{name}": list(column) for name, column in lists}
        return tx.run(self._statements[tx.backend], {**values, **params})
