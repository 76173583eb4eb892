"""What waits is a small part of all there is: desks and home pages find it by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_orders_pending",
        "orders",
        ["account_id", "number"],
        postgresql_where=sa.text("status = 'pending_approval'"),
    )
    op.create_index(
        "ix_purchases_unfinished",
        "purchases",
        ["state", "created_at"],
        postgresql_where=sa.text("state <> 'synchronized'"),
    )
    op.create_index(
        "ix_purchases_waiting",
        "purchases",
        ["created_at", "id"],
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )


def downgrade() -> None:
    for table, name in (
        ("orders", "pending"),
        ("purchases", "unfinished"),
        ("purchases", "waiting"),
    ):
        op.drop_index(f"ix_{table}_{name}", table)
