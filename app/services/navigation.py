"""The counts beside the navigation."""

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import ProvisioningSyncStatus
from app.models.assets import AssetTotal
from app.services.visibility import visible_to


def count_failed_assets(viewer: Viewer) -> int:
    """Assets whose purchase failed, out of the kept totals."""
    count = reading(viewer.scope).scalar(
        sa.select(sa.func.coalesce(sa.func.sum(AssetTotal.assets), 0)).where(
            visible_to(viewer, AssetTotal),
            AssetTotal.provisioning_sync_status == ProvisioningSyncStatus.FAILED,
        )
    )
    return int(count or 0)
