"""How far an asset's purchase got, for the badge that watches it."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind, ProvisioningSyncStatus
from app.domain.errors import NotFoundError
from app.models import Asset, Purchase, PurchaseEvent
from app.services.visibility import visible_to

FAST_SECONDS, SLOW_SECONDS = 2, 10
_QUIET = sa.text("interval '30 seconds'")


@dataclass(frozen=True, kw_only=True)
class SyncStatus:
    """`poll_seconds` grows once nothing happened for half a minute."""

    sync_status: ProvisioningSyncStatus
    poll_seconds: int


def get_sync_status(viewer: Viewer, asset_id: UUID, kind: AssetKind) -> SyncStatus:
    last_event = (
        sa.select(sa.func.max(PurchaseEvent.at))
        .join(Purchase, Purchase.id == PurchaseEvent.purchase_id)
        .where(Purchase.asset_id == Asset.id)
        .scalar_subquery()
    )
    is_moving = sa.func.coalesce(last_event, Asset.purchased_at) > sa.func.now() - _QUIET
    row = (
        reading(viewer.scope)
        .execute(
            sa.select(Asset.provisioning_sync_status, is_moving.label("is_moving")).where(
                Asset.id == asset_id, Asset.kind == kind, visible_to(viewer, Asset)
            )
        )
        .one_or_none()
    )
    if row is None:
        raise NotFoundError
    return SyncStatus(
        sync_status=row.provisioning_sync_status,
        poll_seconds=FAST_SECONDS if row.is_moving else SLOW_SECONDS,
    )
