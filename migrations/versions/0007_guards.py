"""Guards around buying: the switch, spend limits, approvals, the breaker, heartbeats, alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
MONEY = sa.Numeric(18, 4)
INSTANT = sa.TIMESTAMP(timezone=True)

CONTROL = (
    sa.Column("switched_by", sa.Text(), server_default="", nullable=False),
    sa.Column("switched_at", INSTANT),
    sa.Column("database_oid", sa.BigInteger()),
    sa.Column("restored_at", INSTANT),
    sa.Column("resume_asked_by", sa.Text()),
    sa.Column("resume_asker_id", sa.Uuid()),
    sa.Column("resume_asked_at", INSTANT),
    sa.Column("resends_checkout", sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column("spend_currency", sa.Text(), server_default="EUR", nullable=False),
    sa.Column("four_eyes_above", MONEY),
    sa.Column("account_hourly_limit", MONEY),
    sa.Column("hourly_limit", MONEY),
)
PURCHASES = (
    sa.Column("spend", MONEY),
    sa.Column("spend_currency", sa.Text()),
    sa.Column("spent_at", INSTANT),
    sa.Column("waits_for", sa.String(40)),
    sa.Column("absence_proved_at", INSTANT),
    sa.Column("approval_of", sa.String(40)),
    sa.Column("approval_amount", MONEY),
    sa.Column("first_approver_id", sa.Uuid()),
    sa.Column("first_approver", sa.Text()),
    sa.Column("second_approver", sa.Text()),
    sa.Column("approved_at", INSTANT),
    sa.Column("retry_asked_by_id", sa.Uuid()),
)
HEARTBEATS = (
    sa.Column("kind", sa.Text(), server_default="dispatcher", nullable=False),
    sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
)


def _create_tables() -> None:
    op.create_table(
        "control_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", JSONB(), nullable=False),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Integer(), autoincrement=False, primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("pause_until", INSTANT),
        sa.Column("probe_until", INSTANT),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.create_table(
        "alerts",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("cleared_at", INSTANT),
    )


def upgrade() -> None:
    for table, columns in (
        ("control", CONTROL),
        ("purchases", PURCHASES),
        ("heartbeats", HEARTBEATS),
    ):
        for column in columns:
            op.add_column(table, column)
    op.add_column("accounts", sa.Column("hourly_spend_limit", MONEY))
    _create_tables()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON control_events, provider, alerts TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"REVOKE UPDATE ON control_events FROM {APP_ROLE}")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON control_events"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("INSERT INTO provider (id, failures, openings) VALUES (1, 0, 0)")
    op.create_index(
        "ix_purchases_spent_at",
        "purchases",
        ["spent_at"],
        postgresql_where=sa.text("spent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_purchases_retry_asked",
        "purchases",
        ["id"],
        postgresql_where=sa.text("retry_asked_by_id IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("What the guards counted is not thrown away; restore a backup.")
