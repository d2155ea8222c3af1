"""Inquiries (問い合わせ): one thread for each collection, who is to answer in it, and how much nobody has read."""

import re
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Index, Integer, Text, UniqueConstraint, bindparam, select, update
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_PUBLIC_ID: Final = re.compile(r"inq_([0-9]{1,18})", re.ASCII)


class InquiryState(StrEnum):
    """Whether a thread waits for the company, was answered, or is closed until the person asks again."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Speaker(StrEnum):
    """Who says something: the person, or the company."""

    PERSON = "person"
    COMPANY = "company"


class InquiryRow(SQLModel, table=True):
    """A thread."""

    __tablename__ = "inquiry"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id"),
        Index("inquiry_list", "tenant_id", "state", "inquiry_id"),
        Index("inquiry_person", "tenant_id", "person_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    inquiry_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    opened_at: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    last_at: int = Field(sa_type=BigInteger, description="when the last message was written")
    last_by: str = Field(sa_type=Text, description="who wrote it")
    messages: int = Field(sa_type=Integer)
    unread_by_desk: int = Field(sa_type=Integer)
    unread_by_person: int = Field(sa_type=Integer)


INQUIRY: Final = table_of(InquiryRow)
DROP_INQUIRIES: Final = Drop(INQUIRY, "person_id")
_OF_TENANT: Final = INQUIRY.c.tenant_id == bindparam("tenant")
_THIS: Final = (_OF_TENANT, INQUIRY.c.inquiry_id == bindparam("inquiry"))
_BY_ID: Final = Statement(select(INQUIRY).where(*_THIS))
_BY_COLLECTION: Final = Statement(
    select(INQUIRY).where(_OF_TENANT, INQUIRY.c.collection_id == bindparam("collection"))
)
_CHANGING: Final = ("state", "last_at", "last_by", "messages", "unread_by_desk", "unread_by_person")
_SAVE: Final = Statement(
    update(INQUIRY).where(*_THIS).values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A thread about one collection; times are milliseconds since the epoch."""

    tenant: int
    id: int
    collection: int
    person: int
    opened_at: int
    state: InquiryState
    last_at: int
    last_by: Speaker
    messages: int = 0
    unread_by_desk: int = 0
    unread_by_person: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"inq_{self.id}"


def parse_inquiry_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_inquiry(tx: Transaction, inquiry: Inquiry) -> None:
    """Write a thread that is not there.

    Raises:
        Conflict: the collection has one.
    """
    tx.insert(InquiryRow, [_values(inquiry)])


def save_inquiry(tx: Transaction, inquiry: Inquiry) -> Inquiry:
    """Write how a thread has changed, in a transaction that has locked the tenant's log."""
    changed = {f"new_{name}": str(getattr(inquiry, name)) for name in ("state", "last_by")}
    counts = {f"new_{name}": getattr(inquiry, name) for name in _CHANGING if f"new_{name}" not in changed}
    tx.run(_SAVE, {"tenant": inquiry.tenant, "inquiry": inquiry.id, **changed, **counts})
    return inquiry


def read_inquiry(tx: Transaction, tenant: int, inquiry: int) -> Inquiry | None:
    """A thread by its id."""
    row = tx.one(_BY_ID, {"tenant": tenant, "inquiry": inquiry})
    return inquiry_of(row) if row else None


def inquiry_about(tx: Transaction, tenant: int, collection: int) -> Inquiry | None:
    """The thread of a collection; None while nobody has written."""
    row = tx.one(_BY_COLLECTION, {"tenant": tenant, "collection": collection})
    return inquiry_of(row) if row else None


def inquiry_of(row: Row) -> Inquiry:
    """A thread from a row of the table, in its column order."""
    tenant, identity, collection, person, opened, state, at, by, *counts = row
    return Inquiry(
        tenant, identity, collection, person, opened, InquiryState(state), at, Speaker(by), *counts
    )


def _values(inquiry: Inquiry) -> Row:
    return tuple(value.value if isinstance(value, StrEnum) else value for value in astuple(inquiry))
