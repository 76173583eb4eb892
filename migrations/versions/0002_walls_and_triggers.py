"""The second wall (row-level security), the guards of a purchase, the kept totals."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
OWNED = (
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
)
OPEN_TO_SIGN_IN = ("accounts", "users", "user_sessions")

# Two migrations of two databases may race for the one role of the cluster.
CREATE_ROLE = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
    CREATE ROLE {APP_ROLE} NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
  -- from PostgreSQL 16 on the creator may administer the role but not become it without this
  IF NOT pg_has_role(current_user, '{APP_ROLE}',
    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
  THEN
    EXECUTE format('GRANT {APP_ROLE} TO %I', current_user);
  END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$;
"""

VISIBLE = """
  current_setting('entrepot.scope', true) = 'all'
  OR (current_setting('entrepot.scope', true) = 'tenant'
      AND tenant_id = nullif(current_setting('entrepot.account_id', true), '')::uuid)
  OR (current_setting('entrepot.scope', true) = 'account'
      AND {account} = nullif(current_setting('entrepot.account_id', true), '')::uuid)
"""

PURCHASE_GUARD = """
CREATE FUNCTION guard_purchase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.asset_id <> OLD.asset_id OR NEW.generation <> OLD.generation
     OR NEW.own_ref <> OLD.own_ref THEN
    RAISE EXCEPTION 'asset, generation and own_ref of a purchase never change'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.cart_id IS NOT NULL AND NEW.cart_id IS DISTINCT FROM OLD.cart_id THEN
    RAISE EXCEPTION 'the cart of a purchase is write-once' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.order_id IS NOT NULL AND NEW.order_id IS DISTINCT FROM OLD.order_id THEN
    RAISE EXCEPTION 'the order of a purchase is write-once' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.params <> OLD.params AND OLD.state <> 'failed' THEN
    RAISE EXCEPTION 'what is bought changes only while the purchase is failed'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
    ('queued', 'cart_ready'), ('queued', 'failed'),
    ('cart_ready', 'checkout_sent'), ('cart_ready', 'failed'),
    ('checkout_sent', 'ordered'), ('checkout_sent', 'unknown'), ('checkout_sent', 'failed'),
    ('unknown', 'ordered'), ('unknown', 'failed'),
    ('ordered', 'synchronized'), ('ordered', 'failed'),
    ('failed', 'queued'), ('failed', 'cart_ready'), ('failed', 'ordered'),
    ('failed', 'abandoned')
  ) THEN
    RAISE EXCEPTION 'a purchase cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_purchase BEFORE UPDATE ON purchases
  FOR EACH ROW EXECUTE FUNCTION guard_purchase();
-- Moving an account to another reseller rewrites tenant_id of its events through the foreign
-- key: that is the one change an append-only row may see.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON purchase_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

TOTALS_KEY = "account_id, tenant_id, kind, status, provisioning_sync_status, currency"
TOTALS_SUMS = ("buying_net", "buying_vat", "selling_net", "selling_vat")


def _delta(rows: str, sign: str) -> str:
    sums = ", ".join(f"{sign}coalesce({name}, 0) AS {name}" for name in TOTALS_SUMS)
    return f"SELECT {TOTALS_KEY}, {sign}1 AS assets, {sums} FROM {rows}"


def _totals_trigger(event: str, deltas: str, referencing: str) -> str:
    """Add up what a statement changed and put it onto the kept totals, in one order of rows."""
    columns = ("assets", *TOTALS_SUMS)
    summed = ", ".join(f"sum({name}) AS {name}" for name in columns)
    changed = " OR ".join(f"sum({name}) <> 0" for name in columns)
    added = ", ".join(f"{name} = asset_totals.{name} + excluded.{name}" for name in columns)
    name = f"keep_asset_totals_{event.lower()}"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO asset_totals ({TOTALS_KEY}, {", ".join(columns)})
  SELECT {TOTALS_KEY}, {summed} FROM ({deltas}) AS delta
  GROUP BY {TOTALS_KEY} HAVING {changed} ORDER BY {TOTALS_KEY}
  ON CONFLICT ({TOTALS_KEY}) DO UPDATE SET {added};
  RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON assets
  {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


def _wall(table: str, account: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON {table} USING ({VISIBLE.format(account=account)})")
    if table in OPEN_TO_SIGN_IN:
        for_what = "ALL" if table == "user_sessions" else "SELECT"
        op.execute(
            f"CREATE POLICY sign_in ON {table} FOR {for_what}"
            " USING (current_setting('entrepot.scope', true) = 'sign_in')"
        )


def upgrade() -> None:
    op.execute(CREATE_ROLE)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"REVOKE UPDATE ON purchase_events FROM {APP_ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE ON alembic_version FROM {APP_ROLE}")
    _wall("accounts", "id")
    for table in OWNED:
        _wall(table, "account_id")
    op.execute(PURCHASE_GUARD)
    op.execute(
        _totals_trigger("INSERT", _delta("new_rows", ""), "REFERENCING NEW TABLE AS new_rows")
    )
    op.execute(
        _totals_trigger(
            "UPDATE",
            f"{_delta('new_rows', '')} UNION ALL {_delta('old_rows', '-')}",
            "REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows",
        )
    )
    op.execute(
        _totals_trigger("DELETE", _delta("old_rows", "-"), "REFERENCING OLD TABLE AS old_rows")
    )
    op.execute(
        sa.text(
            "INSERT INTO control (id, provisioning_enabled, reason, min_epoch)"
            " VALUES (1, true, '', 1)"
        )
    )
    op.execute(
        sa.text(
            "INSERT INTO marketplace_options (id, name, shows_vat, viewers_may_switch_vat, country,"
            " currency, timezone, quote_hours)"
            " VALUES (1, 'Entrepot', false, true, 'GR', 'EUR', 'Europe/Athens', 24)"
        )
    )


def downgrade() -> None:
    raise NotImplementedError("The walls are not taken down; restore a backup instead.")
