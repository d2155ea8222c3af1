"""Uses (個人番号の利用): what was asked for, by whom, for which purpose, and how far it has come.

    prepared --confirm--> confirmed --release--> released
                 └─ over the tenant's threshold: --approve--> approved --release--> released

A use is fixed when it is prepared: purpose, persons, reason, client, handler and expiry make its digest, and a human
confirms exactly that. The row is stamped, so that nobody can widen it in the database.
"""

import re
from array import array
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from sys import byteorder
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, select, update
from sqlmodel import Field, SQLModel

from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_PUBLIC_ID: Final = re.compile(r"use_([0-9]{1,18})", re.ASCII)


class UseState(StrEnum):
    """How far a use has come."""

    PREPARED = "prepared"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    RELEASED = "released"


class UseRow(SQLModel, table=True):
    """A use. `stamp` is a MAC over the row: a confirmed use is what numbers are released for."""

    __tablename__ = "use"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    use_id: int = Field(primary_key=True, sa_type=BigInteger)
    audience_id: int = Field(sa_type=BigInteger)
    client: str = Field(sa_type=Text, description="name of the client, or empty")
    prepared_by: str = Field(sa_type=Text, description="login of the human who prepared it, or empty")
    handler: str = Field(sa_type=Text, description="login of the only human who may confirm it, or empty")
    purpose: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    persons: bytes = Field(sa_type=LargeBinary, description="person ids, eight bytes each, big-endian")
    needs_approval: int = Field(sa_type=Integer)
    prepared_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    confirmed_by: str = Field(sa_type=Text)
    approved_by: str = Field(sa_type=Text)
    released_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


USE: Final = table_of(UseRow)
_THIS: Final = (USE.c.tenant_id == bindparam("tenant"), USE.c.use_id == bindparam("use"))
_READ: Final = Statement(select(USE).where(*_THIS))
_LOCK: Final = Statement(select(USE).where(*_THIS).with_for_update())
_MOVE: Final = Statement(
    update(USE)
    .where(*_THIS)
    .values(
        state=bindparam("new_state"),
        confirmed_by=bindparam("new_confirmed_by"),
        approved_by=bindparam("new_approved_by"),
        released_at=bindparam("new_released_at"),
        stamp=bindparam("new_stamp"),
    )
)


class Use(NamedTuple):
    """One use of numbers. Its public id is the decimal of `id`, its fingerprint `digest`."""

    tenant: int
    id: int
    audience: int
    client: str
    prepared_by: str
    handler: str
    purpose: str
    reason: str
    persons: Sequence[int]
    needs_approval: bool
    prepared_at: int
    expires_at: int
    state: UseState
    confirmed_by: str = ""
    approved_by: str = ""
    released_at: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"use_{self.id}"

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over everything a human stands behind."""
        fixed = [str(value) for value in _fixed(self)]
        fields = [*(value.encode() for value in fixed), _pack(self.persons)]
        return sha256(b"warifu-use-1" + b"".join(len(part).to_bytes(4) + part for part in fields)).hexdigest()


def insert_use(tx: Transaction, authority: Authority, use: Use) -> None:
    """Write a new use."""
    values = _values(use)
    tx.insert(UseRow, [(*values, authority.stamp("use", values))])


def read_use(
    tx: Transaction, authority: Authority, tenant: int, use: int, *, lock: bool = False
) -> Use | None:
    """Read a use; `lock` holds its row until the transaction ends.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant, "use": use})
    return use_of(authority, row) if row else None


def save_use(tx: Transaction, authority: Authority, use: Use) -> Use:
    """Write how far a use has come."""
    params = {
        "tenant": use.tenant,
        "use": use.id,
        "new_state": use.state.value,
        "new_confirmed_by": use.confirmed_by,
        "new_approved_by": use.approved_by,
        "new_released_at": use.released_at,
        "new_stamp": authority.stamp("use", _values(use)),
    }
    tx.run(_MOVE, params)
    return use


def use_of(authority: Authority, row: Row) -> Use:
    """A use from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("use", row[:-1], row[-1])
    return Use(
        tenant=row[0],
        id=row[1],
        audience=row[2],
        client=row[3],
        prepared_by=row[4],
        handler=row[5],
        purpose=row[6],
        reason=row[7],
        persons=_unpack(row[8]),
        needs_approval=bool(row[9]),
        prepared_at=row[10],
        expires_at=row[11],
        state=UseState(row[12]),
        confirmed_by=row[13],
        approved_by=row[14],
        released_at=row[15],
    )


def parse_use_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def _fixed(use: Use) -> Row:
    return (
        use.tenant,
        use.id,
        use.audience,
        use.client,
        use.prepared_by,
        use.handler,
        use.purpose,
        use.reason,
        int(use.needs_approval),
        use.prepared_at,
        use.expires_at,
    )


def _values(use: Use) -> Row:
    fixed = _fixed(use)
    return (
        *fixed[:8],
        _pack(use.persons),
        *fixed[8:],
        use.state.value,
        use.confirmed_by,
        use.approved_by,
        use.released_at,
    )


def _pack(persons: Sequence[int]) -> bytes:
    ids = array("q", persons)
    if byteorder == "little":
        ids.byteswap()
    return ids.tobytes()


def _unpack(data: bytes) -> Sequence[int]:
    ids = array("q")
    ids.frombytes(data)
    if byteorder == "little":
        ids.byteswap()
    return ids.tolist()
