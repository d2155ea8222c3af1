"""Appointments (来庁予約): who comes in which slot. A collection has one that stands at most, in the table as well.

The rows are stamped. `rank` orders appointments as their slots are ordered, and counts up within a slot.
"""

import re
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from custody.desk.slot import Slot
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

PLACES: Final = 1 << 12
"""So many appointments a slot can have in its life, cancelled ones among them."""

_PUBLIC_ID: Final = re.compile(r"apt_([0-9]{1,18})", re.ASCII)
_STANDING: Final = text("cancelled_at = 0")


class AppointmentRow(SQLModel, table=True):
    """An appointment."""

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("tenant_id", "rank"),
        Index(
            "appointment_standing",
            "tenant_id",
            "collection_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index("appointment_collection", "tenant_id", "collection_id"),
        Index("appointment_person", "tenant_id", "person_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    appointment_id: int = Field(primary_key=True, sa_type=BigInteger)
    rank: int = Field(sa_type=BigInteger)
    slot_id: int = Field(sa_type=BigInteger)
    collection_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    booked_by: str = Field(sa_type=Text, description="login of who booked for them, or empty for the person")
    booked_at: int = Field(sa_type=BigInteger)
    cancelled_by: str = Field(sa_type=Text)
    cancelled_at: int = Field(sa_type=BigInteger, description="0 while it stands")
    stamp: bytes = Field(sa_type=LargeBinary)


APPOINTMENT: Final = table_of(AppointmentRow)
DROP_APPOINTMENTS: Final = Drop(APPOINTMENT, "person_id")
_TABLE: Final = APPOINTMENT.c
_OF_TENANT: Final = _TABLE.tenant_id == bindparam("tenant")
_THIS: Final = (_OF_TENANT, _TABLE.appointment_id == bindparam("appointment"))
_BY_ID: Final = Statement(select(APPOINTMENT).where(*_THIS))
_OF_COLLECTION: Final = Statement(
    select(APPOINTMENT)
    .where(_OF_TENANT, _TABLE.collection_id == bindparam("collection"))
    .order_by(_TABLE.appointment_id)
)
_OF_SLOT: Final = Statement(
    select(APPOINTMENT).where(
        _OF_TENANT, _TABLE.rank >= bindparam("low"), _TABLE.rank < bindparam("high"), _TABLE.cancelled_at == 0
    )
)
_LAST_RANK: Final = Statement(
    select(func.max(_TABLE.rank)).where(
        _OF_TENANT, _TABLE.rank >= bindparam("low"), _TABLE.rank < bindparam("high")
    )
)
_CHANGING: Final = ("rank", "slot_id", "cancelled_by", "cancelled_at", "stamp")
_SAVE: Final = Statement(
    update(APPOINTMENT).where(*_THIS).values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment; times are milliseconds since the epoch, `cancelled_at` 0 while it stands."""

    tenant: int
    id: int
    rank: int
    slot: int
    collection: int
    person: int
    booked_by: str
    booked_at: int
    cancelled_by: str = ""
    cancelled_at: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"apt_{self.id}"


def parse_appointment_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_appointment(tx: Transaction, authority: Authority, appointment: Appointment) -> Appointment:
    """Write an appointment that is not there.

    Raises:
        Conflict: it is, or the collection has one that stands.
    """
    row = astuple(appointment)
    tx.insert(AppointmentRow, [(*row, authority.stamp("appointment", row))])
    return appointment


def save_appointment(tx: Transaction, authority: Authority, appointment: Appointment) -> Appointment:
    """Write that an appointment was moved or cancelled."""
    values = {
        "new_rank": appointment.rank,
        "new_slot_id": appointment.slot,
        "new_cancelled_by": appointment.cancelled_by,
        "new_cancelled_at": appointment.cancelled_at,
        "new_stamp": authority.stamp("appointment", astuple(appointment)),
    }
    tx.run(_SAVE, {"tenant": appointment.tenant, "appointment": appointment.id, **values})
    return appointment


def read_appointment(
    tx: Transaction, authority: Authority, tenant: int, appointment: int
) -> Appointment | None:
    """An appointment by its id.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_BY_ID, {"tenant": tenant, "appointment": appointment})
    return appointment_of(authority, row) if row else None


def appointments_about(
    tx: Transaction, authority: Authority, tenant: int, collection: int
) -> list[Appointment]:
    """The appointments of a collection, oldest first, cancelled ones as well.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_OF_COLLECTION, {"tenant": tenant, "collection": collection})
    return [appointment_of(authority, row) for row in rows]


def appointments_in(tx: Transaction, authority: Authority, slot: Slot) -> list[Appointment]:
    """The appointments that stand in a slot.

    Raises:
        SealBrokenError: a row was altered.
    """
    return [appointment_of(authority, row) for row in tx.all(_OF_SLOT, _within(slot))]


def next_rank(tx: Transaction, slot: Slot) -> int | None:
    """The rank of another appointment in a slot; None if it has had as many as it can have."""
    row = tx.one(_LAST_RANK, _within(slot))
    last = row[0] if row else None
    following = slot.rank * PLACES if last is None else int(last) + 1
    return following if following < (slot.rank + 1) * PLACES else None


def appointment_of(authority: Authority, row: Row) -> Appointment:
    """An appointment from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("appointment", row[:-1], row[-1])
    return Appointment(*row[:-1])


def _within(slot: Slot) -> dict[str, int]:
    return {"tenant": slot.tenant, "low": slot.rank * PLACES, "high": (slot.rank + 1) * PLACES}
