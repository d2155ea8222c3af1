"""Seats nobody needs to keep: their collection is settled, so others may have them, and who had booked is told."""

from typing import Final

from sqlalchemy import and_, bindparam, literal_column, select

from custody.collection.acting import program
from custody.collection.collection import COLLECTION
from custody.contract.door import refuse_closed
from custody.custodian import Custodian
from custody.desk.appointment import APPOINTMENT, appointment_of
from custody.desk.offering import cancel_for
from custody.desk.slot import SLOT, slot_of
from policies.collection import TERMINAL
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

AT_ONCE: Final = 100
"""So many appointments are cancelled in one transaction."""

_SETTLED: Final = (
    "お手続が終わりましたので、お越しいただく必要はなくなりました。\nThis is settled, so you need not come."
)
_COLUMNS: Final = len(APPOINTMENT.columns)
_NEEDLESS: Final = Statement(
    select(APPOINTMENT, SLOT)
    .select_from(
        APPOINTMENT.join(
            COLLECTION,
            and_(
                COLLECTION.c.tenant_id == APPOINTMENT.c.tenant_id,
                COLLECTION.c.collection_id == APPOINTMENT.c.collection_id,
            ),
        ).join(
            SLOT,
            and_(SLOT.c.tenant_id == APPOINTMENT.c.tenant_id, SLOT.c.slot_id == APPOINTMENT.c.slot_id),
        )
    )
    .where(
        APPOINTMENT.c.tenant_id == bindparam("tenant"),
        APPOINTMENT.c.cancelled_at == literal_column("0"),  # as the index has it
        SLOT.c.starts_at > bindparam("now"),
        COLLECTION.c.state.in_([literal_column(f"'{state.value}'") for state in sorted(TERMINAL)]),
    )
    .order_by(APPOINTMENT.c.appointment_id)
    .limit(bindparam("most"))
)


async def vacate_seats(custodian: Custodian, tenant: int, now: int, at_once: int = AT_ONCE) -> int:
    """Cancel the appointments to come of a tenant whose collection has ended; says how many there were.

    Args:
        custodian: what it works with.
        tenant: whose.
        now: milliseconds since the epoch.
        at_once: how many one transaction takes.

    Raises:
        SealBrokenError: an appointment, a slot or a collection was altered.
    """
    count, found = 0, at_once
    while found == at_once:
        found = await custodian.database.write(
            tenant, lambda tx: _vacate(tx, custodian, tenant, now, at_once)
        )
        count += found
    return count


def _vacate(tx: Transaction, custodian: Custodian, tenant: int, now: int, most: int) -> int:
    custodian.vault.log(tenant).lock(tx)
    if refuse_closed(tx, tenant):
        return 0
    rows = tx.all(_NEEDLESS, {"tenant": tenant, "now": now, "most": most})
    acting, authority = program(tenant), custodian.authority
    for row in rows:
        appointment = appointment_of(authority, row[:_COLUMNS])
        cancel_for(tx, custodian, acting, appointment, slot_of(authority, row[_COLUMNS:]), _SETTLED, now)
    return len(rows)
