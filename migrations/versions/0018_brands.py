"""Brands: read by everybody, written by their owner."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
MINE = """
  current_setting('entrepot.scope', true) = 'all'
  OR (current_setting('entrepot.scope', true) = 'tenant'
      AND account_id = nullif(current_setting('entrepot.account_id', true), '')::uuid)
"""


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("name", sa.Text()),
        sa.Column("hue", sa.Integer()),
        sa.Column("logo", sa.LargeBinary()),
        sa.Column(
            "has_logo",
            sa.Boolean(),
            sa.Computed("logo IS NOT NULL", persisted=True),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("hue BETWEEN 0 AND 359", name="hue"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", postgresql_nulls_not_distinct=True),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON brands TO {APP_ROLE}")
    op.execute("ALTER TABLE brands ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE brands FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY readable ON brands FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY visible ON brands USING ({MINE})")


def downgrade() -> None:
    op.drop_table("brands")
