"""The day a person left the company, or a payee's contract ended (離職・契約終了), and whom that covers.

An employee's departure covers their dependents and spouse, unless one of them has a departure of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.transaction import Lookup, Row, Transaction


class DepartureRow(SQLModel, table=True):
    """A departure. `stamp` is a MAC over the row: from that day on the clock of retention runs."""

    __tablename__ = "departure"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    ended_on: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


DEPARTURE: Final = table_of(DepartureRow)
DROP_DEPARTURES: Final = Drop(DEPARTURE, "person_id")
_OF_PERSONS: Final = Lookup(
    "d.tenant_id, d.person_id, d.ended_on, d.created_at, d.stamp",
    "{keys} CROSS JOIN departure d WHERE d.tenant_id = :tenant AND d.person_id = keys.key",
    "bigint",
)
# The last condition is that of the index, which a planner does not use unless it is told.
_FAMILY: Final = Lookup(
    "p.person_id",
    "{keys} CROSS JOIN person e CROSS JOIN person p "
    "WHERE e.tenant_id = :tenant AND e.person_id = keys.key "
    "AND p.tenant_id = e.tenant_id AND p.employee = e.external_id AND p.employee <> ''",
    "bigint",
)


_LEFT: Final = Lookup(
    "d.ended_on",
    "{keys} CROSS JOIN person e CROSS JOIN departure d "
    "WHERE e.tenant_id = :tenant AND e.external_id = keys.key "
    "AND d.tenant_id = e.tenant_id AND d.person_id = e.person_id",
    "text",
)


@dataclass(frozen=True, slots=True)
class Departure:
    """When a person left; the day is ISO 8601."""

    tenant: int
    person: int
    ended_on: str
    created_at: int


def insert_departures(tx: Transaction, authority: Authority, departures: Iterable[Departure]) -> None:
    """Write departures of persons who have none."""
    rows = [astuple(departure) for departure in departures]
    tx.insert(DepartureRow, [(*row, authority.stamp("departure", row)) for row in rows])


def departures_of(
    tx: Transaction, authority: Authority, tenant: int, persons: Sequence[int]
) -> dict[int, Departure]:
    """The departures of persons themselves, not those that cover them.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_OF_PERSONS, {"tenant": tenant}, persons)
    authority.check_all("departure", (row[1:] for row in rows))
    return {row[2]: Departure(*row[1:-1]) for row in rows}


def departure_of(authority: Authority, row: Row) -> Departure:
    """A departure from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("departure", row[:-1], row[-1])
    return Departure(*row[:-1])


def with_family(tx: Transaction, tenant: int, persons: Sequence[int]) -> list[int]:
    """Persons, and the dependents and spouses of those among them who are employees."""
    family = (row[1] for row in tx.match(_FAMILY, {"tenant": tenant}, persons))
    return list(dict.fromkeys((*persons, *family)))


def any_left(tx: Transaction, tenant: int, external_ids: Sequence[str]) -> bool:
    """Whether somebody with one of these external ids has left."""
    return bool(tx.match(_LEFT, {"tenant": tenant}, external_ids))
