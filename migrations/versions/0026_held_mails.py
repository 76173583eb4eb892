"""Which PostgreSQL mails are sent from; what a restored one brings along is held for people."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("control", sa.Column("mails_database", sa.Text()))
    op.add_column("control", sa.Column("mails_held_at", sa.TIMESTAMP(timezone=True)))
    held = sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("notices", held)


def downgrade() -> None:
    op.drop_column("notices", "is_held")
    op.drop_column("control", "mails_held_at")
    op.drop_column("control", "mails_database")
