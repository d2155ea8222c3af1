"""The collection of one person's number in a campaign: where it stands, since when, and what was submitted.

The row is stamped: a collection that is verified is what a number is registered for. `revision` counts its changes:
whoever decides names the one they saw, so that of two who decide at the same time one is told.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from policies.collection import State
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import partial_index, table_of
from tokenizer.storage.transaction import Lookup, Row, Transaction

_PUBLIC_ID: Final = re.compile(r"col_([0-9]{1,18})", re.ASCII)


class Route(StrEnum):
    """How a person is asked: a link by mail, a link as a code on paper, a paper kit, an entry at the counter."""

    LINK_MAIL = "link_mail"
    LINK_QR = "link_qr"
    KIT = "kit"
    DIRECT = "direct"


class CollectionRow(SQLModel, table=True):
    """A person in a campaign. Times are 0 as long as the thing has not happened."""

    __tablename__ = "collection"
    __table_args__ = (
        UniqueConstraint("tenant_id", "campaign_id", "person_id"),
        Index("collection_person", "tenant_id", "person_id"),
        Index("collection_board", "tenant_id", "campaign_id", "state", "since"),
        partial_index("collection_papers", "papers_until > 0", "tenant_id", "papers_until", "collection_id"),
        Index("collection_list", "tenant_id", "campaign_id", "state", "collection_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(primary_key=True, sa_type=BigInteger)
    campaign_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    channel: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    since: int = Field(sa_type=BigInteger, description="when it came into this state")
    revision: int = Field(sa_type=Integer)
    instructed_at: int = Field(sa_type=BigInteger)
    distributed_at: int = Field(sa_type=BigInteger)
    arrived_at: int = Field(sa_type=BigInteger)
    deficient_at: int = Field(sa_type=BigInteger)
    verified_at: int = Field(sa_type=BigInteger)
    ended_at: int = Field(sa_type=BigInteger, description="registered, refused, not assigned or closed")
    codes: str = Field(sa_type=Text, description="deficiencies, or why it ended, with spaces between")
    asked_on: str = Field(sa_type=Text, description="the day on which the person was asked who refused")
    number_item: int = Field(sa_type=BigInteger, description="the sealed number, 0 for none")
    papers_until: int = Field(sa_type=BigInteger, description="when kept images are destroyed, 0 for none")
    stamp: bytes = Field(sa_type=LargeBinary)


COLLECTION: Final = table_of(CollectionRow)
_COLUMNS: Final = ", ".join(f"c.{column.name}" for column in COLLECTION.columns)
_CODES: Final = [column.name for column in COLLECTION.columns].index("codes") - 7
"""Its place after the first seven columns."""
_DROP: Final = Drop(COLLECTION, "collection_id")
_BY_ID: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN collection c WHERE c.tenant_id = :tenant AND c.collection_id = keys.key",
    "bigint",
)
_BY_PERSON: Final = Lookup(
    _COLUMNS,
    "{keys} CROSS JOIN collection c WHERE c.tenant_id = :tenant AND c.person_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class Collection:
    """Where the collection of one number stands. Times are milliseconds since the epoch, 0 for not yet.

    Attributes:
        papers_until: when images that outlive the registration are destroyed; 0 where there are none.
    """

    tenant: int
    id: int
    campaign: int
    person: int
    channel: Route
    email: str
    state: State
    since: int
    revision: int
    instructed_at: int
    distributed_at: int = 0
    arrived_at: int = 0
    deficient_at: int = 0
    verified_at: int = 0
    ended_at: int = 0
    codes: tuple[str, ...] = ()
    asked_on: str = ""
    number_item: int = 0
    papers_until: int = 0

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"col_{self.id}"


def parse_collection_id(public_id: str) -> int | None:
    """The id behind a public id; None if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1]) if found else None


def insert_collections(tx: Transaction, authority: Authority, collections: Iterable[Collection]) -> None:
    """Write collections that are not there.

    Raises:
        Conflict: one of them is.
    """
    rows = [_values(each) for each in collections]
    tx.insert(CollectionRow, [(*row, authority.stamp("collection", _stamped(row))) for row in rows])


def save_collections(tx: Transaction, authority: Authority, collections: Sequence[Collection]) -> None:
    """Write how collections have changed, in a transaction that has locked the tenant's log."""
    for tenant in {each.tenant for each in collections}:
        _DROP(tx, tenant, [each.id for each in collections if each.tenant == tenant])
    insert_collections(tx, authority, collections)


def collections_by_id(
    tx: Transaction, authority: Authority, tenant: int, ids: Sequence[int]
) -> dict[int, Collection]:
    """The collections of these ids, those that are there.

    Raises:
        SealBrokenError: a row was altered.
    """
    return {
        ids[row[0]]: collection_of(authority, row[1:]) for row in tx.match(_BY_ID, {"tenant": tenant}, ids)
    }


def collections_of(
    tx: Transaction, authority: Authority, tenant: int, persons: Sequence[int]
) -> list[Collection]:
    """Every collection of persons, in all campaigns.

    Raises:
        SealBrokenError: a row was altered.
    """
    return [collection_of(authority, row[1:]) for row in tx.match(_BY_PERSON, {"tenant": tenant}, persons)]


def collection_of(authority: Authority, row: Row) -> Collection:
    """A collection from a row of the table, in its column order.

    Raises:
        SealBrokenError: the row was altered.
    """
    authority.check("collection", _stamped(row[:-1]), row[-1])
    tenant, identity, campaign, person, channel, email, state, *rest = row[:-1]
    rest[_CODES] = tuple(rest[_CODES].split())
    return Collection(tenant, identity, campaign, person, Route(channel), email, State(state), *rest)


def _stamped(values: Row) -> Row:
    """What the stamp covers: until when papers are kept only where they are, so that older stamps stay good."""
    return values if values[-1] else values[:-1]


def _values(collection: Collection) -> Row:
    return tuple(
        " ".join(value) if isinstance(value, tuple) else value.value if isinstance(value, StrEnum) else value
        for value in astuple(collection)
    )
