"""How a number ends: documents, departures, legal holds, the tenant's choice, disposal runs.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_TENANTS = ("departure", "disposal_item", "disposal_policy", "disposal_run", "document", "legal_hold")


def _secure_rows() -> None:
    """As in 0001: a transaction sees and writes the rows of the tenant it named."""
    for table in _OF_TENANTS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY of_tenant ON {table} USING (tenant_id = current_setting('warifu.tenant')::bigint)"
        )


def upgrade() -> None:
    # With defaults, since no migration can write rows of tenants under row-level security.
    op.add_column("person", sa.Column("ends", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("person", sa.Column("due_on", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "audit_head", sa.Column("destructions", sa.BigInteger(), nullable=False, server_default="0")
    )
    due, family = sa.text("due_on <> ''"), sa.text("employee <> ''")
    op.create_index(
        "person_due",
        "person",
        ["tenant_id", "due_on", "person_id"],
        unique=False,
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index(
        "person_family",
        "person",
        ["tenant_id", "employee"],
        unique=False,
        sqlite_where=family,
        postgresql_where=family,
    )
    op.create_table(
        "departure",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_on", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "disposal_item",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("disposed_at", sa.BigInteger(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "person_id"),
    )
    op.create_index("disposal_item_person", "disposal_item", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "disposal_policy",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("copies_years", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("applied_to", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "disposal_run",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("extinct_by", sa.BigInteger(), nullable=False),
        sa.Column("extinct_at", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.Column("disposed", sa.BigInteger(), nullable=False),
        sa.Column("completion_leaf", sa.BigInteger(), nullable=False),
        sa.Column("extinction_leaf", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "run_id"),
    )
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("deadline_on", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "document_id"),
    )
    op.create_index("document_person", "document", ["tenant_id", "person_id", "document_id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id"),
    )
    op.create_index("legal_hold_person", "legal_hold", ["tenant_id", "person_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _secure_rows()


def downgrade() -> None:
    op.drop_index("legal_hold_person", table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_index("document_person", table_name="document")
    op.drop_table("document")
    op.drop_table("disposal_run")
    op.drop_table("disposal_policy")
    op.drop_index("disposal_item_person", table_name="disposal_item")
    op.drop_table("disposal_item")
    op.drop_table("departure")
    op.drop_index("person_family", table_name="person")
    op.drop_index("person_due", table_name="person")
    op.drop_column("audit_head", "destructions")
    op.drop_column("person", "due_on")
    op.drop_column("person", "ends")
