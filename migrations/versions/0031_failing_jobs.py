"""Which job of the schedule fails: people are told."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "failing_jobs",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("since", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON failing_jobs TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_table("failing_jobs")
