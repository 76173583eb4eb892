"""What each month added to an account's balance, kept by triggers as the other totals are."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
KEY = "account_id, tenant_id, month, currency"

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

# Of each document its own entry, and its payment's.
MOVES = """
  (VALUES
    (issued_on, CASE kind WHEN 'invoice' THEN gross ELSE -gross END),
    (CASE kind WHEN 'invoice' THEN paid_on END, -paid_amount)
  ) AS move(day, amount)
"""


def _deltas(rows: str, sign: str) -> str:
    return (
        f"SELECT account_id, tenant_id, date_trunc('month', day)::date AS month, currency,"
        f" {sign}1 AS entries, {sign}amount AS moved"
        f" FROM {rows}, LATERAL {MOVES} WHERE day IS NOT NULL"
    )


def _summed(deltas: str) -> str:
    return (
        f"INSERT INTO balance_months ({KEY}, entries, moved)"
        f" SELECT {KEY}, sum(entries), sum(moved) FROM ({deltas}) AS delta"
        f" GROUP BY {KEY} HAVING sum(entries) <> 0 OR sum(moved) <> 0 ORDER BY {KEY}"
    )


def _trigger(event: str, deltas: str, referencing: str) -> str:
    name = f"keep_balance_months_{event.lower()}"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_summed(deltas)}
  ON CONFLICT ({KEY}) DO UPDATE SET
    entries = balance_months.entries + excluded.entries,
    moved = balance_months.moved + excluded.moved;
  RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON invoices
  REFERENCING {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


def _create_table() -> None:
    op.create_table(
        "balance_months",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.Numeric(18, 4), nullable=False),
        sa.PrimaryKeyConstraint(*KEY.split(", "), name=op.f("pk_balance_months")),
    )


def upgrade() -> None:
    _create_table()
    op.execute("SET LOCAL entrepot.scope = 'all'")
    op.execute(_summed(_deltas("invoices", "")))
    op.execute(_trigger("INSERT", _deltas("new_rows", ""), "NEW TABLE AS new_rows"))
    both = f"{_deltas('new_rows', '')} UNION ALL {_deltas('old_rows', '-')}"
    op.execute(_trigger("UPDATE", both, "NEW TABLE AS new_rows OLD TABLE AS old_rows"))
    op.execute(_trigger("DELETE", _deltas("old_rows", "-"), "OLD TABLE AS old_rows"))
    op.execute("ALTER TABLE balance_months ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE balance_months FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON balance_months USING ({VISIBLE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON balance_months TO {APP_ROLE}")
    op.create_index("ix_invoices_paid", "invoices", ["account_id", "paid_on", "number"])
    op.create_index(
        "ix_invoices_still_open",
        "invoices",
        ["account_id", "due_on", "number"],
        postgresql_where=sa.text("kind = 'invoice' AND gross <> credited_gross + paid_amount"),
    )


def downgrade() -> None:
    op.drop_index("ix_invoices_still_open", "invoices")
    op.drop_index("ix_invoices_paid", "invoices")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER keep_balance_months_{event} ON invoices")
        op.execute(f"DROP FUNCTION keep_balance_months_{event}()")
    op.drop_table("balance_months")
