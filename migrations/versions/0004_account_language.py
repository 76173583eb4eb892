"""The language of an account's documents and mails."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    language = sa.Enum("en", "el", "de", name="language", native_enum=False, length=40)
    op.add_column("accounts", sa.Column("language", language, nullable=False, server_default="en"))
    op.alter_column("accounts", "language", server_default=None)


def downgrade() -> None:
    op.drop_column("accounts", "language")
