"""Who we are at Microsoft, consent and its test; customers' agreements; imports of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
INSTANT = sa.TIMESTAMP(timezone=True)
IS_STAFF = "current_setting('entrepot.scope', true) = 'all'"
CONNECTION = (
    sa.Column("tenant_id", sa.Text),
    sa.Column("client_id", sa.Text),
    sa.Column("client_secret", sa.LargeBinary),
    sa.Column("consented_at", INSTANT),
    sa.Column("consented_by", sa.Text),
    sa.Column("consent_flow", sa.LargeBinary),
    sa.Column("consent_asker_id", sa.Uuid),
    sa.Column("consent_asked_at", INSTANT),
    sa.Column("tested_at", INSTANT),
    sa.Column("tests", JSONB, server_default="[]", nullable=False),
)
ACCOUNT = (
    sa.Column("has_microsoft_agreement", sa.Boolean),
    sa.Column("microsoft_agreed_on", sa.Date),
    sa.Column("microsoft_gone_at", INSTANT),
    sa.Column("microsoft_read_at", INSTANT),
)


def upgrade() -> None:
    for table, columns in (("microsoft_connection", CONNECTION), ("accounts", ACCOUNT)):
        for column in columns:
            op.add_column(table, column)
    op.add_column("provider", sa.Column("answered_at", INSTANT))
    op.create_table(
        "customer_imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("step", sa.Text, nullable=False, server_default=""),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("total", sa.Integer, nullable=False, server_default="0"),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("error", sa.Text),
        sa.Column("found", JSONB, nullable=False, server_default="[]"),
        sa.Column("applied_at", INSTANT),
        sa.Column("applied_by", sa.Text),
    )
    op.create_index("ix_customer_imports_requested_at", "customer_imports", ["requested_at"])
    op.create_index(
        "uq_customer_imports_open",
        "customer_imports",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON customer_imports TO {APP_ROLE}")
    for table in ("customer_imports", "microsoft_connection"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY kept_by_staff ON {table} USING ({IS_STAFF})")


def downgrade() -> None:
    raise NotImplementedError("Consent and imports would be lost; restore a backup instead.")
