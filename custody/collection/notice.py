"""Purpose notices (利用目的通知): which text of which purposes was given to whom, in which form, when.

Three forms: a document to employees, a web page, a letter to payees outside. What the rules ask at a use, whether a
person was told of a purpose, stands on the person's row; here is what they were told with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Text, bindparam, select
from sqlmodel import Field, SQLModel

from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction


class NoticeForm(StrEnum):
    """In which form persons are told."""

    DOCUMENT = "document"
    WEB_PAGE = "web_page"
    LETTER = "letter"


class PurposeNoticeRow(SQLModel, table=True):
    """A notice as it was given."""

    __tablename__ = "purpose_notice"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    notice_id: int = Field(primary_key=True, sa_type=BigInteger)
    form: str = Field(sa_type=Text)
    purposes: str = Field(sa_type=Text, description="codes, with spaces between")
    text: str = Field(sa_type=Text)
    told_on: str = Field(sa_type=Text, description="ISO 8601")
    given_by: str = Field(sa_type=Text, description="login or client; empty for the program")
    created_at: int = Field(sa_type=BigInteger)


class PurposeNoticePersonRow(SQLModel, table=True):
    """Whom a notice was given to."""

    __tablename__ = "purpose_notice_person"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    notice_id: int = Field(primary_key=True, sa_type=BigInteger)


NOTICE: Final = table_of(PurposeNoticeRow)
_GIVEN: Final = table_of(PurposeNoticePersonRow)
_OF_PERSON: Final = Statement(
    select(NOTICE)
    .join(_GIVEN, (_GIVEN.c.tenant_id == NOTICE.c.tenant_id) & (_GIVEN.c.notice_id == NOTICE.c.notice_id))
    .where(_GIVEN.c.tenant_id == bindparam("tenant"), _GIVEN.c.person_id == bindparam("person"))
    .order_by(NOTICE.c.notice_id)
)


@dataclass(frozen=True, slots=True)
class PurposeNotice:
    """A notice; `told_on` is ISO 8601, `created_at` milliseconds since the epoch."""

    tenant: int
    id: int
    form: NoticeForm
    purposes: tuple[str, ...]
    text: str
    told_on: str
    given_by: str
    created_at: int

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"pnt_{self.id}"


def insert_notice(tx: Transaction, notice: PurposeNotice, persons: Sequence[int]) -> None:
    """Write a notice and whom it was given to."""
    row = (
        notice.tenant,
        notice.id,
        notice.form.value,
        " ".join(notice.purposes),
        notice.text,
        notice.told_on,
        notice.given_by,
        notice.created_at,
    )
    tx.insert(PurposeNoticeRow, [row])
    tx.insert(PurposeNoticePersonRow, [(notice.tenant, person, notice.id) for person in persons])


def notices_of(tx: Transaction, tenant: int, person: int) -> list[PurposeNotice]:
    """The notices a person was given, oldest first."""
    return [notice_of(row) for row in tx.all(_OF_PERSON, {"tenant": tenant, "person": person})]


def notice_of(row: Row) -> PurposeNotice:
    """A notice from a row of the table, in its column order."""
    tenant, identity, form, purposes, *rest = row
    return PurposeNotice(tenant, identity, NoticeForm(form), tuple(purposes.split()), *rest)
