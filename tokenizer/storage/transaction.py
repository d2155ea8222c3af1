"""What a unit of work can do inside one transaction, whichever database runs it.

A unit of work is a plain function of a `Transaction`: it runs in one go on a thread that owns a connection, either
commits as a whole or leaves nothing, and may be run again after a conflict, so it changes nothing outside.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Protocol, TypeVar

from sqlmodel import SQLModel

from tokenizer.storage.statement import Backend, Params, Statement

Row = tuple[Any, ...]
T = TypeVar("T")

_NAMED: Final = re.compile(r"(?<!:):(\w+)")
_SQLITE_KEYS: Final = "json_each(:keys) AS keys"
_SQLITE_KEY: Final = "(SELECT 0 AS pos, :key AS key) AS keys"
_POSTGRESQL_KEYS: Final = (
    "(SELECT ord - 1 AS pos, key FROM unnest(%(keys)s::{type}[]) WITH ORDINALITY AS u(key, ord)) AS keys"
)


class Conflict(Exception):  # noqa: N818 - it is a signal to the unit of work, not a fault
    """A unique constraint refused the rows: somebody wrote the same key first."""


class Shared:
    """What the units of work of one group have in common: begun by the first that asks, ended before their commit."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun: dict[Hashable, tuple[Any, Callable[[Any], None]]] = {}

    def get(self, key: Hashable, begin: Callable[[], T], end: Callable[[T], None]) -> T:
        """What goes by a key.

        Args:
            key: tells it from other things.
            begin: makes it, for the first who asks.
            end: is called with it once, after the last unit of work.
        """
        if key not in self._begun:
            self._begun[key] = begin(), end
        found: T = self._begun[key][0]
        return found

    def end(self) -> None:
        """End everything that was begun."""
        for value, end in self._begun.values():
            end(value)


class Transaction(Protocol):
    """One open transaction. Every statement names the tenant it works on.

    Attributes:
        shared: what the units of work of a group share; None for one that is by itself.
        meanwhile: what is called right before the commit, so that a thread can work while that waits for the disk. It
            is not called if the unit of work fails, must not fail itself, and is done before anybody knows whether the
            commit succeeds.
    """

    backend: Backend
    shared: Shared | None
    meanwhile: list[Callable[[], object]]

    def all(self, statement: Statement, params: Params) -> list[Row]:
        """Return every row."""
        ...

    def one(self, statement: Statement, params: Params) -> Row | None:
        """Return the first row, or None."""
        ...

    def run(self, statement: Statement, params: Params) -> int:
        """Execute and return how many rows changed.

        Raises:
            Conflict: a unique constraint refused it.
        """
        ...

    def insert(self, model: type[SQLModel], rows: Sequence[Row]) -> None:
        """Insert whole rows, their values in the table's column order.

        Raises:
            Conflict: a unique constraint refused one of them; none is kept once the unit of work fails.
        """
        ...

    def match(self, lookup: "Lookup", params: Params, keys: Sequence[Any]) -> list[Row]:
        """Read the rows whose key is among `keys`; see `Lookup`."""
        ...


class Lookup:
    """Reads many rows of one tenant by a list of keys in one statement.

    Args:
        select: the columns, as SQL over the aliases in `source`.
        source: the FROM clause; it starts with `{keys} CROSS JOIN`, the keys being a relation with columns `pos`
            (0-based) and `key`.
        key: the SQL type of the key, "text" or "bigint".

    A result row starts with `pos`, the place of its key in the list; other values are named `:like_this`. Both
    databases visit the list in its order and look each key up by index: SQLite because of CROSS JOIN, PostgreSQL
    because OFFSET 0 keeps its planner from joining the list with whole tables, which it would do while it has no
    statistics or old ones. A single key needs no list on SQLite, where one takes longer than the look-up.
    """

    __slots__ = ("postgresql", "sqlite", "sqlite_one")

    def __init__(self, select: str, source: str, key: str) -> None:
        joined = source.removeprefix("{keys} CROSS JOIN ")
        # The list under its own names, place and value: a subquery that renames them costs a tenth of a look-up.
        listed = joined.replace("keys.key", "keys.value")
        self.sqlite = f"SELECT keys.key, {select} FROM {_SQLITE_KEYS} CROSS JOIN {listed}"  # noqa: S608 - constants of this code base
        self.sqlite_one = f"SELECT keys.pos, {select} FROM {_SQLITE_KEY} CROSS JOIN {joined}"  # noqa: S608 - as above
        found = f"SELECT {select} FROM {joined} OFFSET 0"  # noqa: S608 - as above
        keys = _POSTGRESQL_KEYS.replace("{type}", key)
        self.postgresql = _NAMED.sub(
            r"%(\1)s",
            f"SELECT keys.pos, found.* FROM {keys} CROSS JOIN LATERAL ({found}) AS found",  # noqa: S608 - as above
        )
