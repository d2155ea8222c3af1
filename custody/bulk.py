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
    """

    __slots__ = ("_columns", "_statements")

    def __init__(self, table: Table, key: str, columns: Sequence[str], where: str = "") -> None:
        self._columns = ("_tenant", "_key", *columns)
        kinds = [_ARRAYS[isinstance(table.c[name].type, BigInteger)] for name in (key, *columns)]
        lists = ", ".join(
            f"CAST(:list_{name} AS {kind}[])"
            for name, kind in zip(self._columns, ("bigint", *kinds), strict=True)
        )
        picked = ", ".join(
            f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(self._columns)
        )
        source = {
            Backend.SQLITE: f"(SELECT {picked} FROM json_each(:rows)) AS rows",  # noqa: S608 - our own metadata
            Backend.POSTGRESQL: f"unnest({lists}) AS rows ({', '.join(self._columns)})",
        }
        setting = ", ".join(f"{name} = rows.{name}" for name in columns)
        # The tenant comes with each row: told it apart, SQLite's planner walks through all of the tenant's rows, and
        # through the list for each.
        matched = f"{table.name}.tenant_id = rows._tenant AND {table.name}.{key} = rows._key"
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
            values: those that the further condition names.
        """
        if not rows:
            return 0
        whole = [(tenant, *row) for row in rows]
        if tx.backend is Backend.SQLITE:
            return tx.run(self._statements[tx.backend], {**values, "rows": orjson.dumps(whole).decode()})
        lists = zip(self._columns, zip(*whole, strict=True), strict=True)
        params = {f"list_{name}": list(column) for name, column in lists}
        return tx.run(self._statements[tx.backend], {**values, **params})
