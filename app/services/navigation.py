"""What stands around every page of the back office: a count, and whether anything is bought."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import ProvisioningSyncStatus
from app.models import AssetTotal, Control
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class BackOfficeState:
    """`off_reason` is None while provisioning is on."""

    failed_assets: int
    off_reason: str | None
    is_restored: bool


def get_back_office_state(viewer: Viewer) -> BackOfficeState:
    """In one statement: it stands on every page."""
    failed = (
        sa.select(sa.func.coalesce(sa.func.sum(AssetTotal.assets), 0))
        .where(
            visible_to(viewer, AssetTotal),
            AssetTotal.provisioning_sync_status == ProvisioningSyncStatus.FAILED,
        )
        .scalar_subquery()
    )
    count, is_on, reason, restored_at = (
        reading(viewer.scope)
        .execute(
            sa.select(failed, Control.provisioning_enabled, Control.reason, Control.restored_at)
        )
        .one()
    )
    return BackOfficeState(
        failed_assets=int(count or 0),
        off_reason=None if is_on else reason,
        is_restored=restored_at is not None,
    )
