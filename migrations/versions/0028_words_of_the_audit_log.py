"""The audit log's search by words, beneath row-level security as that of assets.

And a new asset has no words yet: its own go in without looking for them first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
IS_STAFF = "current_setting('entrepot.scope', true) = 'all'"

WORDS = """
  SELECT DISTINCT word, number FROM {rows}, search_words_of(
    concat_ws(' ', actor, actor_email, object_name, reason), '') AS word
  ORDER BY word
"""
ADD_AUDIT_WORDS = f"""
CREATE FUNCTION add_audit_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_words (word, number) {WORDS.format(rows="new_rows")};
  RETURN NULL;
END $$;
CREATE TRIGGER add_audit_words AFTER INSERT ON audit_entries
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_audit_words();
"""
# As in 0023, but for ON CONFLICT: a third of the work, and nothing is there to conflict with.
ADD_ASSET_WORDS = """
CREATE OR REPLACE FUNCTION add_assets_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_words (word, tenant_id, account_id, about_id)
  SELECT word, tenant_id, account_id, id FROM (
    SELECT named.word, tenant_id, account_id, id FROM new_rows JOIN (
      SELECT DISTINCT names.name, each AS word
      FROM (SELECT DISTINCT name FROM new_rows) AS names, search_words_of(names.name, '') AS each
    ) AS named USING (name)
    UNION
    SELECT left(lower(other), 100), tenant_id, account_id, id
    FROM new_rows, unnest(string_to_array(
      'ast-' || lpad(number::text, 6, '0') || ' ' || number
      || ' ' || coalesce(microsoft_order_id, '') || ' ' || coalesce(microsoft_order_alias, '')
      || ' ' || microsoft_ids, ' ')) AS other
    WHERE length(other) >= 2
  ) AS words ORDER BY word COLLATE "C";
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(ADD_ASSET_WORDS)
    op.create_table(
        "audit_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("word", "number", name=op.f("pk_audit_words")),
    )
    op.execute(f"GRANT SELECT, INSERT ON audit_words TO {APP_ROLE}")
    op.execute("SET LOCAL entrepot.scope = 'all'")
    op.execute(f"INSERT INTO audit_words (word, number) {WORDS.format(rows='audit_entries')}")
    op.execute("ALTER TABLE audit_words ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_words FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY kept_by_staff ON audit_words USING ({IS_STAFF})")
    op.execute(ADD_AUDIT_WORDS)


def downgrade() -> None:
    raise NotImplementedError("The search of the audit log needs its words; restore a backup.")
