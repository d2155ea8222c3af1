"""One statutory document (法定書類) that bears a person's number: its row, and how it is read and written.

A document decides how long a number may be used, so the row is stamped.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from policies.purposes import Catalogue, RetentionRule
from policies.retention import Held
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.transaction import Lookup, Row, Transaction

Paper = tuple[str, str, str, int]
"""Purpose, deadline, day of completion and copies: all of a document that the clock looks at."""

_PUBLIC_ID: Final = re.compile(r"doc_([0-9]{1,18})", re.ASCII)


class DocumentRow(SQLModel, table=True):
    """A document. `stamp` is a MAC over the row."""

    __tablename__ = "document"
    __table_args__ = (Index("document_person", "tenant_id", "person_id", "document_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    document_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    purpose: str = Field(sa_type=Text)
    deadline_on: str = Field(sa_type=Text, description="last day for filing it, or empty")
    completed_on: str = Field(sa_type=Text, description="day the matter was closed, empty while it is open")
    copies: int = Field(sa_type=Integer, description="copies that bear the number")
    created_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


DOCUMENT: Final = table_of(DocumentRow)
DROP_DOCUMENTS: Final = Drop(DOCUMENT, "document_id")
DROP_DOCUMENTS_OF: Final = Drop(DOCUMENT, "person_id")
_COLUMNS: Final = ", ".join(f"d.{column.name}" for column in DOCUMENT.columns)
_OF_PERSONS: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN document d WHERE d.tenant_id = :tenant AND d.person_id = keys.key", "bigint"
)
_BY_ID: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN document d WHERE d.tenant_id = :tenant AND d.document_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that bears a person's number. Days are ISO 8601, or empty."""

    tenant: int
    id: int
    person: int
    purpose: str
    deadline_on: str
    completed_on: str
    copies: int
    created_at: int

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"doc_{self.id}"

    @property
    def paper(self) -> Paper:
        """What the clock looks at."""
        return (self.purpose, self.deadline_on, self.completed_on, self.copies)


def parse_document_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_documents(tx: Transaction, authority: Authority, documents: Iterable[Document]) -> None:
    """Write documents that are not there."""
    rows = [_values(document) for document in documents]
    tx.insert(DocumentRow, [(*row, authority.stamp("document", row)) for row in rows])


def documents_of(
    tx: Transaction, authority: Authority, tenant: int, persons: Sequence[int]
) -> dict[int, list[Document]]:
    """The documents of persons, oldest first; persons without any are left out.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_OF_PERSONS, {"tenant": tenant}, persons)
    authority.check_all("document", (row[1:] for row in rows))
    found: dict[int, list[Document]] = {}
    for row in sorted(rows):
        found.setdefault(row[3], []).append(Document(*row[1:-1]))
    return found


def documents_by_id(
    tx: Transaction, authority: Authority, tenant: int, ids: Sequence[int]
) -> dict[int, Document]:
    """The documents of these ids, those that are there.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_BY_ID, {"tenant": tenant}, ids)
    authority.check_all("document", (row[1:] for row in rows))
    return {row[2]: Document(*row[1:-1]) for row in rows}


def document_of(authority: Authority, row: Row) -> Document:
    """A document from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("document", row[:-1], row[-1])
    return Document(*row[:-1])


def held_of(catalogue: Catalogue, purpose: str, deadline_on: str, completed_on: str, copies: int) -> Held:
    """What the retention clock counts with.

    Of a payment record (rule B) only copies are kept after filing: without any, nothing is kept once the matter is
    closed. A purpose the catalogue has lost keeps its document, and so the number, until somebody corrects it.

    Raises:
        RetentionError: a day is missing or impossible, or the law lets no number be kept for the purpose.
    """
    known = catalogue.get(purpose)
    if known is None:
        return Held(purpose, RetentionRule.NONE, None)
    deadline = date.fromisoformat(deadline_on) if deadline_on else None
    completed = date.fromisoformat(completed_on) if completed_on else None
    if known.retention.rule is RetentionRule.B and not copies:
        return Held(purpose, RetentionRule.NONE, None, deadline, completed)
    return Held.of(known, deadline_on=deadline, completed_on=completed)


def _values(document: Document) -> Row:
    return (
        document.tenant,
        document.id,
        document.person,
        document.purpose,
        document.deadline_on,
        document.completed_on,
        document.copies,
        document.created_at,
    )
