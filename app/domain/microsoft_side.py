"""What Microsoft says of an asset, compared with what we say: copied, drifted, ended."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from app.domain.assets import AssetKind, AssetStatus
from app.domain.purchase_commands import Details, OrderSeen
from app.domain.sentences import said

# States that Microsoft does not leave by itself; one that we do not know may still move.
LAST_WORDS = frozenset(
    {"succeeded", "cancelled", "expired", "failed", "billingfailed", "split", "merged"}
)
_PASSING = frozenset({"pending", "none"})  # a software subscription's, while it is made
_ENDS = {
    "cancelled": AssetStatus.CANCELLED,
    "deleted": AssetStatus.CANCELLED,
    "expired": AssetStatus.EXPIRED,
}
_LABELS = {
    "expires_on": said("Expiration Date"),
    "reservation_id": said("Reservation ID"),
    "reservation_order_id": said("Reservation Order ID"),
    "reservation_status": said("Reservation Status"),
    "scope": said("Scope"),
    "software_id": said("Software ID"),
    "microsoft_status": said("Status at Microsoft"),
    "microsoft_order_alias": said("Order ID Alias"),
    "microsoft_ordered_at": said("Ordered at Microsoft"),
}
_STATUSES = frozenset({"reservation_status", "microsoft_status"})


@dataclass(frozen=True, kw_only=True)
class OurSide:
    """`copies` holds our copy of Microsoft's fields, by column: what the kind of asset has."""

    kind: AssetKind
    status: AssetStatus
    copies: dict[str, Any]
    expiry_is_estimated: bool
    product_id: str
    sku_id: str
    quantity: int


@dataclass(frozen=True)
class FieldChange:
    """A field with both values, as people read them; None: empty."""

    field: str
    ours: str | None
    microsoft: str | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`copies` are to be written; `differs` stays until people settle it."""

    copies: dict[str, Any]
    filled: tuple[FieldChange, ...]  # was empty, estimated or on its way
    changed: tuple[FieldChange, ...]  # was something else at Microsoft before
    differs: tuple[FieldChange, ...]  # ours, and Microsoft says otherwise
    ends_as: AssetStatus | None  # Microsoft ended what is active here


def compare(ours: OurSide, details: Details, order: OrderSeen | None) -> Comparison:
    """What Microsoft has not said is left as it is: silence about a field changes nothing."""
    said = _said(ours, details, order)
    copies = {name: value for name, value in said.items() if value != ours.copies[name]}
    status = status_at_microsoft(ours.kind, details, order)
    is_ending = status in {AssetStatus.CANCELLED, AssetStatus.EXPIRED}
    filled: list[FieldChange] = []
    changed: list[FieldChange] = []
    for name, value in copies.items():
        change = FieldChange(_LABELS[name], _text(ours.copies[name]), _text(value))
        natural = _was_open(ours, name) or (name in _STATUSES and is_ending)
        (filled if natural else changed).append(change)
    return Comparison(
        copies=copies,
        filled=tuple(filled),
        changed=tuple(changed),
        differs=_differences(ours, details, order, status),
        ends_as=status if is_ending and ours.status is AssetStatus.ACTIVE else None,
    )


def status_at_microsoft(
    kind: AssetKind, details: Details, order: OrderSeen | None
) -> AssetStatus | None:
    """Whether it still runs there; None where Microsoft has not said."""
    if order is not None and order.status == "cancelled":
        return AssetStatus.CANCELLED
    if kind is AssetKind.SOFTWARE_SUBSCRIPTION and order is not None and order.quantity == 0:
        return AssetStatus.CANCELLED
    word = (details.reservation_status or details.microsoft_status or "").casefold()
    if not word or word in _PASSING:
        return None
    return _ENDS.get(word, AssetStatus.ACTIVE)


def is_settling(reservation_status: str) -> bool:
    """Whether Microsoft's own status of a reservation is still on its way to its last word."""
    return reservation_status.casefold() not in LAST_WORDS


def _said(ours: OurSide, details: Details, order: OrderSeen | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: getattr(details, name)
        for name in (
            "expires_on",
            "reservation_id",
            "reservation_order_id",
            "reservation_status",
            "scope",
            "software_id",
            "microsoft_status",
        )
    }
    if order is not None:
        said["microsoft_order_alias"] = order.alternate_id
        said["microsoft_ordered_at"] = order.ordered_at
    return {name: value for name, value in said.items() if value and name in ours.copies}


def _was_open(ours: OurSide, name: str) -> bool:
    before = ours.copies[name]
    if not before or (name == "expires_on" and ours.expiry_is_estimated):
        return True
    if name == "reservation_status":
        return is_settling(before)
    return name == "microsoft_status" and before.casefold() in _PASSING


def _differences(
    ours: OurSide, details: Details, order: OrderSeen | None, status: AssetStatus | None
) -> tuple[FieldChange, ...]:
    found = []
    if order is not None and status is not AssetStatus.CANCELLED:
        if order.quantity != ours.quantity:
            found.append(FieldChange(said("Quantity"), str(ours.quantity), str(order.quantity)))
        item, sold = f"{ours.product_id}:{ours.sku_id}", f"{order.product_id}:{order.sku_id}"
        if order.sku_id and item.casefold() != sold.casefold():  # else the offer is a bare GUID
            found.append(FieldChange(said("Product ID"), item, sold))
    if _lives_on(ours, details, status):
        found.append(FieldChange(said("Status"), ours.status.label, AssetStatus.ACTIVE.label))
    return tuple(found)


def _lives_on(ours: OurSide, details: Details, status: AssetStatus | None) -> bool:
    """Ended here and not there. Until Microsoft's own day has come, the two may disagree a day."""
    if status is not AssetStatus.ACTIVE or ours.status is AssetStatus.ACTIVE:
        return False
    if ours.status is AssetStatus.CANCELLED:
        return True
    before = ours.copies.get("expires_on")
    return bool(details.expires_on and before and details.expires_on > before)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    return str(value)
