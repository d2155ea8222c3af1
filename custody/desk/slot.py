"""Slots (予約枠): where and when the company receives people, and how many at once.

The rows are stamped: people go there with their papers. `rank` orders slots by their start: the minute, then the place
among those that start in the same minute.
"""

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from custody.desk.clock import MINUTE_MS
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

ORDINALS: Final = 1 << 16
"""So many slots can start in one minute."""

_PUBLIC_ID: Final = re.compile(r"slt_([0-9]{1,18})", re.ASCII)


class SlotRow(SQLModel, table=True):
    """A slot."""

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("tenant_id", "rank"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    slot_id: int = Field(primary_key=True, sa_type=BigInteger)
    rank: int = Field(sa_type=BigInteger)
    place: str = Field(sa_type=Text)
    starts_at: int = Field(sa_type=BigInteger)
    minutes: int = Field(sa_type=Integer)
    seats: int = Field(sa_type=Integer)
    offered_by: str = Field(sa_type=Text)
    offered_at: int = Field(sa_type=BigInteger)
    withdrawn_by: str = Field(sa_type=Text)
    withdrawn_at: int = Field(sa_type=BigInteger, description="0 while it stands")
    stamp: bytes = Field(sa_type=LargeBinary)


SLOT: Final = table_of(SlotRow)
_THIS: Final = (SLOT.c.tenant_id == bindparam("tenant"), SLOT.c.slot_id == bindparam("slot"))
_BY_ID: Final = Statement(select(SLOT).where(*_THIS))
_BETWEEN: Final = Statement(
    select(SLOT)
    .where(SLOT.c.tenant_id == bindparam("tenant"), SLOT.c.rank >= bindparam("low"))
    .where(SLOT.c.rank < bindparam("high"))
)
_WITHDRAW: Final = Statement(
    update(SLOT)
    .where(*_THIS)
    .values(withdrawn_by=bindparam("new_by"), withdrawn_at=bindparam("new_at"), stamp=bindparam("new_stamp"))
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot; times are milliseconds since the epoch, `withdrawn_at` 0 while it stands."""

    tenant: int
    id: int
    rank: int
    place: str
    starts_at: int
    minutes: int
    seats: int
    offered_by: str
    offered_at: int
    withdrawn_by: str = ""
    withdrawn_at: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"slt_{self.id}"

    @property
    def ends_at(self) -> int:
        """When it is over."""
        return self.starts_at + self.minutes * MINUTE_MS


def parse_slot_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def rank_at(instant: int) -> int:
    """The least rank of slots that start at an instant or after it."""
    return -(-instant // MINUTE_MS) * ORDINALS


def insert_slots(tx: Transaction, authority: Authority, slots: Iterable[Slot]) -> None:
    """Write slots that are not there.

    Raises:
        Conflict: one of them is.
    """
    rows = [astuple(slot) for slot in slots]
    tx.insert(SlotRow, [(*row, authority.stamp("slot", row)) for row in rows])


def save_withdrawn(tx: Transaction, authority: Authority, slot: Slot) -> Slot:
    """Write by whom and when a slot was withdrawn."""
    values: dict[str, Any] = {"new_by": slot.withdrawn_by, "new_at": slot.withdrawn_at}
    stamp = authority.stamp("slot", astuple(slot))
    tx.run(_WITHDRAW, {"tenant": slot.tenant, "slot": slot.id, **values, "new_stamp": stamp})
    return slot


def read_slot(tx: Transaction, authority: Authority, tenant: int, slot: int) -> Slot | None:
    """A slot by its id.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_BY_ID, {"tenant": tenant, "slot": slot})
    return slot_of(authority, row) if row else None


def slots_between(tx: Transaction, authority: Authority, tenant: int, low: int, high: int) -> list[Slot]:
    """The slots of a range of ranks, withdrawn ones as well.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_BETWEEN, {"tenant": tenant, "low": low, "high": high})
    return [slot_of(authority, row) for row in rows]


def slot_of(authority: Authority, row: Row) -> Slot:
    """A slot from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("slot", row[:-1], row[-1])
    return Slot(*row[:-1])
