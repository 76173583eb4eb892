"""What staff set up: terms and largest order, exchange rates, catalogue refreshes; their walls."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
IS_STAFF = "current_setting('entrepot.scope', true) = 'all'"
SECRET = ("price_lists", "price_list_lines", "currency_rates", "catalogue_refreshes")
KEPT_BY_STAFF = ("tax_rules", "marketplace_options", "products", "skus")
DELETABLE = ("tax_rules", "price_list_lines", "currency_rates")


def upgrade() -> None:
    op.add_column(
        "marketplace_options", sa.Column("terms", sa.Text, nullable=False, server_default="")
    )
    op.add_column("marketplace_options", sa.Column("largest_order", sa.Numeric(18, 4)))
    for table in ("order_lines", "assets"):
        op.add_column(
            table,
            sa.Column("conversion_rate", sa.Numeric(18, 8), nullable=False, server_default="1"),
        )
    op.create_table(
        "currency_rates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("from_currency", sa.Text, nullable=False),
        sa.Column("to_currency", sa.Text, nullable=False),
        sa.Column("rate", sa.Numeric(18, 8), nullable=False),
        sa.Column(
            "changed_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currency_rates")),
        sa.UniqueConstraint(
            "from_currency",
            "to_currency",
            name=op.f("uq_currency_rates_from_currency_to_currency"),
        ),
        sa.CheckConstraint("rate > 0", name=op.f("ck_currency_rates_rate")),
    )
    op.create_table(
        "catalogue_refreshes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("step", sa.Text, nullable=False, server_default=""),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column(
            "requested_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("counts", sa.dialects.postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("changes", sa.dialects.postgresql.JSONB, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_refreshes")),
    )
    op.create_index("ix_catalogue_refreshes_requested_at", "catalogue_refreshes", ["requested_at"])
    op.create_index(
        "uq_catalogue_refreshes_open",
        "catalogue_refreshes",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    for table in ("currency_rates", "catalogue_refreshes"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    for table in DELETABLE:
        op.execute(f"GRANT DELETE ON {table} TO {APP_ROLE}")
    for table in (*SECRET, *KEPT_BY_STAFF):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY kept_by_staff ON {table} USING ({IS_STAFF})")
    for table in KEPT_BY_STAFF:
        op.execute(f"CREATE POLICY everybody_reads ON {table} FOR SELECT USING (true)")


def downgrade() -> None:
    raise NotImplementedError("Rates and refreshes would be lost; restore a backup instead.")
