"""An asset's own history, Microsoft's side of it, and the cases of reconciliation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"

VISIBLE = """
  CASE current_setting('entrepot.scope', true)
    WHEN 'all' THEN true
    WHEN 'tenant' THEN
      tenant_id = nullif(current_setting('entrepot.account_id', true), '')::uuid
    WHEN 'account' THEN
      account_id = nullif(current_setting('entrepot.account_id', true), '')::uuid
    ELSE false
  END
"""
STAFF_ALONE = "current_setting('entrepot.scope', true) = 'all'"
INSTANT = sa.TIMESTAMP(timezone=True)


def _wall(table: str, visible: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON {table} USING ({visible})")


def _extend_assets() -> None:
    for column in (
        sa.Column("microsoft_refreshed_at", INSTANT),
        sa.Column("microsoft_differs", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("origin", sa.String(40), server_default="ordered", nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancellation_reason", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("assets", column)
    op.create_index(
        "ix_assets_to_expire",
        "assets",
        ["expires_on"],
        postgresql_where=sa.text("status = 'active'"),
    )


def _create_asset_events() -> None:
    op.create_table(
        "asset_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id", "account_id", "tenant_id"],
            ["assets.id", "assets.account_id", "assets.tenant_id"],
            name="fk_asset_events_asset_id",
            onupdate="CASCADE",
        ),
    )
    op.create_index("ix_asset_events_asset_id", "asset_events", ["asset_id", "id"])
    op.execute(f"GRANT SELECT, INSERT ON asset_events TO {APP_ROLE}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON asset_events"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    _wall("asset_events", VISIBLE)


def _create_readings_and_runs() -> None:
    op.create_table(
        "customer_readings",
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("refreshed_at", INSTANT),
        sa.Column("reconciled_at", INSTANT),
        sa.Column("next_try_at", INSTANT),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_message", sa.Text()),
    )
    op.create_table(
        "reconciliation_runs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("finished_at", INSTANT),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("customers", "unread", "matched", "differences", "adopted")
        ),
    )
    op.create_index("ix_reconciliation_runs_started_at", "reconciliation_runs", ["started_at"])


def _create_cases() -> None:
    op.create_table(
        "reconciliation_cases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(start=1), nullable=False, unique=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("accounts.id")),
        sa.Column("asset_id", sa.Uuid(), sa.ForeignKey("assets.id")),
        sa.Column("order_id", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("differs", postgresql.JSONB(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("owner_name", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("seen_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        "uq_reconciliation_cases_live",
        "reconciliation_cases",
        ["fingerprint"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'in_work', 'accepted')"),
    )
    op.create_index("ix_reconciliation_cases_state", "reconciliation_cases", ["state", "number"])
    op.create_index("ix_reconciliation_cases_customer_id", "reconciliation_cases", ["customer_id"])


def upgrade() -> None:
    _extend_assets()
    _create_asset_events()
    _create_readings_and_runs()
    _create_cases()
    for table in ("customer_readings", "reconciliation_runs", "reconciliation_cases"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
        _wall(table, STAFF_ALONE)
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.add_column("control", sa.Column("reconciled_at", INSTANT))
    op.create_index(
        "ix_purchase_events_ordered",
        "purchase_events",
        ["at"],
        postgresql_where=sa.text("event = 'ordered'"),
    )


def downgrade() -> None:
    raise NotImplementedError("History is not thrown away; restore a backup instead.")
