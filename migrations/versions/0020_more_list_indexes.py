"""Lists by index, also where they are filtered by status, and in every order of the back office."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OWNERS = ((), ("tenant_id",), ("account_id",))
FOR_EACH_OWNER = {
    "status": ("status", "purchased_at"),
    "ends": ("status", "expires_key"),
}
FOR_STAFF = {
    "quantity": ("quantity",),
    "frequency": ("billing_frequency", "purchased_at"),
    "product": ("product_id", "purchased_at"),
    "sync": ("provisioning_sync_status", "purchased_at"),
}
NOT_SYNCHRONIZED = "provisioning_sync_status <> 'synchronized'"


def upgrade() -> None:
    for owner in OWNERS:
        for name, columns in FOR_EACH_OWNER.items():
            op.create_index(
                "_".join(("ix_assets", *owner, name)), "assets", [*owner, *columns, "id"]
            )
    for name, columns in FOR_STAFF.items():
        op.create_index(f"ix_assets_{name}", "assets", [*columns, "id"])
    for owner in OWNERS[1:]:
        op.create_index(
            "_".join(("ix_assets", *owner, "not_synchronized")),
            "assets",
            [*owner, "provisioning_sync_status", "purchased_at", "id"],
            postgresql_where=sa.text(NOT_SYNCHRONIZED),
        )


def downgrade() -> None:
    raise NotImplementedError("The lists need their indexes; restore a backup instead.")
