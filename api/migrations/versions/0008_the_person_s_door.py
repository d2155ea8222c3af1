"""The person's door: links, visits, and who gave what was submitted.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OF_TENANTS = ("collection_link", "collection_visit")


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
        "collection_link",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("factor", sa.Text(), nullable=False),
        sa.Column("passcode", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("gives_until", sa.BigInteger(), nullable=False),
        sa.Column("reads_until", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_leaf", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("knocks", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "link_id"),
        sa.UniqueConstraint("tenant_id", "digest"),
    )
    op.create_index("collection_link_person", "collection_link", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "collection_visit",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest"),
    )
    op.create_index("collection_visit_link", "collection_visit", ["tenant_id", "link_id"], unique=False)
    op.create_index("collection_visit_person", "collection_visit", ["tenant_id", "person_id"], unique=False)
    # With a default, since no migration can write rows of tenants under row-level security.
    op.add_column("collection_item", sa.Column("given_by", sa.Text(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        _secure_rows()


def downgrade() -> None:
    op.drop_column("collection_item", "given_by")
    for table in _OF_TENANTS:
        op.drop_table(table)
