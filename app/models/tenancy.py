"""What every table with an owner carries, so that row-level security can judge a row by itself."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column


class Owned:
    """A row that belongs to an account. `tenant_id` is the account's reseller, or itself.

    The pair is a foreign key, so it cannot name a tenant that is not the account's, and it
    follows when an account moves to another reseller.
    """

    account_id: Mapped[UUID] = mapped_column(sa.Uuid, nullable=False)
    tenant_id: Mapped[UUID] = mapped_column(sa.Uuid, nullable=False)


def owned_by_account() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id", "tenant_id"],
        ["accounts.id", "accounts.tenant_id"],
        onupdate="CASCADE",
    )


def owned_through(column: str, parent: str) -> sa.ForeignKeyConstraint:
    """For child rows: the owner is the parent's, by a composite foreign key."""
    return sa.ForeignKeyConstraint(
        [column, "account_id", "tenant_id"],
        [f"{parent}.id", f"{parent}.account_id", f"{parent}.tenant_id"],
        onupdate="CASCADE",
    )
