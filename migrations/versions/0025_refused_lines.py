"""Why a line was refused, in any language; basket lines that nobody touches any more may go."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"


def upgrade() -> None:
    # Reasons from before stay what they are, in English.
    said = sa.Column("refused_sentence", JSONB(), server_default="{}", nullable=False)
    op.add_column("order_lines", said)
    touched = sa.Column(
        "touched_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
    )
    op.add_column("basket_lines", touched)
    op.execute("UPDATE basket_lines SET touched_at = coalesce(removed_at, added_at)")
    op.execute(f"GRANT DELETE ON basket_lines TO {APP_ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON basket_lines FROM {APP_ROLE}")
    op.drop_column("basket_lines", "touched_at")
    op.drop_column("order_lines", "refused_sentence")
