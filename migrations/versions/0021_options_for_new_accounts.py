"""Marketplace options: the language and the approval that new accounts begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("language", sa.String(40), nullable=False, server_default="en"),
        sa.Column("needs_approval", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("marketplace_options", column)


def downgrade() -> None:
    for name in ("language", "needs_approval"):
        op.drop_column("marketplace_options", name)
