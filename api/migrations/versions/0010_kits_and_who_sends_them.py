"""Kits, their printing, and who sends them.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OF_TENANTS = ("kit", "kit_page", "kit_print", "kit_sender")


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
        "kit",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kit_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kit_id"),
        sa.UniqueConstraint("tenant_id", "code"),
    )
    op.create_index("kit_order", "kit", ["tenant_id", "order_id", "kit_id"], unique=False)
    op.create_index("kit_collection", "kit", ["tenant_id", "collection_id"], unique=False)
    op.create_table(
        "kit_page",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("kit_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("likeness", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kit_id", "item_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kit_print",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("delete_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id"),
    )
    op.create_table(
        "kit_sender",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("return_name", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _secure_rows()


def downgrade() -> None:
    for table in _OF_TENANTS:
        op.drop_table(table)
