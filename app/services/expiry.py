"""Expiry: an active asset whose last day has come is expired from then on."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus, ProvisioningSyncStatus
from app.domain.purchase import PurchaseState
from app.models import Asset, Purchase
from app.services.purchase_rows import Change, add_event

log = structlog.get_logger()

_AT_ONCE = 500
_ACTOR = "schedule"


def expire_due_assets(on: dt.date) -> int:
    """Expire every synchronized asset that ends on that day or before; returns how many.

    What a worker holds just now waits for the next time. Harmless twice, harmless side by side.
    """
    expired = 0
    last: UUID | None = None
    while True:
        with transaction(SYSTEM_SCOPE) as session:
            due = _lock_due(session, on, last)
            if not due:
                break
            last = due[-1]
            expired += _expire(session, due)
    if expired:
        log.info("assets.expired", assets=expired, on=on.isoformat())
    return expired


def _lock_due(session: Session, on: dt.date, after: UUID | None) -> list[UUID]:
    """The next due assets, locked. The order of locks is asset, then purchase, everywhere."""
    due = (
        sa.select(Asset.id)
        .where(
            Asset.status == AssetStatus.ACTIVE,
            Asset.provisioning_sync_status == ProvisioningSyncStatus.SYNCHRONIZED,
            Asset.expires_on <= on,
        )
        .order_by(Asset.id)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    if after is not None:
        due = due.where(Asset.id > after)
    return list(session.scalars(due))


def _expire(session: Session, due: list[UUID]) -> int:
    now = session.scalar(sa.select(sa.func.now()))
    purchases = session.scalars(
        sa.select(Purchase)
        .where(Purchase.asset_id.in_(due), Purchase.state != PurchaseState.ABANDONED)
        .order_by(Purchase.asset_id)
        .with_for_update()
    ).all()
    busy = {row.asset_id for row in purchases if row.lease_until and now and row.lease_until > now}
    ending = [asset_id for asset_id in due if asset_id not in busy]
    session.execute(
        sa.update(Asset)
        .where(Asset.id.in_(ending))
        .values(status=AssetStatus.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    for purchase in purchases:
        if purchase.asset_id not in busy:
            add_event(session, purchase, Change(event="expired"), actor=_ACTOR)
    return len(ending)
