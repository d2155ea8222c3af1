"""What was submitted for a collection: the number as typed, images of papers. The bytes are sealed in the vault.

Everything sealed for a person belongs to the one collection of theirs that is under way, and dies with it: at once
when the number is registered, when the person refuses, has no number, or the company ends it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import BigInteger, Integer, Text, bindparam, select
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from custody.collection.collection import Collection
from custody.custodian import Custodian
from custody.disposal.scope import end_begun
from tokenizer.items import bury_items
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Transaction


class CollectionItemRow(SQLModel, table=True):
    """One thing that was submitted; what it is, never what it says."""

    __tablename__ = "collection_item"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(primary_key=True, sa_type=BigInteger)
    item_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(sa_type=Text, description="number or image")
    document: str = Field(sa_type=Text, description="code of the document on an image")
    side: str = Field(sa_type=Text, description="front, back or empty")
    size: int = Field(sa_type=Integer, description="bytes")
    created_at: int = Field(sa_type=BigInteger)


ITEM: Final = table_of(CollectionItemRow)
_DROP: Final = Drop(ITEM, "collection_id")
_DROP_ONE: Final = Drop(ITEM, "item_id", "collection_id = :collection")
_READ: Final = Statement(
    select(ITEM)
    .where(ITEM.c.tenant_id == bindparam("tenant"), ITEM.c.collection_id == bindparam("collection"))
    .order_by(ITEM.c.item_id)
)
_SEALED: Final = Lookup(
    "i.item_id",
    "{keys} CROSS JOIN sealed_item i WHERE i.tenant_id = :tenant AND i.person_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class SubmittedItem:
    """One thing that was submitted.

    Attributes:
        kind: `number` or `image`.
        document: code of the document an image shows; empty for a number.
        side: `front`, `back` or empty.
        size: of the content, in bytes.
        created_at: milliseconds since the epoch.
    """

    tenant: int
    collection: int
    id: int
    kind: str
    document: str
    side: str
    size: int
    created_at: int

    @property
    def public_id(self) -> str:
        """The id the API and the audit log name it by."""
        return f"itm_{self.id}"


def insert_item(tx: Transaction, item: SubmittedItem) -> None:
    """Write what was submitted."""
    tx.insert(CollectionItemRow, [astuple(item)])


def items_of_collection(tx: Transaction, tenant: int, collection: int) -> list[SubmittedItem]:
    """What was submitted for a collection and is still there, oldest first."""
    rows = tx.all(_READ, {"tenant": tenant, "collection": collection})
    return [SubmittedItem(*row) for row in rows]


def bury(tx: Transaction, custodian: Custodian, collection: Collection, items: Sequence[int]) -> None:
    """Destroy things that were submitted for a collection, in a transaction that has locked the tenant's log."""
    if items:
        bury_items(custodian.vault, tx, collection.tenant, collection.person, items)
        _DROP_ONE(tx, collection.tenant, items, collection=collection.id)


def bury_all(tx: Transaction, custodian: Custodian, tenant: int, collections: Sequence[Collection]) -> None:
    """Destroy everything that was submitted for collections, in a transaction that has locked the tenant's log.

    Raises:
        SealBrokenError: what stays of a person was altered.
    """
    persons = [each.person for each in collections]
    _DROP(tx, tenant, [each.id for each in collections])
    end_begun(tx, tenant, persons)
    doomed: dict[int, list[int]] = {}
    for place, item in tx.match(_SEALED, {"tenant": tenant}, persons):
        doomed.setdefault(persons[place], []).append(item)
    for person, items in doomed.items():
        bury_items(custodian.vault, tx, tenant, person, items)
