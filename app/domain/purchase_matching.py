"""Whether an order that Microsoft shows is the one that a purchase asked for."""

import re

from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import ClaimedPurchase, OrderSeen, RecordTrouble
from app.domain.purchase_waits import LONGEST_WAIT

_OWN_REF = re.compile(r"AST-\d{6,}-")


def is_foreign(row: ClaimedPurchase, order: OrderSeen) -> bool:
    """Another customer's, another item, another reference: never to be taken for ours.

    That Microsoft gives our reference back on every kind of order line is not proved, so only
    another reference of ours counts against it. A changed quantity may meet a late older order;
    one of nothing is a cancelled line.
    """
    wanted = row.wanted
    names_another = _OWN_REF.match(order.friendly_name) and order.friendly_name != wanted.own_ref
    return (
        bool(names_another)
        or order.customer_id.casefold() != wanted.customer_id.casefold()
        or _is_other_item(row, order)
        or (order.quantity not in {wanted.quantity, 0} and not row.cart_is_stale)
        or row.order_id not in {None, order.order_id}
    )


def _is_other_item(row: ClaimedPurchase, order: OrderSeen) -> bool:
    """Some answers name a line's offer by a bare GUID: then our reference must speak for it."""
    wanted = row.wanted
    if not order.sku_id:
        return order.friendly_name != wanted.own_ref
    item, bought = (wanted.product_id, wanted.sku_id), (order.product_id, order.sku_id)
    return [part.casefold() for part in item] != [part.casefold() for part in bought]


def order_differs(state: PurchaseState) -> RecordTrouble:
    """For people to look at: it is not taken over, and asked for again."""
    return RecordTrouble(
        state=state,
        code="order_differs",
        message="Microsoft answered with an order that is not the one asked for.",
        again_in=LONGEST_WAIT,
    )
