"""Bulk jobs and their items."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
INSTANT = sa.TIMESTAMP(timezone=True)
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


def _word(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _wall(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON {table} USING ({VISIBLE})")


def upgrade() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column(
            "action",
            _word("retry", "refresh", "add_tag", "remove_tag", name="bulkaction"),
            nullable=False,
        ),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column(
            "state", _word("running", "stopped", "finished", name="bulkstate"), nullable=False
        ),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("woken_at", INSTANT),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_by_id", sa.Uuid, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id"], ["accounts.id", "accounts.tenant_id"], onupdate="CASCADE"
        ),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
    )
    op.create_index(
        "ix_bulk_jobs_running",
        "bulk_jobs",
        ["created_at"],
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "bulk_job_items",
        sa.Column("job_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id"), nullable=False),
        sa.Column(
            "state", _word("waiting", "done", "refused", name="bulkitemstate"), nullable=False
        ),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["job_id", "account_id", "tenant_id"],
            ["bulk_jobs.id", "bulk_jobs.account_id", "bulk_jobs.tenant_id"],
            onupdate="CASCADE",
        ),
    )
    op.create_index(
        "ix_bulk_job_items_waiting",
        "bulk_job_items",
        ["job_id", "position"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    _wall("bulk_jobs")
    _wall("bulk_job_items")


def downgrade() -> None:
    op.drop_table("bulk_job_items")
    op.drop_table("bulk_jobs")
