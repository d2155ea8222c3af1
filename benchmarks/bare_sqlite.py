"""SQLite by the standard library's driver: `executemany` of tuples, the fastest form it has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from benchmarks.bare import MODELS, Mark, Ready, Row, Rows, move_head, since
from tokenizer.storage.rows import AuditHead, table_of
from tokenizer.storage.sqlite import connect
from tokenizer.storage.statement import Backend, insert_sql
from tokenizer.storage.transaction import Lookup

_SINCE: Final = since("?")
_MOVE_HEAD: Final = move_head("?")
_INSERTS: Final = {model: insert_sql(table_of(model), Backend.SQLITE) for model in MODELS}


class BareSqlite:
    """A file, opened with the vault's own settings: WAL, synchronous=FULL, secure_delete."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def begin_log(self, tenant: int) -> None:
        """See `Bare.begin_log`."""
        self._connection.execute(_INSERTS[AuditHead], (tenant, 0, b"", "", 0, 0, 0))

    def since(self, tenant: int, mark: Mark) -> Rows:
        """See `Bare.since`."""
        return {
            model: self._connection.execute(sql, (tenant, mark.of(model))).fetchall()
            for model, sql in _SINCE.items()
        }

    def ready(self, rows: Rows) -> Ready:
        """See `Bare.ready`."""
        inserts = [
            (_INSERTS[model], values) for model, values in rows.items() if values and model is not AuditHead
        ]
        tenant, size, frontier, checkpoint, *_ = rows[AuditHead][0]
        return [*inserts, (_MOVE_HEAD, [(size, frontier, checkpoint, tenant)])]

    def insert(self, tenant: int, ready: Ready) -> None:
        """See `Bare.insert`."""
        del tenant
        self._connection.execute("BEGIN IMMEDIATE")
        self._write(ready)
        self._connection.execute("COMMIT")

    def release(self, tenant: int, lookup: Lookup, keys: Sequence[object], ready: Ready) -> list[Row]:
        """See `Bare.release`."""
        self._connection.execute("BEGIN IMMEDIATE")
        values = {"tenant": tenant, "keys": orjson.dumps(keys).decode()}
        found = self._connection.execute(lookup.sqlite, values).fetchall()
        self._write(ready)
        self._connection.execute("COMMIT")
        return found

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()

    def _write(self, ready: Ready) -> None:
        for sql, values in ready:
            self._connection.executemany(sql, values)
