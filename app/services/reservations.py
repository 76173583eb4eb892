"""Azure Plan Reservations: the list, and one of them."""

from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from app.domain.access import Viewer
from app.domain.assets import AssetKind, subscription_number
from app.models import Reservation, Subscription
from app.services.asset_details import AssetDetails, details_of, find_row
from app.services.asset_lists import AssetExport, AssetList, AssetQuery, export_assets, list_assets

_RESERVATIONS = Reservation.__table__


@dataclass(frozen=True, kw_only=True)
class ReservationDetails:
    """What Microsoft has not said yet is None."""

    asset: AssetDetails
    reservation_id: str | None
    reservation_order_id: str | None
    reservation_status: str | None
    scope: str
    region: str | None
    subscription_id: UUID
    subscription_number: str


def list_reservations(viewer: Viewer, query: AssetQuery) -> AssetList:
    return list_assets(viewer, replace(query, kind=AssetKind.RESERVATION))


def export_reservations(viewer: Viewer, query: AssetQuery) -> AssetExport:
    """Every row of the list, for a file. Raises NotAllowedError."""
    return export_assets(viewer, replace(query, kind=AssetKind.RESERVATION))


def get_reservation(viewer: Viewer, reservation_id: UUID) -> ReservationDetails:
    number = (
        sa.select(Subscription.number)
        .where(Subscription.id == _RESERVATIONS.c.subscription_id)
        .scalar_subquery()
    )
    columns = [
        _RESERVATIONS.c.reservation_id,
        _RESERVATIONS.c.reservation_order_id,
        _RESERVATIONS.c.reservation_status,
        _RESERVATIONS.c.scope,
        _RESERVATIONS.c.region,
        _RESERVATIONS.c.subscription_id,
        number.label("subscription_number"),
    ]
    row = find_row(viewer, reservation_id, _RESERVATIONS, columns)
    return ReservationDetails(
        asset=details_of(viewer, row),
        reservation_id=row.reservation_id,
        reservation_order_id=row.reservation_order_id,
        reservation_status=row.reservation_status,
        scope=row.scope,
        region=row.region,
        subscription_id=row.subscription_id,
        subscription_number=subscription_number(row.subscription_number),
    )
