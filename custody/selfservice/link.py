"""Links (提出用リンク): what lets one person bring numbers in one campaign, and see afterwards what became of them.

The row is stamped with everything in it, also how many wrong tries were made: somebody who can write to the database
can neither point a link at another person, nor make up a count of tries. Of its secret a SHA-256 is kept, of its
passcode a MAC.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction

MOST_TRIES: Final = 5
"""So many wrong factors in all, and a link is locked."""

_MOST_KNOCKS: Final = 2**30 + 1
_PUBLIC_ID: Final = re.compile(r"lnk_([0-9]{1,18})", re.ASCII)


class Factor(StrEnum):
    """What somebody has to know besides the link: a birth date on record, or a passcode that is told apart."""

    BIRTH_DATE = "birth_date"
    PASSCODE = "passcode"


class LinkRow(SQLModel, table=True):
    """A link. Times are 0 as long as the thing has not happened."""

    __tablename__ = "collection_link"
    __table_args__ = (
        UniqueConstraint("tenant_id", "digest"),
        Index("collection_link_person", "tenant_id", "person_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    link_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(sa_type=LargeBinary, description="SHA-256 of the secret")
    campaign_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    factor: str = Field(sa_type=Text)
    passcode: bytes = Field(sa_type=LargeBinary, description="MAC of the passcode, empty for a birth date")
    tries: int = Field(sa_type=Integer, description="wrong factors, and those that are being compared")
    created_by: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    gives_until: int = Field(sa_type=BigInteger)
    reads_until: int = Field(sa_type=BigInteger)
    told_at: int = Field(sa_type=BigInteger, description="when the purpose notice was acknowledged")
    finished_at: int = Field(sa_type=BigInteger)
    finished_leaf: int = Field(sa_type=BigInteger, description="index of the receipt's leaf, -1 for none")
    revoked_at: int = Field(sa_type=BigInteger)
    knocks: int = Field(sa_type=Integer, description="tries since it was locked or ended")
    stamp: bytes = Field(sa_type=LargeBinary)


LINK: Final = table_of(LinkRow)
_TENANT: Final = LINK.c.tenant_id == bindparam("tenant")
_THIS: Final = (_TENANT, LINK.c.link_id == bindparam("link"))
_BY_SECRET: Final = Statement(
    select(LINK).where(_TENANT, LINK.c.digest == bindparam("digest")).with_for_update()
)
_READ: Final = Statement(select(LINK).where(*_THIS))
_LOCK: Final = Statement(select(LINK).where(*_THIS).with_for_update())
_CHANGED: Final = (
    "tries",
    "gives_until",
    "told_at",
    "finished_at",
    "finished_leaf",
    "revoked_at",
    "knocks",
    "stamp",
)
_CHANGE: Final = Statement(
    update(LINK).where(*_THIS).values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_COLUMNS: Final = ", ".join(f"l.{column.name}" for column in LINK.columns)
_OF_PERSONS: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN collection_link l WHERE l.tenant_id = :tenant AND l.person_id = keys.key",
    "bigint",
)
DROP_LINKS_OF: Final = Drop(LINK, "person_id")


@dataclass(frozen=True, slots=True)
class Link:
    """A link; times are milliseconds since the epoch, 0 for not yet.

    Attributes:
        digest: SHA-256 of its secret.
        person: whose link it is: an employee or a payee.
        passcode: MAC of the passcode; empty where the birth date is asked for.
        tries: wrong factors so far, and those that are being compared at this moment.
        gives_until: the last moment at which something can be given.
        reads_until: the last moment at which it opens.
        told_at: when the purpose notice was acknowledged.
        finished_leaf: index of the leaf that is the receipt; -1 for none.
        knocks: tries since it was locked or has ended, which open nothing.
    """

    tenant: int
    id: int
    digest: bytes
    campaign: int
    person: int
    factor: Factor
    passcode: bytes
    tries: int
    created_by: str
    created_at: int
    gives_until: int
    reads_until: int
    told_at: int = 0
    finished_at: int = 0
    finished_leaf: int = -1
    revoked_at: int = 0
    knocks: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"lnk_{self.id}"

    @property
    def is_locked(self) -> bool:
        """Whether the tries are used up."""
        return self.tries >= MOST_TRIES

    @property
    def knocked(self) -> "Link":
        """The same link after one more try that opens nothing."""
        return replace(self, knocks=min(self.knocks + 1, _MOST_KNOCKS))

    @property
    def is_told(self) -> bool:
        """Whether the latest of those tries is written down: the first, second, fourth, eighth and so on."""
        return self.knocks & (self.knocks - 1) == 0

    def gives(self, now: int) -> bool:
        """Whether something can still be given."""
        return not self.revoked_at and not self.finished_at and now <= self.gives_until

    def reads(self, now: int) -> bool:
        """Whether it still opens."""
        return not self.revoked_at and now <= self.reads_until


def parse_link_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_links(tx: Transaction, authority: Authority, links: Iterable[Link]) -> None:
    """Write links that are not there."""
    rows = [_values(each) for each in links]
    tx.insert(LinkRow, [(*row, authority.stamp("collection_link", row)) for row in rows])


def save_link(tx: Transaction, authority: Authority, link: Link) -> Link:
    """Write how a link has changed."""
    stamp = authority.stamp("collection_link", _values(link))
    new = {f"new_{name}": stamp if name == "stamp" else getattr(link, name) for name in _CHANGED}
    tx.run(_CHANGE, {"tenant": link.tenant, "link": link.id, **new})
    return link


def read_link(
    tx: Transaction, authority: Authority, tenant: int, link: int, *, lock: bool = False
) -> Link | None:
    """Read a link; `lock` holds its row until the transaction ends.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_LOCK if lock else _READ, {"tenant": tenant, "link": link})
    return link_of(authority, row) if row else None


def lock_by_secret(tx: Transaction, authority: Authority, tenant: int, digest: bytes) -> Link | None:
    """The link of a secret, its row held until the transaction ends.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_BY_SECRET, {"tenant": tenant, "digest": digest})
    return link_of(authority, row) if row else None


def links_of(tx: Transaction, authority: Authority, tenant: int, persons: Sequence[int]) -> list[Link]:
    """Every link of persons, in all campaigns.

    Raises:
        SealBrokenError: a row was altered.
    """
    return [link_of(authority, row[1:]) for row in tx.match(_OF_PERSONS, {"tenant": tenant}, persons)]


def link_of(authority: Authority, row: Row) -> Link:
    """A link from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("collection_link", row[:-1], row[-1])
    tenant, identity, digest, campaign, person, factor, *rest = row[:-1]
    return Link(tenant, identity, digest, campaign, person, Factor(factor), *rest)


def _values(link: Link) -> Row:
    return tuple(value.value if isinstance(value, StrEnum) else value for value in astuple(link))
