"""What was submitted for a collection: the number as typed, images of papers. The bytes are sealed in the vault.

It belongs to the one collection of the person that is under way, and dies with it: at once when the number is
registered, when the person refuses, has no number, or the company ends it. Where the campaign says so, images outlive
the registration for some days (see `keeping`).
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import bindparam, select

from custody.bulk import Drop
from custody.collection.collection import Collection
from custody.collection.item_row import ITEM, CollectionItemRow
from custody.custodian import Custodian
from custody.disposal.scope import end_begun
from tokenizer.items import bury_items
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Transaction

_DROP: Final = Drop(ITEM, "collection_id")
_DROP_ONE: Final = Drop(ITEM, "item_id", "collection_id = :collection")
_READ: Final = Statement(
    select(ITEM)
    .where(ITEM.c.tenant_id == bindparam("tenant"), ITEM.c.collection_id == bindparam("collection"))
    .order_by(ITEM.c.item_id)
)
_OF_COLLECTIONS: Final = Lookup(
    "i.item_id",
    "{keys} CROSS JOIN collection_item i WHERE i.tenant_id = :tenant AND i.collection_id = keys.key",
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
        given_by: in whose name it was submitted: the value of a `By`; empty for what is older than the column.
    """

    tenant: int
    collection: int
    id: int
    kind: str
    document: str
    side: str
    size: int
    created_at: int
    given_by: str = ""

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


def bury_all(tx: Transaction, custodian: Custodian, tenant: int, collections: Sequence[Collection]) -> int:
    """Destroy everything that was submitted for collections, in a transaction that has locked the tenant's log.

    Returns:
        How many things there were.

    Raises:
        SealBrokenError: what stays of a person was altered.
    """
    ids = [each.id for each in collections]
    doomed: dict[int, list[int]] = {}
    for place, item in tx.match(_OF_COLLECTIONS, {"tenant": tenant}, ids):
        doomed.setdefault(collections[place].person, []).append(item)
    _DROP(tx, tenant, ids)
    end_begun(tx, tenant, [each.person for each in collections])
    for person, items in doomed.items():
        bury_items(custodian.vault, tx, tenant, person, items)
    return sum(map(len, doomed.values()))
