"""How people want lists shown, and their saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("users", "list_settings"), ("accounts", "shared_views")):
        op.add_column(table, sa.Column(column, JSONB, server_default="{}", nullable=False))
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    op.drop_column("accounts", "shared_views")
    op.drop_column("users", "list_settings")
