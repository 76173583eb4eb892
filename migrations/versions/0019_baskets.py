"""Baskets: several lines that become one order; a line of an order that was refused says why."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
TABLES = ("baskets", "basket_lines")

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

# A quote may lose lines when it is made again; what somebody placed keeps them all.
GUARD = """
CREATE FUNCTION guard_order_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM orders WHERE id = OLD.order_id AND status <> 'quoted') THEN
    RAISE EXCEPTION 'a placed order keeps its lines' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER guard_order_line BEFORE DELETE ON order_lines
  FOR EACH ROW EXECUTE FUNCTION guard_order_line();
"""


def _owner() -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in ("account_id", "tenant_id")]


def _create_baskets() -> None:
    op.create_table(
        "baskets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("form_token", sa.Uuid(), nullable=False),
        *_owner(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baskets")),
        sa.UniqueConstraint("user_id", "account_id", name=op.f("uq_baskets_user_id_account_id")),
        sa.UniqueConstraint("form_token", name=op.f("uq_baskets_form_token")),
        sa.UniqueConstraint(
            "id", "account_id", "tenant_id", name=op.f("uq_baskets_id_account_id_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id"],
            ["accounts.id", "accounts.tenant_id"],
            name=op.f("fk_baskets_account_id_accounts"),
            onupdate="CASCADE",
        ),
    )


def _create_lines() -> None:
    op.create_table(
        "basket_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(start=1), nullable=False),
        sa.Column("basket_id", sa.Uuid(), nullable=False),
        sa.Column("form_token", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("seen_unit_price", sa.Numeric(18, 4), nullable=True),
        sa.Column("seen_discount_percent", sa.Numeric(18, 4), nullable=False),
        sa.Column(
            "added_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("removed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        *_owner(),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_basket_lines_quantity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_lines")),
        sa.UniqueConstraint("form_token", name=op.f("uq_basket_lines_form_token")),
        sa.ForeignKeyConstraint(
            ["basket_id", "account_id", "tenant_id"],
            ["baskets.id", "baskets.account_id", "baskets.tenant_id"],
            name=op.f("fk_basket_lines_basket_id_baskets"),
            onupdate="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_basket_lines_{column}_{table}")
            )
            for column, table in (
                ("sku_id", "skus"),
                ("subscription_id", "subscriptions"),
                ("order_id", "orders"),
            )
        ),
    )
    op.create_index("ix_basket_lines_basket_id", "basket_lines", ["basket_id", "number"])


def _change_orders() -> None:
    for table, column, parent in (
        ("orders", "basket_id", "baskets"),
        ("order_lines", "basket_line_id", "basket_lines"),
    ):
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
        name = op.f(f"fk_{table}_{column}_{parent}")
        op.create_foreign_key(name, table, parent, [column], ["id"])
    refused = sa.Column("refused_reason", sa.Text(), server_default="", nullable=False)
    op.add_column("order_lines", refused)
    op.add_column(
        "users", sa.Column("basket_lines", sa.Integer(), server_default="0", nullable=False)
    )


def upgrade() -> None:
    _create_baskets()
    _create_lines()
    _change_orders()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY visible ON {table} USING ({VISIBLE})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT DELETE ON order_lines TO {APP_ROLE}")
    op.execute(GUARD)


def downgrade() -> None:
    op.execute("DROP TRIGGER guard_order_line ON order_lines")
    op.execute("DROP FUNCTION guard_order_line()")
    op.execute(f"REVOKE DELETE ON order_lines FROM {APP_ROLE}")
    op.drop_column("users", "basket_lines")
    op.drop_column("order_lines", "refused_reason")
    op.drop_column("order_lines", "basket_line_id")
    op.drop_column("orders", "basket_id")
    op.drop_table("basket_lines")
    op.drop_table("baskets")
