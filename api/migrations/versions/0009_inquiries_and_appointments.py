"""Inquiries and appointments.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OF_TENANTS = ("appointment", "inquiry", "inquiry_message", "slot")


def _secure_rows() -> None:
    """As in 0001: a transaction sees and writes the rows of the tenant it named."""
    for table in _OF_TENANTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_tenant ON {table} USING (tenant_id = current_setting('warifu.tenant')::bigint)"
        )


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_by", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "appointment_id"),
        sa.UniqueConstraint("tenant_id", "rank"),
    )
    op.create_index("appointment_collection", "appointment", ["tenant_id", "collection_id"], unique=False)
    op.create_index("appointment_person", "appointment", ["tenant_id", "person_id"], unique=False)
    standing = sa.text("cancelled_at = 0")
    op.create_index(
        "appointment_standing",
        "appointment",
        ["tenant_id", "collection_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "inquiry",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("inquiry_id", sa.BigInteger(), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_by", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("unread_by_desk", sa.Integer(), nullable=False),
        sa.Column("unread_by_person", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "inquiry_id"),
        sa.UniqueConstraint("tenant_id", "collection_id"),
    )
    op.create_index("inquiry_list", "inquiry", ["tenant_id", "state", "inquiry_id"], unique=False)
    op.create_index("inquiry_person", "inquiry", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "inquiry_message",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("inquiry_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "inquiry_id", "message_id"),
    )
    op.create_index("inquiry_message_person", "inquiry_message", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "slot",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "slot_id"),
        sa.UniqueConstraint("tenant_id", "rank"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _secure_rows()


def downgrade() -> None:
    for table in _OF_TENANTS:
        op.drop_table(table)
