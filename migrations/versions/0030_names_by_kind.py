"""Lists of one kind of assets by name, without passing over the other kind."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OWNERS = ("tenant_id", "account_id")


def upgrade() -> None:
    for owner in OWNERS:
        op.create_index(f"ix_assets_{owner}_kind_name", "assets", [owner, "kind", "name", "id"])
        op.drop_index(f"ix_assets_{owner}_name", "assets")


def downgrade() -> None:
    for owner in OWNERS:
        op.create_index(f"ix_assets_{owner}_name", "assets", [owner, "name", "id"])
        op.drop_index(f"ix_assets_{owner}_kind_name", "assets")
