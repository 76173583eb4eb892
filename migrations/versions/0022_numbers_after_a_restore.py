"""Which PostgreSQL invoice numbers are given out in: a restored one may not know the last."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("control", sa.Column("numbers_database", sa.Text()))
    # a database that was restored and not confirmed before this release stays in doubt
    op.execute(
        "UPDATE control SET numbers_database = CASE WHEN restored_at IS NOT NULL THEN ''"
        " ELSE concat_ws('/', system_identifier, timeline_id, database_oid) END"
        " WHERE system_identifier IS NOT NULL AND database_oid IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("control", "numbers_database")
