"""Lists by index: keys that row-level security lets an index compare, and policies it can plan.

Beneath a policy PostgreSQL compares by index only what cannot leak, and `numeric` is not among
it: lists sort by totals kept as integers. A policy written with OR is guessed to hide nearly
every row, so that any index looks useless; the same rule as a CASE is guessed to hide half.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OWNER_COLUMNS = {"accounts": "id"} | dict.fromkeys(
    (
        "asset_totals",
        "assets",
        "order_lines",
        "orders",
        "purchase_events",
        "purchases",
        "reservations",
        "software_subscriptions",
        "subscriptions",
        "user_sessions",
        "users",
    ),
    "account_id",
)

VISIBLE = """
  CASE current_setting('entrepot.scope', true)
    WHEN 'all' THEN true
    WHEN 'tenant' THEN
      tenant_id = nullif(current_setting('entrepot.account_id', true), '')::uuid
    WHEN 'account' THEN
      {account} = nullif(current_setting('entrepot.account_id', true), '')::uuid
    ELSE false
  END
"""

KEYS = {
    "buying_total_key": (sa.BigInteger, "(buying_net * 10000)::bigint"),
    "selling_total_key": (sa.BigInteger, "(coalesce(selling_net, buying_net) * 10000)::bigint"),
    "expires_key": (sa.Date, "coalesce(expires_on, '9999-12-31'::date)"),
}

INDEXES = {
    "ix_assets_account_id_purchased_at": ["account_id", "purchased_at", "id"],
    "ix_assets_account_id_name": ["account_id", "name", "id"],
    "ix_assets_account_id_buying_total": ["account_id", "buying_total_key", "id"],
    "ix_assets_account_id_selling_total": ["account_id", "selling_total_key", "id"],
    "ix_assets_account_id_expires": ["account_id", "expires_key", "id"],
    "ix_assets_tenant_id_purchased_at": ["tenant_id", "purchased_at", "id"],
    "ix_assets_tenant_id_name": ["tenant_id", "name", "id"],
    "ix_assets_tenant_id_buying_total": ["tenant_id", "buying_total_key", "id"],
    "ix_assets_tenant_id_expires": ["tenant_id", "expires_key", "id"],
    "ix_assets_purchased_at": ["purchased_at", "id"],
    "ix_assets_name": ["name", "id"],
    "ix_assets_buying_total": ["buying_total_key", "id"],
    "ix_assets_expires": ["expires_key", "id"],
}


def upgrade() -> None:
    for table, account in OWNER_COLUMNS.items():
        op.execute(f"ALTER POLICY visible ON {table} USING ({VISIBLE.format(account=account)})")
    for name, (kind, rule) in KEYS.items():
        column = sa.Column(name, kind(), sa.Computed(rule, persisted=True), nullable=False)
        op.add_column("assets", column)
    for name, columns in INDEXES.items():
        op.create_index(name, "assets", columns)
    op.create_index(
        "ix_assets_not_synchronized",
        "assets",
        ["provisioning_sync_status", "purchased_at", "id"],
        postgresql_where=sa.text("provisioning_sync_status <> 'synchronized'"),
    )


def downgrade() -> None:
    raise NotImplementedError("The lists need their indexes; restore a backup instead.")
