"""The vault's own tables. Rows hold opaque bytes: nothing here can be read without a key provider.

Every primary key, unique constraint and index starts with `tenant_id`: a tenant's rows lie together on disk, the
schema shards by tenant, and row-level security needs one rule for all tables. Times are milliseconds since the
epoch in UTC; flags are 0 or 1; so both databases hold the same values and hand them back untouched.
"""

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel


class VaultMeta(SQLModel, table=True):
    """Which vault this database belongs to; one row."""

    __tablename__ = "vault_meta"

    singleton: int = Field(primary_key=True, sa_type=Integer)
    vault_id: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    proof: bytes = Field(
        sa_type=LargeBinary, description="MAC under the authority key: the keys fit the database"
    )


class EpochRow(SQLModel, table=True):
    """What the installation remembers of one epoch. The key itself, and when it began, is the provider's.

    Times are 0 as long as the thing has not happened.
    """

    __tablename__ = "epoch"

    number: int = Field(primary_key=True, sa_type=Integer)
    began: int = Field(sa_type=BigInteger)
    swept_at: int = Field(sa_type=BigInteger, description="no tenant has a row of an older epoch since then")
    closed_at: int = Field(sa_type=BigInteger, description="no new tenant may write under it any more")
    destroyed_at: int = Field(sa_type=BigInteger)
    waiting: int = Field(sa_type=BigInteger, description="persons of older epochs, when last counted")


class WorkerLease(SQLModel, table=True):
    """Which node does the chores of the installation, and until when; one row."""

    __tablename__ = "worker_lease"

    singleton: int = Field(primary_key=True, sa_type=Integer)
    holder: str = Field(sa_type=Text)
    until: int = Field(sa_type=BigInteger)


class PersonKey(SQLModel, table=True):
    """The key of one person, wrapped under (epoch, tenant). Deleting the row ends all that the key sealed."""

    __tablename__ = "person_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    epoch: int = Field(sa_type=Integer)
    version: int = Field(sa_type=Integer, description="the version of the number that is in force")
    wrapped: bytes = Field(sa_type=LargeBinary)


class NumberRow(SQLModel, table=True):
    """One version of a person's number, sealed under the person key. A number can be changed by law (番号法7条2項)."""

    __tablename__ = "number"
    __table_args__ = (UniqueConstraint("tenant_id", "blind_index"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    version: int = Field(primary_key=True, sa_type=Integer)
    blind_index: str = Field(sa_type=Text)
    epoch: int = Field(sa_type=Integer, description="the epoch whose index key made blind_index")
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: int = Field(sa_type=BigInteger)


class SealedItem(SQLModel, table=True):
    """Something else under a person's key: a number that is not registered yet, an image of a paper."""

    __tablename__ = "sealed_item"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int = Field(primary_key=True, sa_type=BigInteger)
    item_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: int = Field(sa_type=BigInteger)


class TokenRow(SQLModel, table=True):
    """A token: one person of one tenant as one audience may name them."""

    __tablename__ = "token"
    __table_args__ = (UniqueConstraint("tenant_id", "audience_id", "person_id"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    token: str = Field(primary_key=True, sa_type=Text)
    audience_id: int = Field(sa_type=BigInteger)
    person_id: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)


class AuditHead(SQLModel, table=True):
    """The head of a tenant's log. Locking this row is what orders the tenant's writers."""

    __tablename__ = "audit_head"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    frontier: bytes = Field(
        sa_type=LargeBinary, description="roots of the complete subtrees on the right edge"
    )
    checkpoint: str = Field(sa_type=Text, description="the signed note over (size, root)")
    epoch_floor: int = Field(sa_type=Integer, description="no row of an older epoch is written any more")
    epoch_swept: int = Field(sa_type=Integer, description="no row of an older epoch is left")
    destructions: int = Field(sa_type=BigInteger, description="how often persons' keys were destroyed")


class AuditLeaf(SQLModel, table=True):
    """One entry of a tenant's log, in its canonical bytes."""

    __tablename__ = "audit_leaf"
    __table_args__ = (
        Index("audit_leaf_person", "tenant_id", "person_id", "leaf_index"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    leaf_index: int = Field(primary_key=True, sa_type=BigInteger)
    person_id: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    hash: bytes = Field(sa_type=LargeBinary)
    entry: bytes = Field(sa_type=LargeBinary)


class AuditSubtree(SQLModel, table=True):
    """The root of a complete subtree of 256, 65,536, ... leaves: what keeps a proof's reading short."""

    __tablename__ = "audit_subtree"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    level: int = Field(primary_key=True, sa_type=Integer)
    node_index: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)


def partial_index(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows for which a condition holds; a statement that wants it repeats the condition."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a model: what batches are written against."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
