"""Dispatches (発送): what the company instructed to be sent to whom, what it costs, and whether it has gone out.

The row is stamped: it is the instruction without which nothing goes out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    literal_column,
    or_,
    select,
    text,
)
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from policies.collection import State, Step
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import partial_index, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction

_PUBLIC_ID: Final = re.compile(r"ord_([0-9]{1,18})", re.ASCII)


class Sending(StrEnum):
    """What is sent."""

    KIT = "kit"
    LINK_MAIL = "link_mail"
    LINK_QR = "link_qr"
    POSTCARD = "postcard"
    MAIL = "mail"


class DispatchState(StrEnum):
    """How far it is.

    Attributes:
        ORDERED: the company instructed it; it has not gone out yet.
        SENT: it has gone out.
        VOID: the collection had moved on before it went out.
        FAILED: it could not be delivered; its code says why.
    """

    ORDERED = "ordered"
    SENT = "sent"
    VOID = "void"
    FAILED = "failed"


_UNDER_WAY: Final = frozenset({DispatchState.ORDERED, DispatchState.SENT})
MAILED: Final = frozenset({Sending.LINK_MAIL, Sending.MAIL})
"""What goes out by mail, and so by the program itself."""


class DispatchRow(SQLModel, table=True):
    """One thing that is sent to one person."""

    __tablename__ = "dispatch"
    __table_args__ = (
        Index("dispatch_collection", "tenant_id", "collection_id"),
        partial_index("dispatch_waiting", "state = 'ordered'", "tenant_id", "next_at", "order_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    order_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(sa_type=Text)
    cost_yen: int = Field(sa_type=Integer)
    ordered_by: str = Field(sa_type=Text)
    ordered_at: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    sent_at: int = Field(sa_type=BigInteger)
    tries: int = Field(sa_type=Integer, description="how often a mail was tried in vain")
    next_at: int = Field(sa_type=BigInteger, description="when it is tried again; 0 for at once")
    code: str = Field(sa_type=Text, description="why the last try was in vain")
    stamp: bytes = Field(sa_type=LargeBinary)


DISPATCH: Final = table_of(DispatchRow)
_DROP: Final = Drop(DISPATCH, "collection_id", "order_id = :order_id")
_OF_ORDER: Final = Statement(
    select(DISPATCH)
    .where(DISPATCH.c.tenant_id == bindparam("tenant"), DISPATCH.c.order_id == bindparam("order_id"))
    .order_by(DISPATCH.c.collection_id)
)
_WAITING: Final = Statement(
    select(DISPATCH)
    .where(
        DISPATCH.c.tenant_id == bindparam("tenant"),
        text("state = 'ordered'"),  # as the index has it
        or_(*(DISPATCH.c.kind == literal_column(f"'{each.value}'") for each in MAILED)),
        DISPATCH.c.next_at <= bindparam("now"),
    )
    .order_by(DISPATCH.c.next_at, DISPATCH.c.order_id, DISPATCH.c.collection_id)
    .limit(bindparam("most"))
)
_FIRST: Final = [column.name for column in DISPATCH.columns].index("tries")
_UNTRIED: Final = (0, 0, "")
_COLUMNS: Final = ", ".join(f"d.{column.name}" for column in DISPATCH.columns)
_OF_COLLECTIONS: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN dispatch d WHERE d.tenant_id = :tenant AND d.collection_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One thing that is sent to one person; times are milliseconds since the epoch, 0 for not yet.

    Attributes:
        tries: how often a mail was tried in vain.
        next_at: when it is tried again.
        code: a `MailFault`: why the last try was in vain; empty for none.
    """

    tenant: int
    order: int
    collection: int
    kind: Sending
    cost_yen: int
    ordered_by: str
    ordered_at: int
    state: DispatchState = DispatchState.ORDERED
    sent_at: int = 0
    tries: int = 0
    next_at: int = 0
    code: str = ""


def order_public_id(order: int) -> str:
    """The id the API and the audit log name an order by."""
    return f"ord_{order}"


def parse_order_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def step_of(kind: Sending, state: State) -> Step:
    """Which step of a collection sending something is: first it is sent out, later sent again, or a reminder."""
    if kind in {Sending.POSTCARD, Sending.MAIL}:
        return Step.REMIND
    return Step.DISTRIBUTE if state is State.INSTRUCTED else Step.RESEND


def insert_dispatches(tx: Transaction, authority: Authority, dispatches: Iterable[Dispatch]) -> None:
    """Write dispatches that are not there."""
    rows = [_values(each) for each in dispatches]
    tx.insert(DispatchRow, [(*row, authority.stamp("dispatch", _stamped(row))) for row in rows])


def save_dispatches(
    tx: Transaction, authority: Authority, order: int, dispatches: Sequence[Dispatch]
) -> None:
    """Write how dispatches of one order have changed, in a transaction that has locked the tenant's log."""
    if dispatches:
        _DROP(tx, dispatches[0].tenant, [each.collection for each in dispatches], order_id=order)
        insert_dispatches(tx, authority, dispatches)


def dispatches_of_order(tx: Transaction, authority: Authority, tenant: int, order: int) -> list[Dispatch]:
    """What an order sends, by collection.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_OF_ORDER, {"tenant": tenant, "order_id": order})
    return [dispatch_of(authority, row) for row in rows]


def dispatches_to(
    tx: Transaction, authority: Authority, tenant: int, collections: Sequence[int]
) -> list[Dispatch]:
    """What was, or is to be, sent for collections.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_OF_COLLECTIONS, {"tenant": tenant}, collections)
    return [dispatch_of(authority, row[1:]) for row in rows]


def last_dispatched(dispatches: Iterable[Dispatch]) -> dict[int, int]:
    """When something last went out, or else was ordered to, by collection; what reached nobody does not count."""
    last: dict[int, int] = {}
    for each in dispatches:
        if each.state in _UNDER_WAY:
            last[each.collection] = max(last.get(each.collection, 0), each.sent_at or each.ordered_at)
    return last


def dispatch_of(authority: Authority, row: Row) -> Dispatch:
    """A dispatch from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("dispatch", _stamped(row[:-1]), row[-1])
    tenant, order, collection, kind, cost, by, ordered, state, *rest = row[:-1]
    return Dispatch(tenant, order, collection, Sending(kind), cost, by, ordered, DispatchState(state), *rest)


def waiting_mails(tx: Transaction, authority: Authority, tenant: int, now: int, most: int) -> list[Dispatch]:
    """Mails whose time has come, those that have waited longest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_WAITING, {"tenant": tenant, "now": now, "most": most})
    return [dispatch_of(authority, row) for row in rows]


def _stamped(values: Row) -> Row:
    """What the stamp covers: what came with mail only where it says something, so that older stamps stay good."""
    return values if values[_FIRST:] != _UNTRIED else values[:_FIRST]


def _values(dispatch: Dispatch) -> Row:
    return tuple(value.value if isinstance(value, StrEnum) else value for value in astuple(dispatch))
