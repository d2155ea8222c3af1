"""How far a tenant has followed the epochs. It stands in the head row of the tenant's log, whose lock orders writers.

- `floor`: no row of an older epoch is written any more. Whoever sealed under one, on a slow node or before a long
  pause, is turned away and seals again.
- `swept`: no row of an older epoch is left. From there on the unique index alone finds every duplicate.

A writer inserts its rows, then locks the head, then looks at the floor. Once the floor has been raised under the same
lock, whatever was let in before is committed, and nothing older comes after: a count made then is final.
"""

from typing import Final, NamedTuple

from sqlalchemy import bindparam, select, update

from tokenizer.storage.rows import AuditHead, EpochRow, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_HEAD: Final = table_of(AuditHead)
_EPOCH: Final = table_of(EpochRow)
_THIS: Final = _HEAD.c.tenant_id == bindparam("tenant")
_READ: Final = Statement(select(_HEAD.c.epoch_floor, _HEAD.c.epoch_swept).where(_THIS))
_LOCK: Final = Statement(select(_HEAD.c.epoch_floor, _HEAD.c.epoch_swept).where(_THIS).with_for_update())
_RAISE_FLOOR: Final = Statement(
    update(_HEAD)
    .where(_THIS, _HEAD.c.epoch_floor < bindparam("new_floor"))
    .values(epoch_floor=bindparam("new_floor"))
)
_RAISE_SWEPT: Final = Statement(
    update(_HEAD)
    .where(_THIS, _HEAD.c.epoch_swept < bindparam("new_swept"))
    .values(epoch_swept=bindparam("new_swept"))
)
_EPOCHS: Final = Statement(select(_EPOCH.c.number).order_by(_EPOCH.c.number).with_for_update(read=True))


class Fence(NamedTuple):
    """How far a tenant has followed the epochs; 0 for not at all."""

    floor: int
    swept: int


def read_fence(tx: Transaction, tenant: int) -> Fence:
    """See how far a tenant is.

    Raises:
        LookupError: the tenant has no log.
    """
    return _fence(tx.one(_READ, {"tenant": tenant}))


def lock_fence(tx: Transaction, tenant: int) -> Fence:
    """See how far a tenant is, in its place in the queue; held until the transaction ends.

    Raises:
        LookupError: the tenant has no log.
    """
    return _fence(tx.one(_LOCK, {"tenant": tenant}))


def raise_floor(tx: Transaction, tenant: int, epoch: int) -> None:
    """Let no row of an older epoch be written for a tenant from now on."""
    tx.run(_RAISE_FLOOR, {"tenant": tenant, "new_floor": epoch})


def raise_swept(tx: Transaction, tenant: int, epoch: int) -> None:
    """Remember that a tenant has no row of an older epoch."""
    tx.run(_RAISE_SWEPT, {"tenant": tenant, "new_swept": epoch})


def begin_fence(tx: Transaction, tenant: int) -> None:
    """Let a tenant that is being opened begin with the newest epoch: it has no older row, and gets none.

    Whoever is about to destroy an epoch waits until the transaction ends, and finds the tenant then.
    """
    newest = max((row[0] for row in tx.all(_EPOCHS, {})), default=0)
    raise_floor(tx, tenant, newest)
    raise_swept(tx, tenant, newest)


def _fence(row: Row | None) -> Fence:
    if row is None:
        raise LookupError("the tenant has no log")
    return Fence(*row)
