"""A legal hold (法的保全) on a person's number: as long as one stands, the number is not disposed of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.transaction import Lookup, Row, Transaction

_PUBLIC_ID: Final = re.compile(r"hold_([0-9]{1,18})", re.ASCII)


class HoldRow(SQLModel, table=True):
    """A legal hold. `stamp` is a MAC over the row."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("legal_hold_person", "tenant_id", "person_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    hold_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    placed_by: str = Field(sa_type=Text)
    placed_at: int = Field(sa_type=BigInteger)
    lifted_by: str = Field(sa_type=Text)
    lifted_at: int = Field(sa_type=BigInteger, description="0 while it stands")
    stamp: bytes = Field(sa_type=LargeBinary)


HOLD: Final = table_of(HoldRow)
DROP_HOLDS: Final = Drop(HOLD, "hold_id")
_COLUMNS: Final = ", ".join(f"h.{column.name}" for column in HOLD.columns)
_OF_PERSONS: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN legal_hold h WHERE h.tenant_id = :tenant AND h.person_id = keys.key",
    "bigint",
)
_BY_ID: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN legal_hold h WHERE h.tenant_id = :tenant AND h.hold_id = keys.key", "bigint"
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on one person."""

    tenant: int
    id: int
    person: int
    reason: str
    placed_by: str
    placed_at: int
    lifted_by: str = ""
    lifted_at: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"hold_{self.id}"


def parse_hold_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_holds(tx: Transaction, authority: Authority, holds: Iterable[Hold]) -> None:
    """Write holds that are not there."""
    rows = [astuple(hold) for hold in holds]
    tx.insert(HoldRow, [(*row, authority.stamp("legal_hold", row)) for row in rows])


def held_persons(tx: Transaction, authority: Authority, tenant: int, persons: Sequence[int]) -> set[int]:
    """Those of the persons on whom a hold stands.

    Raises:
        SealBrokenError: a row was altered.
    """
    found = (hold_of(authority, row[1:]) for row in tx.match(_OF_PERSONS, {"tenant": tenant}, persons))
    return {hold.person for hold in found if not hold.lifted_at}


def holds_by_id(tx: Transaction, authority: Authority, tenant: int, ids: Sequence[int]) -> dict[int, Hold]:
    """The holds of these ids, those that are there.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_BY_ID, {"tenant": tenant}, ids)
    return {ids[row[0]]: hold_of(authority, row[1:]) for row in rows}


def hold_of(authority: Authority, row: Row) -> Hold:
    """A hold from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("legal_hold", row[:-1], row[-1])
    return Hold(*row[:-1])
