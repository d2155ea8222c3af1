"""One visit through a link: its row, and how it is begun, read and ended.

It ends after 30 minutes without a request, after 12 hours in any case, when the same link is opened again, and with the
link.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Index, LargeBinary, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

IDLE_MS: Final = 30 * 60_000
ABSOLUTE_MS: Final = 12 * 3_600_000


class VisitRow(SQLModel, table=True):
    """A visit, as the SHA-256 of its secret. `stamp` is a MAC over the row, but for when it was last seen."""

    __tablename__ = "collection_visit"
    __table_args__ = (
        Index("collection_visit_link", "tenant_id", "link_id"),
        Index("collection_visit_person", "tenant_id", "person_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    link_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


VISIT: Final = table_of(VisitRow)
_THIS: Final = (VISIT.c.tenant_id == bindparam("tenant"), VISIT.c.digest == bindparam("digest"))
_READ: Final = Statement(select(VISIT).where(*_THIS))
_TOUCH: Final = Statement(
    update(VISIT).where(*_THIS, VISIT.c.seen_at < bindparam("seen")).values(seen_at=bindparam("seen"))
)
_END: Final = Statement(delete(VISIT).where(*_THIS))
END_VISITS_OF_LINKS: Final = Drop(VISIT, "link_id")
DROP_VISITS_OF: Final = Drop(VISIT, "person_id")


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """What the row of a living visit says. Times are milliseconds since the epoch, `seen_at` to a second."""

    tenant: int
    digest: bytes
    link: int
    person: int
    created_at: int
    seen_at: int


def begin_visit(
    tx: Transaction, authority: Authority, tenant: int, link: int, person: int, digest: bytes, now: int
) -> None:
    """Write a new visit through a link; the earlier one ends."""
    END_VISITS_OF_LINKS(tx, tenant, [link])
    visit = OpenVisit(tenant, digest, link, person, now, now)
    stamp = authority.stamp("collection_visit", _stamped(visit))
    tx.insert(VisitRow, [(tenant, digest, link, person, now, now, stamp)])


def living_visit(
    tx: Transaction, authority: Authority, tenant: int, digest: bytes, now: int
) -> OpenVisit | None:
    """The visit of a digest, unless its time is over.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_READ, {"tenant": tenant, "digest": digest})
    if row is None:
        return None
    visit = OpenVisit(*row[:-1])
    if now - visit.seen_at > IDLE_MS or now - visit.created_at > ABSOLUTE_MS:
        return None
    authority.check("collection_visit", _stamped(visit), row[-1])
    return visit


def touch_visit(tx: Transaction, tenant: int, digest: bytes, now: int) -> None:
    """Note that a visit was used."""
    tx.run(_TOUCH, {"tenant": tenant, "digest": digest, "seen": now})


def end_visit(tx: Transaction, tenant: int, digest: bytes) -> None:
    """End one visit."""
    tx.run(_END, {"tenant": tenant, "digest": digest})


def _stamped(visit: OpenVisit) -> Row:
    return visit.tenant, visit.digest, visit.link, visit.person, visit.created_at
