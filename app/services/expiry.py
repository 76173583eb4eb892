"""Expiry: an active asset whose last day has come is expired from then on."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus, ProvisioningSyncStatus
from app.domain.mail import MailKind
from app.domain.purchase import PurchaseState
from app.models import Asset, AssetEvent, Purchase
from app.services.notices import tell_of_assets

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
    busy = set(session.scalars(_held_purchases(due)))
    ending = [asset_id for asset_id in due if asset_id not in busy]
    ended = session.execute(
        sa.update(Asset)
        .where(Asset.id.in_(ending))
        .values(status=AssetStatus.EXPIRED)
        .returning(Asset.id, Asset.account_id, Asset.tenant_id, Asset.expires_on)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        session.execute(sa.insert(AssetEvent), [_event(row) for row in ended])
        tell_of_assets(session, MailKind.EXPIRED, [row.id for row in ended])
    return len(ended)


def _held_purchases(due: list[UUID]) -> sa.Select[tuple[UUID]]:
    """Assets whose purchase a worker works on; the others' rows are locked, so none begins."""
    locked = (
        sa.select(Purchase.asset_id, Purchase.lease_until)
        .where(Purchase.asset_id.in_(due), Purchase.state != PurchaseState.ABANDONED)
        .order_by(Purchase.asset_id)
        .with_for_update()
        .cte("locked")
    )
    return sa.select(locked.c.asset_id).where(locked.c.lease_until > sa.func.now())


def _event(row: Any) -> dict[str, Any]:
    return {
        "asset_id": row.id,
        "account_id": row.account_id,
        "tenant_id": row.tenant_id,
        "event": "expired",
        "actor": _ACTOR,
        "detail": {"expires_on": row.expires_on.isoformat()},
    }
