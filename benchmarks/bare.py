"""The bare driver: the very same rows, in the same tables, by the shortest way that keeps the same promises.

One transaction, every table with its indexes, the same durability, and on PostgreSQL row-level security in force.
Rows are ready before the clock starts; nothing is made of what is read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlmodel import SQLModel

from custody.people import PersonRow
from tokenizer.storage.rows import (
    AuditHead,
    AuditLeaf,
    AuditSubtree,
    NumberRow,
    PersonKey,
    TokenRow,
    table_of,
)
from tokenizer.storage.transaction import Lookup

Row = tuple[Any, ...]
Rows = Mapping[type[SQLModel], Sequence[Row]]
"""What one batch wrote, by table; the head of the log is one row."""


class Mark(NamedTuple):
    """How far the tables had been filled: the last person and the size of the log."""

    person: int = 0
    leaves: int = 0

    def of(self, model: type[SQLModel]) -> int:
        """The part that matters to a table."""
        return self.leaves if model in {AuditLeaf, AuditSubtree, AuditHead} else self.person

    def after(self, rows: Rows) -> "Mark":
        """The mark behind rows that were written."""
        people, head = rows[PersonRow], rows[AuditHead]
        return Mark(people[-1][1] if people else self.person, head[0][1] if head else self.leaves)


Ready = Sequence[tuple[Any, Any]]
"""Statements with their values as the driver takes them, made of rows before the clock starts."""


class Bare(Protocol):
    """A database by its driver alone."""

    def begin_log(self, tenant: int) -> None:
        """Give a tenant the head of an empty log."""
        ...

    def since(self, tenant: int, mark: Mark) -> Rows:
        """The rows that were written after a mark, in the order in which they were written."""
        ...

    def ready(self, rows: Rows) -> Ready:
        """Make statements of rows."""
        ...

    def insert(self, tenant: int, ready: Ready) -> None:
        """Write a batch in one transaction."""
        ...

    def release(self, tenant: int, lookup: Lookup, keys: Sequence[object], ready: Ready) -> list[Row]:
        """Read what keys stand for and write their leaves, in one transaction.

        Returns:
            Place in the list, person, wrapped person key, sealed number.
        """
        ...

    def close(self) -> None:
        """Let go."""
        ...


_NEWER: Final[dict[type[SQLModel], str]] = {
    **dict.fromkeys((PersonRow, PersonKey, NumberRow, TokenRow), "person_id > {0} ORDER BY person_id"),
    AuditLeaf: "leaf_index >= {0} ORDER BY leaf_index",
    AuditSubtree: "(node_index + 1) << level > {0} ORDER BY level, node_index",
    AuditHead: "size > {0}",
}
MODELS: Final = tuple(_NEWER)

# Read as the vault reads, which is the fastest form measured on either database; only the columns needed.
BY_TOKEN: Final = Lookup(
    "k.person_id, k.wrapped, n.sealed",
    "{keys} CROSS JOIN token t CROSS JOIN person_key k CROSS JOIN number n "
    "WHERE t.tenant_id = :tenant AND t.token = keys.key "
    "AND k.tenant_id = t.tenant_id AND k.person_id = t.person_id "
    "AND n.tenant_id = k.tenant_id AND n.person_id = k.person_id AND n.version = k.version",
    "text",
)
BY_PERSON: Final = Lookup(
    "k.person_id, k.wrapped, n.sealed",
    "{keys} CROSS JOIN person_key k CROSS JOIN number n "
    "WHERE k.tenant_id = :tenant AND k.person_id = keys.key "
    "AND n.tenant_id = k.tenant_id AND n.person_id = k.person_id AND n.version = k.version",
    "bigint",
)


def since(mark: str) -> dict[type[SQLModel], str]:
    """The statement of `Bare.since` for each table; its parameters are the tenant and the mark."""
    return {
        model: f"SELECT * FROM {table_of(model).name} WHERE tenant_id = {mark} AND {newer.format(mark)}"  # noqa: S608 - constants
        for model, newer in _NEWER.items()
    }


def move_head(mark: str) -> str:
    """The update of a log's head; its parameters are size, frontier, checkpoint, tenant."""
    return f"UPDATE audit_head SET size = {mark}, frontier = {mark}, checkpoint = {mark} WHERE tenant_id = {mark}"  # noqa: S608 - constants
