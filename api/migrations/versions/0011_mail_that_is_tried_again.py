"""Mail that is tried again.

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


_COLUMNS = (("tries", sa.Integer(), "0"), ("next_at", sa.BigInteger(), "0"), ("code", sa.Text(), ""))


def upgrade() -> None:
    # With defaults, since no migration can write rows of tenants under row-level security.
    for name, kind, default in _COLUMNS:
        op.add_column("dispatch", sa.Column(name, kind, nullable=False, server_default=default))
    waiting = sa.text("state = 'ordered'")
    op.create_index(
        "dispatch_waiting",
        "dispatch",
        ["tenant_id", "next_at", "order_id"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_index("dispatch_waiting", table_name="dispatch")
    for name, _, _ in reversed(_COLUMNS):
        op.drop_column("dispatch", name)
