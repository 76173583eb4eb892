"""What was bought and what ends in each month, kept by triggers as the other totals are."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
KEY = "account_id, tenant_id, month, event, kind, currency"
SUMS = ("assets", "uncosted", "buying_net", "buying_vat", "selling_net", "selling_vat", "cost")

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

# Kept of a row: when it was bought, unless it was cancelled since; when it ends, while active.
EVENTS = """
  (VALUES
    ('bought', date_trunc('month', purchased_at AT TIME ZONE 'UTC')::date, status <> 'cancelled'),
    ('expires', date_trunc('month', expires_on)::date, status = 'active')
  ) AS each(event, month, counts)
"""
# A cost in another currency that no rate converts counts as unknown.
HAS_COST = "(cost_currency = currency OR conversion_rate <> 1)"
COST = f"CASE WHEN {HAS_COST} THEN round(unit_cost * quantity * conversion_rate, 4) ELSE 0 END"


def _deltas(rows: str, sign: str) -> str:
    money = ", ".join(
        f"{sign}coalesce({name}, 0) AS {name}"
        for name in ("buying_net", "buying_vat", "selling_net", "selling_vat")
    )
    return (
        f"SELECT {KEY}, {sign}1 AS assets, {sign}(NOT {HAS_COST})::int AS uncosted, {money},"
        f" {sign}{COST} AS cost FROM {rows}, LATERAL {EVENTS} WHERE counts AND month IS NOT NULL"
    )


def _summed(deltas: str) -> str:
    sums = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
    changed = " OR ".join(f"sum({name}) <> 0" for name in SUMS)
    return (
        f"INSERT INTO asset_months ({KEY}, {', '.join(SUMS)}) SELECT {KEY}, {sums}"
        f" FROM ({deltas}) AS delta GROUP BY {KEY} HAVING {changed} ORDER BY {KEY}"
    )


def _trigger(event: str, deltas: str, referencing: str) -> str:
    added = ", ".join(f"{name} = asset_months.{name} + excluded.{name}" for name in SUMS)
    name = f"keep_asset_months_{event.lower()}"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_summed(deltas)}
  ON CONFLICT ({KEY}) DO UPDATE SET {added};
  RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON assets
  REFERENCING {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


def _create_table() -> None:
    def text(name: str) -> sa.Column[str]:
        return sa.Column(name, sa.Text(), nullable=False)

    def kind() -> sa.Column[str]:
        words = ("reservation", "software_subscription")
        kinds = sa.Enum(*words, name="assetkind", native_enum=False, length=40)
        return sa.Column("kind", kinds, nullable=False)

    op.create_table(
        "asset_months",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "event",
            sa.Enum("bought", "expires", name="assetmonthevent", native_enum=False, length=40),
            nullable=False,
        ),
        kind(),
        text("currency"),
        sa.Column("assets", sa.BigInteger(), nullable=False),
        sa.Column("uncosted", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Numeric(18, 4), nullable=False) for name in SUMS[2:]),
        sa.PrimaryKeyConstraint(*KEY.split(", "), name=op.f("pk_asset_months")),
    )
    op.create_index("ix_asset_months_tenant_id", "asset_months", ["tenant_id", "month"])
    op.create_index("ix_asset_months_month", "asset_months", ["month"])


def upgrade() -> None:
    _create_table()
    op.execute("SET LOCAL entrepot.scope = 'all'")
    op.execute(_summed(_deltas("assets", "")))
    op.execute(_trigger("INSERT", _deltas("new_rows", ""), "NEW TABLE AS new_rows"))
    both = f"{_deltas('new_rows', '')} UNION ALL {_deltas('old_rows', '-')}"
    op.execute(_trigger("UPDATE", both, "NEW TABLE AS new_rows OLD TABLE AS old_rows"))
    op.execute(_trigger("DELETE", _deltas("old_rows", "-"), "OLD TABLE AS old_rows"))
    op.execute("ALTER TABLE asset_months ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE asset_months FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON asset_months USING ({VISIBLE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON asset_months TO {APP_ROLE}")


def downgrade() -> None:
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER keep_asset_months_{event} ON assets")
        op.execute(f"DROP FUNCTION keep_asset_months_{event}()")
    op.drop_table("asset_months")
