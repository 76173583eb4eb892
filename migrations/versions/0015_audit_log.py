"""The audit log and the end of its chain: staff alone, and nothing in it ever changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
INSTANT = sa.TIMESTAMP(timezone=True)
IS_STAFF = "current_setting('entrepot.scope', true) = 'all'"
INDEXES = {
    "ix_audit_entries_at": ["at"],
    "ix_audit_entries_event_number": ["event", "number"],
    "ix_audit_entries_object_id_number": ["object_id", "number"],
    "ix_audit_entries_actor_id_number": ["actor_id", "number"],
    "ix_audit_entries_about_account_id_number": ["about_account_id", "number"],
}
REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
"""


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger, autoincrement=False, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_email", sa.Text),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("object_kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Uuid),
        sa.Column("object_name", sa.Text, nullable=False),
        sa.Column("about_account_id", sa.Uuid),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_entries", columns)
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("checked_at", INSTANT),
        sa.Column("checked_number", sa.BigInteger),
        sa.Column("broken_number", sa.BigInteger),
        sa.Column("problem", sa.Text, server_default="", nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.execute(f"INSERT INTO audit_chain (id, number, hash) VALUES (1, 0, '{'0' * 64}')")
    op.execute(f"GRANT SELECT, INSERT ON audit_entries TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, UPDATE ON audit_chain TO {APP_ROLE}")
    for table in ("audit_entries", "audit_chain"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY kept_by_staff ON {table} USING ({IS_STAFF})")
    op.execute(REFUSE)


def downgrade() -> None:
    raise NotImplementedError("An audit log is not taken down; restore a backup instead.")
