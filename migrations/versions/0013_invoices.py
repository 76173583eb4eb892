"""Invoices and credit notes: gapless numbers, frozen once issued, walled like all that is owned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
OWNED = ("invoices", "invoice_lines", "invoice_taxes", "invoice_events")
APPEND_ONLY = ("invoice_lines", "invoice_taxes", "invoice_events")

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

# A computed column has no value yet when a BEFORE trigger looks.
GUARDS = """
CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changing text[] := ARRAY['credited_gross', 'paid_on', 'paid_amount', 'payment_reference',
                           'gross_key'];
BEGIN
  IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - changing <> to_jsonb(OLD) - changing THEN
    RAISE EXCEPTION 'an issued invoice never changes: issue a credit note'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_invoice BEFORE UPDATE OR DELETE ON invoices
  FOR EACH ROW EXECUTE FUNCTION guard_invoice();

CREATE FUNCTION guard_invoice_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM invoices WHERE id = NEW.invoice_id
                 AND xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295) THEN
    RAISE EXCEPTION 'nothing is added to an issued invoice: issue a credit note'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_invoice_line BEFORE INSERT ON invoice_lines
  FOR EACH ROW EXECUTE FUNCTION guard_invoice_part();
CREATE TRIGGER guard_invoice_tax BEFORE INSERT ON invoice_taxes
  FOR EACH ROW EXECUTE FUNCTION guard_invoice_part();

CREATE FUNCTION guard_invoice_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.series <> OLD.series OR NEW.last_sequence <= OLD.last_sequence THEN
    RAISE EXCEPTION 'a series only goes on' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_invoice_series BEFORE UPDATE OR DELETE ON invoice_series
  FOR EACH ROW EXECUTE FUNCTION guard_invoice_series();
"""


def _create_invoice_series() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_invoice_series")),
    )


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("invoice", "credit_note", name="invoicekind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column(
            "issued_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("buyer_reference", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column(
            "language",
            sa.Enum("en", "el", "de", name="language", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("seller", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("buyer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("net", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("vat", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("gross", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "gross_key",
            sa.BigInteger(),
            sa.Computed("(gross * 10000)::bigint", persisted=True),
            nullable=False,
        ),
        sa.Column("credited_gross", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (corrects_id IS NOT NULL)", name=op.f("ck_invoices_corrects")
        ),
        sa.CheckConstraint("credited_gross BETWEEN 0 AND gross", name=op.f("ck_invoices_credited")),
        sa.CheckConstraint("gross = net + vat", name=op.f("ck_invoices_gross")),
        sa.ForeignKeyConstraint(
            ["account_id", "tenant_id"],
            ["accounts.id", "accounts.tenant_id"],
            name=op.f("fk_invoices_account_id_tenant_id"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["invoices.id"], name=op.f("fk_invoices_corrects_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "id", "account_id", "tenant_id", name=op.f("uq_invoices_id_account_id_tenant_id")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
        sa.UniqueConstraint("series", "sequence", name=op.f("uq_invoices_series_sequence")),
    )
    op.create_index(
        "ix_invoices_account_id_due", "invoices", ["account_id", "due_on", "id"], unique=False
    )
    op.create_index(
        "ix_invoices_account_id_issued",
        "invoices",
        ["account_id", "issued_on", "issued_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_invoices_account_id_number", "invoices", ["account_id", "number", "id"], unique=False
    )
    op.create_index(
        "ix_invoices_account_id_total", "invoices", ["account_id", "gross_key", "id"], unique=False
    )
    op.create_index("ix_invoices_corrects_id", "invoices", ["corrects_id"], unique=False)
    op.create_index("ix_invoices_due", "invoices", ["due_on", "id"], unique=False)
    op.create_index(
        "ix_invoices_issued", "invoices", ["issued_on", "issued_at", "id"], unique=False
    )
    op.create_index("ix_invoices_number", "invoices", ["number", "id"], unique=False)
    op.create_index("ix_invoices_order_id", "invoices", ["order_id"], unique=False)
    op.create_index("ix_invoices_total", "invoices", ["gross_key", "id"], unique=False)


def _create_invoice_events() -> None:
    op.create_table(
        "invoice_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id", "account_id", "tenant_id"],
            ["invoices.id", "invoices.account_id", "invoices.tenant_id"],
            name=op.f("fk_invoice_events_invoice_id_account_id_tenant_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_events")),
    )
    op.create_index(
        "ix_invoice_events_invoice_id", "invoice_events", ["invoice_id", "id"], unique=False
    )


def _create_invoice_taxes() -> None:
    op.create_table(
        "invoice_taxes",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column(
            "category",
            sa.Enum("S", "Z", "E", "AE", name="taxcategory", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("net", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("vat", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id", "account_id", "tenant_id"],
            ["invoices.id", "invoices.account_id", "invoices.tenant_id"],
            name=op.f("fk_invoice_taxes_invoice_id_account_id_tenant_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invoice_id", "rate", name=op.f("pk_invoice_taxes")),
    )


def _create_invoice_lines() -> None:
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("corrects_line_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("asset_number", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("billing_period", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("original_total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("discount_amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("net", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("vat_rate", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("vat", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "net = original_total - discount_amount", name=op.f("ck_invoice_lines_net")
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_invoice_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_invoice_lines_asset_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_line_id"],
            ["invoice_lines.id"],
            name=op.f("fk_invoice_lines_corrects_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id", "account_id", "tenant_id"],
            ["invoices.id", "invoices.account_id", "invoices.tenant_id"],
            name=op.f("fk_invoice_lines_invoice_id_account_id_tenant_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint(
            "invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")
        ),
    )
    op.create_index("ix_invoice_lines_asset_id", "invoice_lines", ["asset_id"], unique=False)
    op.create_index(
        "ix_invoice_lines_corrects_line_id", "invoice_lines", ["corrects_line_id"], unique=False
    )
    op.create_index(
        "uq_invoice_lines_asset_id",
        "invoice_lines",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("corrects_line_id IS NULL"),
    )


def _guard() -> None:
    for table in OWNED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY visible ON {table} USING ({VISIBLE})")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON invoices, invoice_series TO {APP_ROLE}")
    op.execute(GUARDS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def upgrade() -> None:
    for table, name, kind, default in (
        ("marketplace_options", "payment_days", sa.Integer(), "30"),
        ("marketplace_options", "holds_invoices", sa.Boolean(), "false"),
        ("orders", "invoice_is_held", sa.Boolean(), "false"),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(default)))
    _create_invoice_series()
    _create_invoices()
    _create_invoice_events()
    _create_invoice_taxes()
    _create_invoice_lines()
    _guard()


def downgrade() -> None:
    raise NotImplementedError("Issued invoices are kept; restore a backup instead.")
