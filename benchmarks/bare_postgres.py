"""PostgreSQL by psycopg: INSERT ... SELECT FROM unnest, binary and prepared, shared columns sent once.

COPY, executemany (which psycopg sends in pipeline mode), text arrays and one array for every column were measured
as well: row-level security refuses the first, and the others are slower.
"""

from collections.abc import Sequence
from typing import Final

import psycopg

from benchmarks.bare import Mark, Ready, Row, Rows, move_head, since
from tokenizer.storage.postgres import insert_of
from tokenizer.storage.rows import AuditHead, table_of
from tokenizer.storage.transaction import Lookup

_SINCE: Final = since("%b")
_MOVE_HEAD: Final = move_head("%b").encode()
_PREPARE_AFTER: Final = 0


class BarePostgres:
    """One connection, as a role that row-level security binds."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=_PREPARE_AFTER)
        self._cursor = self._connection.cursor(binary=True)

    def begin_log(self, tenant: int) -> None:
        """See `Bare.begin_log`."""
        self.insert(tenant, [insert_of(table_of(AuditHead), [(tenant, 0, b"", "", 0, 0, 0)])])

    def since(self, tenant: int, mark: Mark) -> Rows:
        """See `Bare.since`."""
        self._begin(tenant)
        rows = {
            model: self._cursor.execute(sql.encode(), (tenant, mark.of(model))).fetchall()
            for model, sql in _SINCE.items()
        }
        self._commit()
        return rows

    def ready(self, rows: Rows) -> Ready:
        """See `Bare.ready`."""
        filled = [(model, values) for model, values in rows.items() if values and model is not AuditHead]
        tenant, size, frontier, checkpoint, *_ = rows[AuditHead][0]
        return [
            *(insert_of(table_of(model), values) for model, values in filled),
            (_MOVE_HEAD, (size, frontier, checkpoint, tenant)),
        ]

    def insert(self, tenant: int, ready: Ready) -> None:
        """See `Bare.insert`."""
        self._begin(tenant)
        self._write(ready)
        self._commit()

    def release(self, tenant: int, lookup: Lookup, keys: Sequence[object], ready: Ready) -> list[Row]:
        """See `Bare.release`."""
        self._begin(tenant)
        values = {"tenant": tenant, "keys": list(keys)}
        found = self._cursor.execute(lookup.postgresql.encode(), values).fetchall()
        self._write(ready)
        self._commit()
        return found

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()

    def _write(self, ready: Ready) -> None:
        for sql, values in ready:
            self._cursor.execute(sql, values)

    def _begin(self, tenant: int) -> None:
        tenant_and_jit = f"set_config('warifu.tenant', '{tenant}', true), set_config('jit', 'off', true)"
        self._cursor.execute(f"BEGIN; SELECT {tenant_and_jit}".encode(), prepare=False, binary=False)

    def _commit(self) -> None:
        self._cursor.execute(b"COMMIT", prepare=False, binary=False)
