"""The outbox, one-time links, contacts, and a language for each user."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP_ROLE = "entrepot_app"
OWNED = ("notices", "mails", "one_time_links", "contacts")

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
KINDS = (
    "order_confirmation",
    "approval_wanted",
    "provisioning_failed",
    "expired",
    "invitation",
    "password_link",
    "password_changed",
)
LANGUAGES = ("en", "el", "de")
STATES = ("waiting", "handed_over", "sent", "unclear", "failed")
CONTACT_ROLES = ("billing", "technical", "management", "other")
INSTANT = sa.TIMESTAMP(timezone=True)


def _words(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _owner() -> list[sa.Column[object]]:
    return [
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
    ]


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id", "tenant_id"],
        ["accounts.id", "accounts.tenant_id"],
        name=op.f(f"fk_{table}_account_id_tenant_id"),
        onupdate="CASCADE",
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, INSTANT, server_default=sa.text("now()"), nullable=False)


def _add_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", _words("mailkind", KINDS), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _now("created_at"),
        sa.Column("spread_at", INSTANT),
        *_owner(),
        _of_account("notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "kind", "about_id", "occasion", name=op.f("uq_notices_kind_about_id_occasion")
        ),
    )
    op.create_index(
        "ix_notices_open", "notices", ["number"], postgresql_where=sa.text("spread_at IS NULL")
    )


def _add_links() -> None:
    op.create_table(
        "one_time_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        _now("created_at"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        *_owner(),
        sa.ForeignKeyConstraint(
            ["user_id", "account_id", "tenant_id"],
            ["users.id", "users.account_id", "users.tenant_id"],
            name=op.f("fk_one_time_links_user_id_account_id_tenant_id"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_links_token_hash")),
    )
    op.create_index("ix_one_time_links_user_id", "one_time_links", ["user_id", "created_at"])
    op.create_table(
        "password_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        _now("asked_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_requests")),
    )


def _add_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", _words("mailkind", KINDS), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("language", _words("language", LANGUAGES), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("link_id", sa.Uuid()),
        sa.Column("state", _words("mailstate", STATES), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_run_at", INSTANT),
        sa.Column("useless_after", INSTANT),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("last_error", sa.Text()),
        _now("created_at"),
        sa.Column("sent_at", INSTANT),
        *_owner(),
        _of_account("mails"),
        sa.ForeignKeyConstraint(["link_id"], ["one_time_links.id"], name=op.f("fk_mails_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("number", name=op.f("uq_mails_number")),
    )
    op.create_index(
        "ix_mails_due", "mails", ["next_run_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "ix_mails_handed_over",
        "mails",
        ["lease_until"],
        postgresql_where=sa.text("state = 'handed_over'"),
    )
    op.create_index("ix_mails_state_number", "mails", ["state", "number"])
    op.create_index("ix_mails_kind_created_at", "mails", ["kind", "created_at"])


def _add_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", _words("contactrole", CONTACT_ROLES), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        _now("created_at"),
        *_owner(),
        _of_account("contacts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_account_id_name", "contacts", ["account_id", "name", "id"])


def _wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    if table != "password_requests":
        op.execute(f"CREATE POLICY visible ON {table} USING ({VISIBLE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")


def _guard_password_requests() -> None:
    """Whoever has not signed in may leave a request and read none."""
    op.execute(
        "CREATE POLICY visible ON password_requests"
        " USING (current_setting('entrepot.scope', true) = 'all')"
    )
    op.execute(
        "CREATE POLICY sign_in ON password_requests FOR INSERT"
        " WITH CHECK (current_setting('entrepot.scope', true) = 'sign_in')"
    )


def upgrade() -> None:
    op.add_column("users", sa.Column("language", _words("language", LANGUAGES)))
    _add_notices()
    _add_links()
    _add_mails()
    _add_contacts()
    for table in (*OWNED, "password_requests"):
        _wall(table)
    _guard_password_requests()
    op.execute(f"GRANT DELETE ON password_requests, contacts TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")


def downgrade() -> None:
    raise NotImplementedError("What was told cannot be untold; restore a backup instead.")
