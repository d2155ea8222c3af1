"""Items under a person's key: numbers that are not registered yet, images of papers.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_item",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "item_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE sealed_item ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE sealed_item FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY of_tenant ON sealed_item "
            "USING (tenant_id = current_setting('warifu.tenant')::bigint)"
        )


def downgrade() -> None:
    op.drop_table("sealed_item")
