"""A session remembers when its human last gave a one-time code, under its stamp.

The stamps of open sessions do not cover the new column, and only the authority key could make them anew: the table
is made anew instead, every session ends, and everybody logs in again.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _make(*further: sa.Column[int]) -> None:
    op.drop_table("session")
    op.create_table(
        "session",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        *further,
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE session ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE session FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY of_tenant ON session USING (tenant_id = current_setting('warifu.tenant')::bigint)"
        )


def upgrade() -> None:
    _make(sa.Column("proven_at", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    _make()
