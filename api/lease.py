"""The lease: which of several processes does the chores. One row, taken and renewed by a conditional update.

Two that hold it at once would do no harm, since every chore can be done twice or side by side; the lease saves work.
"""

from typing import Final

from sqlalchemy import bindparam, or_, update

from tokenizer.storage.database import NO_TENANT, Database
from tokenizer.storage.rows import WorkerLease, table_of
from tokenizer.storage.statement import Statement

LEASE_MS: Final = 60_000
_IMPLAUSIBLE_MS: Final = 2 * LEASE_MS
"""A lease that runs longer was taken by a clock that was wrong, and binds nobody."""

_LEASE: Final = table_of(WorkerLease)
_TAKE: Final = Statement(
    update(_LEASE)
    .where(
        or_(
            _LEASE.c.holder == bindparam("me"),
            _LEASE.c.until <= bindparam("now"),
            _LEASE.c.until > bindparam("implausible"),
        )
    )
    .values(holder=bindparam("me"), until=bindparam("new_until"))
)
_GIVE_BACK: Final = Statement(update(_LEASE).where(_LEASE.c.holder == bindparam("me")).values(until=0))


async def take_lease(database: Database, me: str, now: int) -> bool:
    """Take the lease, or renew it; says whether it is ours for the next minute.

    Args:
        database: where the row is.
        me: the holder's own random id.
        now: milliseconds since the epoch.

    Raises:
        StorageError: the database cannot take the write.
    """
    params = {"me": me, "now": now, "new_until": now + LEASE_MS, "implausible": now + _IMPLAUSIBLE_MS}
    return await database.write(NO_TENANT, lambda tx: tx.run(_TAKE, params) == 1)


async def give_back(database: Database, me: str) -> None:
    """Let others take the lease at once, if it is ours.

    Raises:
        StorageError: the database cannot take the write.
    """
    await database.write(NO_TENANT, lambda tx: tx.run(_GIVE_BACK, {"me": me}))
