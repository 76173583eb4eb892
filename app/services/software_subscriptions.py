"""Software subscriptions: the list, and one of them."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.models import SoftwareSubscription
from app.services.asset_details import AssetDetails, details_of, find_row
from app.services.asset_lists import AssetExport, AssetList, AssetQuery, export_assets, list_assets

_SOFTWARE = SoftwareSubscription.__table__


@dataclass(frozen=True, kw_only=True)
class SoftwareSubscriptionDetails:
    """What Microsoft has not said yet is None."""

    asset: AssetDetails
    software_subscription_sku: str
    software_id: str | None
    microsoft_status: str | None


def list_software_subscriptions(viewer: Viewer, query: AssetQuery) -> AssetList:
    return list_assets(viewer, replace(query, kind=AssetKind.SOFTWARE_SUBSCRIPTION))


def export_software_subscriptions(viewer: Viewer, query: AssetQuery) -> AssetExport:
    """Every row of the list, for a file. Raises NotAllowedError."""
    return export_assets(viewer, replace(query, kind=AssetKind.SOFTWARE_SUBSCRIPTION))


def get_software_subscription(viewer: Viewer, subscription_id: UUID) -> SoftwareSubscriptionDetails:
    columns = [
        _SOFTWARE.c.software_subscription_sku,
        _SOFTWARE.c.software_id,
        _SOFTWARE.c.microsoft_status,
    ]
    row = find_row(viewer, subscription_id, _SOFTWARE, columns)
    return SoftwareSubscriptionDetails(
        asset=details_of(viewer, row),
        software_subscription_sku=row.software_subscription_sku,
        software_id=row.software_id,
        microsoft_status=row.microsoft_status,
    )
