"""What Microsoft made of an order: reservation or software, with its ids and its end."""

import datetime as dt

from app.domain.purchase_commands import Details, Wanted
from app.integrations.microsoft import Entitlement, same_id
from app.services.ports import PartnerCenter

# States that Microsoft does not leave by itself; one that we do not know may still move.
_LAST_WORDS = frozenset(
    {"succeeded", "cancelled", "expired", "failed", "billingfailed", "split", "merged"}
)


def read_reservation(partner_center: PartnerCenter, wanted: Wanted, order_id: str) -> Details:
    """Fulfilled once the entitlement's artifact names the reservation."""
    entitlement = _entitlement(partner_center, wanted, order_id, "reservedinstance")
    if entitlement is None or not entitlement.artifacts:
        return Details(is_fulfilled=False)
    artifact = entitlement.artifacts[0]
    reservations = partner_center.get_reservations(artifact)
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
        is_settling=reservation.provisioning_state.casefold() not in _LAST_WORDS,
    )


def read_software(partner_center: PartnerCenter, wanted: Wanted, order_id: str) -> Details:
    """Fulfilled with the order. Perpetual software never has a subscription of its own."""
    subscriptions = [
        found
        for found in partner_center.list_subscriptions(wanted.customer_id, order_id)
        if found.order_id is None or same_id(found.order_id, order_id)
    ]
    if subscriptions:
        found = subscriptions[0]
        return Details(
            is_fulfilled=True,
            expires_on=_day(found.commitment_ends_at),
            software_id=found.id,
            microsoft_status=found.status,
        )
    entitlement = _entitlement(partner_center, wanted, order_id, "software")
    return Details(
        is_fulfilled=True,
        expires_on=_day(entitlement.expires_at) if entitlement else None,
        awaits_software_id=wanted.term_duration is not None,
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
