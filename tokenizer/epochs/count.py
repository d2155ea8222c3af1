"""Counting rows by epoch, in windows: no reader of a large tenant holds others up for longer than a moment."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import text

from tokenizer.storage.database import Database
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

WINDOW: Final = 5_000
FIRST: Final = -1
"""Below every person."""

_END: Final = Statement(
    text(
        "SELECT max(person_id) FROM (SELECT person_id FROM person_key "
        "WHERE tenant_id = :tenant AND person_id > :after ORDER BY person_id LIMIT :window) AS persons"
    )
)
_BETWEEN: Final = "person_id > :after AND person_id <= :last"
_PERSONS: Final = Statement(
    text(
        f"SELECT epoch, count(*) FROM person_key WHERE tenant_id = :tenant AND {_BETWEEN} GROUP BY epoch"  # noqa: S608 - a constant
    )
)
_NUMBERS: Final = Statement(
    text(
        f"SELECT epoch, count(*) FROM number WHERE tenant_id = :tenant AND {_BETWEEN} GROUP BY epoch"  # noqa: S608 - a constant
    )
)


async def windows(database: Database, tenant: int) -> AsyncIterator[tuple[int, int]]:
    """Go through a tenant's persons: (below the first, the last) of each window."""
    after = FIRST
    while (last := await _end(database, tenant, after)) is not None:
        yield after, last
        after = last


async def _end(database: Database, tenant: int, after: int) -> int | None:
    params = {"tenant": tenant, "after": after, "window": WINDOW}
    row = await database.read(tenant, lambda tx: tx.one(_END, params))
    return None if row is None else row[0]


async def count_persons(database: Database, tenant: int) -> Counter[int]:
    """How many persons of a tenant stand under each epoch."""
    return await _count(database, tenant, _PERSONS)


async def count_rows(database: Database, tenant: int) -> Counter[int]:
    """How many rows of a tenant need each epoch: persons' keys, and blind indexes of persons who have one."""
    return await count_persons(database, tenant) + await _count(database, tenant, _NUMBERS)


async def _count(database: Database, tenant: int, statement: Statement) -> Counter[int]:
    counted: Counter[int] = Counter()
    async for after, last in windows(database, tenant):

        def work(tx: Transaction, start: int = after, end: int = last) -> list[Row]:
            return tx.all(statement, {"tenant": tenant, "after": start, "last": end})

        for epoch, count in await database.read(tenant, work):
            counted[epoch] += count
    return counted
