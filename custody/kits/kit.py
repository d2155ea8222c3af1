"""Kits as they were given out: the code on the paper, and whose collections it stands for.

The row is stamped: it decides whose papers those are that bear the code. A code says nothing by itself, so of another
tenant's it looks like one that does not exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, bindparam, select, update
from sqlmodel import Field, SQLModel

from custody.bulk import Drop
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Lookup, Row, Transaction


class KitRow(SQLModel, table=True):
    """A kit of one household."""

    __tablename__ = "kit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        Index("kit_order", "tenant_id", "order_id", "kit_id"),
        Index("kit_collection", "tenant_id", "collection_id"),
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    kit_id: int = Field(primary_key=True, sa_type=BigInteger)
    code: str = Field(sa_type=Text)
    order_id: int = Field(sa_type=BigInteger)
    collection_id: int = Field(sa_type=BigInteger, description="the first of its collections")
    members: str = Field(sa_type=Text, description="ids of its collections, with spaces between")
    created_at: int = Field(sa_type=BigInteger)
    arrived_at: int = Field(sa_type=BigInteger, description="0 as long as nothing has come back")
    stamp: bytes = Field(sa_type=LargeBinary)


class KitPageRow(SQLModel, table=True):
    """A page that came back in a kit and was kept as an item of a collection."""

    __tablename__ = "kit_page"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    kit_id: int = Field(primary_key=True, sa_type=BigInteger)
    item_id: int = Field(primary_key=True, sa_type=BigInteger)
    collection_id: int = Field(sa_type=BigInteger)
    sheet: str = Field(sa_type=Text, description="such as 3.1/2; empty for a copy that bears no code")
    likeness: bytes = Field(sa_type=LargeBinary, description="MAC of the picture, to know it again")


_KIT: Final = table_of(KitRow)
_PAGE: Final = table_of(KitPageRow)
_COLUMNS: Final = ", ".join(f"k.{column.name}" for column in _KIT.columns)
_BY_CODE: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN kit k WHERE k.tenant_id = :tenant AND k.code = keys.key", "text"
)
_BY_COLLECTION: Final = Lookup(
    _COLUMNS, "{keys} CROSS JOIN kit k WHERE k.tenant_id = :tenant AND k.collection_id = keys.key", "bigint"
)
_OF_ORDER: Final = Statement(
    select(_KIT)
    .where(_KIT.c.tenant_id == bindparam("tenant"), _KIT.c.order_id == bindparam("order_id"))
    .order_by(_KIT.c.kit_id)
)
_PART_OF_ORDER: Final = Statement(
    select(_KIT)
    .where(_KIT.c.tenant_id == bindparam("tenant"), _KIT.c.order_id == bindparam("order_id"))
    .order_by(_KIT.c.kit_id)
    .limit(bindparam("count"))
    .offset(bindparam("skipped"))
)
_SET_ARRIVED: Final = Statement(
    update(_KIT)
    .where(_KIT.c.tenant_id == bindparam("tenant"), _KIT.c.kit_id == bindparam("kit"))
    .values(arrived_at=bindparam("new_arrived_at"), stamp=bindparam("new_stamp"))
)
_PAGES: Final = Statement(
    select(_PAGE).where(_PAGE.c.tenant_id == bindparam("tenant"), _PAGE.c.kit_id == bindparam("kit"))
)
_DROP: Final = Drop(_KIT, "kit_id")


@dataclass(frozen=True, slots=True)
class SentKit:
    """A kit as it was given out; times are milliseconds since the epoch, 0 for not yet.

    Attributes:
        code: as `new_kit_code` makes it.
        order: id of the order it was made for.
        members: ids of the collections it stands for: the recipient's first, where their number is asked for.
    """

    tenant: int
    id: int
    code: str
    order: int
    members: tuple[int, ...]
    created_at: int
    arrived_at: int = 0


@dataclass(frozen=True, slots=True)
class KitPage:
    """A page of a kit that was kept: which item of which collection, which sheet, what the picture is known by."""

    tenant: int
    kit: int
    item: int
    collection: int
    sheet: str
    likeness: bytes


def insert_kits(tx: Transaction, authority: Authority, kits: Iterable[SentKit]) -> None:
    """Write kits that are not there.

    Raises:
        Conflict: one of them is.
    """
    rows = [_values(each) for each in kits]
    tx.insert(KitRow, [(*row, authority.stamp("kit", row)) for row in rows])


def save_arrival(tx: Transaction, authority: Authority, kit: SentKit) -> None:
    """Write when a kit came back, in a transaction that has locked the tenant's log."""
    stamp = authority.stamp("kit", _values(kit))
    place = {"tenant": kit.tenant, "kit": kit.id}
    tx.run(_SET_ARRIVED, {**place, "new_arrived_at": kit.arrived_at, "new_stamp": stamp})


def drop_kits(tx: Transaction, tenant: int, kits: Sequence[int]) -> None:
    """Forget kits that were never given out."""
    _DROP(tx, tenant, kits)


def kits_by_code(
    tx: Transaction, authority: Authority, tenant: int, codes: Sequence[str]
) -> dict[str, SentKit]:
    """The tenant's kits of these codes, those that are there.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_BY_CODE, {"tenant": tenant}, codes)
    return {codes[row[0]]: _kit(authority, row[1:]) for row in rows}


def kits_of_order(tx: Transaction, authority: Authority, tenant: int, order: int) -> list[SentKit]:
    """The kits of an order, in the order in which they are printed.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.all(_OF_ORDER, {"tenant": tenant, "order_id": order})
    return [_kit(authority, row) for row in rows]


def part_of_order(
    tx: Transaction, authority: Authority, tenant: int, order: int, skipped: int, count: int
) -> list[SentKit]:
    """So many kits of an order, after those that are skipped.

    Raises:
        SealBrokenError: a row was altered.
    """
    place = {"tenant": tenant, "order_id": order, "skipped": skipped, "count": count}
    return [_kit(authority, row) for row in tx.all(_PART_OF_ORDER, place)]


def kits_of_collections(
    tx: Transaction, authority: Authority, tenant: int, collections: Sequence[int]
) -> list[SentKit]:
    """The kits whose first collection is one of these, oldest first.

    Raises:
        SealBrokenError: a row was altered.
    """
    rows = tx.match(_BY_COLLECTION, {"tenant": tenant}, collections)
    return sorted((_kit(authority, row[1:]) for row in rows), key=lambda each: each.id)


def insert_pages(tx: Transaction, pages: Iterable[KitPage]) -> None:
    """Write which pages of kits were kept."""
    rows = [(each.tenant, each.kit, each.item, each.collection, each.sheet, each.likeness) for each in pages]
    tx.insert(KitPageRow, rows)


def pages_of_kit(tx: Transaction, tenant: int, kit: int) -> list[KitPage]:
    """The pages of a kit that were kept once; an item may be destroyed since."""
    return [KitPage(*row) for row in tx.all(_PAGES, {"tenant": tenant, "kit": kit})]


def _values(kit: SentKit) -> Row:
    members = " ".join(map(str, kit.members))
    return (
        kit.tenant,
        kit.id,
        kit.code,
        kit.order,
        kit.members[0],
        members,
        kit.created_at,
        kit.arrived_at,
    )


def _kit(authority: Authority, row: Row) -> SentKit:
    authority.check("kit", row[:-1], row[-1])
    tenant, identity, code, order, _, members, created, arrived, _ = row
    return SentKit(tenant, identity, code, order, tuple(map(int, members.split())), created, arrived)
