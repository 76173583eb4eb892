"""Search by words: a table of words that an index finds beneath row-level security.

Beneath a policy PostgreSQL compares by index only what cannot leak. LIKE and the operators of
trigrams can; `>=` and `<` of text cannot, and a prefix is a range of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
SHORTEST = 2  # a word of one character finds too much to be looked up
LONGEST = 100  # characters of a word: an index entry has its limit

# A name is found by each of its words, and by what follows a sign within one: D2s_v5 finds
# Standard_D2s_v5. Other words (numbers, ids) are found by their beginning alone.
WORDS_OF = rf"""
CREATE FUNCTION search_words_of(name text, others text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE word text;
BEGIN
  FOREACH word IN ARRAY string_to_array(regexp_replace(lower(name), '\s+', ' ', 'g'), ' ') LOOP
    WHILE word <> '' LOOP
      IF length(word) >= {SHORTEST} THEN RETURN NEXT left(word, {LONGEST}); END IF;
      word := substring(word FROM '[!-/:-@[-`{{-~]+([^!-/:-@[-`{{-~].*)$');
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT left(lower(each), {LONGEST}) FROM unnest(string_to_array(others, ' ')) AS each
    WHERE length(each) >= {SHORTEST};
END $$;
"""

ASSET_WORDS = """
  search_words_of(name, 'ast-' || lpad(number::text, 6, '0') || ' ' || number
    || ' ' || coalesce(microsoft_order_id, '') || ' ' || coalesce(microsoft_order_alias, '')
    || ' ' || microsoft_ids)
"""
ACCOUNT_WORDS = "search_words_of(name, '')"  # about the account itself

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


def _words(rows: str, account: str, words: str) -> str:
    return f"""
  SELECT DISTINCT word, tenant_id, {account} AS account_id, id AS about_id
  FROM {rows}, {words} AS word ORDER BY word"""


def _triggers(table: str, account: str, words: str) -> str:
    """Keep the words of what a statement changed. Most changes leave all words as they are."""
    columns = "word, tenant_id, account_id, about_id"
    gone = _words("changed_from", account, words)
    come = _words("changed_to", account, words)
    return f"""
CREATE FUNCTION add_{table}_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_words ({columns}) {_words("new_rows", account, words)}
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER add_{table}_words AFTER INSERT ON {table}
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_{table}_words();

CREATE FUNCTION change_{table}_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH moved AS (
    SELECT old_rows.id FROM old_rows JOIN new_rows USING (id)
    WHERE ({_compared("old_rows", account, table)})
      IS DISTINCT FROM ({_compared("new_rows", account, table)})
  ), changed_from AS (SELECT * FROM old_rows WHERE id IN (SELECT id FROM moved)),
  changed_to AS (SELECT * FROM new_rows WHERE id IN (SELECT id FROM moved)),
  gone AS (({gone}) EXCEPT ({come})),
  come AS (({come}) EXCEPT ({gone})),
  removed AS (
    DELETE FROM search_words USING gone
    WHERE (search_words.word, search_words.tenant_id, search_words.account_id,
      search_words.about_id) = (gone.word, gone.tenant_id, gone.account_id, gone.about_id)
  )
  INSERT INTO search_words ({columns}) SELECT {columns} FROM come ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER change_{table}_words AFTER UPDATE ON {table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION change_{table}_words();

CREATE FUNCTION remove_{table}_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search_words USING ({_words("old_rows", account, words)}) AS gone
  WHERE (search_words.word, search_words.tenant_id, search_words.account_id,
    search_words.about_id) = (gone.word, gone.tenant_id, gone.account_id, gone.about_id);
  RETURN NULL;
END $$;
CREATE TRIGGER remove_{table}_words AFTER DELETE ON {table}
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION remove_{table}_words();
"""


def _compared(rows: str, account: str, table: str) -> str:
    text = "name" if table == "accounts" else "search_text"
    return f"{rows}.{text}, {rows}.tenant_id, {rows}.{account}"


def upgrade() -> None:
    op.execute(WORDS_OF)
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("about_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("word", "tenant_id", "account_id", "about_id"),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON search_words TO {APP_ROLE}")
    op.execute("ALTER TABLE search_words ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE search_words FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY visible ON search_words USING ({VISIBLE})")
    op.execute(_triggers("assets", "account_id", ASSET_WORDS))
    op.execute(_triggers("accounts", "id", ACCOUNT_WORDS))
    op.execute("SET LOCAL entrepot.scope = 'all'")
    for table, account, words in (
        ("assets", "account_id", ASSET_WORDS),
        ("accounts", "id", ACCOUNT_WORDS),
    ):
        op.execute(
            "INSERT INTO search_words (word, tenant_id, account_id, about_id)"
            f" {_words(table, account, words)}"
        )


def downgrade() -> None:
    raise NotImplementedError("The search needs its words; restore a backup instead.")
