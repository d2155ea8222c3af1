"""The messages of a thread, as they were written. The rows are stamped: people act on what the company told them."""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Index, LargeBinary, Text, bindparam, select
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from custody.desk.inquiry import Speaker
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction


class InquiryMessageRow(SQLModel, table=True):
    """One message."""

    __tablename__ = "inquiry_message"
    __table_args__ = (Index("inquiry_message_person", "tenant_id", "person_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    inquiry_id: int = Field(primary_key=True, sa_type=BigInteger)
    message_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger, description="whose collection it is about")
    speaker: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text, description="login of who wrote it for the company, or empty")
    text: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


MESSAGE: Final = table_of(InquiryMessageRow)
DROP_MESSAGES: Final = Drop(MESSAGE, "person_id")
_OF_THREAD: Final = Statement(
    select(MESSAGE)
    .where(MESSAGE.c.tenant_id == bindparam("tenant"), MESSAGE.c.inquiry_id == bindparam("inquiry"))
    .order_by(MESSAGE.c.message_id)
)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote; `author` is the login of who wrote for the company, `at` milliseconds since the epoch."""

    tenant: int
    inquiry: int
    id: int
    person: int
    speaker: Speaker
    author: str
    text: str
    at: int


def insert_message(tx: Transaction, authority: Authority, message: Message) -> None:
    """Write a message that is not there."""
    row = tuple(value.value if isinstance(value, StrEnum) else value for value in astuple(message))
    tx.insert(InquiryMessageRow, [(*row, authority.stamp("inquiry_message", row))])


def messages_of(tx: Transaction, authority: Authority, tenant: int, inquiry: int) -> list[Message]:
    """The messages of a thread, oldest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_OF_THREAD, {"tenant": tenant, "inquiry": inquiry})
    return [message_of(authority, row) for row in rows]


def message_of(authority: Authority, row: Row) -> Message:
    """A message from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("inquiry_message", row[:-1], row[-1])
    tenant, inquiry, identity, person, speaker, author, text, at = row[:-1]
    return Message(tenant, inquiry, identity, person, Speaker(speaker), author, text, at)
