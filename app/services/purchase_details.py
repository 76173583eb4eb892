"""What Microsoft made of an order: reservation or software, with its ids and its end."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from app.domain.microsoft_side import is_settling
from app.domain.purchase_commands import Details, OrderSeen, Wanted
from app.integrations.microsoft import (
    ArtifactLink,
    Entitlement,
    MicrosoftOrder,
    MicrosoftOrderLine,
    MicrosoftSubscription,
    ReservationDetails,
    same_id,
)
from app.services.ports import PartnerCenter


def read_reservation(partner_center: PartnerCenter, wanted: Wanted, order_id: str) -> Details:
    """Fulfilled once the entitlement's artifact names the reservation."""
    entitlement = _entitlement(partner_center, wanted, order_id, "reservedinstance")
    return reservation_details(partner_center, entitlement)


def read_software(partner_center: PartnerCenter, wanted: Wanted, order_id: str) -> Details:
    """Fulfilled with the order. Perpetual software never has a subscription of its own."""
    subscriptions = [
        found
        for found in partner_center.list_subscriptions(wanted.customer_id, order_id)
        if found.order_id is None or same_id(found.order_id, order_id)
    ]
    if subscriptions:
        return subscription_details(subscriptions[0])
    entitlement = _entitlement(partner_center, wanted, order_id, "software")
    return software_details(entitlement, has_term=wanted.term_duration is not None)


def line_seen(order: MicrosoftOrder, line: MicrosoftOrderLine, customer_id: str) -> OrderSeen:
    """One line of an order, as the purchase protocol knows it."""
    product_id, sku_id, *_ = [*line.catalog_item_id.split(":"), "", ""]
    return OrderSeen(
        order_id=order.id,
        alternate_id=order.alternate_id,
        status=order.status,
        ordered_at=order.created_at,
        product_id=product_id,
        sku_id=sku_id,
        quantity=line.quantity,
        friendly_name=line.friendly_name,
        customer_id=order.customer_id or customer_id,
    )


class ReadsReservations(Protocol):
    """The one call that an entitlement of a reservation still needs."""

    def get_reservations(
        self, artifact: ArtifactLink, *, correlation_id: UUID | None = None
    ) -> Sequence[ReservationDetails]: ...


def reservation_details(microsoft: ReadsReservations, entitlement: Entitlement | None) -> Details:
    if entitlement is None or not entitlement.artifacts:
        return Details(is_fulfilled=False)
    artifact = entitlement.artifacts[0]
    reservations = microsoft.get_reservations(artifact)
    if not reservations:
        return Details(is_fulfilled=False, reservation_order_id=artifact.resource_id)
    reservation = reservations[0]
    return Details(
        is_fulfilled=bool(reservation.reservation_id),
        expires_on=_day(reservation.expires_at or entitlement.expires_at),
        reservation_id=reservation.reservation_id,
        reservation_order_id=artifact.resource_id,
        reservation_status=reservation.provisioning_state,
        scope=reservation.scope_type,
        is_settling=is_settling(reservation.provisioning_state),
    )


def subscription_details(subscription: MicrosoftSubscription) -> Details:
    return Details(
        is_fulfilled=True,
        expires_on=_day(subscription.commitment_ends_at),
        software_id=subscription.id,
        microsoft_status=subscription.status,
    )


def software_details(entitlement: Entitlement | None, *, has_term: bool) -> Details:
    """Software without a subscription: perpetual, or one whose subscription is still to come."""
    return Details(
        is_fulfilled=True,
        expires_on=_day(entitlement.expires_at) if entitlement else None,
        awaits_software_id=has_term,
    )


def _entitlement(
    partner_center: PartnerCenter, wanted: Wanted, order_id: str, kind: str
) -> Entitlement | None:
    for entitlement in partner_center.list_entitlements(wanted.customer_id, kind):
        if same_id(entitlement.order_id, order_id):
            return entitlement
    return None


def _day(instant: dt.datetime | None) -> dt.date | None:
    """Business days are UTC, so that ours and Partner Center's dates agree."""
    return None if instant is None else instant.astimezone(dt.UTC).date()
