"""Whether a customer has anything newly bought at Microsoft that nothing of ours explains."""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetKind
from app.domain.purchase_commands import Wanted
from app.integrations.microsoft import MicrosoftOrder
from app.models import Asset, Purchase
from app.services.ports import PartnerCenter

# Microsoft lists orders by the way they are billed.
_BILLING_TYPES = ("onetime", None)
# Our clock and Microsoft's need not agree to the second.
_SLACK = dt.timedelta(minutes=5)


def list_all_orders(partner_center: PartnerCenter, customer_id: str) -> list[MicrosoftOrder]:
    """The customer's orders of both billing cycles, each once."""
    found = [
        order
        for billing_type in _BILLING_TYPES
        for order in partner_center.list_orders(customer_id, billing_type=billing_type)
    ]
    return list({order.id.casefold(): order for order in found}.values())


def find_traces(
    partner_center: PartnerCenter, wanted: Wanted, since: dt.datetime
) -> tuple[str, ...]:
    """Order ids of this item that came about since then, or that no list dates, and are not ours.

    Looks into both order lists, the entitlements and the subscriptions of the customer.
    """
    since -= _SLACK
    orders = list_all_orders(partner_center, wanted.customer_id)
    older = {
        order.id.casefold() for order in orders if order.created_at and order.created_at < since
    }
    seen = {
        *_ordered(orders, wanted),
        *_entitled(partner_center, wanted),
        *_subscribed(partner_center, wanted, since),
    }
    return tuple(sorted(seen - older - _known(seen)))


def _ordered(orders: Sequence[MicrosoftOrder], wanted: Wanted) -> Iterable[str]:
    for order in orders:
        if any(_is_item(line.catalog_item_id, wanted) for line in order.lines):
            yield order.id.casefold()


def _entitled(partner_center: PartnerCenter, wanted: Wanted) -> Iterable[str]:
    is_reservation = wanted.kind is AssetKind.RESERVATION
    kind = "reservedinstance" if is_reservation else "software"
    for entitlement in partner_center.list_entitlements(wanted.customer_id, kind):
        if _is_item(f"{entitlement.product_id}:{entitlement.sku_id}", wanted):
            yield entitlement.order_id.casefold()


def _subscribed(partner_center: PartnerCenter, wanted: Wanted, since: dt.datetime) -> Iterable[str]:
    for subscription in partner_center.list_subscriptions(wanted.customer_id):
        is_new = subscription.created_at is None or subscription.created_at >= since
        if is_new and _is_item(subscription.offer_id, wanted):
            yield (subscription.order_id or subscription.id).casefold()


def _is_item(catalog_item_id: str, wanted: Wanted) -> bool:
    product_id, sku_id, *_ = [*catalog_item_id.casefold().split(":"), "", ""]
    return (product_id, sku_id) == (wanted.product_id.casefold(), wanted.sku_id.casefold())


def _known(order_ids: Iterable[str]) -> set[str]:
    """Which of them belong to purchases or assets of ours."""
    wanted = list(order_ids)
    session = reading(SYSTEM_SCOPE)
    known: set[str] = set()
    for column in (Purchase.order_id, Asset.microsoft_order_id):
        lowered = sa.func.lower(column)
        known |= set(session.scalars(sa.select(lowered).where(lowered.in_(wanted))))
    return known
