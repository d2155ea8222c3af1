"""The table of what was submitted for collections: what each thing is, never what it says."""

from typing import Final

from sqlalchemy import BigInteger, Integer, Text
from sqlmodel import Field, SQLModel

from tokenizer.storage.rows import table_of


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
    given_by: str = Field(sa_type=Text, description="in whose name; empty for what is older than this column")


ITEM: Final = table_of(CollectionItemRow)
