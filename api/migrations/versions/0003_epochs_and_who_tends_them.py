"""The installation's memory of its epochs, how far each tenant has followed them, and which node does the chores.

`epoch` and `worker_lease` belong to the installation: like `vault_meta` they have no tenant and no row-level security.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OF_HEAD = ("epoch_floor", "epoch_swept")


def upgrade() -> None:
    op.create_table(
        "epoch",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("swept_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    lease = op.create_table(
        "worker_lease",
        sa.Column("singleton", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("singleton"),
    )
    op.execute(lease.insert().values(singleton=1, holder="", until=0))
    # With a default, since no migration can write rows of tenants under row-level security.
    for name in _OF_HEAD:
        op.add_column("audit_head", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in reversed(_OF_HEAD):
        op.drop_column("audit_head", name)
    op.drop_table("worker_lease")
    op.drop_table("epoch")
