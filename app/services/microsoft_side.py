"""Writing down Microsoft's side of an asset: our copy follows, what differs is said."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.assets import CANCELLED_AT_MICROSOFT, AssetStatus
from app.domain.microsoft_side import Comparison, FieldChange, OurSide, compare
from app.domain.purchase_commands import Details
from app.models import Asset, Reservation, SoftwareSubscription
from app.services.asset_events import add_asset_event

_OF_EVERY_KIND = ("expires_on", "microsoft_order_alias", "microsoft_ordered_at")
_OF_A_KIND: dict[type[Asset], tuple[str, ...]] = {
    Reservation: ("reservation_id", "reservation_order_id", "reservation_status", "scope"),
    SoftwareSubscription: ("software_id", "microsoft_status"),
}
_SEARCHED_IDS = ("reservation_id", "reservation_order_id", "software_id")


def take_microsoft_side(
    session: Session, asset: Asset, details: Details, *, actor: str
) -> Comparison:
    """Copy what Microsoft says onto the locked asset, with its history. Nothing of ours changes
    but the status, and that only where Microsoft ended what is active here."""
    found = compare(_our_side(asset), details, details.order)
    for name, value in found.copies.items():
        setattr(asset, name, value)
    if details.expires_on:
        asset.expiry_is_estimated = False
    asset.microsoft_ids = " ".join(filter(None, (getattr(asset, n, None) for n in _SEARCHED_IDS)))
    _note_drift(session, asset, found, is_whole=details.order is not None, actor=actor)
    asset.microsoft_refreshed_at = sa.func.now()
    if found.ends_as is not None:
        _end(session, asset, found.ends_as, actor=actor)
    return found


def _our_side(asset: Asset) -> OurSide:
    names = (*_OF_EVERY_KIND, *_OF_A_KIND[type(asset)])
    return OurSide(
        kind=asset.kind,
        status=asset.status,
        copies={name: getattr(asset, name) for name in names},
        expiry_is_estimated=asset.expiry_is_estimated,
        product_id=asset.microsoft_product_id,
        sku_id=asset.microsoft_sku_id,
        quantity=asset.quantity,
    )


def _note_drift(
    session: Session, asset: Asset, found: Comparison, *, is_whole: bool, actor: str
) -> None:
    """A line in the history for what is new, and none for a reading that brought nothing."""
    before = asset.microsoft_differs or {}
    now = _as_pairs(found.differs)
    fresh = [each for each in found.differs if before.get(each.field) != now[each.field]]
    if is_whole and now != before:
        asset.microsoft_differs = now
    if found.changed or fresh:
        changes = _as_pairs((*found.changed, *fresh))
        add_asset_event(session, asset, "drifted", actor=actor, detail={"changes": changes})
    elif is_whole and before and not now:
        add_asset_event(session, asset, "drift_gone", actor=actor, detail={"changes": before})
    if found.filled:
        filled = {"changes": _as_pairs(found.filled)}
        add_asset_event(session, asset, "refreshed", actor=actor, detail=filled)


def _as_pairs(changes: Iterable[FieldChange]) -> dict[str, Any]:
    return {each.field: [each.ours, each.microsoft] for each in changes}


def _end(session: Session, asset: Asset, status: AssetStatus, *, actor: str) -> None:
    asset.status = status
    if status is AssetStatus.CANCELLED:
        asset.cancelled_at = sa.func.now()
        asset.cancellation_reason = str(CANCELLED_AT_MICROSOFT)
    add_asset_event(session, asset, f"{status.value}_at_microsoft", actor=actor)
