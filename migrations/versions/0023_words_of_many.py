"""Words of many new assets at once: names that are alike are taken apart once, not row by row."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The words of a row are those of search_words_of(name, others), as in 0010.
ADD_WORDS = """
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
  ) AS words ORDER BY word COLLATE "C"
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(ADD_WORDS)


def downgrade() -> None:
    raise NotImplementedError("The words are the same either way; there is nothing to go back to.")
