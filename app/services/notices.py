"""Telling people: a row in the transaction that made it so. The dispatcher does the rest."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.mail import MailKind
from app.models import Asset, Notice
from app.models.tenancy import Owned


def tell(
    session: Session, kind: MailKind, owner: Owned, about_id: UUID, *, occasion: int = 0
) -> None:
    """Let whom it concerns be told, once for each occasion, if the transaction commits."""
    session.execute(
        insert(Notice)
        .values(
            kind=kind,
            about_id=about_id,
            occasion=occasion,
            account_id=owner.account_id,
            tenant_id=owner.tenant_id,
        )
        .on_conflict_do_nothing(index_elements=["kind", "about_id", "occasion"])
    )


def tell_of_assets(session: Session, kind: MailKind, asset_ids: Collection[UUID]) -> None:
    """The same for many assets, in one statement."""
    columns = ["kind", "about_id", "account_id", "tenant_id"]
    told = sa.select(sa.literal(kind.value), Asset.id, Asset.account_id, Asset.tenant_id).where(
        Asset.id.in_(asset_ids)
    )
    session.execute(
        insert(Notice)
        .from_select(columns, told, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["kind", "about_id", "occasion"])
    )
