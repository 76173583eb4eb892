"""Back office home: what wants a person's attention."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import ProvisioningSyncStatus
from app.models import Asset, AssetTotal
from app.services.alerts import OpenAlert, list_alerts
from app.services.bss_asset_rows import BssAssetRow, newest_assets, next_to_expire
from app.services.visibility import visible_to

_ROWS = 5
_ATTENTION = (ProvisioningSyncStatus.FAILED, ProvisioningSyncStatus.BEING_CHECKED)


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Counts of all assets, and the newest of those that wait for somebody."""

    failed: int
    being_checked: int
    in_progress: int
    assets: int
    to_mend: tuple[BssAssetRow, ...]
    expiring: tuple[BssAssetRow, ...]
    newest: tuple[BssAssetRow, ...]
    alerts: tuple[OpenAlert, ...]


def get_attention(viewer: Viewer) -> Attention:
    """Five statements."""
    session = reading(viewer.scope)
    counts: dict[ProvisioningSyncStatus, int] = {
        row.provisioning_sync_status: int(row.assets)
        for row in session.execute(
            sa.select(
                AssetTotal.provisioning_sync_status, sa.func.sum(AssetTotal.assets).label("assets")
            )
            .where(visible_to(viewer, AssetTotal))
            .group_by(AssetTotal.provisioning_sync_status)
        )
    }
    waiting = Asset.provisioning_sync_status.in_(_ATTENTION)
    return Attention(
        failed=counts.get(ProvisioningSyncStatus.FAILED, 0),
        being_checked=counts.get(ProvisioningSyncStatus.BEING_CHECKED, 0),
        in_progress=counts.get(ProvisioningSyncStatus.IN_PROGRESS, 0),
        assets=sum(counts.values()),
        to_mend=newest_assets(session, viewer, waiting, limit=_ROWS),
        expiring=next_to_expire(session, viewer, limit=_ROWS),
        newest=newest_assets(session, viewer, limit=_ROWS),
        alerts=tuple(list_alerts(viewer)),
    )
