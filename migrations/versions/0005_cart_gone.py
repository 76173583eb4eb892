"""When a purchase's cart was first seen to be gone: absence is proved half an hour later."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("purchases", sa.Column("cart_gone_at", sa.TIMESTAMP(timezone=True)))


def downgrade() -> None:
    op.drop_column("purchases", "cart_gone_at")
