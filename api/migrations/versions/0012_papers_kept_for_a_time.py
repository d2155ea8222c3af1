"""Papers that are kept for a time.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With defaults, since no migration can write rows of tenants under row-level security.
    op.add_column("campaign", sa.Column("papers_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "collection", sa.Column("papers_until", sa.BigInteger(), nullable=False, server_default="0")
    )
    kept = sa.text("papers_until > 0")
    op.create_index(
        "collection_papers",
        "collection",
        ["tenant_id", "papers_until", "collection_id"],
        unique=False,
        sqlite_where=kept,
        postgresql_where=kept,
    )


def downgrade() -> None:
    op.drop_index("collection_papers", table_name="collection")
    op.drop_column("collection", "papers_until")
    op.drop_column("campaign", "papers_days")
